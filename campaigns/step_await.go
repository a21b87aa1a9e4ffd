package campaigns

import (
	"time"

	"comeback/commerce"
)

// askEvery is how often a condition that a step waits for is asked, beside each event of the
// customer.
const askEvery = time.Hour

// awaited is how the waiting of a step ends: at what time, and with which branch. It has not ended
// while answered is false; then it is to be asked again at the time.
func (d *decider) awaited(e Enrolment, s Step, m timing) (at time.Time, branch int, why Reason, answered bool) {
	until := m.due.Add(s.For.Within)
	if ev, found := d.happened(e, *s.For, m.due, until); found {
		return ev.At, 0, pass(CheckIf, "%s at %s", ev.Kind, stamp(ev.At)), true
	}
	if c := s.For.Condition; c != nil && !d.now.After(until) && d.satisfies(c, e.Order) {
		return d.now, 0, pass(CheckIf, "the condition holds: %s", d.observations(c, e.Order)), true
	}
	if !d.now.Before(until) {
		return until, 1, fail(CheckIf, "it did not happen until %s", stamp(until)), true
	}
	if s.For.Condition != nil {
		return earlierOf(until, d.now.Add(askEvery)), 0, Reason{}, false
	}
	return until, 0, Reason{}, false
}

// happened is the first event that a step waits for, in [from, until].
func (d *decider) happened(e Enrolment, a Awaited, from, until time.Time) (first commerce.Event, found bool) {
	sames := []Same{a.Same}
	if a.Same == "" {
		sames = []Same{SameOrder, SameCustomer}
	}
	wanted := EventTest{Kinds: a.Events, Where: a.Where, Of: a.Of}
	for _, same := range sames {
		for _, ev := range d.events(e, same) {
			if ev.At.Before(from) || ev.At.After(until) || !d.passes(wanted, ev) || !d.later(ev, e) || !d.stillTrue(ev) {
				continue
			}
			if !found || compareEvents(ev, first) < 0 {
				first, found = ev, true
			}
		}
	}
	return first, found
}

// await goes on where the waiting has ended. The waits behind it count from then.
func (d *decider) await(e Enrolment, s Step, m timing) (next Enrolment, ended bool) {
	at, branch, why, ended := d.awaited(e, s, m)
	if !ended {
		return e, false
	}
	next = d.branch(e, s, m, branch, why)
	next.StepDue = at
	return next, true
}
