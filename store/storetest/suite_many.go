package storetest

import (
	"fmt"
	"slices"
	"testing"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Batches search by hundreds of ids or customers at once. Some have no document and
// some have two; other shops have the same.
func testManyValues(t *testing.T, s suite) {
	const stored = 600
	for _, own := range []suite{s, {s.Database, s.shop + "-other"}} {
		docs := []any{}
		for i := range stored {
			docs = append(docs, own.doc(i, e("kind", fmt.Sprint("c", i%500)), e("state", "new")))
		}
		if _, err := own.InsertMany(t.Context(), "things", docs); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{1, 2, 4, 5, 16, 17, 64, 256, 257, 700} {
		ids, kinds := bson.A{}, bson.A{}
		wantIDs, wantKinds := min(n, stored), 0
		for i := range n {
			ids = append(ids, s.id(i))
			kinds = append(kinds, fmt.Sprint("c", i))
			wantKinds += len(kindsOf(i, stored))
		}
		s.wantFound(t, wantIDs, s.filter(e("_id", d(e("$in", ids)))))
		s.wantFound(t, wantKinds, s.filter(e("kind", d(e("$in", kinds)))))
		s.wantFound(t, wantKinds, s.filter(e("kind", d(e("$in", kinds))), e("state", "new")))
	}
}

// kindsOf are the documents of one kind.
func kindsOf(i, stored int) (list []int) {
	for id := range stored {
		if id%500 == i {
			list = append(list, id)
		}
	}
	return list
}

// wantFound searches in every way for n different documents: by their bytes, by fields
// of the index, counted and tallied.
func (s suite) wantFound(t *testing.T, n int, filter bson.D) {
	t.Helper()
	for _, q := range []documents.Query{
		{Filter: filter}, {Filter: filter, Fields: []string{"kind"}}, {Filter: filter, Sort: []string{"_id"}},
	} {
		list := s.found(t, q)
		slices.Sort(list)
		if got := len(slices.Compact(list)); got != n || len(list) != n {
			t.Errorf("fields %v, sort %v: found %d documents, %d of them different, want %d", q.Fields, q.Sort, len(list), got, n)
		}
	}
	limited := s.found(t, documents.Query{Filter: filter, Limit: 3})
	counted, err := s.Count(t.Context(), "things", filter)
	if err != nil || counted != int64(n) || len(limited) != min(3, n) {
		t.Errorf("counted %d (%v) and %d of 3, want %d", counted, err, len(limited), n)
	}
	groups, err := s.Tally(t.Context(), "things", filter, []string{"kind"}, nil)
	total := int64(0)
	for _, g := range groups {
		total += g.Count
	}
	if err != nil || total != int64(n) {
		t.Errorf("tallied %d (%v), want %d", total, err, n)
	}
}
