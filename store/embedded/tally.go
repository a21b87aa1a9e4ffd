package embedded

import (
	"context"
	"slices"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Tally counts by values of declared fields. If an index has all of them, it
// reads the index alone, else the documents.
func (db *DB) Tally(ctx context.Context, coll string, filter bson.D, by, sums []string) ([]documents.Group, error) {
	s, err := db.schema.TallySearch(coll, filter, by, sums)
	if err != nil {
		return nil, err
	}
	var t documents.Tallier
	if p, ok := tallyPlan(db.tables[coll], s, by); ok && len(sums) == 0 {
		err = db.read(ctx, func(c *conn) error { return p.tally(ctx, c, s, by, &t) })
	} else {
		err = db.find(ctx, coll, s, func(r row) error {
			return t.Add(scalars(r.doc, by), 1, scalars(r.doc, sums))
		})
	}
	if err != nil {
		return nil, err
	}
	return t.Groups(), nil
}

func scalars(doc bson.Raw, fields []string) []bson.RawValue {
	list := make([]bson.RawValue, len(fields))
	for i, f := range fields {
		list[i] = documents.ScalarAt(doc, f)
	}
	return list
}

// tallyPlan is a plan whose index answers the filter and holds the fields.
func tallyPlan(t *table, s *documents.Search, by []string) (best plan, found bool) {
	most := -1
	for i := range t.indexes {
		x := &t.indexes[i]
		if x.Global || !x.Only.Within(s.Match.Tests) || slices.ContainsFunc(by, func(f string) bool { return !slices.Contains(x.Fields, f) }) {
			continue
		}
		if p := planByIndex(t, x, s, 0); p.exact && p.worth > most {
			best, most = p, p.worth
		}
	}
	return best, most >= 0
}

func (p plan) tally(ctx context.Context, c *conn, s *documents.Search, by []string, t *documents.Tallier) error {
	places := make([]int, len(by))
	for i, f := range by {
		places[i] = slices.Index(p.index.Fields, f)
	}
	var key []byte
	return p.eachOf(ctx, c, s, p.index.column, func(v result) (bool, error) {
		whole := v.bytes(0)
		key = key[:0]
		for _, place := range places {
			start := documents.KeyLength(whole, place)
			key = append(key, whole[start:start+documents.KeyLength(whole[start:], 1)]...)
		}
		t.AddKey(key)
		return false, nil
	})
}
