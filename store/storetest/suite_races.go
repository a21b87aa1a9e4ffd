package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// A bulk answers in the positions of its ops, and adds up.
func testBulk(t *testing.T, s suite) {
	s.mustInsert(t, s.doc("old", e("n", 1)), s.doc("gone"), s.doc("stays", e("n", 1)), s.doc("goes", e("n", 1)))
	inc := d(e("$inc", d(e("n", 1))))
	totals, results, err := s.Bulk(t.Context(), "things", []documents.Op{
		documents.InsertOp(s.doc("new", e("n", 1))),
		documents.InsertOp(s.doc("old", e("n", 99))),
		documents.UpdateOp(s.target("old", e("n", 1)), inc),
		documents.UpdateOp(s.target("other"), inc),
		documents.UpsertOp(s.shop, s.id("up"), inc),
		documents.DeleteOp(s.shop, s.id("gone")),
		documents.DeleteOp(s.shop, s.id("never")),
		documents.DeleteIfOp(s.target("stays", e("n", 2))),
		documents.DeleteIfOp(s.target("goes", e("n", 1))),
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(documents.Totals{Inserted: 1, Matched: 1, Upserted: 1, Deleted: 2}, totals); diff != "" {
		t.Errorf("totals: got %+v, want one each and two deleted", totals)
	}
	want := make([]documents.Result, 9)
	want[0].Inserted, want[4].Upserted = true, true
	if diff := cmp.Diff(want, results); diff != "" {
		t.Errorf("results: got %+v, want %+v", results, want)
	}
	sameText(t, "documents", s.get(t, "old")+s.get(t, "new")+s.get(t, "up")+s.get(t, "gone")+s.get(t, "stays")+s.get(t, "goes"), "{n:2}{n:1}{n:1}{n:1}")
	if totals, results, err := s.Bulk(t.Context(), "things", nil); err != nil || len(results) != 0 || totals != (documents.Totals{}) {
		t.Errorf("empty: got %v %v %v", totals, results, err)
	}
}

// What is committed together does not fail together: neither in one bulk nor
// among callers whose writes happen to share a commit.
func testNeighbours(t *testing.T, s suite) {
	s.mustInsert(t, s.doc("text", e("n", "x")))
	inc := d(e("$inc", d(e("n", 1))), e("$set", d(e("touched", true))))
	_, results, err := s.Bulk(t.Context(), "things", []documents.Op{
		documents.UpsertOp(s.shop, s.id("before"), inc), documents.UpdateOp(s.target("text"), inc), documents.InsertOp(s.doc("after", e("n", 1))),
	})
	if err != nil || results[0].Err != nil || results[2].Err != nil || !results[0].Upserted || !results[2].Inserted {
		t.Fatalf("got %+v %v, want the first and third done", results, err)
	}
	wantCode(t, results[1].Err, commerce.Invalid, "")
	parallel(t, 32, func(worker int) error {
		for i := range 5 {
			if worker%4 == 0 {
				if _, err := s.Update(t.Context(), "things", s.target("text"), inc); commerce.CodeOf(err) != commerce.Invalid {
					return fmt.Errorf("bad update: got %w, want invalid", err)
				}
				continue
			}
			if inserted, err := s.Insert(t.Context(), "things", s.doc(fmt.Sprint(worker, "-", i), e("n", 1))); !inserted || err != nil {
				return fmt.Errorf("neighbour: got %v %w, want inserted", inserted, err)
			}
		}
		return nil
	})
	if n, err := s.Count(t.Context(), "things", s.filter(e("n", 1))); n != 24*5+2 || err != nil {
		t.Errorf("got %d neighbours (%v), want %d", n, err, 24*5+2)
	}
	sameText(t, "the failed", s.get(t, "text"), `{n:"x"}`)
}

// No increment is lost, however many arrive at once.
func testIncrements(t *testing.T, s suite) {
	s.mustInsert(t, s.doc("a", e("n", 0)))
	parallel(t, 16, func(int) error {
		for range 50 {
			if matched, err := s.Update(t.Context(), "things", s.target("a"), d(e("$inc", d(e("n", 1))))); !matched || err != nil {
				return fmt.Errorf("got %v %w, want a match", matched, err)
			}
		}
		return nil
	})
	sameText(t, "sum", s.get(t, "a"), "{n:800}")
}

// Due work is claimed by the protocol of ARCHITECTURE.md (Claiming due work):
// of eight workers exactly one gets each document.
func testClaims(t *testing.T, s suite) {
	const total = 200
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	docs := make([]any, total)
	for i := range docs {
		docs[i] = s.doc(i, e("state", "planned"), e("due_at", now.Add(-time.Duration(i)*time.Second)), e("fence", 0))
	}
	s.mustInsert(t, docs...)
	claimed := make([][]string, 8)
	parallel(t, 8, func(worker int) error {
		for round := 0; ; round++ {
			ids, left, err := s.claim(t.Context(), now, fmt.Sprint("w", worker, "-", round))
			if err != nil || !left {
				return err
			}
			claimed[worker] = append(claimed[worker], ids...)
		}
	})
	times := map[string]int{}
	for _, ids := range claimed {
		for _, id := range ids {
			times[id]++
		}
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	if len(times) != total {
		t.Errorf("got %d claimed, want %d", len(times), total)
	}
}

// claim takes up to 20 due documents; left is false when none was due.
func (s suite) claim(ctx context.Context, now time.Time, token string) (ids []string, left bool, err error) {
	type work struct {
		ID    string `bson:"_id"`
		Fence int    `bson:"fence"`
	}
	due := s.filter(e("state", "planned"), e("due_at", d(e("$lte", now))))
	candidates, err := documents.FindAll[work](ctx, s, "things", documents.Query{Filter: due, Sort: []string{"due_at"}, Fields: []string{"fence"}, Limit: 20})
	if err != nil || len(candidates) == 0 {
		return nil, false, err
	}
	ops := make([]documents.Op, len(candidates))
	for i, c := range candidates {
		ops[i] = documents.UpdateOp(
			d(e("_id", c.ID), e("shop", s.shop), e("state", "planned"), e("fence", c.Fence)),
			d(e("$set", d(e("state", "claimed"), e("claim", token), e("lease", now.Add(time.Minute)))), e("$inc", d(e("fence", 1)))))
	}
	if _, _, err := s.Bulk(ctx, "things", ops); err != nil {
		return nil, false, err
	}
	mine, err := documents.FindAll[work](ctx, s, "things", documents.Query{Filter: s.filter(e("claim", token))})
	for _, w := range mine {
		ids = append(ids, w.ID)
	}
	return ids, true, err
}

// A tally is what a loop over the documents would count.
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
		{"by two fields", d(e("state", "sent")), []string{"kind", "due_at"}, []string{"cost"}, "[{[<nil> <nil>] 1 [0]} {[x <nil>] 1 [7]} {[x 2026-01-01 00:00:00 +0000 UTC] 1 [5]}]"},
		{"by what an index holds, behind a filter it answers", d(e("state", d(e("$in", bson.A{"sent", "x"})))), []string{"due_at", "state"}, nil, "[{[<nil> sent] 2 []} {[2026-01-01 00:00:00 +0000 UTC sent] 1 []}]"},
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
		"by _id":                          {Filter: s.filter(), Sort: []string{"_id"}},
		"by _id downwards":                {Filter: s.filter(e("kind", "k0")), Sort: []string{"-_id"}},
		"by a whole index":                {Filter: s.filter(), Sort: []string{"kind"}},
		"by the beginning of an index":    {Filter: s.filter(), Sort: []string{"state"}},
		"downwards, by the beginning":     {Filter: s.filter(), Sort: []string{"-state", "-_id"}},
		"by the middle of an index":       {Filter: s.filter(e("kind", "k1")), Sort: []string{"n"}},
		"by its end":                      {Filter: s.filter(e("kind", "k1"), e("n", nil)), Sort: []string{"-state"}},
		"behind an equality":              {Filter: s.filter(e("state", "s2")), Sort: []string{"due_at"}},
		"behind an equality, with range":  {Filter: s.filter(e("state", "s2"), e("due_at", d(e("$gte", time.UnixMilli(1))))), Sort: []string{"-due_at"}},
		"behind a list":                   {Filter: s.filter(e("state", states)), Sort: []string{"due_at"}},
		"behind a list, downwards":        {Filter: s.filter(e("state", states)), Sort: []string{"-due_at"}},
		"by two fields":                   {Filter: s.filter(), Sort: []string{"state", "due_at"}},
		"with what the index cannot know": {Filter: s.filter(e("n", d(e("$ne", 2)))), Sort: []string{"state", "due_at"}},
		"by several ids":                  {Filter: s.filter(e("_id", d(e("$in", bson.A{s.id("03"), s.id("50"), s.id("11")})))), Sort: []string{"-_id"}},
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
			t.Errorf("order: %s stands before %s", whole[i-1], whole[i])
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
	for _, f := range append(append([]string{}, sort...), map[bool]string{true: "-_id", false: "_id"}[sort[0][0] == '-']) {
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

// A list page need not read whole orders.
func testFields(t *testing.T, s suite) {
	s.mustInsert(t, s.doc("a", e("kind", "x"), e("n", 1), e("home", d(e("city", "Bonn"), e("zip", "5"))), e("lines", bson.A{d(e("sku", "s"), e("q", 1)), d(e("q", 2))})))
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

// What an index holds is answered from it alone, with the same values as the
// documents have, in every order and with every limit.
func testCovered(t *testing.T, s suite) {
	values := bson.A{int32(1), int64(1) << 60, 2.5, "text\x00with NUL", true, time.UnixMilli(5).UTC(), bson.Binary{Subtype: 0, Data: []byte("bin")}, int64(-7)}
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

// The caller of a search decides when it has seen enough, and may ask the
// store meanwhile.
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

// A caller who has gone gets no answer, and what it asked for can be tried again.
func testContext(t *testing.T, s suite) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.mustInsert(t, s.doc("a"))
	for name, err := range map[string]error{
		"find":   s.Find(ctx, "things", documents.Query{Filter: s.filter()}, func(bson.Raw) error { return nil }),
		"get":    second(s.Get(ctx, "things", s.shop, s.id("a"), new(bson.Raw))),
		"insert": second(s.Insert(ctx, "things", s.doc("b"))),
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, err, commerce.Unavailable, "") })
	}
}

// Calls that come too late at shutdown are told so.
func testClosed(t *testing.T, d documents.Database) {
	s := suite{d, "shop"}
	if err := d.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	s.mustInsert(t, s.doc("a"))
	for i := range 2 {
		if err := d.Close(); err != nil {
			t.Errorf("close %d: %v", i, err)
		}
	}
	for name, err := range map[string]error{
		"find":   d.Find(t.Context(), "things", documents.Query{Filter: s.filter()}, func(bson.Raw) error { return nil }),
		"insert": second(d.Insert(t.Context(), "things", s.doc("b"))),
		"bulk":   third(d.Bulk(t.Context(), "things", []documents.Op{documents.DeleteOp(s.shop, s.id("a"))})),
		"ping":   d.Ping(t.Context()),
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, err, commerce.Unavailable, "") })
	}
}
