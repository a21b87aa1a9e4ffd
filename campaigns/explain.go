package campaigns

import (
	"fmt"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// Checked is the result of one check, with the tree of tests if the check evaluated
// a condition.
type Checked struct {
	Reason
	Tree *segments.Verdict
}

// Assessment is the result of a cause if it were decided now.
type Assessment struct {
	Event  commerce.Event
	at     time.Time
	Checks []Checked // every check of an entry and of its first message, also after one that failed

	number int64 // of the customer, where a run is assessed
}

// Why is the first failed check; ok is false if none failed.
func (c Assessment) Why() (r Reason, ok bool) {
	for _, checked := range c.Checks {
		if !checked.Pass {
			return checked.Reason, true
		}
	}
	return Reason{}, false
}

// ExplainNeeds lists the facts to fetch before ExplainEntry or ExplainWatch.
func ExplainNeeds(c *Campaign) []Fact {
	list := c.runNeeds()
	return append(list, FactSuppression, FactSends, FactTroubles, FactPlaces)
}

// ExplainEntry makes all checks that Decide makes of a trigger, and the checks of
// HandOver that would stop the first step's message now. before is the enrolment
// found under EnrolmentID, or the zero value.
func ExplainEntry(c *Campaign, before Enrolment, ev commerce.Event, f Facts, now time.Time) Assessment {
	d := newDecider(c, f, now)
	x := Assessment{Event: ev, at: d.now}
	next, refusal := d.entry(before, ev, c.Trigger.began(ev))
	next.Order, next.Checkout = SubjectOf(ev)
	d.causedBy(ev)
	x.add(d.explainCampaign(refusal))
	if d.f.Customer != nil {
		x.add(d.explained(d.triggerChecks(&next, ev), next.Order)...)
		x.add(d.explained(d.eligibleChecks(&next, before), next.Order)...)
		x.add(d.explainSending(next)...)
	}
	return x
}

// ExplainWatch does the same for the time of a customer. stored is the watch as it is
// stored, or the zero value: of a date it explains the occurrence after the one that is
// decided.
func ExplainWatch(c *Campaign, before Enrolment, stored Watch, f Facts, now time.Time) Assessment {
	d := newDecider(c, f, now)
	w, none := d.watchOf()
	if none == nil && w.Next != nil && w.Cause == stored.Decided {
		w = *w.Next
	}
	if none != nil {
		return Assessment{at: d.now, Checks: []Checked{{Reason: *none}}}
	}
	ev, err := commerce.EventOf(w.Cause, w.CauseAt)
	if err != nil {
		return Assessment{Checks: []Checked{{Reason: fail(CheckTrigger, "%s", err)}}}
	}
	x := Assessment{Event: ev, at: d.now}
	next, refusal := d.entry(before, ev, w.DueAt)
	next.Order = w.Order()
	d.beginNow(&next)
	x.add(d.explainCampaign(refusal))
	x.add(Checked{Reason: d.explainTime(w)})
	x.add(d.explained(d.eligibleChecks(&next, before), next.Order)...)
	x.add(d.explainSending(next)...)
	return x
}

// explainTime is the check of the time of a watch.
func (d *decider) explainTime(w Watch) Reason {
	over := !w.DueAt.After(d.now)
	switch {
	case d.c.Trigger.Date != nil && over:
		return pass(CheckTrigger, "%s: due since %s", d.c.Trigger.Date.Field, stamp(w.DueAt))
	case d.c.Trigger.Date != nil:
		return fail(CheckTrigger, "%s: due on %s (%s)", d.c.Trigger.Date.Field, stamp(w.DueAt), d.zone(CustomerZone))
	case over:
		return pass(CheckTrigger, "lapsed on %s%s", stamp(w.DueAt), d.expectation())
	}
	return fail(CheckTrigger, "last paid on %s, lapses on %s%s", stamp(w.CauseAt), stamp(w.DueAt), d.expectation())
}

// expectation writes the gap on which an overdue ratio is based; empty for other lapses.
func (d *decider) expectation() string {
	days, ok := segments.ExpectedGap(d.profile, d.f.Params, d.now)
	if d.c.Trigger.Overdue.Units == 0 || !ok {
		return ""
	}
	return fmt.Sprintf(", %s times the expected gap of %.1f days", d.c.Trigger.Overdue, days)
}

func (c *Assessment) add(checks ...Checked) { c.Checks = append(c.Checks, checks...) }

// SubjectOf is the order or the checkout of an event; "" and "" of one about a customer alone.
func SubjectOf(ev commerce.Event) (order, checkout string) {
	family, _, _ := strings.Cut(string(ev.Kind), ".")
	if _, about := entering(ev); about != "" {
		family = about
	}
	switch family {
	case aboutOrder:
		return ev.Subject, ""
	case aboutCheckout:
		return "", ev.Subject
	}
	return "", ""
}

func (d *decider) explainCampaign(refusal *Reason) Checked {
	switch {
	case refusal != nil:
		return Checked{Reason: *refusal}
	case !d.c.enters():
		return Checked{Reason: fail(CheckCampaign, "the campaign is %s: decided when it resumes", d.c.State)}
	}
	return Checked{Reason: pass(CheckCampaign, "version %d enters", d.c.Version)}
}

func (d *decider) explained(checks []entryCheck, order string) []Checked {
	var list []Checked
	for _, c := range checks {
		if c.asks == nil && c.passes == "" {
			continue // the campaign has no such condition
		}
		x := Checked{Reason: pass(c.check, "%s", c.passes)}
		if r := c.fails(); r != nil {
			x.Reason = *r
		}
		if c.asks != nil {
			tree := segments.Explain(c.asks, d.profile, d.fact(order), d.f.Params, d.now)
			if x.Tree = &tree; x.Pass {
				x.Text = "the condition holds"
			}
		}
		list = append(list, x)
	}
	return list
}

// explainSending makes the checks that could stop the first step's message.
func (d *decider) explainSending(e Enrolment) []Checked {
	s, ok := d.c.FirstSend()
	if !ok {
		return nil
	}
	route, why := d.routeOf(s)
	m := Message{Channel: route.Channel, Class: d.c.Class, Order: e.Order, Checkout: e.Checkout}
	list := []Checked{
		{Reason: d.guardAddress(m.Channel).reason}, {Reason: d.guardFreeze(m).reason}, {Reason: d.guardWants(m).reason},
		{Reason: d.guardCap(m).reason},
	}
	if s.several() {
		list = append([]Checked{{Reason: why}}, list...)
	}
	if stray, ok := d.strayLink(e.Order, e.Checkout); ok {
		list = append(list, Checked{Reason: stray})
	}
	return list
}
