package campaigns

import (
	"cmp"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// enter decides whether ev makes its subject enter.
func (d *decider) enter(e Enrolment, ev commerce.Event, heard time.Time) (Enrolment, []Action) {
	next, refusal := d.entry(e, ev, ev.At)
	next.ReceivedAt = heard
	next.Order, next.Checkout = SubjectOf(ev)
	d.causedBy(ev)
	if d.c.Trigger.Missing != nil && d.c.Triggers(ev.Kind) {
		return d.lookOut(e, ev)
	}
	if refusal == nil {
		refusal = failing(d.triggerChecks(&next, ev))
	}
	if refusal == nil {
		refusal = d.createdBefore(ev, e)
	}
	if refusal == nil {
		refusal = d.eligible(&next, e)
	}
	if refusal == nil && d.c.State == Paused {
		return d.postpone(e, next, ev)
	}
	return d.entered(e, next, refusal), nil
}

// postpone stores a cause until the pause of the campaign is over.
func (d *decider) postpone(e, next Enrolment, ev commerce.Event) (Enrolment, []Action) {
	id := PostponedID(next.Shop, d.c.ID, ev.ID)
	e.log(Decision{At: d.now, Outcome: "held", Reasons: []Reason{fail(CheckCampaign, "the campaign is paused: decided when it resumes")}})
	return e, []Action{Postpone{Watch{
		ID: id, Shop: next.Shop, Campaign: d.c.ID, Customer: next.Customer, DueAt: d.now,
		Cause: ev.ID, CauseAt: ev.At, ReceivedAt: d.now,
	}}}
}

// entry is a new enrolment for ev under e's id, or the reason why there can be none.
func (d *decider) entry(e Enrolment, ev commerce.Event, began time.Time) (Enrolment, *Reason) {
	next := Enrolment{
		ID: e.ID, Shop: d.f.Shop.ID, Campaign: d.c.ID, Version: d.c.Version, Entry: e.Entry + 1, State: Enrolled,
		Cause: ev.ID, CauseAt: ev.At, BeganAt: began, EnteredAt: d.now, StepDue: began,
		Claim: e.Claim, Fence: e.Fence, LeaseUntil: e.LeaseUntil, Rev: e.Rev, Log: e.Log, Recount: true,
	}
	if e.State != "" {
		next.Past = e.Entries()
		next.PastOpen = anyOpen(next.Past)
	}
	if !d.c.enters() && d.c.State != Paused {
		return next, refuse(CheckCampaign, "the campaign is %s", d.c.State)
	}
	if next.Backfill = !d.c.OnTime() && began.Before(d.c.Since.Truncate(time.Second)); next.Backfill && !d.c.Backfill {
		return next, refuse(CheckCampaign, "the cause, of %s, is older than the campaign, which started on %s", stamp(began), stamp(d.c.Since))
	}
	if d.f.Customer == nil {
		return next, refuse(CheckTrigger, "%s names nobody", ev.Subject)
	}
	next.Customer = d.f.Customer.ID
	subject := ev.Subject
	if d.c.Key == ByCustomer {
		subject = next.Customer
	}
	id, err := EnrolmentID(d.c, next.Shop, subject)
	if err != nil {
		return next, refuse(CheckTrigger, "%s", err)
	}
	next.ID = id
	return next, nil
}

// entryCheck is one check of an entry; fails returns nil if it passed.
type entryCheck struct {
	check  Check
	asks   segments.Condition // nil: the check evaluates no condition
	passes string             // the text of a passed check without a condition
	fails  func() *Reason
}

// triggerChecks check the trigger against the order or checkout as it is now.
func (d *decider) triggerChecks(next *Enrolment, ev commerce.Event) []entryCheck {
	if ev.Kind == commerce.CampaignEnter {
		return []entryCheck{{CheckTrigger, nil, "a step of another campaign lets the customer enter", func() *Reason {
			if !d.c.Enters(ev) {
				return refuse(CheckTrigger, "the step that lets the customer enter is not about an order or checkout of this campaign")
			}
			return nil
		}}}
	}
	return []entryCheck{
		{CheckTrigger, nil, string(ev.Kind) + " is the trigger, and is still true", func() *Reason {
			switch {
			case !d.c.Enters(ev):
				return refuse(CheckTrigger, "%s is not the trigger", ev.Kind)
			case next.Checkout != "":
				return d.checkoutCurrent()
			case ev.Kind.Reported():
				return nil // the shop said so
			case ev.Kind.OfCustomer():
				return d.customerReal(ev)
			}
			return d.orderReal(ev)
		}},
		{CheckTrigger, d.c.Trigger.Where, "", func() *Reason {
			if d.satisfies(d.c.Trigger.Where, next.Order) {
				return nil
			}
			return refuse(CheckTrigger, "where does not hold of %s as it is now: %s", ev.Subject, d.observations(d.c.Trigger.Where, next.Order))
		}},
		{CheckTrigger, nil, d.c.Trigger.awaits(), func() *Reason { return d.notFollowed(ev) }},
	}
}

// failing makes the checks in order and returns the first failure.
func failing(checks []entryCheck) *Reason {
	for _, c := range checks {
		if r := c.fails(); r != nil {
			return r
		}
	}
	return nil
}

func (d *decider) orderReal(ev commerce.Event) *Reason {
	o := d.f.Order
	switch {
	case o == nil || o.ID != ev.Subject || o.Stub():
		return refuse(CheckTrigger, "order %s is not known", ev.Subject)
	case o.Imported:
		return refuse(CheckTrigger, "order %s was imported as history", ev.Subject)
	case ev.Historic:
		return refuse(CheckTrigger, "%s was not received when it happened, at about %s", ev.Kind, stamp(ev.At))
	case o.Test || o.Fake:
		return refuse(CheckTrigger, "order %s is a test or fake order", ev.Subject)
	case !d.stillTrue(ev):
		return refuse(CheckTrigger, "%s is not true any more", ev.Kind)
	}
	return nil
}

// eligibleChecks follow the trigger's checks, in the documented order: re-entry,
// exits, audience, consent.
func (d *decider) eligibleChecks(next *Enrolment, before Enrolment) []entryCheck {
	consent, may := d.anyConsent()
	return []entryCheck{
		{CheckReentry, nil, "may enter now", func() *Reason { return d.again(*next, before) }},
		{CheckExit, nil, "no exit happened", func() *Reason {
			if x, by, left := d.firstExit(*next); left {
				return refuse(CheckExit, "already left by %s (%s) at %s", by.Kind, x.As, stamp(by.At))
			}
			return nil
		}},
		{CheckAudience, d.c.Audience, "", func() *Reason {
			if d.satisfies(d.c.Audience, next.Order) {
				return nil
			}
			return refuse(CheckAudience, "not in the audience: %s", d.observations(d.c.Audience, next.Order))
		}},
		{CheckConsent, nil, consent.Text, func() *Reason {
			if !may {
				return &consent
			}
			return nil
		}},
	}
}

// eligible makes these checks and draws the arm of a customer who passes them.
func (d *decider) eligible(next *Enrolment, before Enrolment) *Reason {
	if r := failing(d.eligibleChecks(next, before)); r != nil {
		return r
	}
	consent, _ := d.anyConsent()
	arm, byShop, drawn := d.arm(next.Customer)
	next.Arm, next.ByShop = arm, byShop
	next.log(Decision{At: d.now, Outcome: "entered", Reasons: append(d.admitted(*next), consent, drawn)})
	return nil
}

// admitted lists the reasons why the trigger and the audience allowed an entry.
func (d *decider) admitted(e Enrolment) []Reason {
	list := []Reason{
		pass(CheckCampaign, "version %d, %.12s", d.c.Version, d.c.Hash),
		pass(CheckTrigger, "%s at %s", e.Cause, stamp(e.CauseAt)),
	}
	if d.c.Trigger.Where != nil {
		list = append(list, pass(CheckTrigger, "where: %s", d.observations(d.c.Trigger.Where, e.Order)))
	}
	if d.c.Audience != nil {
		list = append(list, pass(CheckAudience, "%s", d.observations(d.c.Audience, e.Order)))
	}
	return list
}

// earlier lists the entries of the same key; of a customer, those under any alias.
func (d *decider) earlier(before Enrolment) []Enrolment {
	var list []Enrolment
	if before.State != "" {
		list = append(list, before)
	}
	if d.c.Key == ByCustomer {
		list = append(list, d.f.Siblings...)
	}
	return list
}

// again checks whether the key may enter, or enter again.
func (d *decider) again(next, before Enrolment) *Reason {
	if r := d.againByStep(next, d.earlier(before)); r != nil {
		return r
	}
	for _, e := range d.earlier(before) {
		if e.State == Enrolled {
			return refuse(CheckReentry, "%s is under way", e.ID)
		}
		if d.c.Reentry.Never {
			return refuse(CheckReentry, "entered before, on %s", stamp(e.EnteredAt))
		}
		if next.Cause == e.Cause || compareCauses(next, e) <= 0 {
			return refuse(CheckReentry, "the cause is not later than that of %s", e.ID)
		}
		if next.BeganAt.Sub(e.BeganAt) < d.c.Reentry.After {
			return refuse(CheckReentry, "entered on %s, again not before %s", stamp(e.BeganAt), stamp(e.BeganAt.Add(d.c.Reentry.After)))
		}
	}
	return nil
}

// entered is the answer of Decide: the new enrolment with its first step due, or the
// old one with the refusal in its log.
func (d *decider) entered(before, next Enrolment, refusal *Reason) Enrolment {
	if refusal == nil {
		return d.schedule(next)
	}
	before.log(Decision{At: d.now, Outcome: "refused", Reasons: []Reason{*refusal}})
	if before.State == "" {
		before.ID, before.Shop, before.Campaign = cmp.Or(before.ID, next.ID), next.Shop, next.Campaign
	}
	return before
}

func refuse(check Check, format string, args ...any) *Reason {
	r := fail(check, format, args...)
	return &r
}
