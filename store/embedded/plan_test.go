package embedded

import (
	"strings"
	"testing"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A search of a large shop reads no more rows than necessary: SQLite seeks in
// the index and sorts nothing, also behind a cursor.
func TestSearchesSeekInTheIndex(t *testing.T) {
	t.Parallel()
	colls := []documents.Collection{{Name: "things", Indexes: []documents.Index{
		{Name: "due", Fields: []string{"state", "due_at"}}, {Name: "soon", Fields: []string{"due_at"}, Global: true},
		{Name: "campaign_due", Fields: []string{"campaign", "due_at"}, Only: documents.Only{Field: "due_at"}},
	}}}
	db, err := Open(t.Context(), t.TempDir(), colls)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	state, due := bson.E{Key: "state", Value: "planned"}, bson.E{Key: "due_at", Value: bson.D{{Key: "$lte", Value: 5}}}
	shop := bson.E{Key: "shop", Value: "s"}
	null := bson.RawValue{Type: bson.TypeNull}
	for name, test := range map[string]struct {
		query documents.Query
		want  string
		exact bool
	}{
		"due work of a shop": {documents.Query{Filter: bson.D{shop, state, due}, Sort: []string{"due_at"}},
			`SEARCH things USING INDEX things.due (shop=? AND k_due>? AND k_due<?)`, true},
		"its next page": {documents.Query{Filter: bson.D{shop, state}, Sort: []string{"due_at"},
			After: &documents.Cursor{Sort: []string{"due_at"}, Values: []bson.RawValue{null}, ID: "s:1"}},
			`SEARCH things USING INDEX things.due (shop=? AND (k_due,id)>(?,?) AND k_due<?)`, true},
		"the page before": {documents.Query{Filter: bson.D{shop, state}, Sort: []string{"-due_at"},
			After: &documents.Cursor{Sort: []string{"-due_at"}, Values: []bson.RawValue{null}, ID: "s:1"}},
			`SEARCH things USING INDEX things.due (shop=? AND k_due>? AND (k_due,id)<(?,?))`, true},
		"due work of one campaign, past that of a paused one": {
			documents.Query{Filter: bson.D{shop, due, {Key: "campaign", Value: bson.D{{Key: "$in", Value: bson.A{"w"}}}}}, Sort: []string{"due_at"}},
			`SEARCH things USING INDEX things.campaign_due (shop=? AND k_campaign_due>? AND k_campaign_due<?)`, true},
		"due work anywhere": {documents.Query{Filter: bson.D{due}, Sort: []string{"due_at"}, Global: true},
			`SEARCH things USING INDEX things.soon (k_soon>? AND k_soon<?)`, true},
		"a shop by id": {documents.Query{Filter: bson.D{shop}, Sort: []string{"-_id"}},
			`SEARCH things USING INDEX sqlite_autoindex_things_1 (shop=?)`, true},
		"an unindexed field": {documents.Query{Filter: bson.D{shop, state, {Key: "x", Value: 1}}},
			`SEARCH things USING INDEX things.due (shop=? AND k_due>? AND k_due<?)`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := db.schema.Search("things", test.query)
			if err != nil {
				t.Fatal(err)
			}
			r := &reading{plan: plans(db.tables["things"], s)[0], search: s}
			sql, args := r.query(r.plan.ranges[0])
			var got []string
			err = db.read(t.Context(), func(c *conn) error {
				return c.each(t.Context(), "EXPLAIN QUERY PLAN "+sql, func(v result) (bool, error) {
					got = append(got, v.text(3))
					return false, nil
				}, args...)
			})
			if text := strings.Join(got, "; "); err != nil || text != test.want || r.plan.exact != test.exact {
				t.Errorf("%s:\n got %s, exact %v (%v),\nwant %s, exact %v", sql, text, r.plan.exact, err, test.want, test.exact)
			}
		})
	}
}

// Many ranges are read by one statement, which seeks in the index for each.
func TestManyRangesSeekInTheIndex(t *testing.T) {
	t.Parallel()
	coll := documents.Collection{Name: "things", Indexes: []documents.Index{
		{Name: "due", Fields: []string{"state", "due_at"}}, {Name: "soon", Fields: []string{"due_at"}, Global: true},
		{Name: "open", Fields: []string{"state"}, Only: documents.Only{Field: "open", Value: true}},
	}}
	db, err := Open(t.Context(), t.TempDir(), []documents.Collection{coll})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	things := db.tables["things"]
	for want, b := range map[string]batch{
		"things USING INDEX sqlite_autoindex_things_1 (shop=? AND id=?)":          {columns: "id, doc", shop: true},
		"things USING INDEX things.due (shop=? AND k_due>? AND k_due<?)":          {index: &things.indexes[0], columns: "id, doc", shop: true},
		"things USING COVERING INDEX things.due (shop=? AND k_due>? AND k_due<?)": {index: &things.indexes[0], columns: "count(*)", shop: true},
		"things USING INDEX things.soon (k_soon>? AND k_soon<?)":                  {index: &things.indexes[1], columns: "id, doc"},
		"things USING INDEX things.open (shop=? AND k_open>? AND k_open<?)":       {index: &things.indexes[2], columns: "id, doc", shop: true},
	} {
		b.table, b.size = things, 64
		var last string
		err := db.read(t.Context(), func(c *conn) error {
			return c.each(t.Context(), "EXPLAIN QUERY PLAN "+b.String(), func(v result) (bool, error) {
				last = v.text(3)
				return false, nil
			}, b.args("s", nil)...)
		})
		if err != nil || last != "SEARCH "+want {
			t.Errorf("%s: got %q (%v), want %q", b, last, err, "SEARCH "+want)
		}
	}
}
