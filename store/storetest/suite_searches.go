package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// A tally counts what a loop over the documents would count.
func testTally(t *testing.T, s suite) {
	ctx := t.Context()
	if groups, err := s.Tally(ctx, "things", s.filter(), nil, nil); err != nil || len(groups) != 0 {
		t.Errorf("of nothing: got %v %v, want no group", groups, err)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s.mustInsert(t,
		s.doc("a", e("state", "sent"), e("kind", "x"), e("cost", 5), e("due_at", at)),
		s.doc("b", e("state", "sent"), e("kind", "x"), e("cost", int64(7))),
		s.doc("c", e("state", "sent"), e("kind", nil), e("cost", "dear")),
		s.doc("d", e("state", "failed"), e("price", d(e("m", 100)))),
		s.doc("e", e("state", "failed"), e("n", 1), e("price", d(e("m", 23)))),
	)
	tests := []struct {
		name     string
		filter   bson.D
		by, sums []string
		want     string
	}{
		{"by one field", d(), []string{"state"}, []string{"cost", "price.m"}, "[{[failed] 2 [0 123]} {[sent] 3 [12 0]}]"},
		{"null and absent are one", d(), []string{"kind"}, nil, "[{[<nil>] 3 []} {[x] 2 []}]"},
		{"by two fields", d(e("state", "sent")), []string{"kind", "due_at"}, []string{"cost"},
			"[{[<nil> <nil>] 1 [0]} {[x <nil>] 1 [7]} {[x 2026-01-01 00:00:00 +0000 UTC] 1 [5]}]"},
		{"by the fields of an index, behind a filter that it answers", d(e("state", d(e("$in", bson.A{"sent", "x"})))),
			[]string{"due_at", "state"}, nil, "[{[<nil> sent] 2 []} {[2026-01-01 00:00:00 +0000 UTC sent] 1 []}]"},
		{"by all kinds of values", d(), []string{"n"}, nil, "[{[<nil>] 4 []} {[1] 1 []}]"},
		{"by none", d(e("cost", d(e("$exists", true)))), nil, []string{"cost"}, "[{[] 3 [12]}]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			groups, err := s.Tally(ctx, "things", s.filter(test.filter...), test.by, test.sums)
			if err != nil {
				t.Fatal(err)
			}
			sameText(t, "groups", fmt.Sprint(groups), test.want)
		})
	}
	s.mustInsert(t, s.doc("f", e("cost", 0.5)))
	_, err := s.Tally(ctx, "things", s.filter(), nil, []string{"cost"})
	wantCode(t, err, commerce.Invalid, "whole number")
}

// A page never repeats nor drops a row, at ties, absent values and either way.
func testPaging(t *testing.T, s suite) {
	for i := range 60 {
		fields := []bson.E{e("kind", fmt.Sprint("k", i%2)), e("state", fmt.Sprint("s", i%5))}
		if i%7 > 0 {
			fields = append(fields, e("n", i%4), e("due_at", time.UnixMilli(int64(i%3))))
		}
		s.mustInsert(t, s.doc(fmt.Sprintf("%02d", i*37%60), fields...))
	}
	states := d(e("$in", bson.A{"s1", "s3", "s4", "s1"}))
	for name, q := range map[string]documents.Query{
		"by _id":                       {Filter: s.filter(), Sort: []string{"_id"}},
		"by _id downwards":             {Filter: s.filter(e("kind", "k0")), Sort: []string{"-_id"}},
		"by a whole index":             {Filter: s.filter(), Sort: []string{"kind"}},
		"by the beginning of an index": {Filter: s.filter(), Sort: []string{"state"}},
		"downwards, by the beginning":  {Filter: s.filter(), Sort: []string{"-state", "-_id"}},
		"by the middle of an index":    {Filter: s.filter(e("kind", "k1")), Sort: []string{"n"}},
		"by its end":                   {Filter: s.filter(e("kind", "k1"), e("n", nil)), Sort: []string{"-state"}},
		"behind an equality":           {Filter: s.filter(e("state", "s2")), Sort: []string{"due_at"}},
		"behind an equality, with range": {Filter: s.filter(e("state", "s2"), e("due_at", d(e("$gte", time.UnixMilli(1))))),
			Sort: []string{"-due_at"}},
		"behind a list":                     {Filter: s.filter(e("state", states)), Sort: []string{"due_at"}},
		"behind a list, downwards":          {Filter: s.filter(e("state", states)), Sort: []string{"-due_at"}},
		"by two fields":                     {Filter: s.filter(), Sort: []string{"state", "due_at"}},
		"with a test that no index answers": {Filter: s.filter(e("n", d(e("$ne", 2)))), Sort: []string{"state", "due_at"}},
		"by several ids": {Filter: s.filter(e("_id", d(e("$in", bson.A{s.id("03"), s.id("50"), s.id("11")})))),
			Sort: []string{"-_id"}},
	} {
		t.Run(name, func(t *testing.T) { s.page(t, q) })
	}
	_, err := documents.ParseCursor("nonsense")
	wantCode(t, err, commerce.Invalid, "cursor")
}

