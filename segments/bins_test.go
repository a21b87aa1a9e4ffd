package segments

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A shop may have 3 to 10 scores. Each has about equally many buyers, the usual groups
// cover the same part of the scores, and the best buyers are Champions.
func TestAShopHasThreeToTenScores(t *testing.T) {
	t.Parallel()
	for bins := 3; bins <= 10; bins++ {
		rules := Rules{Bins: bins}
		f, err := Fit(rules, Params{}, func(yield func(Summary) bool) {
			for i := range int64(1000) {
				if !yield(Summary{Days: i, Orders: 1000 - i, Net: 1000 - i}) {
					return
				}
			}
		}, time.Date(2011, 3, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		times, numbers := make([]int, bins+1), map[int64]rfm{}
		for i := range int64(1000) {
			s := f.scores(figures{days: i, orders: 1000 - i, net: 1000 - i})
			if s.f != s.m {
				t.Fatalf("%d scores: got %v of customer %d", bins, s, i)
			}
			times[s.f]++
		}
		if slices.Min(times[1:]) < 1000/bins-1 || slices.Max(times[1:]) > 1000/bins+2 {
			t.Errorf("%d scores: got %v customers with each", bins, times[1:])
		}
		if got := f.group(figures{days: 0, orders: 1000, net: 1000}); got != "Champions" {
			t.Errorf("%d scores: the best customer is %q", bins, got)
		}
		if err := (Rules{Bins: bins, Groups: f.Groups}).Check(); err != nil {
			t.Errorf("%d scores: %v", bins, err)
		}
		for i := range bins * bins * bins {
			s := rfm{i/bins/bins + 1, i/bins%bins + 1, i%bins + 1}
			if other, known := numbers[s.number()]; known {
				t.Errorf("%v and %v are both %d", s, other, s.number())
			}
			numbers[s.number()] = s
		}
	}
	if !slices.Equal(UsualGroups(UsualBins), usualGroups) {
		t.Error("the usual groups differ where there are five scores")
	}
}

// The figures computed from an index are those computed from the customers.
func TestFitOfAnIndexIsFitOfItsCustomers(t *testing.T) {
	t.Parallel()
	p, now := aShop(t)
	rapid.Check(t, func(t *rapid.T) {
		d := dice{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))}
		rows, rules := customers(d, 40), Rules{Period: 60 + d.IntN(400), Bins: 3 + d.IntN(8)}
		ix := NewIndex(p)
		ix.rows = 16
		if err := ix.Build(stream(rows)); err != nil {
			t.Fatal(err)
		}
		got, err := ix.Fit(rules, now)
		if err != nil {
			t.Fatal(err)
		}
		want, err := FitRows(rules, p, stream(rows), now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Error(diff)
		}
	})
}
