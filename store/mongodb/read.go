package mongodb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Get reads one document.
func (db *DB) Get(ctx context.Context, coll, shop, id string, into any) (found bool, err error) {
	if err := db.schema.Target(coll, shop, id); err != nil {
		return false, err
	}
	raw, err := db.colls[coll].FindOne(ctx, target(shop, id)).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	if err != nil {
		return false, translate(err)
	}
	return true, db.schema.Codec().Unmarshal(raw, into)
}

// Find passes each matching document to each.
func (db *DB) Find(ctx context.Context, coll string, q documents.Query, each func(bson.Raw) error) (err error) {
	s, err := db.schema.Search(coll, q)
	if err != nil {
		return err
	}
	rows, err := db.colls[coll].Find(ctx, filterOf(s), findOptions(s))
	if err != nil {
		return translate(err)
	}
	defer func() {
		if e := rows.Close(context.WithoutCancel(ctx)); err == nil {
			err = translate(e)
		}
	}()
	for rows.Next(ctx) {
		if err := each(rows.Current); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

// batch is the number of documents per round trip. So a whole shop is never in
// memory, and each round trip meets the deadline of a call.
const batch = 1000

func findOptions(s *documents.Search) *options.FindOptionsBuilder {
	opts := options.Find().SetLimit(int64(s.Limit))
	if s.Limit == 0 || s.Limit > batch {
		opts.SetBatchSize(batch)
	}
	if s.Sorted {
		way, sort := 1, bson.D{}
		if s.Below {
			way = -1
		}
		for _, f := range s.Sort {
			sort = append(sort, bson.E{Key: f, Value: way})
		}
		opts.SetSort(append(sort, bson.E{Key: "_id", Value: way}))
	}
	if len(s.Fields) > 0 {
		fields := bson.D{}
		for _, f := range s.Fields {
			fields = append(fields, bson.E{Key: f, Value: 1})
		}
		opts.SetProjection(fields)
	}
	return opts
}

// filterOf is the filter of a search, with the part behind its cursor.
func filterOf(s *documents.Search) any {
	if s.After == nil {
		return s.Match.Raw
	}
	return bson.D{{Key: "$and", Value: bson.A{s.Match.Raw, behind(s)}}}
}

// behind selects the rows after the cursor: those beyond it in one sort field
// and equal in the ones before, or equal in all and beyond in _id.
func behind(s *documents.Search) bson.D {
	beyond := "$gt"
	if s.Below {
		beyond = "$lt"
	}
	var branches bson.A
	var equal bson.D
	for i, f := range s.Sort {
		v := s.After.Values[i]
		for _, step := range stepBeyond(f, v, s.Below) {
			branches = append(branches, append(append(bson.D{}, equal...), step))
		}
		equal = append(equal, bson.E{Key: f, Value: v})
	}
	last := bson.E{Key: "_id", Value: bson.D{{Key: beyond, Value: s.After.ID}}}
	return bson.D{{Key: "$or", Value: append(branches, append(equal, last))}}
}

// stepBeyond respects that an order operator never matches null, the smallest.
func stepBeyond(field string, v bson.RawValue, below bool) []bson.E {
	absent := v.Type == bson.TypeNull
	switch {
	case below && absent:
		return nil
	case below:
		return []bson.E{{Key: field, Value: bson.D{{Key: "$lt", Value: v}}}, {Key: field, Value: nil}}
	case absent:
		return []bson.E{{Key: field, Value: bson.D{{Key: "$ne", Value: nil}}}}
	}
	return []bson.E{{Key: field, Value: bson.D{{Key: "$gt", Value: v}}}}
}

// Count counts the documents that filter selects.
func (db *DB) Count(ctx context.Context, coll string, filter bson.D) (int64, error) {
	s, err := db.schema.Search(coll, documents.Query{Filter: filter})
	if err != nil {
		return 0, err
	}
	n, err := db.colls[coll].CountDocuments(ctx, s.Match.Raw)
	return n, translate(err)
}

// ShopsWith lists the shops that have documents in an index with Only.
func (db *DB) ShopsWith(ctx context.Context, coll, index string) ([]string, error) {
	x, err := db.schema.Partial(coll, index)
	if err != nil {
		return nil, err
	}
	group := bson.D{{Key: "_id", Value: "$shop"}}
	pipeline := bson.A{bson.D{{Key: "$match", Value: x.Only.Filter()}}, bson.D{{Key: "$group", Value: group}}}
	rows, err := db.colls[coll].Aggregate(ctx, pipeline, options.Aggregate().SetHint("by_"+x.Name))
	if isBadHint(err) { // the index could not be built, or has another name
		rows, err = db.colls[coll].Aggregate(ctx, pipeline)
	}
	if err != nil {
		return nil, translate(err)
	}
	var found []struct {
		Shop string `bson:"_id"`
	}
	if err := rows.All(ctx, &found); err != nil {
		return nil, translate(err)
	}
	shops := make([]string, len(found))
	for i, f := range found {
		shops[i] = f.Shop
	}
	slices.Sort(shops)
	return shops, nil
}

// Tally counts by values of declared fields.
func (db *DB) Tally(ctx context.Context, coll string, filter bson.D, by, sums []string) ([]documents.Group, error) {
	s, err := db.schema.TallySearch(coll, filter, by, sums)
	if err != nil {
		return nil, err
	}
	keys := bson.D{}
	for i, f := range by {
		keys = append(keys, bson.E{Key: fmt.Sprint("k", i), Value: "$" + f})
	}
	group := bson.D{{Key: "_id", Value: keys}, {Key: "n", Value: bson.D{{Key: "$sum", Value: int64(1)}}}}
	for i, f := range sums {
		group = append(group, bson.E{Key: fmt.Sprint("s", i), Value: bson.D{{Key: "$sum", Value: "$" + f}}})
	}
	rows, err := db.colls[coll].Aggregate(ctx, bson.A{bson.D{{Key: "$match", Value: s.Match.Raw}}, bson.D{{Key: "$group", Value: group}}})
	if err != nil {
		return nil, translate(err)
	}
	var raws []bson.Raw
	if err := rows.All(ctx, &raws); err != nil {
		return nil, translate(err)
	}
	return groups(raws, by, sums)
}

func groups(raws []bson.Raw, by, sums []string) ([]documents.Group, error) {
	var t documents.Tallier
	for _, raw := range raws {
		keys, totals := make([]bson.RawValue, len(by)), make([]bson.RawValue, len(sums))
		for i := range by {
			keys[i] = documents.ScalarAt(raw, fmt.Sprint("_id.k", i))
		}
		for i := range sums {
			totals[i] = documents.ScalarAt(raw, fmt.Sprint("s", i))
		}
		n, _ := documents.Integer(documents.ScalarAt(raw, "n"))
		if err := t.Add(keys, n, totals); err != nil {
			return nil, err
		}
	}
	return t.Groups(), nil
}
