package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// A bulk's results are at the positions of its ops, and its totals add up.
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
	sameText(t, "documents", s.get(t, "old")+s.get(t, "new")+s.get(t, "up")+s.get(t, "gone")+s.get(t, "stays")+s.get(t, "goes"),
		"{n:2}{n:1}{n:1}{n:1}")
	if totals, results, err := s.Bulk(t.Context(), "things", nil); err != nil || len(results) != 0 || totals != (documents.Totals{}) {
		t.Errorf("empty: got %v %v %v", totals, results, err)
	}
}

// Writes that are committed together do not fail together: neither in one bulk
// nor among callers whose writes happen to share a commit.
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

// No increment is lost, even if many arrive at once.
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
	candidates, err := documents.FindAll[work](ctx, s, "things",
		documents.Query{Filter: due, Sort: []string{"due_at"}, Fields: []string{"fence"}, Limit: 20})
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

// A cancelled call ends with an error, and the caller can try it again.
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

// Calls that come too late at shutdown get an error.
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
