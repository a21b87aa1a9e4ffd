package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// A repeated delivery must not overwrite the first one.
func testInsert(t *testing.T, s suite) {
	for i, want := range []bool{true, false, false} {
		inserted, err := s.Insert(t.Context(), "things", s.doc("a", e("n", i)))
		if err != nil || inserted != want {
			t.Errorf("insert %d: got %v %v, want %v", i, inserted, err, want)
		}
	}
	sameText(t, "stored", s.get(t, "a"), "{n:0}")
	if found, err := s.Get(t.Context(), "things", s.shop, s.id("b"), new(bson.Raw)); found || err != nil {
		t.Errorf("get absent: got %v %v, want false", found, err)
	}
}

// A batch reports of each document whether it was new, also within the batch.
func testInsertMany(t *testing.T, s suite) {
	s.mustInsert(t, s.doc("b", e("n", 0)))
	inserted, err := s.InsertMany(t.Context(), "things",
		[]any{s.doc("a", e("n", 1)), s.doc("b", e("n", 2)), s.doc("c", e("n", 3)), s.doc("c", e("n", 4))})
	if diff := cmp.Diff([]bool{true, false, true, false}, inserted); err != nil || diff != "" {
		t.Errorf("got %v %v, want true false true false", inserted, err)
	}
	sameText(t, "stored", s.get(t, "b")+s.get(t, "c"), "{n:0}{n:3}")
	if inserted, err := s.InsertMany(t.Context(), "things", nil); err != nil || len(inserted) != 0 {
		t.Errorf("none: got %v %v", inserted, err)
	}
}

// Two workers that derive the same event store it once, and only one gets
// inserted.
func testInsertRace(t *testing.T, s suite) {
	var wins atomic.Int32
	parallel(t, 8, func(worker int) error {
		for i := range 20 {
			inserted, err := s.Insert(t.Context(), "things", s.doc(i, e("n", worker)))
			if err != nil {
				return err
			}
			if inserted {
				wins.Add(1)
			}
		}
		return nil
	})
	if n, err := s.Count(t.Context(), "things", s.filter()); wins.Load() != 20 || n != 20 || err != nil {
		t.Errorf("got %d winners of %d documents (%v), want 20 of 20", wins.Load(), n, err)
	}
}

// parallel calls do in n goroutines and fails the test on the first error.
func parallel(t testing.TB, n int, do func(worker int) error) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatalf("worker: %v", err)
		}
	}
}

type thing struct {
	ID    string            `bson:"_id"`
	Shop  string            `bson:"shop"`
	Tags  []string          `bson:"tags"`
	Inner struct{ L []int } `bson:"inner"`
	Map   map[string]int    `bson:"map"`
	At    time.Time         `bson:"at"`
	Gone  *time.Time        `bson:"gone"`
	Empty *time.Time        `bson:"empty,omitempty"`
	Big   int64             `bson:"big"`
	Price commerce.Money    `bson:"price"`
}

// A nil list is stored as an empty one and a time as UTC milliseconds. So a
// process reads back its own values as every other process does.
func testEncoding(t *testing.T, s suite) {
	zone := time.FixedZone("far", 8*3600)
	in := thing{ID: s.id("a"), Shop: s.shop, At: time.Date(2026, 3, 1, 8, 0, 0, 123_456_789, zone), Big: 1 << 60,
		Price: commerce.Money{Minor: 1230, Currency: "EUR"}}
	s.mustInsert(t, in)
	want := in
	want.Tags, want.Map, want.Inner.L = []string{}, map[string]int{}, []int{}
	want.At = time.Date(2026, 3, 1, 0, 0, 0, 123_000_000, time.UTC)
	list, err := documents.FindAll[thing](t.Context(), s, "things", documents.Query{Filter: s.filter()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]thing{want}, list); diff != "" {
		t.Errorf("got, want: %s", diff)
	}
	sameText(t, "tags", fmt.Sprint(s.found(t,
		documents.Query{Filter: s.filter(e("tags", bson.D{e("$exists", true)}), e("gone", nil),
			e("empty", bson.D{e("$exists", false)}))})), "[a]")
	_, err = s.Insert(t.Context(), "things", s.doc("huge", e("x", strings.Repeat("x", documents.MaxDocument))))
	wantCode(t, err, commerce.TooLarge, "at most")
}

