package segments

import (
	"math"
	"slices"
	"sort"
	"time"

	"comeback/commerce"
)

// intervals are the whole numbers that pass a test of a number, or of money,
// before it is negated. ok is false where the kind of the test is not known.
func (b *planner) intervals(t test) (list []interval, ok bool) {
	switch is := t.is.(type) {
	case presence:
		return presentIn(is), true
	case comparison:
		return []interval{is.interval(t.bound(is.bound, &b.evaluation))}, true
	case betweenNumbers:
		low := comparison{op: "gte"}.interval(t.bound(is.low, &b.evaluation))
		high := comparison{op: "lte"}.interval(t.bound(is.high, &b.evaluation))
		return []interval{{low.lo, high.hi}}, true
	case amongNumbers:
		for _, d := range is.values {
			list = append(list, comparison{op: "is"}.interval(t.bound(d, &b.evaluation)))
		}
		return list, true
	}
	return nil, false
}

// presentIn is every number, for set and for unset: the planner takes the
// complement for unset.
func presentIn(presence) []interval { return []interval{everything()} }

// interval is the whole numbers that pass a comparison with d.
func (c comparison) interval(d commerce.Decimal) interval {
	scale := pow10(d.Scale)
	floor := d.Units / scale
	exact := floor*scale == d.Units
	if !exact && d.Units < 0 {
		floor--
	}
	above, none := floor, interval{1, 0} // the smallest that is not below d
	if !exact {
		above++
	}
	all := everything()
	switch c.op {
	case "gt":
		if floor == math.MaxInt64 {
			return none
		}
		return interval{floor + 1, all.hi}
	case "gte":
		return interval{above, all.hi}
	case "lt":
		if above == math.MinInt64 {
			return none
		}
		return interval{all.lo, above - 1}
	case "lte":
		return interval{all.lo, floor}
	}
	if !exact {
		return none
	}
	return interval{floor, floor}
}

// instants are the milliseconds that pass a test of a date before it is negated.
func (b *planner) instants(t test) (list []interval, ok bool) {
	v := &b.evaluation
	switch is := t.is.(type) {
	case presence:
		return presentIn(is), true
	case pointRange:
		return []interval{is.interval(v)}, true
	case sinceNow:
		now := v.now.UnixMilli()
		switch is.op {
		case "within_last":
			return []interval{{ceilMilli(is.span.back(v)), now}}, true
		case "within_next":
			return []interval{{ceilMilli(v.now), ceilMilli(is.span.ahead(v)) - 1}}, true
		}
		return []interval{{everything().lo, ceilMilli(is.span.back(v)) - 1}}, true
	case amongPoints:
		for _, p := range is.values {
			if p.annual() {
				return nil, false
			}
			list = append(list, interval{ceilMilli(p.start(v)), ceilMilli(p.end(v)) - 1})
		}
		return list, true
	}
	return nil, false
}

func (c pointRange) interval(v *evaluation) interval {
	all := everything()
	if c.from != nil {
		all.lo = max(all.lo, ceilMilli(c.from.start(v)))
	}
	if c.after != nil {
		all.lo = max(all.lo, ceilMilli(c.after.end(v)))
	}
	if c.to != nil {
		all.hi = min(all.hi, ceilMilli(c.to.start(v))-1)
	}
	return all
}

// ceilMilli is the first whole millisecond that is not before t.
func ceilMilli(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		ms++
	}
	return ms
}

// interval is a window in milliseconds.
func (b bounds) interval() interval {
	all := everything()
	if !b.from.IsZero() {
		all.lo = ceilMilli(b.from)
	}
	if !b.to.IsZero() {
		all.hi = ceilMilli(b.to) - 1
	}
	return all
}

// manyDays is more than the days between any two dates.
const manyDays = 4_000_000

// sinceDays converts numbers of calendar days before today to milliseconds.
func (b *planner) sinceDays(list []interval) []interval {
	v := &b.evaluation
	var times []interval
	for _, days := range list {
		at := everything()
		switch {
		case days.lo > days.hi || days.lo > manyDays || days.hi < -manyDays:
			continue
		}
		if days.hi < manyDays {
			at.lo = ceilMilli(v.today.add(-int(days.hi)).start(v.zone))
		}
		if days.lo > -manyDays {
			at.hi = ceilMilli(v.today.add(1-int(days.lo)).start(v.zone)) - 1
		}
		times = append(times, at)
	}
	return times
}

// dates are from one date to another, both included.
type dates struct{ from, to day }

// ofAge are the birthdays of people of such an age in full years.
func (b *planner) ofAge(list []interval) []dates {
	var born []dates
	for _, years := range list {
		if years.lo > years.hi || years.hi < 0 || years.lo > int64(b.evaluation.today.year) {
			continue
		}
		span := dates{day{1, time.January, 1}, b.lastBorn(max(years.lo, 0))}
		if years.hi < int64(b.evaluation.today.year) {
			span.from = b.lastBorn(years.hi + 1).add(1)
		}
		if span.from.compare(span.to) <= 0 {
			born = append(born, span)
		}
	}
	return born
}

// lastBorn is the latest birthday of people of at least this age.
func (b *planner) lastBorn(years int64) day {
	today := b.evaluation.today
	back := sort.Search(int(years+2)*366, func(n int) bool {
		age, ok := today.add(-n).age(today)
		return ok && int64(age) >= years
	})
	return today.add(-back)
}

// onDates are the dates whose first instant in the shop's zone is in one of the
// intervals.
func (b *planner) onDates(list []interval) []dates {
	v := &b.evaluation
	var found []dates
	for _, i := range list {
		span := dates{day{1, time.January, 1}, day{9999, time.December, 31}}
		if first := span.from.start(v.zone); i.lo > first.UnixMilli() {
			span.from = dayOf(time.UnixMilli(i.lo), v.zone)
			if ceilMilli(span.from.start(v.zone)) < i.lo {
				span.from = span.from.add(1)
			}
		}
		if last := span.to.start(v.zone); i.hi < last.UnixMilli() {
			span.to = dayOf(time.UnixMilli(i.hi), v.zone)
		}
		if i.lo <= i.hi && span.from.compare(span.to) <= 0 && span.to.year > 0 {
			found = append(found, span)
		}
	}
	return slices.Clip(found)
}
