package campaigns

import (
	"cmp"
	"slices"
	"time"

	"comeback/commerce"
)

// firstExit finds the exit that ends e, if any: a goal first, then the first exit in
// the file; of one exit's events the earliest. An event counts if it is later than
// the cause and still true of its order.
func (d *decider) firstExit(e Enrolment) (exit Exit, by commerce.Event, found bool) {
	for _, goals := range []bool{true, false} {
		for _, x := range d.c.Exits {
			if (x.As == Converted) != goals {
				continue
			}
			if by, found = d.first(e, x.test(), x.Same, time.Time{}); found {
				return x, by, true
			}
		}
	}
	return Exit{}, commerce.Event{}, false
}

// goalReached returns when e reached the campaign's goal within the goal's time.
func (d *decider) goalReached(e Enrolment) (at time.Time, ok bool) {
	g := d.c.Goal
	if g == nil {
		return time.Time{}, false
	}
	by, ok := d.first(e, g.test(), g.Same, e.BeganAt.Add(g.Within))
	return by.At, ok && d.converts(by)
}

// first is the earliest event that passes the test and counts for e, and not after
// until if that is set.
func (d *decider) first(e Enrolment, wanted EventTest, same Same, until time.Time) (commerce.Event, bool) {
	var counting []commerce.Event
	for _, ev := range d.events(e, same) {
		if d.passes(wanted, ev) && d.later(ev, e) && d.stillTrue(ev) && (until.IsZero() || !ev.At.After(until)) {
			counting = append(counting, ev)
		}
	}
	if len(counting) == 0 {
		return commerce.Event{}, false
	}
	return slices.MinFunc(counting, compareEvents), true
}

// events lists the events of the enrolment's own order, or those of the customer's
// other orders and of the customer.
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
	// The record has events too that are stored and not yet delivered.
	if d.f.Order != nil && d.f.Order.ID == own && same == SameOrder {
		list = append(list, commerce.AllEvents(*d.f.Order)...)
	}
	if e.Checkout != "" && same == SameCustomer && d.f.Order != nil {
		list = append(list, commerce.AllEvents(*d.f.Order)...) // the order a checkout became is the customer's too
	}
	return list
}

// later reports whether ev happened after the cause of e: (at, id) is greater. For
// the cause's own order equal times count too, because platforms report whole
// seconds. If the cause is the placing of that order, all its events count: nothing
// can happen to an order before, whatever two clocks show.
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

// stillTrue reports whether an event is still true of its order or customer as it is now: a shop
// may cancel an order and then accept its payment. Events of test and fake orders
// never count. Events of an unknown order always do.
func (d *decider) stillTrue(ev commerce.Event) bool {
	if ev.Kind.OfCustomer() {
		return d.customerTrue(ev)
	}
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

// converts reports whether an event that reached the goal still counts as a success
// now: a refunded payment does not.
func (d *decider) converts(ev commerce.Event) bool {
	fact := d.factOf(ev)
	return ev.Kind != commerce.OrderPaid || fact == nil || fact.Counts()
}

func (d *decider) factOf(ev commerce.Event) *commerce.OrderFact {
	if !ev.Kind.OfOrder() || ev.Subject == "" {
		return nil
	}
	return d.fact(ev.Subject)
}

func compareEvents(a, b commerce.Event) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
}