// Every write names shop and _id, and an id belongs to the shop that it begins
// with. So no call can reach into another shop.
func testTargets(t *testing.T, s suite) {
	ctx, set := t.Context(), d(e("$set", d(e("n", 1))))
	without := func(key string) bson.D {
		return slices.DeleteFunc(s.doc("a"), func(e bson.E) bool { return e.Key == key })
	}
	for name, err := range map[string]error{
		"insert without shop":   second(s.Insert(ctx, "things", without("shop"))),
		"insert without _id":    second(s.Insert(ctx, "things", without("_id"))),
		"many without _id":      second(s.InsertMany(ctx, "things", []any{s.doc("a"), without("_id")})),
		"update without shop":   second(s.Update(ctx, "things", without("shop"), set)),
		"update without _id":    second(s.Update(ctx, "things", without("_id"), set)),
		"update of several":     second(s.Update(ctx, "things", s.filter(e("_id", d(e("$in", bson.A{s.id("a")})))), set)),
		"update of a branch":    second(s.Update(ctx, "things", d(e("$or", bson.A{s.target("a")})), set)),
		"upsert without shop":   second(s.Upsert(ctx, "things", "", s.id("a"), set)),
		"upsert without _id":    second(s.Upsert(ctx, "things", s.shop, "", set)),
		"delete without shop":   second(s.Delete(ctx, "things", "", s.id("a"))),
		"delete without _id":    second(s.Delete(ctx, "things", s.shop, "")),
		"get without shop":      second(s.Get(ctx, "things", "", s.id("a"), new(bson.Raw))),
		"find without shop":     s.Find(ctx, "things", documents.Query{Filter: d(e("kind", "x"))}, nil),
		"find of several shops": s.Find(ctx, "things", documents.Query{Filter: d(e("shop", d(e("$ne", "x"))))}, nil),
		"count without shop":    second(s.Count(ctx, "things", bson.D{})),
		"tally without shop":    second(s.Tally(ctx, "things", bson.D{}, nil, nil)),
		"global with shop":      s.Find(ctx, "things", documents.Query{Filter: s.filter(), Global: true}, nil),
		"bulk without _id":      third(s.Bulk(ctx, "things", []documents.Op{documents.InsertOp(s.doc("z")), documents.InsertOp(without("_id"))})),
		"bulk update":           third(s.Bulk(ctx, "things", []documents.Op{documents.UpdateOp(s.filter(), set)})),
		"bulk of no op":         third(s.Bulk(ctx, "things", []documents.Op{{}})),
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, err, commerce.Invalid, "") })
	}
	wantCode(t, second(s.Upsert(ctx, "things", s.shop, "other:a", set)), commerce.Invalid, "starts with its shop")
	wantCode(t, second(s.Insert(ctx, "nothings", s.doc("a"))), commerce.Invalid, "nothings")
	wantCode(t, second(s.Upsert(ctx, "things", s.shop, s.id("a"), d(e("$set", d(e("shop", "x")))))), commerce.Invalid, "never change")
	if n, err := s.Count(ctx, "things", s.filter()); n != 0 || err != nil {
		t.Errorf("a refused write left %d documents (%v)", n, err)
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

// The second deletion of a document reports that it deleted none.
func testDelete(t *testing.T, s suite) {
	s.mustInsert(t, s.doc("a"))
	for i, want := range []bool{true, false} {
		if deleted, err := s.Delete(t.Context(), "things", s.shop, s.id("a")); deleted != want || err != nil {
			t.Errorf("delete %d: got %v %v, want %v", i, deleted, err, want)
		}
	}
	s.mustInsert(t, s.doc("a"))
}
