package campaigns_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"comeback/campaigns"
)

// experiment is a campaign with numbers of treated and held-out customers, a base rate
// of buyers, and the true effect on that rate.
type experiment struct {
	treated, held int64
	base, effect  float64
}

func (e experiment) rate() float64 { return e.base * (1 + e.effect) }

// heldBuyers is how many of the holdout buy if both arms buy alike.
func (e experiment) heldBuyers() float64 {
	return (float64(e.treated)*e.rate() + float64(e.held)*e.base) * float64(e.held) / float64(e.treated+e.held)
}

// experiments are the test cases of the intervals: arms of ready campaigns at the
// rates of real shops.
func experiments() []experiment {
	var list []experiment
	for _, arms := range [][2]int64{{950, 50}, {900, 100}, {4500, 500}} {
		for _, base := range []float64{0.01, 0.02, 0.05, 0.10} {
			for _, effect := range []float64{0, -0.3, 0.2, 0.5, 1} {
				list = append(list, experiment{arms[0], arms[1], base, effect})
			}
		}
	}
	return list
}

// verdicts counts, over all outcomes, how often a figure is readable, and of those how
// often its interval covers the truth and how often it claims a gain.
type verdicts struct{ all, readable, covers, gains float64 }

func (v *verdicts) add(f campaigns.Figure, truth, weight float64) {
	v.all += weight
	if !f.Known || f.Early {
		return
	}
	v.readable += weight
	if f.Low <= truth && truth <= f.High {
		v.covers += weight
	}
	if f.Low > 0 {
		v.gains += weight
	}
}

// check requires a coverage between low and 97 %, and without an effect at most 3 % of
// claimed gains. With an effect it checks only if at least half the results are
// readable.
func (v *verdicts) check(t *testing.T, name string, e experiment, low float64) {
	t.Helper()
	least := 0.5
	if e.effect == 0 {
		least = 0.001
	}
	if v.readable < least*v.all {
		return
	}
	coverage, gains := v.covers/v.readable, v.gains/v.readable
	if coverage < low || coverage > 0.97 || e.effect == 0 && gains > 0.03 {
		t.Errorf("%s, %+v: readable in %.3f, coverage %.4f, gains claimed %.4f", name, e, v.readable/v.all, coverage, gains)
	}
}

// The interval of a goal's rate covers the truth at its stated rate, wherever it is
// readable: over all outcomes, each with its probability.
func TestIntervalOfRatesCoversTheTruth(t *testing.T) {
	t.Parallel()
	for _, e := range experiments() {
		t.Run(fmt.Sprintf("%d/%d at %g, %+g", e.treated, e.held, e.base, e.effect), func(t *testing.T) {
			t.Parallel()
			var lift verdicts
			treated, held := binomial(e.treated, e.rate()), binomial(e.held, e.base)
			for a, pa := range treated {
				for b, pb := range held {
					in := campaigns.Tally{Goal: "order.paid", Treated: shares(e.treated, a), Holdout: shares(e.held, b)}
					lift.add(campaigns.NewResults(in).Comparison.Lift, e.base*e.effect, pa*pb)
				}
			}
			low := 0.94
			if e.effect != 0 {
				low = 0.93
			}
			lift.check(t, "lift", e, low)
		})
	}
}

func shares(n, reached int64) campaigns.ArmTally {
	return campaigns.ArmTally{Entered: n, Ripe: n, Customers: n, Converted: reached, Reached: reached, ConvertedSquares: float64(reached)}
}

// binomial are the probabilities of all outcomes that are not negligible.
func binomial(n int64, p float64) map[int64]float64 {
	chances := map[int64]float64{}
	choose := func(k int64) float64 {
		of, _ := math.Lgamma(float64(n + 1))
		in, _ := math.Lgamma(float64(k + 1))
		out, _ := math.Lgamma(float64(n - k + 1))
		return of - in - out
	}
	for k := range n + 1 {
		chance := math.Exp(choose(k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
		if chance > 1e-9 {
			chances[k] = chance
		}
	}
	return chances
}

// The intervals of money cover the truth at their stated rate, for spending spread as
// in real shops, with margins that differ by order.
func TestIntervalOfMoneyCoversTheTruth(t *testing.T) {
	t.Parallel()
	for _, spread := range moneySpreads() {
		for i, e := range experiments() {
			if e.heldBuyers() < 5 {
				continue // readable from 10 on: never
			}
			t.Run(fmt.Sprintf("%d/%d at %g, %+g, spread %g", e.treated, e.held, e.base, e.effect, spread), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(100*spread), uint64(i)))
				gain := 100 * math.Exp(4+spread*spread/2) * e.base * e.effect // minor units a customer
				var revenue, margin, roi verdicts
				for range 2000 {
					in := campaigns.Tally{Goal: "order.paid", MessagePrice: 200, Ripe: campaigns.Spending{Sent: e.treated}}
					in.Treated, in.Holdout = spenders(random, e.treated, e.rate(), spread), spenders(random, e.held, e.base, spread)
					c, n := campaigns.NewResults(in).Comparison, float64(e.treated)
					revenue.add(c.Revenue, gain*n, 1)
					margin.add(c.Margin, gain*n*meanMargin, 1)
					roi.add(c.ROI, gain*n*meanMargin/(0.2*n)-1, 1)
				}
				revenue.check(t, "revenue", e, 0.93)
				margin.check(t, "margin", e, 0.93)
				roi.gains = 0 // against its cost, not against nothing
				roi.check(t, "ROI", e, 0.93)
			})
		}
	}
}

const meanMargin = 0.4

// spenders draws the buyers and their spending: lognormal, in cents, at a margin
// between 20 and 60 %.
func spenders(random *rand.Rand, n int64, rate, spread float64) campaigns.ArmTally {
	arm := campaigns.ArmTally{Entered: n, Ripe: n, Customers: n}
	// The gaps between buyers are geometric: so only buyers are drawn.
	for i := gap(random, rate); i < n; i += 1 + gap(random, rate) {
		spent := math.Round(100 * math.Exp(4+spread*random.NormFloat64()))
		margin := math.Round(spent * (meanMargin + 0.4*(random.Float64()-0.5)))
		arm.Converted, arm.Reached, arm.Buyers = arm.Converted+1, arm.Reached+1, arm.Buyers+1
		arm.ConvertedSquares++
		arm.Revenue += int64(spent)
		arm.RevenueSquares += spent * spent
		arm.Margin += int64(margin)
		arm.MarginSquares += margin * margin
	}
	return arm
}

func gap(random *rand.Rand, rate float64) int64 {
	return int64(math.Log(1-random.Float64()) / math.Log1p(-rate))
}
