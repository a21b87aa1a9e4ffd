package campaigns

import (
	"fmt"

	"comeback/commerce"
)

// readableHeldOut is how many conversions must be expected in the holdout before a
// comparison is readable: the conversions of both arms, times the holdout's share of
// customers. A rule on one arm's conversions alone would select by the outcome that
// the interval estimates, and would make the interval wrong.
const readableHeldOut = 10

// compare compares the arms.
func (t Tally) compare() Comparison {
	cost := t.costOf(t.Ripe)
	c := Comparison{Treated: arm(t.Treated), Holdout: arm(t.Holdout), Cost: t.costMoney(cost)}
	if reason := t.incomparable(); reason != "" {
		none := Figure{Reason: reason}
		c.Lift, c.MeanDifference, c.Orders, c.Revenue, c.Margin, c.ROI = none, none, none, none, none, none
		return c
	}
	a, b, treated := t.Treated, t.Holdout, float64(t.Treated.Customers)
	c.Lift = Figure{Known: true, Unit: Points, Value: a.reached().mean() - b.reached().mean(), Interval: true}
	c.Lift.Low, c.Lift.High = betweenMeans(a.reached(), b.reached(), 1)
	c.Orders = difference(a.goals(), b.goals()).times(treated)
	c.Orders.Unit = Number
	c.MeanDifference = difference(a.revenue(), b.revenue())
	c.Revenue = c.MeanDifference.times(treated)
	c.Margin = difference(a.margin(), b.margin()).times(treated)
	c.ROI = c.Margin.perCost(cost)
	t.mark("reached the goal", a.Reached+b.Reached, &c.Lift, &c.Orders, &c.MeanDifference, &c.Revenue, &c.Margin, &c.ROI)
	t.mark("bought", a.Buyers+b.Buyers, &c.MeanDifference, &c.Revenue, &c.Margin, &c.ROI)
	return c
}

// incomparable is the reason why the arms cannot be compared; empty if they can.
func (t Tally) incomparable() string {
	switch {
	case t.Goal == "":
		return "the campaign has no goal"
	case t.Holdout.Entered == 0:
		return "nobody is held out"
	case t.Holdout.Customers == 0 || t.Treated.Customers == 0:
		return fmt.Sprintf("no entry of each arm is older than the goal's window of %s", span(t.Within))
	}
	return ""
}

// mark sets what the figures are of, and marks those with too few conversions as not
// readable yet.
func (t Tally) mark(did string, conversions int64, figures ...*Figure) {
	held := float64(t.Holdout.Customers) / float64(t.Treated.Customers+t.Holdout.Customers)
	for _, f := range figures {
		if !f.Known {
			continue
		}
		f.Of = "customers of both arms"
		if expected := float64(conversions) * held; expected < readableHeldOut {
			f.Early = true
			f.Reason = fmt.Sprintf("%s %s and %s of all are held out: %.1f of them would be, at least %d are needed",
				commerce.Count(conversions, "customer"), did, percent(held, 1), expected, readableHeldOut)
		}
	}
}

func arm(t ArmTally) ArmResult {
	r := ArmResult{ArmTally: t, GoalRate: share(t.Reached, t.Customers, "customers with their goal window over")}
	r.Mean = Figure{Unit: Amount, Of: r.GoalRate.Of, Reason: r.GoalRate.Reason, Known: r.GoalRate.Known}
	if r.Mean.Known {
		r.Mean.Value = t.revenue().mean()
	}
	return r
}

func (t ArmTally) reached() sample {
	return sample{t.Customers, float64(t.Reached), float64(t.Reached)}
}
func (t ArmTally) goals() sample {
	return sample{t.Customers, float64(t.Converted), t.ConvertedSquares}
}
func (t ArmTally) revenue() sample {
	return sample{t.Customers, float64(t.Revenue), t.RevenueSquares}
}
func (t ArmTally) margin() sample { return sample{t.Customers, float64(t.Margin), t.MarginSquares} }

// difference is a's mean minus b's, with its 95 % interval unless all values are 0.
func difference(a, b sample) Figure {
	f := Figure{Known: true, Unit: Amount, Value: a.mean() - b.mean(), Interval: a.squares+b.squares > 0}
	if r, ok := ratio(a, b); ok {
		f.Low, f.High = betweenMeans(a, b, r)
	} else if f.Interval {
		f.Low, f.High = plainInterval(a, b)
	}
	return f
}

func (f Figure) times(n float64) Figure {
	f.Value, f.Low, f.High = f.Value*n, f.Low*n, f.High*n
	return f
}

// perCost is the return of a margin on its cost, with the margin's interval.
func (f Figure) perCost(cost int64) Figure {
	r := perCost(f.Value, cost, true)
	if r.Known {
		low, high := perCost(f.Low, cost, true), perCost(f.High, cost, true)
		r.Interval, r.Low, r.High = true, low.Value, high.Value
	}
	return r
}
