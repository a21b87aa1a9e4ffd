package segments

import (
	"iter"
	"slices"
	"time"

	"comeback/commerce"
)

// Summary is the input of Fit for one customer.
type Summary struct {
	Days   int64   // calendar days since the last paid order of the period
	Orders int64   // paid orders of the period; 0: the customer is not scored
	Net    int64   // paid in the period less refunds, in minor units
	Gaps   []int64 // days between the days with a paid order, ever
	Price  float64 // average item price in minor units
	Priced bool    // Price is known
}

// SummaryOf is the summary of a profile at now. Of an account whose orders are not
// stored, only the price is known.
func SummaryOf(profile *commerce.Profile, rules Rules, p Params, now time.Time) Summary {
	v := newEvaluation(profile, nil, p, now)
	var s Summary
	if f, ok := v.purchases(rules.period()); ok {
		s.Days, s.Orders, s.Net = f.days, f.orders, f.net
	}
	s.Gaps = v.gaps()
	if price := averageItemPrice(v, ""); price.set {
		s.Price, s.Priced = float64(price.num.num)/float64(price.num.den), true
	}
	return s
}

// Fit computes the figures of all the shop's customers from a summary of each, in
// any order. All summaries are made at the instant at, with the same rules and p.
// It needs memory for four numbers a buyer. Without customers the result has the
// values of the trade and the fixed thresholds. Wrong rules are Invalid.
func Fit(rules Rules, p Params, customers iter.Seq[Summary], at time.Time) (*Fitted, error) {
	if err := rules.Check(); err != nil {
		return nil, err
	}
	var recency, frequency, monetary, prices []float64
	gaps := gapTally{days: counted{}, byCount: map[int64]*gapGroup{}}
	for s := range customers {
		if s.Orders > 0 {
			recency = append(recency, float64(s.Days))
			frequency = append(frequency, float64(s.Orders))
			monetary = append(monetary, float64(s.Net))
		}
		if s.Priced {
			prices = append(prices, s.Price)
		}
		gaps.add(s.Gaps)
	}
	f := &Fitted{At: at, Customers: int64(len(recency)), Period: rules.period(), Groups: slices.Clone(rules.Groups),
		Rules: rules.Hash(), Bins: binsOf(rules.Bins)}
	if len(f.Groups) == 0 {
		f.Groups = UsualGroups(f.Bins)
	}
	f.Recency, f.Frequency, f.Monetary = newScale(recency, f.Bins), newScale(frequency, f.Bins), newScale(monetary, f.Bins)
	switch unit := float64(pow10(newEvaluation(nil, nil, p, at).exponent)); {
	case rules.Thresholds != nil:
		t := rules.Thresholds
		f.Recency.Cuts, f.Frequency.Cuts, f.Monetary.Cuts = slices.Clone(t.Recency), slices.Clone(t.Frequency), slices.Clone(t.Monetary)
	case rules.WholeUnits:
		f.Recency.Step, f.Frequency.Step, f.Monetary.Step = 1, 1, unit
	}
	f.Gaps = gaps.fit()
	f.Ages = newAges(rules.Trade, f.Gaps)
	f.Prices = cutPoints(prices, int64(len(priceTiers)))
	return f, nil
}

// FitRows is Fit of a stream of customers. Tombstones are skipped. It ends with
// the first error of the stream.
func FitRows(rules Rules, p Params, rows iter.Seq2[*Row, error], at time.Time) (*Fitted, error) {
	var broken error
	f, err := Fit(rules, p, func(yield func(Summary) bool) {
		for row, err := range rows {
			if broken = err; err != nil {
				return
			}
			if !row.Gone && !yield(SummaryOf(&row.Profile, rules, p, at)) {
				return
			}
		}
	}, at)
	if broken != nil {
		return nil, broken
	}
	return f, err
}

// newScale cuts values into equal parts. It sorts them.
func newScale(values []float64, bins int) Scale {
	s := Scale{Cuts: cutPoints(values, int64(bins))}
	for _, x := range values {
		s.Mean += x
	}
	s.Mean /= max(1, float64(len(values)))
	return s
}
