package segments

import (
	"time"

	"comeback/commerce"
)

// How many scores there are: from 1 up to this.
const (
	// UsualBins is how many there are unless the shop's rules say otherwise.
	UsualBins = 5

	leastBins = 3
	mostBins  = 10
)

func binsOf(bins int) int {
	if bins == 0 {
		return UsualBins
	}
	return bins
}

// figures are recency, frequency and monetary value of one customer within the
// period: calendar days since the last paid order, paid orders, paid net.
type figures struct{ days, orders, net int64 }

// purchases sums the paid orders of the last period calendar days up to now. ok
// is false where there is none, or the account's orders are not stored. Amounts
// not known in the shop's currency are ignored. Refunds without an order count
// where they were made within the period.
func (v *evaluation) purchases(period int) (f figures, ok bool) {
	within := v.period(period)
	var last time.Time
	for i := range v.profile.History.Orders {
		o := &v.profile.History.Orders[i]
		if o.PaidAt.IsZero() || !within.contain(o.PaidAt) || !o.Counts() {
			continue
		}
		f.orders++
		if !o.Unpriced {
			f.net = saturate(f.net, o.Net)
		}
		if o.PaidAt.After(last) {
			last = o.PaidAt
		}
	}
	if f.orders == 0 {
		return figures{}, false
	}
	for _, r := range v.profile.History.Loose {
		if within.contain(r.At) {
			f.net = saturate(f.net, -r.Amount)
		}
	}
	f.days = v.today.since(dayOf(last, v.zone))
	return f, true
}

// period is the window of the last days calendar days, now included.
func (v *evaluation) period(days int) bounds {
	return window{last: &span{days, "days"}}.bounds(v)
}

// rfm is R, F and M of one customer.
type rfm struct{ r, f, m int }

// number writes the scores as three digits, 111 to 555 of five scores. A score of 10
// counts as ten of its digit, so that different scores have different numbers.
func (s rfm) number() int64 { return int64(s.r*100 + s.f*10 + s.m) }

// scored reports whether there are cut points to score by.
func (f *Fitted) scored() bool {
	return len(f.Recency.Cuts) > 0 && len(f.Frequency.Cuts) > 0 && len(f.Monetary.Cuts) > 0
}

// scores are a customer's scores. A more recent buyer scores higher in R.
func (f *Fitted) scores(x figures) rfm {
	return rfm{
		r: binsOf(f.Bins) + 1 - f.Recency.score(x.days),
		f: f.Frequency.score(x.orders),
		m: f.Monetary.score(x.net),
	}
}

// score is 1 and 1 more for each cut point the value lies above.
func (s Scale) score(n int64) int { return 1 + s.above(float64(n)) }

// above counts the cut points a value lies above. Ties go low: a value at a cut
// point is not above it.
func (s Scale) above(x float64) int {
	n := 0
	for _, cut := range s.Cuts {
		if s.Step > 0 && x >= cut+s.Step || s.Step == 0 && x > cut {
			n++
		}
	}
	return n
}

// group is the name of the first group a customer belongs to, "" for none.
func (f *Fitted) group(x figures) string {
	s := f.scores(x)
	for _, g := range f.Groups {
		if g.R.accepts(s.r, f.side(f.Recency.Mean-float64(x.days))) &&
			g.F.accepts(s.f, f.side(float64(x.orders)-f.Frequency.Mean)) &&
			g.M.accepts(s.m, f.side(float64(x.net)-f.Monetary.Mean)) {
			return g.Name
		}
	}
	return ""
}

// side is the side of the mean for a value that is better by a number. A value at
// the mean is below. It is empty where there are no buyers.
func (f *Fitted) side(better float64) Side {
	switch {
	case f.Customers == 0:
		return ""
	case better > 0:
		return Above
	}
	return Below
}

// check returns what is wrong with the i-th group, where there are so many scores.
func (g Group) check(i, bins int) error {
	if g.Name == "" {
		return commerce.Errorf(commerce.Invalid, "groups.%d.name: give the group a name", i)
	}
	for _, part := range []struct {
		name string
		of   Range
	}{{"r", g.R}, {"f", g.F}, {"m", g.M}} {
		from, to := part.of.From, part.of.To
		switch {
		case from < 0 || from > bins || to < 0 || to > bins:
			return commerce.Errorf(commerce.Invalid, "groups.%d.%s: scores are 1 to %d, 0 for an open end", i, part.name, bins)
		case to > 0 && from > to:
			return commerce.Errorf(commerce.Invalid, "groups.%d.%s: from %d to %d is nothing: the smaller score comes first", i, part.name, from, to)
		}
		if side := part.of.Mean; side != "" && side != Above && side != Below {
			return commerce.Errorf(commerce.Invalid, "groups.%d.%s.mean: %q: it is %s or %s, or empty for either",
				i, part.name, clip(string(side)), Above, Below)
		}
	}
	return nil
}
