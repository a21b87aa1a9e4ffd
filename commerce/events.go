package commerce

import (
	"slices"
	"strconv"
	"time"
)

// Events returns what happened to an order between two states of it. An event
// is returned if only the later state shows it. It is returned again if the
// later state shows another time, or shows that the platform reported it when
// it happened. Payment is also returned again when an order regains its value.
//
// Events follow from states, never from a delivery's topic. An order known from
// imports only has no events; they come with the first record from its
// platform.
func Events(before, after Order) []Event {
	if after.Imported {
		return nil
	}
	known := map[string]Event{}
	if !before.Imported {
		for _, e := range eventsOf(before) {
			known[e.ID] = e
		}
	}
	worth := regains(before, after)
	return slices.DeleteFunc(eventsOf(after), func(e Event) bool {
		old, seen := known[e.ID]
		return seen && e.At.Equal(old.At) && (e.Historic || !old.Historic) && !(worth && e.Kind == OrderPaid)
	})
}

// regains reports whether money counts again that was given back before: a
// refund was withdrawn, or a cancelled or deleted order was restored.
func regains(before, after Order) bool {
	return before.CancelledNow() && !after.CancelledNow() || len(after.Withdrawn.Refunds) > len(before.Withdrawn.Refunds)
}

// Repeated returns the ids of those events that the earlier state had already.
func Repeated(before Order, events []Event) []string {
	if before.Imported {
		return nil
	}
	var ids []string
	for _, old := range eventsOf(before) {
		if slices.ContainsFunc(events, func(e Event) bool { return e.ID == old.ID }) {
			ids = append(ids, old.ID)
		}
	}
	return ids
}

// AllEvents returns every event that an order's state shows.
func AllEvents(o Order) []Event { return eventsOf(o) }

func eventsOf(o Order) []Event {
	if o.ID == "" || o.Times.PlacedAt.IsZero() {
		return nil // a stub: its events come with the order itself
	}
	var list []Event
	add := func(kind EventKind, cause string, at time.Time, live bool) {
		if !at.IsZero() {
			e := NewEvent(o.Shop, kind, o.ID, cause, at)
			e.Customer, e.Historic = o.Customer, !live
			list = append(list, e)
		}
	}
	o = o.weighed()
	times, how := o.timeline()
	for i, m := range moments {
		at, live := *times.of(m.entry), how[i].live
		switch m.kind {
		case OrderShipped, OrderRefunded: // with their parcels and refunds
			continue
		case OrderDelivered:
			at, live = o.deliveredEvent(live)
		case OrderCancelled:
			at, live = o.cancelledEvent(at, live)
		}
		add(m.kind, "", at, live)
	}
	parcelEvents(o, times, how, add)
	refundEvents(o, times, how, add)
	return list
}

// deliveredEvent is the time when the whole order had arrived. Parcels known
// from imports only are history.
func (o Order) deliveredEvent(live bool) (time.Time, bool) {
	at := o.DeliveredAt()
	for _, p := range o.Parcels {
		live = live || at.Equal(p.DeliveredAt) && o.reportedLive(p.Mention, false)
	}
	return at, live
}

// cancelledEvent is when the order was cancelled or first deleted. An order that was
// restored and cancelled again has the time of the restoring record.
func (o Order) cancelledEvent(at time.Time, live bool) (time.Time, bool) {
	deleted, past := o.Live.Reported.DeletedAt, earlier(o.Past.Reported.DeletedAt, o.Past.Partial.DeletedAt)
	at = earlier(at, earlier(deleted, past))
	return o.cancelledSince(at), live || !deleted.IsZero()
}

// cancelledSince is since when the order is cancelled, which it was at first at that time.
func (o Order) cancelledSince(first time.Time) time.Time {
	if first.IsZero() || !o.CancelledNow() {
		return first
	}
	return last(first, o.Live.Uncancelled)
}

type adding func(kind EventKind, cause string, at time.Time, live bool)

func parcelEvents(o Order, times Timeline, how [momentCount]resolved, add adding) {
	add(OrderShipped, "", times.ShippedAt, how[shipped].live)
	for _, p := range append(slices.Clone(o.Parcels), o.Withdrawn.Parcels...) {
		add(OrderShipped, p.ID, p.ShippedAt, o.reportedLive(p.Mention, false))
	}
}

func refundEvents(o Order, times Timeline, how [momentCount]resolved, add adding) {
	for _, r := range o.Refunds {
		o.refundEvent(r, add)
	}
	for _, r := range o.Withdrawn.Refunds {
		o.refundEvent(r, add)
		add(OrderRefundClosed, r.ID, firstSet(r.ClosedAt, r.Last.At), o.reportedLive(r.Mention, false))
	}
	live := how[refunded].live
	covered, last, full := refundsCover(o.Total, o.Refunds)
	if !full {
		covered, last, full = refundsCover(o.Total, append(slices.Clone(o.Refunds), o.Withdrawn.Refunds...))
	}
	if full {
		live = live || o.made(last)
	}
	add(OrderRefunded, "", earlier(covered, times.RefundedAt), live)
}

func (o Order) refundEvent(r Refund, add adding) {
	add(OrderRefundRequested, r.ID, r.RequestedAt, o.reportedLive(r.Mention, false))
	if o.listed(r) {
		add(OrderRefundClosed, r.ID, r.ClosedAt, o.reportedLive(r.Mention, false))
	}
	if r.Amount.Currency == o.Total.Currency && r.Amount.Minor < o.Total.Minor {
		add(OrderPartiallyRefunded, r.ID, r.RefundedAt, o.made(r))
	}
}

// listed reports whether no newer list withdrew the refund.
func (o Order) listed(r Refund) bool {
	return !slices.ContainsFunc(o.Withdrawn.Refunds, func(w Refund) bool { return w.ID == r.ID })
}

// made reports whether the platform showed the refund when it was made.
func (o Order) made(r Refund) bool {
	inferred := false
	if r.Reported.IsZero() {
		_, inferred = o.refundShown(r)
	}
	return o.reportedLive(r.Mention, inferred)
}

// CheckoutEvents returns what happened to a checkout between two states of it.
// A checkout starts when it first names its buyer, because a reminder needs a
// recipient.
func CheckoutEvents(before, after Checkout) (list []Event) {
	if !after.started() {
		return nil
	}
	if !before.started() || after.StartedAt.Before(before.StartedAt) {
		list = append(list, NewEvent(after.Shop, CheckoutStarted, after.ID, "", after.StartedAt))
	}
	was, _ := before.ended()
	if cause, at := after.ended(); cause != "" && cause != was {
		list = append(list, NewEvent(after.Shop, CheckoutEnded, after.ID, cause, at))
	}
	for i := range list {
		list[i].Customer = after.Customer
	}
	return list
}

// ended is why the checkout is over, and since when: an order is known, it was completed, or deleted.
// The cause is empty while it is open.
func (c Checkout) ended() (cause string, at time.Time) {
	completed := firstSet(c.CompletedAt, firstSet(c.Version, c.StartedAt))
	switch {
	case c.BecameOrder() != "":
		return Key("order", c.BecameOrder()), completed
	case !c.CompletedAt.IsZero():
		return "completed", completed
	case c.DeletedNow():
		return Key("deleted", strconv.FormatInt(c.DeletedAt.UnixMilli(), 36)), c.DeletedAt
	}
	return "", time.Time{}
}

func (c Checkout) started() bool {
	return c.ID != "" && !c.StartedAt.IsZero() && len(c.Buyer.Identities(c.Connection)) > 0
}
