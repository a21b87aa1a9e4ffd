package segments

import (
	"encoding/json"
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// stream is rows one after the other.
func stream(rows []*Row) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// customers makes n random customers, numbered with gaps or without.
func customers(d dice, n int) []*Row {
	rows := make([]*Row, n)
	number, gaps := int64(d.IntN(100)), d.IntN(2) == 0
	for i := range rows {
		if number++; gaps {
			number += int64(d.IntN(3) / 2)
		}
		rows[i] = d.customer(number, 1)
	}
	return rows
}

// holdToMatch compares what the index says of each condition with Match of each
// row, and the sweep of all with each alone.
func holdToMatch(t *rapid.T, ix *Index, rows map[int64]*Row, p Params, now time.Time, list []Condition, texts []string) {
	lists := ix.listed()
	sets, alone := make([]*Bitmap, len(list)), &Bitmap{}
	for i := range sets {
		sets[i] = &Bitmap{}
	}
	ix.Sweep(list, now, sets)
	for i, c := range list {
		ix.Members(c, now, alone)
		for n, r := range rows {
			p.Customer = r.ID
			p.Listed = func(segment string) Listing { return lists[segment].of(n) }
			want := Match(c, &r.Profile, nil, p, now)
			if alone.Has(n) != want || sets[i].Has(n) != want {
				data, _ := json.MarshalIndent(r, "", " ")
				t.Fatalf("%s: Match says %v, the index %v, in a sweep %v, of customer %s", texts[i], want, alone.Has(n), sets[i].Has(n), data)
			}
		}
		if got := ix.Count(c, now); got != alone.Count() || got > len(rows) {
			t.Fatalf("%s: counted %d of %d members of %d customers", texts[i], got, alone.Count(), len(rows))
		}
	}
}

// The index and Match give one answer, of any condition and any customer, also
// after customers changed, came and went.
func TestIndexIsMatch(t *testing.T) {
	t.Parallel()
	p, now := aShop(t)
	rapid.Check(t, func(t *rapid.T) {
		d := dice{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))}
		rows := customers(d, 30)
		ix := NewIndex(p)
		ix.rows = 16 // several chunks
		if err := ix.Build(stream(rows)); err != nil {
			t.Fatal(err)
		}
		held := map[int64]*Row{}
		for _, r := range rows {
			held[r.N] = r
		}
		var list []Condition
		var texts []string
		set := someSegments(t)
		ix.List(d.lists(set.IDs(), 120))
		for range 4 {
			c, text := someCondition(t, set)
			list, texts = append(list, c), append(texts, text)
		}
		for _, id := range set.IDs() {
			c, _ := set.Member(id)
			list, texts = append(list, c), append(texts, string(set.Segment(id).Raw))
		}
		holdToMatch(t, ix, held, p, now, list, texts)
		for range 2 {
			change(t, d, ix, held)
		}
		ix.List(d.lists(set.IDs(), 120))
		holdToMatch(t, ix, held, p, now, list, texts)
	})
}

// change applies random changes to the index and to the customers held beside.
func change(t *rapid.T, d dice, ix *Index, held map[int64]*Row) {
	var rows []*Row
	for range d.IntN(12) {
		n := int64(d.IntN(60))
		rev := int64(d.IntN(5)) + 1
		before, known := held[n]
		r := d.customer(n, rev)
		r.Gone = d.IntN(4) == 0
		rows = append(rows, r)
		if gone, ok := ix.gone[n]; known && before.Rev >= rev || ok && gone >= rev {
			continue
		}
		if err := ix.Apply(rows); err != nil {
			t.Fatal(err)
		}
		if held[n] = r; r.Gone {
			delete(held, n)
		}
	}
	if ix.Len() != len(held) {
		t.Fatalf("the index has %d customers, want %d", ix.Len(), len(held))
	}
}
