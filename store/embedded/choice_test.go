package embedded

import (
	"context"
	"fmt"
	"testing"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// mailsOf stores mails of customers: 1,000 were sent, one to each; another customer has 1,000
// that were cancelled, and one that is planned.
func mailsOf(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), t.TempDir(), []documents.Collection{{Name: "mails", Indexes: []documents.Index{
		{Name: "due", Fields: []string{"state", "due_at"}}, {Name: "customer", Fields: []string{"customer", "due_at"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var mails []any
	add := func(state, customer string) {
		mails = append(mails, bson.D{{Key: "_id", Value: fmt.Sprint("s:", len(mails))}, {Key: "shop", Value: "s"},
			{Key: "state", Value: state}, {Key: "customer", Value: customer}})
	}
	for i := range 1000 {
		add("sent", fmt.Sprint("c", i))
		add("cancelled", "busy")
	}
	add("planned", "busy")
	if _, err := db.InsertMany(t.Context(), "mails", mails); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestSearchReadsTheIndexWithFewestEntries(t *testing.T) {
	t.Parallel()
	db := mailsOf(t)
	var hundred bson.A
	for i := range 100 {
		hundred = append(hundred, fmt.Sprint("c", i))
	}
	in := func(list ...any) bson.D { return bson.D{{Key: "$in", Value: bson.A(list)}} }
	for name, test := range map[string]struct {
		state, customer any
		limit           int
		index           string
		found           int
	}{
		"many customers, few states of many mails": {in("sent", "planned"), in(hundred...), 0, "customer", 100},
		"one customer, one state of many mails":    {"sent", "c1", 0, "customer", 1},
		"a customer with more mails than a state":  {"planned", "busy", 0, "due", 1},
		"the same with others":                     {in("planned", "deferred"), in(append(hundred, "busy")...), 0, "due", 1},
		"many of both":                             {in("cancelled", "sent"), in("busy", "c1"), 0, "customer", 1001},
		"the first of many is enough":              {"cancelled", "busy", 1, "due", 1},
	} {
		t.Run(name, func(t *testing.T) {
			q := documents.Query{Limit: test.limit, Filter: bson.D{{Key: "shop", Value: "s"}, {Key: "customer", Value: test.customer},
				{Key: "state", Value: test.state}}}
			s, err := db.schema.Search("mails", q)
			if err != nil {
				t.Fatal(err)
			}
			var chosen plan
			err = db.read(t.Context(), func(c *conn) error {
				chosen, err = choose(t.Context(), c, s, plans(db.tables["mails"], s))
				return err
			})
			if err != nil || chosen.index.Name != test.index {
				t.Errorf("the index %s was chosen (%v), want %s", chosen.index.Name, err, test.index)
			}
			if n := countFound(t.Context(), t, db, q); n != test.found {
				t.Errorf("%d mails found, want %d", n, test.found)
			}
		})
	}
}

func countFound(ctx context.Context, t *testing.T, db *DB, q documents.Query) (n int) {
	t.Helper()
	if err := db.Find(ctx, "mails", q, func(bson.Raw) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}
