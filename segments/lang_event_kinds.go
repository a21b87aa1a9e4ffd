package segments

import (
	"time"

	"comeback/commerce"
)

// eventKind is one thing that happens to orders, messages, consents, checkouts or
// the customer. instants appends when it happened to the current record. A zero
// time is an unknown instant, which lies in no window.
type eventKind struct {
	name     string
	origin   origin // the kind of record it happens to
	doc      string
	instants func(to []time.Time, v *evaluation) []time.Time
}

// eventKinds are the events a condition may count. Test, fake, cancelled and fully
// refunded orders count for order.cancelled and order.refunded only.
var eventKinds = []eventKind{
	{"order.placed", originOrder, "an order was placed, paid or not",
		whileInForce(func(o *commerce.OrderFact) time.Time { return o.PlacedAt })},
	{"order.paid", originOrder, "an order was paid in full, and is paid now", func(to []time.Time, v *evaluation) []time.Time {
		if v.order.Counts() {
			to = append(to, v.order.PaidAt)
		}
		return to
	}},
	{"order.deposit_paid", originOrder, "the deposit of a pre-sale was paid",
		whileInForce(func(o *commerce.OrderFact) time.Time { return o.DepositPaidAt })},
	{"order.shipped", originOrder, "the first parcel of an order left",
		whileInForce(func(o *commerce.OrderFact) time.Time { return o.ShippedAt })},
	{"order.delivered", originOrder, "all of an order was delivered",
		whileInForce(func(o *commerce.OrderFact) time.Time { return o.DeliveredAt })},
	{"order.completed", originOrder, "an order was completed", whileInForce(func(o *commerce.OrderFact) time.Time { return o.CompletedAt })},
	{"order.rated", originOrder, "the buyer rated an order", whileInForce(func(o *commerce.OrderFact) time.Time { return o.RatedAt })},
	{"order.refund_requested", originOrder, "a refund of an order was requested, each time",
		eachWhileInForce(func(o *commerce.OrderFact) []time.Time { return o.Requested })},
	{"order.refund_closed", originOrder, "a refund of an order was refused or withdrawn, each time",
		eachWhileInForce(func(o *commerce.OrderFact) []time.Time { return o.Closed })},
	{"order.partially_refunded", originOrder, "a part of an order's money was returned, each time", partRefunds},
	{"order.refunded", originOrder, "all of an order's money was returned", func(to []time.Time, v *evaluation) []time.Time {
		return appendSet(to, v.order.RefundedAt)
	}},
	{"order.cancelled", originOrder, "an order was cancelled, and is cancelled now", func(to []time.Time, v *evaluation) []time.Time {
		return appendSet(to, v.order.CancelledAt)
	}},
	{"checkout.started", originCheckout,
		"a known customer started a checkout, which may have become an order since; the latest 100 of each customer are kept",
		func(to []time.Time, v *evaluation) []time.Time { return appendSet(to, v.checkout.At) }},
	{"customer.created", originSelf, "the customer became known: the first record or order", func(to []time.Time, v *evaluation) []time.Time {
		return appendSet(to, v.profile.KnownSince)
	}},
	{"consent.granted", originConsent, "marketing consent on a channel was given, and is in force now",
		func(to []time.Time, v *evaluation) []time.Time {
			if v.consent.Granted {
				to = append(to, v.consent.At)
			}
			return to
		}},
	{"message.sent", originMessage, "a message was sent",
		ofMessage(func(m *commerce.MessageFact) [2]time.Time { return [2]time.Time{m.SentAt} })},
	{"message.delivered", originMessage, "a message was delivered",
		ofMessage(func(m *commerce.MessageFact) [2]time.Time { return [2]time.Time{m.DeliveredAt} })},
	{"message.opened", originMessage, "a person opened a message: its first and its last time",
		ofMessage(func(m *commerce.MessageFact) [2]time.Time {
			return [2]time.Time{m.OpenedAt, m.LastOpenedAt}
		})},
	{"message.clicked", originMessage, "a person clicked in a message: its first and its last time",
		ofMessage(func(m *commerce.MessageFact) [2]time.Time {
			return [2]time.Time{m.ClickedAt, m.LastClickedAt}
		})},
	{"message.unsubscribed", originMessage, "a person unsubscribed by a message",
		ofMessage(func(m *commerce.MessageFact) [2]time.Time { return [2]time.Time{m.UnsubscribedAt} })},
}

// inForce reports whether an order is one that purchase conditions count: not a
// test, fake, cancelled or fully refunded.
func inForce(o *commerce.OrderFact) bool {
	return !o.Test && !o.Fake && o.CancelledAt.IsZero() && o.RefundedAt.IsZero()
}

func whileInForce(at func(*commerce.OrderFact) time.Time) func([]time.Time, *evaluation) []time.Time {
	return func(to []time.Time, v *evaluation) []time.Time {
		if !inForce(v.order) {
			return to
		}
		return appendSet(to, at(v.order))
	}
}

func eachWhileInForce(at func(*commerce.OrderFact) []time.Time) func([]time.Time, *evaluation) []time.Time {
	return func(to []time.Time, v *evaluation) []time.Time {
		if inForce(v.order) {
			to = append(to, at(v.order)...)
		}
		return to
	}
}

func partRefunds(to []time.Time, v *evaluation) []time.Time {
	if inForce(v.order) {
		for _, r := range v.order.Refunds {
			to = append(to, r.At)
		}
	}
	return to
}

func ofMessage(at func(*commerce.MessageFact) [2]time.Time) func([]time.Time, *evaluation) []time.Time {
	return func(to []time.Time, v *evaluation) []time.Time {
		times := at(v.message)
		return appendSet(appendSet(to, times[0]), times[1])
	}
}

func appendSet(to []time.Time, at time.Time) []time.Time {
	if at.IsZero() {
		return to
	}
	return append(to, at)
}
