package campaigns

import (
	"time"

	"comeback/commerce"
)

// ofCustomer reports whether the trigger is a time of each customer: a lapse or a date.
// Every customer that it may be due for has one watch.
func (t Trigger) ofCustomer() bool { return t.lapses() || t.Date != nil }

// WatchesCustomers reports whether the campaign has a watch of each customer (WatchOf).
func (c *Campaign) WatchesCustomers() bool { return c.Trigger.ofCustomer() }

// WatchesBuyers reports whether only customers with a paid order have such a watch.
func (c *Campaign) WatchesBuyers() bool { return c.Trigger.lapses() }

// WatchesGaps reports whether its time depends on the fitted gaps of all customers
// (segments.Params.Fitted).
func (c *Campaign) WatchesGaps() bool { return c.Trigger.Overdue.Units > 0 }

// WatchesEvents reports whether the campaign has a watch of each event of its trigger
// (MissingWatch).
func (c *Campaign) WatchesEvents() bool { return c.Trigger.Missing != nil }

// Watches reports whether w is of the kind that the campaign's trigger has now. Those of
// an older version may be of another one.
func (c *Campaign) Watches(w Watch) bool {
	ofEvent := w.ID == MissingID(w.Shop, c.ID, w.Cause)
	return ofEvent && c.WatchesEvents() || !ofEvent && c.WatchesCustomers()
}

// Watched is the enrolment id of a watch, of its customer or the order of its cause.
func (c *Campaign) Watched(w Watch) (string, error) {
	subject := w.Customer
	if c.Key == ByOrder {
		subject = w.Order()
	}
	return EnrolmentID(c, w.Shop, subject)
}

// Order is the id of the order of the cause; empty if the cause is no order's.
func (w Watch) Order() string {
	ev, err := commerce.EventOf(w.Cause, w.CauseAt)
	if err != nil || len(ev.Kind) < 6 || ev.Kind[:6] != "order." {
		return ""
	}
	return ev.Subject
}

// watchOf is the watch of the customer for a time trigger, or the reason why there is
// none.
func (d *decider) watchOf() (Watch, *Reason) {
	switch {
	case d.f.Customer == nil || d.f.Customer.MergedInto != "":
		return Watch{}, refuse(CheckTrigger, "the customer is not known")
	case d.c.Trigger.lapses():
		return d.lapseWatch()
	case d.c.Trigger.Date != nil:
		return d.dateWatch()
	}
	return Watch{}, refuse(CheckTrigger, "the trigger is no time of the customer")
}

// watchFor is the watch of the customer for a cause, due at a time.
func (d *decider) watchFor(cause commerce.Event, due time.Time) (Watch, *Reason) {
	id, err := EnrolmentID(d.c, d.f.Shop.ID, d.f.Customer.ID)
	if err != nil {
		return Watch{}, refuse(CheckTrigger, "%s", err)
	}
	return Watch{
		ID: id, Shop: d.f.Shop.ID, Campaign: d.c.ID, Customer: d.f.Customer.ID, DueAt: due, Cause: cause.ID, CauseAt: cause.At,
	}, nil
}

// watch decides a watch that is due.
func (d *decider) watch(w Watch, e Enrolment) (Watch, Enrolment, []Action) {
	if !d.c.enters() {
		return w, e, nil
	}
	if d.c.Trigger.Missing != nil {
		w, e = d.missing(w, e)
		return w, e, nil
	}
	current, none := d.watchOf()
	if d.c.Trigger.Date != nil {
		w = d.overslept(w, current)
	}
	if none == nil && current.Cause == w.Decided {
		current, none = current.after()
	}
	if none != nil {
		w.DueAt = time.Time{}
		return w, e, nil
	}
	w.turn(current, d.c.Trigger.Date != nil)
	switch {
	case w.DueAt.After(d.now):
	case d.c.Trigger.Date != nil:
		w, e = d.dated(w, e, current.Next)
	default:
		w, e = d.lapsed(w, e)
	}
	return w, e, nil
}

// after is the watch after the one whose cause is decided.
func (w Watch) after() (Watch, *Reason) {
	if w.Next == nil {
		return Watch{}, refuse(CheckTrigger, "decided")
	}
	return *w.Next, nil
}

// turn gives w the cause and the time that are current. A time that was put off because
// of another entry stays, but of a date.
func (w *Watch) turn(current Watch, exact bool) {
	if exact || current.Cause != w.Cause || w.DueAt.Before(current.DueAt) {
		w.DueAt = current.DueAt
	}
	w.Cause, w.CauseAt = current.Cause, current.CauseAt
}

// decided is the watch after its cause was decided: at rest, or waiting for the next.
func (w Watch) decided(refusal *Reason, next *Watch) Watch {
	w.Decided, w.Outcome, w.Reason, w.DueAt = w.Cause, "entered", "", time.Time{}
	if refusal != nil {
		w.Outcome, w.Reason = "refused", refusal.Text
	}
	if next != nil {
		w.Cause, w.CauseAt, w.DueAt = next.Cause, next.CauseAt, next.DueAt
	}
	return w
}
