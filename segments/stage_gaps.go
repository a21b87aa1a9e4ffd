package segments

import (
	"maps"
	"math"
	"slices"
	"time"
)

// Gaps are the shop's repeat gaps: the calendar days between two successive
// days with a paid order of one customer (orders of one day are one purchase).
type Gaps struct {
	Count   int64   `bson:"count" json:"count"`
	P75     float64 `bson:"p75" json:"p75"`
	P90     float64 `bson:"p90" json:"p90"`
	Mean    float64 `bson:"mean" json:"mean"`       // the expected gap of a customer without one
	Within  float64 `bson:"within" json:"within"`   // variance of one customer's gaps around their mean
	Between float64 `bson:"between" json:"between"` // variance of the customers' means; 0: they do not differ
}

// expected is the gap to expect of a customer with n gaps of so many days in
// sum, in millionths of a day: the credibility formula of Bühlmann and Straub,
//
//	Z x own mean + (1 - Z) x shop's mean,  Z = n / (n + Within/Between),
//
// (Glaubwürdigkeit für Schadensätze, 1970; Klugman, Panjer, Willmot, Loss
// Models, chapter on credibility), the best linear estimate of the mean.
// So one gap counts little, and many count for themselves.
func (g Gaps) expected(n, sum int64) int64 {
	days := g.Mean
	if weight := float64(n)*g.Between + g.Within; weight > 0 {
		days = (float64(sum)*g.Between + g.Mean*g.Within) / weight
	}
	return max(1, int64(math.Round(days*dayParts)))
}

// dayParts is the precision of an expected gap, so that ratios are exact.
const dayParts = 1_000_000

// gapTally counts gaps in whole numbers, so that the order of customers does not
// matter.
type gapTally struct {
	days    counted
	byCount map[int64]*gapGroup // customers by their number of gaps
}

// gapGroup is the customers with one number of gaps: their count, the sum of each
// one's sum of days, and the sum of the squares of these.
type gapGroup struct{ customers, days, squares int64 }

func (t gapTally) add(gaps []int64) {
	if len(gaps) == 0 {
		return
	}
	var sum int64
	for _, days := range gaps {
		t.days[days]++
		sum += days
	}
	g := t.byCount[int64(len(gaps))]
	if g == nil {
		g = &gapGroup{}
		t.byCount[int64(len(gaps))] = g
	}
	g.customers++
	g.days += sum
	g.squares += sum * sum
}

// fit estimates both variances by their unbiased moments, and the mean with
// each customer weighted by Z, so that frequent buyers do not shorten it. Where
// nobody has two gaps, it assumes that customers do not differ.
func (t gapTally) fit() Gaps {
	g := Gaps{Count: t.days.total()}
	if g.Count == 0 {
		return g
	}
	g.P75, g.P90 = t.days.quantile(3, 4), t.days.quantile(9, 10)
	count := float64(g.Count)
	var customers, days, squares, ownSquares, countSquares float64
	for _, length := range slices.Sorted(maps.Keys(t.days)) {
		squares += float64(length*length) * float64(t.days[length])
	}
	sizes := slices.Sorted(maps.Keys(t.byCount))
	for _, n := range sizes {
		group := t.byCount[n]
		customers += float64(group.customers)
		days += float64(group.days)
		ownSquares += float64(group.squares) / float64(n)
		countSquares += float64(n*n) * float64(group.customers)
	}
	g.Mean = days / count
	if count == customers {
		return g
	}
	g.Within = (squares - ownSquares) / (count - customers)
	if spread := count - countSquares/count; spread > 0 {
		g.Between = max(0, (ownSquares-days*days/count-(customers-1)*g.Within)/spread)
	}
	if g.Between == 0 {
		return g
	}
	var weights, weighted float64
	for _, n := range sizes {
		z := float64(n) * g.Between / (float64(n)*g.Between + g.Within)
		weights += z * float64(t.byCount[n].customers)
		weighted += z * float64(t.byCount[n].days) / float64(n)
	}
	g.Mean = weighted / weights
	return g
}

// gaps lists the days between the customer's days with a paid order, oldest first.
// In the memory of v.days it is valid until the next call.
func (v *evaluation) gaps() []int64 {
	var days []int64
	if v.days != nil {
		days = (*v.days)[:0]
	}
	for i := range v.profile.History.Orders {
		o := &v.profile.History.Orders[i]
		if o.Counts() && !o.PaidAt.IsZero() && !o.PaidAt.After(v.now) {
			days = append(days, dayOf(o.PaidAt, v.zone).since(day{1970, 1, 1}))
		}
	}
	if v.days != nil {
		*v.days = days
	}
	slices.Sort(days)
	days = slices.Compact(days)
	for i := range max(0, len(days)-1) {
		days[i] = days[i+1] - days[i]
	}
	return days[:max(0, len(days)-1)]
}

// expectedGap is the customer's own expected gap in millionths of a day. ok is
// false where the shop has fewer than 200 gaps, or is not fitted.
func (v *evaluation) expectedGap() (gap int64, ok bool) {
	if v.params.Fitted == nil || !v.params.Fitted.Ages.Own {
		return 0, false
	}
	var sum int64
	gaps := v.gaps()
	for _, days := range gaps {
		sum += days
	}
	return v.params.Fitted.Gaps.expected(int64(len(gaps)), sum), true
}

// overdue is the time since the last paid order over the expected gap.
func (v *evaluation) overdue() (ratio fraction, ok bool) {
	last, known := v.lastPaid()
	gap, own := v.expectedGap()
	if !known || !own {
		return fraction{}, false
	}
	return fraction{v.today.since(dayOf(last, v.zone)) * dayParts, gap}, true
}

// lastPaid is when the last paid order up to now was paid; ok is false where there
// is none or the time is not known.
func (v *evaluation) lastPaid() (last time.Time, ok bool) {
	h := &v.profile.History
	if h.Truncated {
		return h.Figures.LastAt, !h.Figures.LastAt.IsZero()
	}
	for i := range h.Orders {
		if o := &h.Orders[i]; o.PaidAt.After(last) && !o.PaidAt.After(v.now) && o.Counts() {
			last = o.PaidAt
		}
	}
	return last, !last.IsZero()
}

// stageFacts decide the customer's stage. ok is false where orders were paid at
// an unknown time. For an account whose orders are not stored, all of them count
// in the period if the last one does.
func (v *evaluation) stageFacts() (s stageFacts, ok bool) {
	h := &v.profile.History
	last, known := v.lastPaid()
	if !known {
		return s, h.Figures.Count == 0
	}
	s.days = v.today.since(dayOf(last, v.zone))
	s.overdue, _ = v.overdue()
	within := v.period(v.params.Fitted.Period)
	if h.Truncated {
		s.orders = h.Figures.Count
		if within.contain(last) {
			s.recent = s.orders
		}
		return s, true
	}
	for i := range h.Orders {
		if o := &h.Orders[i]; o.Counts() && !o.PaidAt.After(v.now) {
			s.orders++
			if !o.PaidAt.IsZero() && within.contain(o.PaidAt) {
				s.recent++
			}
		}
	}
	return s, true
}
