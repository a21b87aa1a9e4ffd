package segments

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func near(got, want, part float64) bool {
	return math.Abs(got-want) <= part*math.Abs(want) || got == want
}

// The tests give the p-values R prints.
func TestPValuesAreThoseOfR(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		got, want float64
	}{
		"fisher.test(TeaTasting), Agresti 1990: p-value = 0.4857":                         {twoShares{3, 4, 1, 4}.p(), 0.4857},
		"fisher.test(Convictions), Fisher 1970, of ?fisher.test: p-value = 0.0005367":     {twoShares{2, 17, 10, 13}.fisher(), 0.0005367},
		"chisq.test of the Physicians' Health Study: X-squared = 24.429, p-value 7.71e-7": {twoShares{189, 11034, 104, 11037}.p(), 7.71e-07},
		"prop.test(c(490, 400), c(500, 500)): X-squared = 80.909": {
			twoShares{490, 500, 400, 500}.p(), math.Erfc(math.Sqrt(80.909 / 2)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !near(c.got, c.want, 5e-4) {
				t.Errorf("got %v, want %v", c.got, c.want)
			}
		})
	}
}

// The intervals are those published for Koopman's score.
func TestIntervalsAreKoopmans(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shares    twoShares
		low, high float64
		part      float64
	}{
		"Koopman 1984, example: (2.94, 7.15)":                               {twoShares{36, 40, 16, 80}, 2.94, 7.15, 2e-3},
		"PropCIs::riskscoreci(7, 34, 1, 34), as statsmodels is tested with": {twoShares{7, 34, 1, 34}, 1.220853, 42.575718, 1e-6},
		"PropCIs::riskscoreci(189, 11034, 104, 11037), Agresti 2019":        {twoShares{189, 11034, 104, 11037}, 1.433904, 2.304713, 1e-6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if low, high := c.shares.interval(); !near(low, c.low, c.part) || !near(high, c.high, c.part) {
				t.Errorf("got %v to %v, want %v to %v", low, high, c.low, c.high)
			}
		})
	}
}

// With the groups exchanged an interval is the reciprocal, to the last digits, also
// where nearly all of many customers have the trait.
func TestIntervalsArePreciseForExtremeShares(t *testing.T) {
	t.Parallel()
	for _, s := range []twoShares{
		{16282, 16289, 1, 1}, {999_999, 1_000_000, 1, 1},
		{1_000_000, 1_000_000, 1, 1}, {1, 1_000_000, 999_999, 1_000_000},
	} {
		low, high := s.interval()
		other, another := twoShares{s.x2, s.n2, s.x1, s.n1}.interval()
		if !near(1/low, another, 1e-13) || !near(1/high, other, 1e-13) {
			t.Errorf("%+v: %v to %v turned over is %v to %v", s, low, high, other, another)
		}
	}
}

// Benjamini and Hochberg's own example (1995, section 3.2): of 15 tests the
// four smallest are discoveries at 5 %.
func TestFalseDiscoveryIsTheExampleOf1995(t *testing.T) {
	t.Parallel()
	p := []float64{0.3240, 0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.4262, 0.5719, 0.6528, 0.7590, 1}
	q := falseDiscovery(p)
	discoveries := 0
	for i := range q {
		if q[i] <= 0.05 {
			discoveries++
		}
	}
	// R: p.adjust(p, "BH")
	want := []float64{
		0.486, 0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714,
		0.0645, 0.0765, 0.5811818, 0.714875, 0.7532308, 0.8132143, 1,
	}
	for i := range q {
		if !near(q[i], want[i], 1e-6) {
			t.Errorf("p %v: got q %v, want %v", p[i], q[i], want[i])
		}
	}
	if discoveries != 4 {
		t.Errorf("got %d discoveries, want 4", discoveries)
	}
}

// q-values are the definition: the smallest level at which the step-up
// procedure rejects.
func TestFalseDiscoveryIsTheStepUpProcedure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 30).Draw(t, "p")
		level := rapid.Float64Range(0, 1).Draw(t, "level")
		sorted := slices.Sorted(slices.Values(p))
		cut := -1.0
		for i, x := range sorted {
			if x*(float64(len(p))/float64(i+1)) <= level {
				cut = x
			}
		}
		for i, q := range falseDiscovery(p) {
			if rejected := p[i] <= cut; rejected != (q <= level) {
				t.Fatalf("%v at %v: q %v, rejected %v", p, level, q, rejected)
			}
		}
	})
}

