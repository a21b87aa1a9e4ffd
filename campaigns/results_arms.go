package campaigns

import (
	"fmt"
	"math"
)

// What a comparison needs before it can be read (TERMS): chance moves smaller
// groups more than campaigns do.
const (
	readableEntries = 1000
	readableHoldout = 50
)

// normal95 is the 97.5 % point of the normal distribution.
const normal95 = 1.959963984540054

// compare sets the arms against each other; cost is in 1/1000 minor unit.
func (t Tally) compare(cost int64) Comparison {
	c := Comparison{Treated: arm(t.Treated), Holdout: arm(t.Holdout)}
	reason, possible := t.unreadable()
	if !possible {
		none := Figure{Reason: reason}
		c.Lift, c.MeanDifference, c.Orders, c.Revenue, c.Margin, c.ROI = none, none, none, none, none, none
		return c
	}
	a, b, treated := t.Treated, t.Holdout, float64(t.Treated.Ripe)
	c.Lift = difference(rateOf(a), rateOf(b), math.Sqrt(rateVariance(a)+rateVariance(b)))
	c.Lift.Unit = Points
	c.MeanDifference = difference(a.mean(a.Revenue), b.mean(b.Revenue), math.Sqrt(a.meanVariance()+b.meanVariance()))
	c.Orders, c.Revenue = c.Lift.times(treated), c.MeanDifference.times(treated)
	c.Orders.Unit = Number
	c.Margin = Figure{Known: true, Unit: Amount, Value: (a.mean(a.Margin) - b.mean(b.Margin)) * treated}
	c.ROI = perCost(c.Margin.Value, cost, true)
	for _, f := range []*Figure{&c.Lift, &c.MeanDifference, &c.Orders, &c.Revenue, &c.Margin, &c.ROI} {
		f.Of = "ripe entries of both arms"
		if reason != "" {
			f.Early, f.Reason = true, reason
		}
	}
	if cost <= 0 {
		c.ROI.Reason, c.ROI.Early = "no cost", false
	}
	return c
}

// unreadable says why the arms cannot be compared yet, and whether a figure can
// be computed at all.
func (t Tally) unreadable() (reason string, possible bool) {
	entries := t.Treated.Ripe + t.Holdout.Ripe
	switch {
	case t.Goal == "":
		return "the campaign has no goal", false
	case t.Holdout.Entered == 0:
		return "nobody is held out", false
	case t.Holdout.Ripe == 0 || t.Treated.Ripe == 0:
		return fmt.Sprintf("no entry of each arm is older than the goal's window of %s", span(t.Within)), false
	case entries < readableEntries:
		return fmt.Sprintf("%d entries with their goal window over, at least %d are needed", entries, readableEntries), true
	case t.Holdout.Ripe < readableHoldout:
		return fmt.Sprintf("%d held out with their goal window over, at least %d are needed", t.Holdout.Ripe, readableHoldout), true
	}
	return "", true
}

func arm(t ArmTally) ArmResult {
	r := ArmResult{ArmTally: t, GoalRate: share(t.Converted, t.Ripe, "entries with their goal window over")}
	r.Mean = Figure{Unit: Amount, Of: r.GoalRate.Of, Reason: r.GoalRate.Reason, Known: r.GoalRate.Known}
	if r.Mean.Known {
		r.Mean.Value = t.mean(t.Revenue)
	}
	return r
}

func rateOf(t ArmTally) float64 { return float64(t.Converted) / float64(t.Ripe) }

// rateVariance is Wald's, of one arm.
func rateVariance(t ArmTally) float64 {
	p := rateOf(t)
	return p * (1 - p) / float64(t.Ripe)
}

func (t ArmTally) mean(sum int64) float64 { return float64(sum) / float64(t.Ripe) }

// meanVariance is that of the arm's mean revenue, with the sample's variance.
func (t ArmTally) meanVariance() float64 {
	n := float64(t.Ripe)
	if n < 2 {
		return 0
	}
	mean := t.mean(t.Revenue)
	return max((t.Squares-n*mean*mean)/(n-1), 0) / n
}

// difference is a - b with its 95 % interval.
func difference(a, b, deviation float64) Figure {
	d := a - b
	return Figure{Known: true, Unit: Amount, Value: d, Interval: true, Low: d - normal95*deviation, High: d + normal95*deviation}
}

func (f Figure) times(n float64) Figure {
	f.Value, f.Low, f.High = f.Value*n, f.Low*n, f.High*n
	return f
}
