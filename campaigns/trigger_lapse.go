package campaigns

import (
	"cmp"
	"slices"
	"time"

	"comeback/commerce"
)

// day is a day of waits, expiries, caps and lapses: 24 hours, whatever the zone.
const day = 24 * time.Hour

func watchOf(c *Campaign, f Facts) (w Watch, ok bool) {
	if c.Trigger.Lapse == 0 || f.Customer == nil || f.Customer.MergedInto != "" {
		return Watch{}, false
	}
	last, ok := lastPaid(f.Customer.History)
	if !ok {
		return Watch{}, false
	}
	id, err := EnrolmentID(c, f.Shop.ID, f.Customer.ID)
	if err != nil {
		return Watch{}, false
	}
	cause := commerce.NewEvent(f.Shop.ID, commerce.OrderPaid, last.ID, "", last.PaidAt)
	return Watch{
		ID: id, Shop: f.Shop.ID, Campaign: c.ID, Customer: f.Customer.ID,
		DueAt: last.PaidAt.Add(time.Duration(c.Trigger.Lapse) * day), Cause: cause.ID, CauseAt: last.PaidAt,
	}, true
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

// watch decides a watch that is due.
func (d *decider) watch(w Watch, e Enrolment) (Watch, Enrolment, []Action) {
	if !d.c.enters() {
		return w, e, nil
	}
	current, ok := watchOf(d.c, d.f)
	if !ok {
		w.DueAt = time.Time{}
		return w, e, nil
	}
	if current.Cause != w.Cause {
		w.Cause, w.CauseAt, w.DueAt = current.Cause, current.CauseAt, current.DueAt
	}
	if w.DueAt.Before(current.DueAt) {
		w.DueAt = current.DueAt
	}
	if w.DueAt.After(d.now) {
		return w, e, nil
	}
	next, again := d.lapse(w, e)
	w.DueAt = again
	return w, next, nil
}

// lapse lets the lapsed customer of a watch enter. again is when to ask once more;
// zero, unless another entry prevents this one for a time.
func (d *decider) lapse(w Watch, e Enrolment) (next Enrolment, again time.Time) {
	last, _ := lastPaid(d.profile.History)
	ev := commerce.NewEvent(w.Shop, commerce.OrderPaid, last.ID, "", w.CauseAt)
	next, refusal := d.entry(e, ev, w.DueAt)
	next.Order = last.ID
	if refusal == nil {
		refusal = d.eligible(&next, e)
	}
	if refusal != nil && refusal.Check == CheckReentry {
		again = d.askAgain(next, e)
	}
	return d.entered(e, next, refusal), again
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
