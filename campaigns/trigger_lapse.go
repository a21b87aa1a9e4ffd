package campaigns

import (
	"cmp"
	"slices"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// day is a day of waits, expiries, caps and lapses: 24 hours, whatever the zone.
const day = 24 * time.Hour

// lapses reports whether the trigger is a lapse: of a number of days, or on the
// customer's own clock.
func (t Trigger) lapses() bool { return t.Lapse > 0 || t.Overdue.Units > 0 }

// lapseWatch is the watch of the customer's last paid order.
func (d *decider) lapseWatch() (Watch, *Reason) {
	last, ok := lastPaid(d.profile.History)
	if !ok {
		return Watch{}, refuse(CheckTrigger, "there is no paid order, so the customer cannot lapse")
	}
	due := last.PaidAt.Add(time.Duration(d.c.Trigger.Lapse) * day)
	if d.c.Trigger.Overdue.Units > 0 {
		if due, ok = segments.OverdueAt(d.profile, d.c.Trigger.Overdue, d.f.Params, laterOf(d.now, last.PaidAt)); !ok {
			return Watch{}, refuse(CheckTrigger, "the customer has no expected gap between orders, so no overdue ratio: "+
				"the shop has fewer than 200 gaps between orders of one customer, or they are not counted yet")
		}
	}
	return d.watchFor(commerce.NewEvent(d.f.Shop.ID, commerce.OrderPaid, last.ID, "", last.PaidAt), due)
}

// lastPaid is the last paid order that counts. An account too large for a history
// has none: it is not a person to win back.
func lastPaid(h commerce.History) (last commerce.OrderFact, ok bool) {
	for _, f := range h.Orders {
		if f.Counts() && !f.PaidAt.IsZero() && (!ok || cmp.Or(f.PaidAt.Compare(last.PaidAt), cmp.Compare(f.ID, last.ID)) > 0) {
			last, ok = f, true
		}
	}
	return last, ok
}

// lapsed lets the lapsed customer of a watch enter, unless a check refuses it. If
// another entry prevents this one for a time only, the watch is due again then.
func (d *decider) lapsed(w Watch, e Enrolment) (Watch, Enrolment) {
	last, _ := lastPaid(d.profile.History)
	ev := commerce.NewEvent(w.Shop, commerce.OrderPaid, last.ID, "", w.CauseAt)
	next, refusal := d.entry(e, ev, w.DueAt)
	next.Order = last.ID
	d.beginNow(&next)
	if refusal == nil {
		refusal = d.eligible(&next, e)
	}
	var again time.Time
	if refusal != nil && refusal.Check == CheckReentry {
		again = d.askAgain(next, e)
	}
	if w = w.decided(refusal, nil); !again.IsZero() {
		w.DueAt, w.Decided = again, ""
	}
	return w, d.entered(e, next, refusal)
}

// beginNow lets the steps of a cause older than the campaign run from now: those of
// its own time are long over.
func (d *decider) beginNow(e *Enrolment) {
	if e.Backfill {
		e.BeganAt, e.StepDue = d.now, d.now
	}
}

// askAgain is when re-entry may be allowed: tomorrow while another entry is under
// way, or when the time since the last entry is over; zero means never.
func (d *decider) askAgain(next, before Enrolment) (at time.Time) {
	for _, e := range d.earlier(before) {
		switch {
		case d.c.Reentry.Never || e.State != Enrolled && compareCauses(next, e) <= 0:
			return time.Time{}
		case e.State == Enrolled:
			at = slices.MaxFunc([]time.Time{at, d.now.Add(day)}, time.Time.Compare)
		default:
			at = slices.MaxFunc([]time.Time{at, e.BeganAt.Add(d.c.Reentry.After)}, time.Time.Compare)
		}
	}
	if !at.After(d.now) {
		return time.Time{}
	}
	return at
}
