package campaigns

import (
	"cmp"
	"slices"
	"time"

	"comeback/commerce"
)

// left finds the exit that ends e, if any: a goal before all else, then the
// first in the file; of one exit's events the earliest. What counts is an event
// later than the cause whose state still holds.
func (d *decider) left(e Enrolment) (exit Exit, by commerce.Event, found bool) {
	for _, goals := range []bool{true, false} {
		for _, x := range d.c.Exits {
			if (x.As == Converted) != goals {
				continue
			}
			if by, found = d.first(e, x.Events, x.Same, time.Time{}); found {
				return x, by, true
			}
		}
	}
	return Exit{}, commerce.Event{}, false
}

// reached tells when e reached the campaign's goal, within its time.
func (d *decider) reached(e Enrolment) (at time.Time, ok bool) {
	g := d.c.Goal
	if g == nil {
		return time.Time{}, false
	}
	by, ok := d.first(e, g.Events, g.Same, e.BeganAt.Add(g.Within))
	return by.At, ok && d.converts(by)
}

// first is the earliest event of these kinds that counts for e, not after until
// where that is set.
func (d *decider) first(e Enrolment, kinds []commerce.EventKind, same Same, until time.Time) (commerce.Event, bool) {
	var counting []commerce.Event
	for _, ev := range d.events(e, same) {
		if slices.Contains(kinds, ev.Kind) && d.later(ev, e) && d.stands(ev) && (until.IsZero() || !ev.At.After(until)) {
			counting = append(counting, ev)
		}
	}
	if len(counting) == 0 {
		return commerce.Event{}, false
	}
	return slices.MinFunc(counting, compareEvents), true
}

// events lists what happened to the enrolment's own order, or to the customer's
// other orders.
func (d *decider) events(e Enrolment, same Same) []commerce.Event {
	own := e.Order
	if e.Checkout != "" && d.f.Order != nil {
		own = d.f.Order.ID
	}
	var list []commerce.Event
	for _, ev := range d.f.Events {
		if (ev.Subject == own && own != "") == (same == SameOrder) {
			list = append(list, ev)
		}
	}
	// The record shows also what is saved and not yet told.
	if d.f.Order != nil && d.f.Order.ID == own && same == SameOrder {
		list = append(list, commerce.AllEvents(*d.f.Order)...)
	}
	if e.Checkout != "" && same == SameCustomer && d.f.Order != nil {
		list = append(list, commerce.AllEvents(*d.f.Order)...) // the order a checkout became is the customer's too
	}
	return list
}

// later tells whether ev happened after the cause of e: (at, id) is greater. Of
// the cause's own order equal times count too, for platforms tell whole seconds;
// and everything counts when the cause is its placing, the first thing that can
// happen to an order whatever two clocks say.
func (d *decider) later(ev commerce.Event, e Enrolment) bool {
	if ev.ID == e.Cause {
		return false
	}
	if ev.Subject == e.Order && e.Order != "" {
		return !ev.At.Before(e.CauseAt) || e.Cause == placedID(e.Shop, e.Order)
	}
	if e.Checkout != "" && d.f.Order != nil && ev.Subject == d.f.Order.ID {
		return true
	}
	return cmp.Or(ev.At.Compare(e.CauseAt), cmp.Compare(ev.ID, e.Cause)) > 0
}

func placedID(shop, order string) string {
	return commerce.NewEvent(shop, commerce.OrderPlaced, order, "", time.Time{}).ID
}

// stands tells whether what the event says still holds, as the order is now: a
// shop may cancel an order and then take its payment. Test and fake orders never
// count. Of an order nobody knows the event is believed.
func (d *decider) stands(ev commerce.Event) bool {
	fact := d.factOf(ev)
	if fact == nil {
		return true
	}
	if fact.Test || fact.Fake {
		return false
	}
	money := fact.Payment == commerce.Paid || fact.Payment == commerce.PartiallyRefunded || fact.Payment == commerce.Refunded
	switch ev.Kind {
	case commerce.OrderPaid:
		return money
	case commerce.OrderDepositPaid:
		return money || fact.Payment == commerce.DepositPaid || fact.Payment == commerce.PartiallyPaid
	case commerce.OrderCancelled:
		return !fact.CancelledAt.IsZero()
	case commerce.OrderRefunded:
		return !fact.RefundedAt.IsZero()
	case commerce.OrderShipped:
		return !fact.ShippedAt.IsZero()
	case commerce.OrderDelivered:
		return !fact.DeliveredAt.IsZero()
	case commerce.OrderCompleted:
		return fact.CancelledAt.IsZero()
	default:
		return true
	}
}

// converts tells whether an event that ended an enrolment as a goal is a
// success as of now: money that went back is none.
func (d *decider) converts(ev commerce.Event) bool {
	fact := d.factOf(ev)
	return ev.Kind != commerce.OrderPaid || fact == nil || fact.Counts()
}

func (d *decider) factOf(ev commerce.Event) *commerce.OrderFact {
	if ev.Kind == commerce.CheckoutStarted || ev.Subject == "" {
		return nil
	}
	return d.fact(ev.Subject)
}

func compareEvents(a, b commerce.Event) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
}
