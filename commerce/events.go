package commerce

import (
	"slices"
	"time"
)

// Events lists what happened to an order between two states of it: each event
// that after shows and before did not, and again each whose time fell. Events
// come from states, never from a delivery's topic; Merge only adds to what they
// are read from, so every order of receipt ends with the same set.
func Events(before, after Order) []Event {
	known := map[string]time.Time{}
	for _, e := range eventsOf(before) {
		known[e.ID] = e.At
	}
	return slices.DeleteFunc(eventsOf(after), func(e Event) bool {
		at, seen := known[e.ID]
		return seen && !e.At.Before(at)
	})
}

// AllEvents lists every event an order's state shows.
func AllEvents(o Order) []Event { return Events(Order{}, o) }

func eventsOf(o Order) []Event {
	if o.ID == "" || o.Times.PlacedAt.IsZero() {
		return nil // a stub: its events come with the order itself
	}
	var list []Event
	add := func(kind EventKind, cause string, at time.Time) {
		if !at.IsZero() {
			e := NewEvent(o.Shop, kind, o.ID, cause, at)
			e.Customer = o.Customer
			list = append(list, e)
		}
	}
	add(OrderPlaced, "", o.Times.PlacedAt)
	add(OrderDepositPaid, "", o.Times.DepositPaidAt)
	add(OrderPaid, "", o.Times.PaidAt)
	add(OrderDelivered, "", o.DeliveredAt())
	add(OrderCompleted, "", o.Times.CompletedAt)
	add(OrderRated, "", o.Times.RatedAt)
	add(OrderCancelled, "", earlier(o.Times.CancelledAt, o.Times.DeletedAt))
	parcelEvents(o, add)
	refundEvents(o, add)
	return list
}

func parcelEvents(o Order, add func(EventKind, string, time.Time)) {
	add(OrderShipped, "", o.Times.ShippedAt)
	for _, p := range o.Parcels {
		add(OrderShipped, p.ID, p.ShippedAt)
	}
}

func refundEvents(o Order, add func(EventKind, string, time.Time)) {
	for _, r := range o.Refunds {
		add(OrderRefundRequested, r.ID, r.RequestedAt)
		add(OrderRefundClosed, r.ID, r.ClosedAt)
		if r.Amount.Currency == o.Total.Currency && r.Amount.Minor < o.Total.Minor {
			add(OrderPartiallyRefunded, r.ID, r.RefundedAt)
		}
	}
	covered, _ := o.refundsCover()
	add(OrderRefunded, "", earlier(covered, o.Times.RefundedAt))
}

// CheckoutEvents lists what happened to a checkout between two states of it. A
// checkout starts for us when it names somebody: before that nobody can be
// reminded.
func CheckoutEvents(before, after Checkout) []Event {
	if !after.started() || before.started() && !after.StartedAt.Before(before.StartedAt) {
		return nil
	}
	e := NewEvent(after.Shop, CheckoutStarted, after.ID, "", after.StartedAt)
	e.Customer = after.Customer
	return []Event{e}
}

func (c Checkout) started() bool {
	return c.ID != "" && !c.StartedAt.IsZero() && len(c.Buyer.Identities(c.Connection)) > 0
}
