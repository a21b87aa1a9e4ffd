package segments

import (
	"slices"

	"comeback/commerce"
)

// inForceClause and paidNow are inForce and OrderFact.Counts as clauses.
func inForceClause() *Clause {
	return allClauses(in("t", true).not(), in("f", true).not(), absent("ca"), absent("re"))
}

func paidNow() *Clause {
	return allClauses(in("ps", string(commerce.Paid), string(commerce.PartiallyRefunded)), inForceClause())
}

// granted matches a consent that is given, not withdrawn.
func granted() *Clause { return in("granted", true) }

// hits is the matching records of a stored list, or the customer if there is no
// path.
type hits struct {
	path string
	one  enclosed
}

// some matches if there are records that also pass all of more.
func (h hits) some(more ...enclosed) enclosed {
	if h.path == "" {
		return meet(append([]enclosed{h.one}, more...)...)
	}
	return inList(h.path, meet(append([]enclosed{h.one}, more...)...))
}

// hits encloses the records of a set within a second window.
func (o *outliner) hits(s occurrences, outer window) hits {
	own, around := s.window.bounds(&o.evaluation), outer.bounds(&o.evaluation)
	within := own.within(around.from, around.to)
	var kinds []*Clause
	for _, kind := range s.kinds {
		kinds = append(kinds, eventPaths[kind.name].happened(within))
	}
	when := exactly(anyClauses(kinds...))
	switch s.kinds[0].origin {
	case originMessage:
		return hits{messagesPath, meet(when, o.record(s.where, messagePaths))}
	case originConsent:
		return hits{consentsPath, meet(when, o.record(s.where, consentPaths))}
	case originCheckout:
		return hits{checkoutsPath, meet(when, o.record(s.where, checkoutPaths))}
	case originSelf:
		return hits{"", when}
	}
	return hits{ordersPath, meet(when, o.order(s.where))}
}

// happened matches a record whose event lies in the window.
func (e storedEvent) happened(within bounds) *Clause {
	ever := within == bounds{}
	if ever && e.unknown {
		return e.sees()
	}
	var at []*Clause
	for _, path := range e.paths {
		i := within.interval()
		if e.again && !ever || e.zero { // an unknown instant is stored there, as the year 1
			i.lo = max(i.lo, unknownInstant+1)
		}
		switch {
		case e.again && ever:
			at = append(at, present(path))
		case e.again:
			at = append(at, elem(path, instantsIn(e.instant, i)))
		default:
			at = append(at, instantsIn(path, i))
		}
	}
	return allClauses(e.sees(), anyClauses(at...))
}

// unknownInstant is the zero time in milliseconds.
const unknownInstant = -62_135_596_800_000

// record encloses a where on one record of a list. paths has the fields of the
// record.
func (o *outliner) record(c Condition, paths map[string]stored) enclosed {
	inner := func(c Condition) enclosed { return o.record(c, paths) }
	switch c := c.(type) {
	case nil:
		return exactly(always())
	case group:
		return o.parts(c, inner)
	case not:
		return inner(c.part).not()
	case test:
		if at, ok := paths[c.name]; ok {
			return o.test(c, at)
		}
	}
	return anybody()
}

// event encloses a figure of events.
func (o *outliner) event(e event) enclosed {
	if total, ok := o.total(e); ok {
		return total
	}
	found := o.hits(e.set, window{})
	kept := found.some()
	for _, f := range e.follows {
		others := o.hits(f.set, window{}).some()
		if f.not {
			kept = meet(kept, enclosed{always(), others.above.not()})
		} else {
			kept = meet(kept, noMoreThan(others.above))
		}
	}
	plain := !e.pickLast && len(e.follows) == 0
	switch e.figure.op {
	case "count":
		return o.count(e, kept)
	case "sum", "distinct":
		return o.sum(e, found, kept)
	case "avg":
		return o.avg(e, found, kept, plain)
	}
	return o.extreme(e, found, kept, plain)
}

// accepted is the whole numbers that pass every comparison of an event.
func (o *outliner) accepted(tests []comparison, kind fieldKind) interval {
	all := everything()
	for _, c := range tests {
		i := c.interval(unitOf(kind).bound(c.bound, &o.evaluation))
		all = interval{max(all.lo, i.lo), min(all.hi, i.hi)}
	}
	return all
}

// count encloses a number of records. A number within a window is not above the
// number of all times.
func (o *outliner) count(e event, kept enclosed) enclosed {
	accepted := o.accepted(e.tests, ofNumber)
	if e.pickLast && accepted.has(1) {
		accepted.hi = everything().hi // at most one is picked
	} else if e.pickLast {
		accepted.hi = min(accepted.hi, 0)
	}
	b := countClause([]interval{accepted}, kept)
	if path := totalOf(e.set.kinds); path != "" && accepted.lo > 1 {
		b = meet(b, enclosed{numbersIn(path, interval{accepted.lo, everything().hi}), always()})
	}
	return b
}

// totalOf is the path of a stored figure that the count of such events never
// exceeds.
func totalOf(kinds []eventKind) string {
	path := countPath
	for _, kind := range kinds {
		switch at, ok := eventPaths[kind.name]; {
		case kind.name == "order.paid":
		case !ok || kind.origin != originOrder || at.sees().isAlways(): // messages, and orders that are not in the figures
			return ""
		default:
			path = "history.figures.placed"
		}
	}
	return path
}

