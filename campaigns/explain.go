package campaigns

import (
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
	Checks []Checked // every check of an entry and of its first message, also after one that failed
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

// ExplainNeeds lists the facts to fetch before ExplainEntry or ExplainWatch. The
// address is that of the first step.
func ExplainNeeds(c *Campaign) []Fact {
	list := c.siblingNeeds(true)
	return append(list, FactSuppression, FactSends, FactTroubles, FactPlaces)
}

// ExplainEntry makes all checks that Decide makes of a trigger, and the checks of
// HandOver that would stop the first step's message now. before is the enrolment
// found under EnrolmentID, or the zero value.
func ExplainEntry(c *Campaign, before Enrolment, ev commerce.Event, f Facts, now time.Time) Assessment {
	d := newDecider(c, f, now)
	x := Assessment{Event: ev}
	next, refusal := d.entry(before, ev, ev.At)
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

// ExplainWatch does the same for a lapse.
func ExplainWatch(c *Campaign, before Enrolment, f Facts, now time.Time) Assessment {
	d := newDecider(c, f, now)
	w, ok := watchOf(c, f)
	if !ok {
		return Assessment{Checks: []Checked{{Reason: fail(CheckTrigger, "there is no paid order, so the customer cannot lapse")}}}
	}
	last, _ := lastPaid(d.profile.History)
	ev := commerce.NewEvent(w.Shop, commerce.OrderPaid, last.ID, "", w.CauseAt)
	x := Assessment{Event: ev}
	next, refusal := d.entry(before, ev, w.DueAt)
	next.Order = last.ID
	x.add(d.explainCampaign(refusal))
	lapsed := Checked{Reason: pass(CheckTrigger, "lapsed on %s", stamp(w.DueAt))}
	if w.DueAt.After(d.now) {
		lapsed = Checked{Reason: fail(CheckTrigger, "last paid on %s, lapses on %s", stamp(w.CauseAt), stamp(w.DueAt))}
	}
	x.add(lapsed)
	x.add(d.explained(d.eligibleChecks(&next, before), next.Order)...)
	x.add(d.explainSending(next)...)
	return x
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
	m := Message{Channel: s.Channel, Class: d.c.Class, Order: e.Order, Checkout: e.Checkout}
	list := []Checked{
		{Reason: d.guardAddress(m).reason}, {Reason: d.guardFreeze(m).reason}, {Reason: d.guardWants(m).reason}, {Reason: d.guardCap(m).reason},
	}
	if stray, ok := d.strayLink(e.Order, e.Checkout); ok {
		list = append(list, Checked{Reason: stray})
	}
	return list
}