func (s suite) page(t *testing.T, q documents.Query) {
	t.Helper()
	whole, err := documents.FindAll[bson.Raw](t.Context(), s, "things", q)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Count(t.Context(), "things", q.Filter); int(n) != len(whole) || n < 3 || err != nil {
		t.Errorf("whole: got %d rows, want %d (%v)", len(whole), n, err)
	}
	got := []bson.Raw{}
	for q.Limit = 7; ; {
		rows, err := documents.FindAll[bson.Raw](t.Context(), s, "things", q)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			break
		}
		got = append(got, rows...)
		next, err := documents.CursorOf(q.Sort, rows[len(rows)-1])
		if err == nil {
			q.After, err = documents.ParseCursor(next.String())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(ids(whole), ids(got)); diff != "" {
		t.Errorf("pages: got, want: %s", diff)
	}
	for i := 1; i < len(whole); i++ {
		if !inOrder(q.Sort, whole[i-1], whole[i]) {
			t.Errorf("order: %s comes before %s", whole[i-1], whole[i])
		}
	}
}

func ids(rows []bson.Raw) []string {
	list := []string{}
	for _, raw := range rows {
		list = append(list, raw.Lookup("_id").StringValue())
	}
	return list
}

func inOrder(sort []string, a, b bson.Raw) bool {
	last := "_id"
	if sort[0][0] == '-' {
		last = "-_id"
	}
	for _, f := range append(append([]string{}, sort...), last) {
		way, name := 1, f
		if f[0] == '-' {
			way, name = -1, f[1:]
		}
		if c := way * documents.Compare(documents.ScalarAt(a, name), documents.ScalarAt(b, name)); c != 0 {
			return c < 0
		}
	}
	return false
}

// A search returns the requested fields only: a list page need not read whole
// orders.
func testFields(t *testing.T, s suite) {
	s.mustInsert(t, s.doc("a", e("kind", "x"), e("n", 1), e("home", d(e("city", "Bonn"), e("zip", "5"))),
		e("lines", bson.A{d(e("sku", "s"), e("q", 1)), d(e("q", 2))})))
	for want, fields := range map[string][]string{
		`{n:1}`: {"n", "absent"},
		`{home:{city:"Bonn"} lines:[{q:1} {q:2}]}`: {"home.city", "lines.q"},
		`{home:{city:"Bonn" zip:"5"} kind:"x"}`:    {"home", "kind"},
	} {
		rows, err := documents.FindAll[bson.Raw](t.Context(), s, "things", documents.Query{Filter: s.filter(), Fields: fields})
		if err != nil || len(rows) != 1 {
			t.Fatalf("got %d rows %v, want one", len(rows), err)
		}
		sameText(t, fmt.Sprint(fields), text(t, rows[0]), want)
		sameText(t, "_id", rows[0].Lookup("_id").StringValue(), s.id("a"))
	}
}

// A search for fields of an index reads the index alone, and returns the same
// values as the documents have, in every order and with every limit.
func testCovered(t *testing.T, s suite) {
	values := bson.A{int32(1), int64(1) << 60, 2.5, "text\x00with NUL", true, time.UnixMilli(5).UTC(),
		bson.Binary{Subtype: 0, Data: []byte("bin")}, int64(-7)}
	docs := make([]any, len(values))
	for i, v := range values {
		docs[i] = s.doc(i, e("kind", "covered"), e("n", v), e("state", fmt.Sprint(i%3)), e("more", i))
	}
	s.mustInsert(t, docs...)
	s.mustInsert(t, s.doc("bare", e("kind", "covered"), e("more", 1)))
	read := func(fields ...string) (list []string) {
		q := documents.Query{Filter: s.filter(e("kind", "covered")), Fields: fields, Sort: []string{"kind", "n"}}
		err := s.Find(t.Context(), "things", q, func(raw bson.Raw) error {
			var row struct {
				ID    string `bson:"_id"`
				N     any    `bson:"n"`
				State string `bson:"state"`
			}
			if err := bson.Unmarshal(raw, &row); err != nil {
				return err
			}
			list = append(list, fmt.Sprintf("%s %v %s", row.ID, row.N, row.State))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if diff := cmp.Diff(read("n", "state", "more"), read("n", "state")); diff != "" {
		t.Errorf("answers of the index (-documents +index):\n%s", diff)
	}
}

// The caller may end a search early, and may use the store during the search.
func testEnds(t *testing.T, s suite) {
	s.mustInsert(t, s.doc("a", e("kind", "x")), s.doc("b", e("kind", "x")), s.doc("c", e("kind", "x")))
	enough, seen := errors.New("enough"), 0
	err := s.Find(t.Context(), "things", documents.Query{Filter: s.filter(e("kind", "x"))}, func(bson.Raw) error {
		if seen++; seen == 2 {
			return enough
		}
		if _, err := s.Insert(t.Context(), "things", s.doc("new")); err != nil {
			return err
		}
		s.found(t, documents.Query{Filter: s.filter(), Limit: 1})
		return nil
	})
	if !errors.Is(err, enough) || seen != 2 {
		t.Errorf("got %v after %d rows, want the caller's error after 2", err, seen)
	}
	sameText(t, "limit", fmt.Sprint(s.found(t, documents.Query{Filter: s.filter(e("kind", "x")), Sort: []string{"-kind"}, Limit: 2})), "[c b]")
}
