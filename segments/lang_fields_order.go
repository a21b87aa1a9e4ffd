package segments

import (
	"time"

	"comeback/commerce"
)

// orderFields are the fields of one order: the given order, or each order of an
// event. Without an order all are unset. Money is unset in a currency without a
// known rate.
var orderFields = []field{
	{name: "order.id", kind: ofText, doc: "id of the order", unset: noOrderGiven,
		read: ofOrder(func(o *commerce.OrderFact) value { return textOf(o.ID) })},
	{name: "order.total", kind: ofMoney, doc: "what the buyer is to pay or has paid, before refunds", unset: notPriced,
		read: amount(func(o *commerce.OrderFact) int64 { return o.Total })},
	{name: "order.net", kind: ofMoney, doc: "total less what was refunded, never below 0", unset: notPriced,
		read: amount(func(o *commerce.OrderFact) int64 { return o.Net })},
	{name: "order.discount", kind: ofMoney, doc: "discounts given", unset: notPriced,
		read: amount(func(o *commerce.OrderFact) int64 { return o.Discount })},
	{name: "order.shipping", kind: ofMoney, doc: "shipping charged", unset: notPriced,
		read: amount(func(o *commerce.OrderFact) int64 { return o.Shipping })},
	{name: "order.refunded", kind: ofMoney, doc: "money returned so far", unset: notPriced,
		read: amount(func(o *commerce.OrderFact) int64 { return o.Refunded })},
	{name: "order.units", kind: ofNumber, doc: "pieces ordered", unset: noOrderGiven,
		read: ofOrder(func(o *commerce.OrderFact) value { return numberOf(o.Units) })},
	{name: "order.lines", kind: ofNumber, doc: "positions of the order", unset: noOrderGiven,
		read: ofOrder(func(o *commerce.OrderFact) value { return numberOf(int64(len(o.Lines))) })},
	{name: "order.payment_status", kind: ofText, doc: "what is paid now", unset: noOrderGiven,
		among: []string{"unpaid", "deposit_paid", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided"},
		read:  ofOrder(func(o *commerce.OrderFact) value { return textOf(string(o.Payment)) })},
	{name: "order.payment_method", kind: ofText, anyCase: true,
		doc: "payment method: cod, bank_transfer, else the platform's name", unset: notReported,
		read: ofOrder(func(o *commerce.OrderFact) value { return textOf(o.Method) })},
	{name: "order.payment_kind", kind: ofText, doc: "what the payment method means; unknown: the connection's table does not list it",
		unset: "no method was reported",
		among: []string{"card", "transfer", "cash_on_delivery", "invoice", "unknown"},
		read:  ofOrder(func(o *commerce.OrderFact) value { return textOf(string(o.Kind)) })},
	{name: "order.status", kind: ofText, doc: "status of the order now", unset: noOrderGiven,
		among: []string{"open", "completed", "cancelled"},
		read:  ofOrder(func(o *commerce.OrderFact) value { return textOf(string(o.Status)) })},
	{name: "order.channel", kind: ofText, anyCase: true, doc: "where it was sold: web, app, pos, ...", unset: notReported,
		read: ofOrder(func(o *commerce.OrderFact) value { return textOf(o.Channel) })},
	{name: "order.store", kind: ofText, anyCase: true, doc: "store it was sold in", unset: notReported,
		read: ofOrder(func(o *commerce.OrderFact) value { return textOf(o.Store) })},
	{name: "order.device", kind: ofText, anyCase: true, doc: "device it was placed on", unset: notReported,
		read: ofOrder(func(o *commerce.OrderFact) value { return textOf(o.Device) })},
	{name: "order.coupon", kind: ofList, doc: "coupon codes used", unset: "no coupon was used",
		read: ofOrder(func(o *commerce.OrderFact) value { return listOf(o.Coupons) })},
	{name: "order.tags", kind: ofList, anyCase: true, doc: "tags of the order, by the merchant and their apps", unset: "the order has no tag",
		read: ofOrder(func(o *commerce.OrderFact) value { return listOf(o.Tags) })},
	{name: "order.currency", kind: ofText, doc: "currency of the order itself, ISO 4217", unset: notReported,
		read: ofOrder(func(o *commerce.OrderFact) value { return textOf(o.Currency) })},
	{name: "order.test", kind: ofFlag, doc: "a test order", unset: noOrderGiven,
		read: ofOrder(func(o *commerce.OrderFact) value { return flagOf(o.Test) })},
	{name: "order.fake", kind: ofFlag, doc: "marked as fake (brushing)", unset: noOrderGiven,
		read: ofOrder(func(o *commerce.OrderFact) value { return flagOf(o.Fake) })},
	{name: "order.in_stock", kind: ofFlag, doc: "everything ordered is still in stock", unset: notReported, read: inStock},
	{name: "order.rating", kind: ofNumber, doc: "the buyer's rating, 1 to 5", unset: "not rated",
		read: ofOrder(func(o *commerce.OrderFact) value {
			return value{set: o.Rating != 0, num: fraction{int64(o.Rating), 1}}
		})},
	{name: "order.placed_at", kind: ofDate, doc: "when it was placed", unset: notReported,
		read: when(func(o *commerce.OrderFact) time.Time { return o.PlacedAt })},
	{name: "order.deposit_paid_at", kind: ofDate, doc: "when the deposit of a pre-sale was paid", unset: "no deposit was paid",
		read: when(func(o *commerce.OrderFact) time.Time { return o.DepositPaidAt })},
	{name: "order.paid_at", kind: ofDate, doc: "when the full amount was first received", unset: "not paid so far",
		read: when(func(o *commerce.OrderFact) time.Time { return o.PaidAt })},
	{name: "order.shipped_at", kind: ofDate, doc: "when the first parcel left", unset: "not shipped so far",
		read: when(func(o *commerce.OrderFact) time.Time { return o.ShippedAt })},
	{name: "order.delivered_at", kind: ofDate, doc: "when all of it was delivered", unset: "not delivered so far, or not reported",
		read: when(func(o *commerce.OrderFact) time.Time { return o.DeliveredAt })},
	{name: "order.completed_at", kind: ofDate, doc: "when it was completed", unset: "not completed so far",
		read: when(func(o *commerce.OrderFact) time.Time { return o.CompletedAt })},
	{name: "order.rated_at", kind: ofDate, doc: "when the buyer rated it", unset: "not rated",
		read: when(func(o *commerce.OrderFact) time.Time { return o.RatedAt })},
	{name: "order.cancelled_at", kind: ofDate, doc: "when it was cancelled", unset: "not cancelled now",
		read: when(func(o *commerce.OrderFact) time.Time { return o.CancelledAt })},
	{name: "order.refunded_at", kind: ofDate, doc: "when all its money was returned", unset: "not fully refunded",
		read: when(func(o *commerce.OrderFact) time.Time { return o.RefundedAt })},
	{name: "order.cancel_at", kind: ofDate, doc: "when the platform closes it if it is unpaid", unset: notReported,
		read: when(func(o *commerce.OrderFact) time.Time { return o.CancelAt })},
	{name: "order.due_at", kind: ofDate, doc: "when it is due by the agreed terms", unset: "no terms: due at once",
		read: when(func(o *commerce.OrderFact) time.Time { return o.DueAt })},
	{name: "order.balance_from", kind: ofDate, doc: "pre-sale: from when the balance can be paid", unset: "no pre-sale",
		read: when(func(o *commerce.OrderFact) time.Time { return o.BalanceFrom })},
	{name: "order.balance_to", kind: ofDate, doc: "pre-sale: until when the balance can be paid", unset: "no pre-sale",
		read: when(func(o *commerce.OrderFact) time.Time { return o.BalanceTo })},
	{name: "order.utm_source", kind: ofText, anyCase: true, doc: "utm_source of the visit that ordered", unset: notReported,
		read: ofOrder(func(o *commerce.OrderFact) value { return textOf(o.UTM[0]) })},
	{name: "order.utm_medium", kind: ofText, anyCase: true, doc: "utm_medium of that visit", unset: notReported,
		read: ofOrder(func(o *commerce.OrderFact) value { return textOf(o.UTM[1]) })},
	{name: "order.utm_campaign", kind: ofText, anyCase: true, doc: "utm_campaign of that visit", unset: notReported,
		read: ofOrder(func(o *commerce.OrderFact) value { return textOf(o.UTM[2]) })},
	{name: "order.custom.", kind: ofCustom, anyCase: true, doc: "custom attribute of the order", unset: notReported,
		read: func(v *evaluation, key string) value {
			if v.order == nil {
				return value{}
			}
			return customOf(v.order.Custom, key)
		}},
}

const (
	noOrderGiven = "there is no order"
	notReported  = "the platform does not report it"
	notPriced    = "in another currency without a known rate"
)

func ofOrder(of func(*commerce.OrderFact) value) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value {
		if v.order == nil {
			return value{}
		}
		return of(v.order)
	}
}

func amount(of func(*commerce.OrderFact) int64) func(*evaluation, string) value {
	return ofOrder(func(o *commerce.OrderFact) value { return moneyOf(of(o), !o.Unpriced) })
}

func when(of func(*commerce.OrderFact) time.Time) func(*evaluation, string) value {
	return ofOrder(func(o *commerce.OrderFact) value { return dateOf(of(o)) })
}

func inStock(v *evaluation, _ string) value {
	if v.order == nil || v.order.InStock == nil {
		return value{}
	}
	return flagOf(*v.order.InStock)
}
