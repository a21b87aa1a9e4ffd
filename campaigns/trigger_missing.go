package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Missing is the end of a trigger {"event": ..., "not_followed_by": ..., "within": ...}:
// the subject of the event enters Within after it, if none of Events followed.
type Missing struct {
	Events []commerce.EventKind // of the same order
	Within time.Duration
}

// awaits is the text of the passed check that nothing followed; empty: nothing is awaited.
func (t Trigger) awaits() string {
	if t.Missing == nil {
		return ""
	}
	return "nothing followed in " + spell(t.Missing.Within)
}

// began is when the trigger is due for an event.
func (t Trigger) began(ev commerce.Event) time.Time {
	if t.Missing == nil || !slices.Contains(t.Events, ev.Kind) {
		return ev.At
	}
	return ev.At.Add(t.Missing.Within)
}

// MissingID is the id of the watch that waits for what must follow an event.
func MissingID(shop, campaign, event string) string {
	return commerce.Key(shop, campaign, "missing", event)
}

// AwaitedSince is how old an event may be when a campaign starts whose trigger waits for
// what follows it: the caller then stores the watches (MissingWatch) of these events, so
// that those under way count. all is true if every stored event counts (backfill).
func (c *Campaign) AwaitedSince() (since time.Time, all bool) {
	return c.Since.Truncate(time.Second).Add(-c.Trigger.Missing.Within), c.Backfill
}

// MissingWatch is the watch of an event of an order, as Decide would ask to store it. ok
// is false for events that do not trigger, that name nobody, or that are only history,
// and for those whose time was over when the campaign started, unless it has a backfill.
func MissingWatch(c *Campaign, ev commerce.Event, now time.Time) (w Watch, ok bool) {
	due := ev.At.Add(c.Trigger.Missing.Within)
	if !c.Triggers(ev.Kind) || ev.Historic || ev.Customer == "" || due.Before(c.Since.Truncate(time.Second)) && !c.Backfill {
		return Watch{}, false
	}
	return missingWatch(c, ev, ev.Customer, now), true
}

// missingWatch is due when the time after ev is over, or now if it was received later.
func missingWatch(c *Campaign, ev commerce.Event, customer string, now time.Time) Watch {
	return Watch{
		ID: MissingID(ev.Shop, c.ID, ev.ID), Shop: ev.Shop, Campaign: c.ID, Customer: customer,
		DueAt: laterOf(ev.At.Add(c.Trigger.Missing.Within), now), Cause: ev.ID, CauseAt: ev.At,
	}
}

// lookOut stores the event of the trigger until the time for what must follow it is over.
func (d *decider) lookOut(e Enrolment, ev commerce.Event) (Enrolment, []Action) {
	next, refusal := d.entry(e, ev, ev.At.Add(d.c.Trigger.Missing.Within))
	if refusal == nil {
		refusal = d.orderReal(ev)
	}
	if by, followed := d.followed(ev); refusal == nil && followed {
		refusal = by
	}
	if refusal != nil {
		return d.entered(e, next, refusal), nil
	}
	w := missingWatch(d.c, ev, next.Customer, d.now)
	reason := pass(CheckTrigger, "%s at %s: decided at %s, unless something follows", ev.Kind, stamp(ev.At), stamp(w.DueAt))
	e.log(Decision{At: d.now, Outcome: "waits", Reasons: []Reason{reason}})
	return e, []Action{Postpone{w}}
}

// missing decides the watch of an event whose time is over. If the time of the event
// has changed since, so does that of the watch.
func (d *decider) missing(w Watch, e Enrolment) (Watch, Enrolment) {
	ev, ok := d.eventNow(w.Cause)
	if !ok {
		return w.decided(refuse(CheckTrigger, "what happened is not true any more"), nil), e
	}
	over := ev.At.Add(d.c.Trigger.Missing.Within)
	if w.CauseAt = ev.At; over.After(w.DueAt) {
		w.DueAt = over
	}
	if w.DueAt.After(d.now) {
		return w, e
	}
	next, refusal := d.entry(e, ev, over)
	next.BeganAt, next.StepDue, next.Order = w.DueAt, w.DueAt, ev.Subject
	d.beginNow(&next)
	if refusal == nil {
		refusal = failing(d.triggerChecks(&next, ev))
	}
	if refusal == nil {
		refusal = d.eligible(&next, e)
	}
	return w.decided(refusal, nil), d.entered(e, next, refusal)
}

// eventNow is an event of the order as the order is now.
func (d *decider) eventNow(id string) (ev commerce.Event, ok bool) {
	if d.f.Order == nil {
		return ev, false
	}
	events := commerce.AllEvents(*d.f.Order)
	i := slices.IndexFunc(events, func(ev commerce.Event) bool { return ev.ID == id })
	if i < 0 {
		return ev, false
	}
	return events[i], true
}

// notFollowed checks that none of the events that the trigger waits for followed ev up
// to now. One in the same moment counts, because platforms report whole seconds.
func (d *decider) notFollowed(ev commerce.Event) *Reason {
	m := d.c.Trigger.Missing
	if m == nil || !d.c.Triggers(ev.Kind) {
		return nil // by a step of another campaign it enters at once
	}
	if by, ok := d.followed(ev); ok {
		return by
	}
	if over := ev.At.Add(m.Within); over.After(d.now) {
		return refuse(CheckTrigger, "nothing followed it so far; decided at %s", stamp(over))
	}
	return nil
}

// followed is the first event that followed ev, as a refusal.
func (d *decider) followed(ev commerce.Event) (by *Reason, ok bool) {
	if d.f.Order == nil {
		return nil, false
	}
	after := slices.DeleteFunc(commerce.AllEvents(*d.f.Order), func(after commerce.Event) bool {
		counts := slices.Contains(d.c.Trigger.Missing.Events, after.Kind) && after.ID != ev.ID && !after.At.Before(ev.At)
		return !counts || !d.stillTrue(after)
	})
	if len(after) == 0 {
		return nil, false
	}
	first := slices.MinFunc(after, compareEvents)
	return refuse(CheckTrigger, "followed by %s at %s", first.Kind, stamp(first.At)), true
}
