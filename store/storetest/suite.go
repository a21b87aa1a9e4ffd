package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"comeback/commerce"
	"comeback/store/documents"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// colls are the collections of the suite: one with indexes of one and several
// fields and declared scalars, a plain one, and one that is searched across
// shops.
var colls = []documents.Collection{
	{
		Name: "things",
		Indexes: []documents.Index{
			{Name: "due", Fields: []string{"state", "due_at"}},
			{Name: "kind", Fields: []string{"kind"}},
			{Name: "wide", Fields: []string{"kind", "n", "state"}},
			{Name: "claim", Fields: []string{"claim"}},
			{Name: "city", Fields: []string{"home.city"}},
			{Name: "some", Fields: []string{"n"}, Only: documents.Only{Field: "kind", Value: "a"}},
			{Name: "yes", Fields: []string{"kind", "n"}, Only: documents.Only{Field: "state", Value: true}},
			{Name: "scored", Fields: []string{"score"}, Only: documents.Only{Field: "score"}},
		},
		Scalars: []string{"score"},
	},
	{Name: "compact", Indexes: []documents.Index{{Name: "due", Fields: []string{"state", "due_at"}},
		{Name: "customer", Fields: []string{"customer"}}}},
	{Name: "wakes", Indexes: []documents.Index{{Name: "due", Fields: []string{"next_due"}, Global: true}}},
	{Name: "work", Indexes: []documents.Index{
		{Name: "all", Fields: []string{"pending"}},
		{Name: "pending", Fields: []string{"pending"}, Only: documents.Only{Field: "pending", Value: true}},
		{Name: "leased", Fields: []string{"lease"}, Only: documents.Only{Field: "lease"}},
	}},
}

// suite is the data of each test: a database, and a shop of its own in it.
type suite struct {
	documents.Database
	shop string
}

// Run checks that a driver has the meaning of documents.Database. It calls open
// for one database that all tests share, each with a shop of its own, and for
// the tests that close theirs.
func Run(t *testing.T, open func(t testing.TB, colls []documents.Collection) documents.Database) {
	d := open(t, colls)
	tests := []struct {
		name string
		run  func(*testing.T, suite)
	}{
		{"a document is inserted once", testInsert},
		{"of many documents the new ones are inserted", testInsertMany},
		{"a racing insert has one winner", testInsertRace},
		{"documents are stored as written", testEncoding},
		{"a write names shop and _id", testTargets},
		{"a request outside the subset is refused", testRefusals},
		{"sort and range are for declared fields", testDeclared},
		{"filters select", testFilters},
		{"updates change", testUpdates},
		{"updates that cannot work are refused", testBadUpdates},
		{"an update is a compare-and-set", testCompareAndSet},
		{"an upsert creates or changes", testUpsert},
		{"a racing upsert creates once", testUpsertRace},
		{"a bulk reports the outcome of each op", testBulk},
		{"one failing op leaves its neighbours whole", testNeighbours},
		{"800 concurrent increments are 800", testIncrements},
		{"due work is claimed exactly once", testClaims},
		{"pages join to the whole", testPaging},
		{"a search by many values finds what each has", testManyValues},
		{"a search returns the requested fields", testFields},
		{"an index has the values of the documents", testCovered},
		{"a caller ends a search", testEnds},
		{"a tally groups and sums", testTally},
		{"due shops are found across shops", testGlobal},
		{"shops with unfinished work are found across shops", testShopsWith},
		{"a document is deleted once", testDelete},
		{"a call ends with its context", testContext},
		{"Match agrees with the driver", testMatcherAgrees},
		{"Apply agrees with the driver", testUpdateAgrees},
	}
	t.Run("suite", func(t *testing.T) {
		for i, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				test.run(t, suite{d, fmt.Sprint("shop", i)})
			})
		}
	})
	t.Run("a closed database is unavailable", func(t *testing.T) { testClosed(t, open(t, colls)) })
}

func (s suite) id(parts ...any) string {
	id := commerce.Key(s.shop)
	for _, p := range parts {
		id += ":" + commerce.Key(fmt.Sprint(p))
	}
	return id
}

// doc is a document of the suite's shop.
func (s suite) doc(id any, fields ...bson.E) bson.D {
	return append(bson.D{{Key: "_id", Value: s.id(id)}, {Key: "shop", Value: s.shop}}, fields...)
}

func (s suite) mustInsert(t testing.TB, docs ...any) {
	t.Helper()
	inserted, err := s.InsertMany(t.Context(), "things", docs)
	if err != nil {
		t.Fatalf("insert: %v", err)
	}
	for i, yes := range inserted {
		if !yes {
			t.Fatalf("insert: %v is there already", docs[i])
		}
	}
}

// filter adds the shop.
func (s suite) filter(conditions ...bson.E) bson.D {
	return append(bson.D{{Key: "shop", Value: s.shop}}, conditions...)
}

// target is the filter of a write.
func (s suite) target(id any, conditions ...bson.E) bson.D {
	return append(bson.D{{Key: "_id", Value: s.id(id)}, {Key: "shop", Value: s.shop}}, conditions...)
}

// found lists the ids of a search, without the shop, in its order.
func (s suite) found(t testing.TB, q documents.Query) []string {
	t.Helper()
	list := []string{}
	err := s.Find(t.Context(), "things", q, func(raw bson.Raw) error {
		list = append(list, strings.TrimPrefix(raw.Lookup("_id").StringValue(), s.shop+":"))
		return nil
	})
	if err != nil {
		t.Fatalf("find %v: %v", q.Filter, err)
	}
	return list
}

// get reads a document back as relaxed JSON without _id and shop; "" where absent.
func (s suite) get(t testing.TB, id any) string {
	t.Helper()
	var raw bson.Raw
	found, err := s.Get(t.Context(), "things", s.shop, s.id(id), &raw)
	if err != nil {
		t.Fatalf("get %v: %v", id, err)
	}
	if !found {
		return ""
	}
	return text(t, raw)
}

// text is a document as JSON, its fields sorted: their order is not promised.
func text(t testing.TB, raw bson.Raw) string {
	t.Helper()
	var m bson.M
	if err := bson.Unmarshal(raw, &m); err != nil {
		t.Fatalf("decode: %v", err)
	}
	delete(m, "_id")
	delete(m, "shop")
	return fmt.Sprint(sorted(m))
}

// sorted is a decoded document as text that does not depend on field order.
func sorted(v any) string {
	switch v := v.(type) {
	case bson.M:
		parts := []string{}
		for key, value := range v {
			parts = append(parts, key+":"+sorted(value))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	case bson.D:
		m := bson.M{}
		for _, e := range v {
			m[e.Key] = e.Value
		}
		return sorted(m)
	case bson.A:
		parts := []string{}
		for _, value := range v {
			parts = append(parts, sorted(value))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case string:
		return fmt.Sprintf("%q", v)
	case float64:
		return fmt.Sprintf("%gf", v)
	}
	return fmt.Sprint(v)
}

func sameText(t testing.TB, what, got, want string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

// wantCode expects a refusal whose text contains names.
func wantCode(t testing.TB, err error, code commerce.Code, names string) {
	t.Helper()
	if commerce.CodeOf(err) != code || !strings.Contains(fmt.Sprint(err), names) {
		t.Errorf("got error %v (%s), want %s that names %q", err, commerce.CodeOf(err), code, names)
	}
}

func e(key string, value any) bson.E { return bson.E{Key: key, Value: value} }

func d(elements ...bson.E) bson.D { return elements }