// sum encloses a sum, or a number of different values. Without records it is 0. If
// it is above 0, a record has a value above 0.
func (o *outliner) sum(e event, found hits, kept enclosed) enclosed {
	accepted := o.accepted(e.tests, e.figure.kind())
	if accepted.lo > accepted.hi {
		return exactly(never())
	}
	if accepted.has(0) {
		return enclosed{always(), kept.above.not()}.fold()
	}
	above := kept.above
	if e.figure.op == "sum" && accepted.lo > 0 {
		if part, ok := o.orderNumber(e.figure.of, interval{1, everything().hi}); ok {
			above = allClauses(above, found.some(exactly(part)).above)
		}
	}
	return noMoreThan(above)
}

// avg encloses an average: one record is not below it and one is not above it. If
// all records pass, it passes.
func (o *outliner) avg(e event, found hits, kept enclosed, plain bool) enclosed {
	all := everything()
	low, high := all, all
	for _, c := range e.tests {
		bound := unitOf(e.figure.kind()).bound(c.bound, &o.evaluation)
		if c.op != "lt" && c.op != "lte" {
			low.lo = max(low.lo, comparison{op: "gte"}.interval(bound).lo)
		}
		if c.op != "gt" && c.op != "gte" {
			high.hi = min(high.hi, comparison{op: "lte"}.interval(bound).hi)
		}
	}
	above := allClauses(kept.above, o.partIn(e, found, low).above, o.partIn(e, found, high).above)
	if !plain {
		return noMoreThan(above)
	}
	accepted := o.accepted(e.tests, e.figure.kind())
	return enclosed{above, allClauses(o.partIn(e, found, all).below,
		o.partIn(e, found, interval{all.lo, accepted.lo - 1}).above.not(), o.beyond(e, found, accepted.hi).above.not())}.fold()
}

// extreme encloses a minimum or maximum: one record passes, and none lies beyond
// it.
func (o *outliner) extreme(e event, found hits, kept enclosed, plain bool) enclosed {
	accepted := o.accepted(e.tests, e.figure.kind())
	b := o.partIn(e, found, accepted)
	if !plain {
		return noMoreThan(allClauses(kept.above, b.above))
	}
	if e.figure.op == "max" {
		return meet(b, o.beyond(e, found, accepted.hi).not())
	}
	return meet(b, o.partIn(e, found, interval{everything().lo, accepted.lo - 1}).not())
}

// beyond is partIn for the numbers above hi.
func (o *outliner) beyond(e event, found hits, hi int64) enclosed {
	if hi == everything().hi {
		return exactly(never())
	}
	return o.partIn(e, found, interval{hi + 1, everything().hi})
}

// partIn matches if the number of a matching order lies in an interval.
func (o *outliner) partIn(e event, found hits, within interval) enclosed {
	if within.lo > within.hi {
		return exactly(never())
	}
	part, ok := o.orderNumber(e.figure.of, within)
	if !ok {
		return noMoreThan(found.some().above)
	}
	return found.some(exactly(part))
}

// orderNumber matches a number of an order in an interval. It is not ok if the
// number is not stored.
func (o *outliner) orderNumber(s subject, within interval) (c *Clause, ok bool) {
	if s.field == nil || s.lines {
		return nil, false
	}
	at, ok := orderPaths[s.name]
	if !ok || s.kind != ofNumber && s.kind != ofMoney {
		return nil, false
	}
	c = numbers(at, []interval{within})
	if s.kind == ofMoney {
		c = allClauses(priced(), c)
	}
	return c, true
}

// totals are the stored sums over all paid orders.
var totals = map[string]string{
	"": countPath, "order.total": "history.figures.total", "order.net": "history.figures.net",
	"order.discount": "history.figures.discount", "order.units": "history.figures.units",
}

// total encloses a stored count or sum of all paid orders. Of an account no orders
// are stored. Refunds without an order are in the stored net.
func (o *outliner) total(e event) (b enclosed, ok bool) {
	name := ""
	if e.figure.op == "sum" {
		name = e.figure.of.name
	}
	path, stored := totals[name]
	switch {
	case !stored, e.figure.op != "count" && e.figure.op != "sum", e.pickLast, len(e.follows) > 0, e.set.where != nil,
		(e.set.window.bounds(&o.evaluation) != bounds{}),
		slices.ContainsFunc(e.set.kinds, func(k eventKind) bool { return k.name != "order.paid" }):
		return b, false
	}
	accepted := o.accepted(e.tests, e.figure.kind())
	account := in("history.truncated", true)
	sum := exactly(numbersIn(path, accepted))
	if name == "order.net" {
		loose := elem("history.loose", present("i"))
		sum = unite(sum, noMoreThan(loose))
		sum = enclosed{sum.above, allClauses(sum.below, loose.not())}
	}
	return unite(meet(exactly(account.not()), sum), exactly(only(accepted.has(0), account))), true
}

// share encloses a number of orders divided by another.
func (o *outliner) share(c share) enclosed {
	part, of := o.hits(c.part, c.window).some(), o.hits(c.of, c.window).some()
	rises, some := true, true
	for _, test := range c.tests {
		up := test.op == "gt" || test.op == "gte"
		rises = rises && up
		some = some && test.op == "gt" && test.bound.Units == 0
	}
	switch none := c.accepts(0, 1, &o.evaluation); {
	case none && rises:
		return of
	case none:
		return enclosed{of.above, allClauses(of.below, part.above.not())}.fold()
	case some:
		return meet(of, part)
	}
	return noMoreThan(allClauses(of.above, part.above))
}

// ratio encloses a figure divided by another: a ratio needs a record to divide by.
func (o *outliner) ratio(c ratio) enclosed {
	return noMoreThan(o.hits(c.halves[1].set, c.window).some().above)
}
