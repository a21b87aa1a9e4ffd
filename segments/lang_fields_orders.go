package segments

import (
	"time"

	"comeback/commerce"
)

// ordersFields are the figures over a customer's orders. Unless a field is
// described otherwise, an order counts if it is paid now and is not fully
// refunded, a test, fake or cancelled. Money counts orders whose amount is known
// in the shop's currency.
var ordersFields = []field{
	{name: "orders.count", kind: ofNumber, doc: "paid orders",
		read: figure(func(g *commerce.Figures) int64 { return g.Count })},
	{name: "orders.total", kind: ofMoney, doc: "paid, before refunds",
		read: sum(func(g *commerce.Figures) int64 { return g.Total })},
	{name: "orders.net", kind: ofMoney, doc: "paid, less refunds", read: sum(func(g *commerce.Figures) int64 { return g.Net })},
	{name: "orders.average", kind: ofMoney, doc: "average order value: paid before refunds / paid orders", unset: noOrder,
		read: average},
	{name: "orders.units", kind: ofNumber, doc: "pieces in paid orders",
		read: figure(func(g *commerce.Figures) int64 { return g.Units })},
	{name: "orders.items_per_order", kind: ofNumber, doc: "pieces / paid orders", unset: noOrder,
		read: func(v *evaluation, _ string) value {
			return shareOf(v.profile.History.Figures.Units, v.profile.History.Figures.Count)
		}},
	{name: "orders.average_item_price", kind: ofMoney, doc: "paid before refunds / pieces", unset: noOrder,
		read: averageItemPrice},
	{name: "orders.discount", kind: ofMoney, doc: "discounts on paid orders",
		read: sum(func(g *commerce.Figures) int64 { return g.Discount })},
	{name: "orders.discount_share", kind: ofNumber, doc: "discounts / (paid before refunds + discounts), 0 to 1", unset: noOrder,
		read: func(v *evaluation, _ string) value {
			g := &v.profile.History.Figures
			return shareOf(g.Discount, saturate(g.Total, g.Discount))
		}},
	{name: "orders.coupons", kind: ofNumber, doc: "paid orders with a coupon",
		read: figure(func(g *commerce.Figures) int64 { return g.Coupons })},
	{name: "orders.first_at", kind: ofDate, doc: "when the first paid order was paid", unset: noOrder,
		read: moment(func(g *commerce.Figures) time.Time { return g.FirstAt })},
	{name: "orders.last_at", kind: ofDate, doc: "when the last paid order was paid", unset: noOrder,
		read: moment(func(g *commerce.Figures) time.Time { return g.LastAt })},
	{name: "orders.days_since_last", kind: ofNumber, doc: "calendar days since the last paid order was paid, in the shop's zone",
		unset: noOrder, days: true,
		read: func(v *evaluation, _ string) value {
			return v.daysSince(v.profile.History.Figures.LastAt)
		}},
	{name: "orders.placed", kind: ofNumber, doc: "orders placed, also unpaid, cancelled and refunded ones",
		read: figure(func(g *commerce.Figures) int64 { return g.Placed })},
	{name: "orders.unpaid", kind: ofNumber, doc: "orders open and unpaid now",
		read: figure(func(g *commerce.Figures) int64 { return g.Unpaid })},
	{name: "orders.cancelled", kind: ofNumber, doc: "orders cancelled now",
		read: figure(func(g *commerce.Figures) int64 { return g.Cancelled })},
	{name: "orders.refunds", kind: ofNumber, doc: "orders with money returned, in part or in full",
		read: figure(func(g *commerce.Figures) int64 { return g.Refunds })},
	{name: "orders.refunded", kind: ofMoney, doc: "money returned",
		read: sum(func(g *commerce.Figures) int64 { return g.Refunded })},
}

const noOrder = "there is no paid order"

func figure(of func(*commerce.Figures) int64) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value { return numberOf(of(&v.profile.History.Figures)) }
}

func sum(of func(*commerce.Figures) int64) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value { return moneyOf(of(&v.profile.History.Figures), true) }
}

func moment(of func(*commerce.Figures) time.Time) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value { return dateOf(of(&v.profile.History.Figures)) }
}

func average(v *evaluation, _ string) value {
	g := &v.profile.History.Figures
	return shareOf(g.Total, g.Count-g.Unpriced)
}

// averageItemPrice leaves out the pieces of orders without a known amount.
func averageItemPrice(v *evaluation, _ string) value {
	h := &v.profile.History
	units := h.Figures.Units
	for _, o := range h.Orders {
		if o.Unpriced && o.Counts() {
			units -= o.Units
		}
	}
	if h.Truncated && h.Figures.Unpriced > 0 {
		return value{}
	}
	return shareOf(h.Figures.Total, units)
}

// saturate adds. A sum that overflows is the largest or the smallest number.
func saturate(a, b int64) int64 {
	s := a + b
	switch {
	case a > 0 && b > 0 && s < 0:
		return 1<<63 - 1
	case a < 0 && b < 0 && s >= 0:
		return -1 << 63
	}
	return s
}