// A q-value is never below its p-value, however many tests there are.
func TestNoFalseDiscoveryRateIsBelowItsProbability(t *testing.T) {
	t.Parallel()
	for n := range 300 {
		for i, q := range falseDiscovery(slices.Repeat([]float64{5.0 / 11}, n)) {
			if q < 5.0/11 {
				t.Fatalf("q %v of the test %d of %d is below its p", q, i, n)
			}
		}
	}
}

func drawShares(t *rapid.T, most int) twoShares {
	s := twoShares{n1: rapid.IntRange(1, most).Draw(t, "n1"), n2: rapid.IntRange(1, most).Draw(t, "n2")}
	s.x1, s.x2 = rapid.IntRange(0, s.n1).Draw(t, "x1"), rapid.IntRange(0, s.n2).Draw(t, "x2")
	return s
}

// Fisher's test is the sum over all tables of the hypergeometric distribution
// that are no likelier, in whole numbers.
func TestFisherIsTheEnumeration(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawShares(t, 60)
		ways := func(x int) *big.Int {
			a, b := new(big.Int).Binomial(int64(s.n1), int64(x)), new(big.Int).Binomial(int64(s.n2), int64(s.x1+s.x2-x))
			return a.Mul(a, b)
		}
		this, extreme, all := ways(s.x1), new(big.Int), new(big.Int)
		for x := max(0, s.x1+s.x2-s.n2); x <= min(s.n1, s.x1+s.x2); x++ {
			w := ways(x)
			if all.Add(all, w); w.Cmp(this) <= 0 {
				extreme.Add(extreme, w)
			}
		}
		want, _ := new(big.Rat).SetFrac(extreme, all).Float64()
		if got := s.fisher(); !near(got, want, 1e-9) {
			t.Fatalf("%+v: got %v, want %v", s, got, want)
		}
	})
}

// Chi-square is Pearson's sum over the four cells, each off by half a customer
// less.
func TestChiSquareIsTheSumOverCells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawShares(t, 100_000)
		has, all := float64(s.x1+s.x2), float64(s.n1+s.n2)
		if has == 0 || has == all {
			t.Skip("nothing to compare")
		}
		sum := 0.0
		for _, cell := range [][3]float64{{float64(s.x1), float64(s.n1), has}, {float64(s.x2), float64(s.n2), has},
			{float64(s.n1 - s.x1), float64(s.n1), all - has}, {float64(s.n2 - s.x2), float64(s.n2), all - has}} {
			expected := cell[1] * cell[2] / all
			off := math.Max(0, math.Abs(cell[0]-expected)-0.5)
			sum += off * off / expected
		}
		if got, want := s.chiSquare(), math.Erfc(math.Sqrt(sum/2)); math.Abs(got-want) > 1e-7 {
			t.Fatalf("%+v: got %v, want %v", s, got, want)
		}
	})
}

// The interval contains the lift. It contains 1 exactly where Pearson's test
// without correction does not reject. With the groups exchanged it is the
// reciprocal. It begins at 0, or is unbounded, where a group has no such customer.
func TestIntervalsContainTheLift(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawShares(t, rapid.SampledFrom([]int{5, 40, 1_000_000}).Draw(t, "most"))
		low, high := s.interval()
		lift, ok := s.lift()
		switch {
		case math.IsNaN(low), math.IsNaN(high), low > high, ok && (lift < low || lift > high):
			t.Fatalf("%+v: %v in %v to %v", s, lift, low, high)
		case (s.x1 == 0) != (low == 0), (s.x2 == 0) != math.IsInf(high, 1):
			t.Fatalf("%+v: %v to %v", s, low, high)
		}
		other, another := twoShares{s.x2, s.n2, s.x1, s.n1}.interval()
		if s.x1 > 0 && !near(1/low, another, 1e-9) || s.x2 > 0 && !near(1/high, other, 1e-9) {
			t.Fatalf("%+v: %v to %v turned over is %v to %v", s, low, high, other, another)
		}
		pooled := float64(s.x1+s.x2) / float64(s.n1+s.n2)
		off := float64(s.x1)/float64(s.n1) - float64(s.x2)/float64(s.n2)
		z := off * off / (pooled * (1 - pooled) * (1/float64(s.n1) + 1/float64(s.n2)))
		if outside := low > 1 || high < 1; pooled > 0 && pooled < 1 && math.Abs(z-wide95) > 1e-6 && outside != (z > wide95) {
			t.Fatalf("%+v: %v to %v, but chi-square is %v", s, low, high, z)
		}
	})
}
