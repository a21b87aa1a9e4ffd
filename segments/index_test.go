package segments

import (
	"cmp"
	"encoding/json"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
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

// customers makes n random customers, numbered with gaps.
func customers(d dice, n int) []*Row {
	rows := make([]*Row, n)
	number := int64(0)
	for i := range rows {
		number += 1 + int64(d.IntN(3)/2)
		rows[i] = d.customer(number, 1)
	}
	return rows
}

// states makes n states of random customers, each with a revision of its own,
// in any order: several of some customers, and tombstones of who was deleted or
// merged into another.
func states(d dice, n int) []*Row {
	rows, revs := make([]*Row, n), d.Perm(n)
	most := []int64{12, 40, 200}[d.IntN(3)]
	for i := range rows {
		rows[i] = d.customer(d.Int64N(most), int64(revs[i])+1)
		rows[i].Gone = d.IntN(6) == 0
	}
	if d.IntN(2) == 0 {
		slices.SortStableFunc(rows, func(a, b *Row) int { return cmp.Compare(a.N, b.N) })
	}
	return rows
}

// latest is the customers after all changes, in any order of the changes.
func latest(rows []*Row) map[int64]*Row {
	last := map[int64]*Row{}
	for _, r := range rows {
		if before := last[r.N]; before == nil || before.Rev < r.Rev {
			last[r.N] = r
		}
	}
	maps.DeleteFunc(last, func(_ int64, r *Row) bool { return r.Gone })
	return last
}

// compareWithMatch compares the result of the index for each condition with Match of each
// row, and the sweep of all with each alone.
func compareWithMatch(t *rapid.T, ix *Index, rows map[int64]*Row, p Params, now time.Time, list []Condition, texts []string) {
	lists := ix.listed()
	sets, alone := make([]*Bitmap, len(list)), &Bitmap{}
	for i := range sets {
		sets[i] = &Bitmap{}
	}
	ix.Sweep(list, now, sets)
	if ix.Len() != len(rows) {
		t.Fatalf("the index has %d customers, want %d", ix.Len(), len(rows))
	}
	for i, c := range list {
		ix.Members(c, now, alone)
		for n, r := range rows {
			p.Customer = r.ID
			p.Listed = func(segment string) Listing { return lists[segment].of(n) }
			want := Match(c, &r.Profile, nil, p, now)
			if alone.Has(n) != want || sets[i].Has(n) != want {
				data, _ := json.MarshalIndent(r, "", " ")
				t.Fatalf("%s: Match returns %v, the index %v, a sweep %v for customer %s", texts[i], want, alone.Has(n), sets[i].Has(n), data)
			}
		}
		if got := ix.Count(c, now); got != alone.Count() || got > len(rows) {
			t.Fatalf("%s: counted %d of %d members of %d customers", texts[i], got, alone.Count(), len(rows))
		}
	}
}

// perShop is the number of conditions tested on each random shop, before and after
// changes: a hundred shops make 20,000 pairs.
const perShop = 100

// The index and Match give one answer, of any condition and any customers, also
// after customers changed, came, went and were merged, whatever came twice or
// late.
func TestIndexIsMatch(t *testing.T) {
	t.Parallel()
	shop, now := aShop(t)
	rapid.Check(t, func(t *rapid.T) {
		d, p := dice{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))}, shop
		if p.Fitted = aFitted(d.IntN(2) == 0); d.IntN(4) == 0 {
			p.Fitted = nil
		}
		set, all := someSegments(t), states(d, 36)
		var list []Condition
		var texts []string
		for len(list) < perShop-len(set.IDs()) {
			if c, text, ok := someCondition(t, set); ok {
				list, texts = append(list, c), append(texts, text)
			}
		}
		for _, id := range set.IDs() {
			c, _ := set.Member(id)
			list, texts = append(list, c), append(texts, string(set.Segment(id).Raw))
		}
		ix := NewIndex(p)
		ix.rows = 8 // several chunks
		if err := ix.Build(stream(all[:24])); err != nil {
			t.Fatal(err)
		}
		ix.List(d.lists(set.IDs(), 60))
		compareWithMatch(t, ix, latest(all[:24]), p, now, list, texts)
		applyAnyhow(t, d, ix, all)
		ix.List(d.lists(set.IDs(), 60))
		compareWithMatch(t, ix, latest(all), p, now, list, texts)
	})
}

// applyAnyhow applies rows several times, in batches, in any order.
func applyAnyhow(t *rapid.T, d dice, ix *Index, rows []*Row) {
	rows = slices.Concat(rows, rows[:d.IntN(len(rows))])
	d.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
	for len(rows) > 0 {
		n := 1 + d.IntN(len(rows))
		if err := ix.Apply(rows[:n]); err != nil {
			t.Fatal(err)
		}
		rows = rows[n:]
	}
}
