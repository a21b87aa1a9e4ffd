package campaigns

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func of(reached, n int64) sample { return sample{n, float64(reached), float64(reached)} }

// The interval of a difference of shares is the one published as method 10.
func TestIntervalOfSharesIsNewcombes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b      sample
		low, high float64
	}{
		"Newcombe 1998, table II (a)": {of(56, 70), of(48, 80), 0.0524, 0.3339},
		"Newcombe 1998, table II (b)": {of(9, 10), of(3, 10), 0.1705, 0.8090},
		"Newcombe 1998, table II (c)": {of(6, 7), of(2, 7), 0.0582, 0.8062},
		"Newcombe 1998, table II (d)": {of(5, 56), of(0, 29), -0.0381, 0.1926},
		"Newcombe 1998, table II (g)": {of(10, 10), of(0, 20), 0.6791, 1},
	} {
		low, high := betweenMeans(c.a, c.b, 1)
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%s: got %.4f to %.4f, want %.4f to %.4f", name, low, high, c.low, c.high)
		}
	}
}

// The limits of a mean are the means whose distance to it is normal95 of their
// own standard errors, and scale with what is counted.
func TestLimitsAreRoots(t *testing.T) {
	t.Parallel()
	s := sample{400, 9000, 4.5e6}
	r, ok := ratio(s, sample{40, 600, 2.5e5})
	low, high := s.limits(r)
	for _, mu := range []float64{low, high} {
		if z := math.Abs(s.mean()-mu) / math.Sqrt((r*mu-mu*mu)/400); !ok || math.Abs(z-normal95) > 1e-9 {
			t.Errorf("limit %v lies %v standard errors off", mu, z)
		}
	}
	cents := sample{400, 900000, 4.5e10}
	if l, h := cents.limits(100 * r); math.Abs(l-100*low) > 1e-9 || math.Abs(h-100*high) > 1e-9 {
		t.Errorf("in cents: got %v to %v, want 100 times %v to %v", l, h, low, high)
	}
}

// Money that sums up to a loss has an interval too, and what was not counted has
// none; nothing is no number.
func TestDifferenceOfOddSums(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b     sample
		interval bool
	}{
		"nothing":        {sample{9, 0, 0}, sample{1, 0, 0}, false},
		"a loss":         {sample{9, -90, 5000}, sample{3, 10, 100}, true},
		"one big buyer":  {sample{1, 10, 100}, sample{1000, 1000, 1000}, true},
		"as much as all": {sample{2, 0, 50}, sample{2, 0, 50}, true},
	} {
		f := difference(c.a, c.b)
		holds := f.Low <= f.Value && f.Value <= f.High
		if math.IsNaN(f.Low+f.High) || f.Interval != c.interval || f.Interval && !holds {
			t.Errorf("%s: got %+v", name, f)
		}
	}
}

// A proportion is the fraction, rounded half away from zero.
func TestProportionIsRounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount, part := rapid.Int64Range(-1e15, 1e15).Draw(t, "amount"), rapid.Int64Range(-1e6, 1e6).Draw(t, "part")
		whole := rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, 1e12), rapid.Int64Range(-100, -1)).Draw(t, "whole")
		exact := new(big.Rat).Mul(big.NewRat(amount, whole), big.NewRat(part, 1))
		half := big.NewRat(int64(exact.Sign()), 2)
		sum := new(big.Rat).Add(exact, half)
		want := new(big.Int).Quo(sum.Num(), sum.Denom())
		if got := proportion(amount, part, whole); want.IsInt64() && got != want.Int64() {
			t.Fatalf("%d x %d / %d: got %d, want %s", amount, part, whole, got, want)
		}
	})
}
