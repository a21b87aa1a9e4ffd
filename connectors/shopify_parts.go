package connectors

import (
	"time"

	"comeback/commerce"
)

// Partial bodies tell one part of an order and may come before it: they become
// stubs, which Merge completes.

func readShopifyFulfillment(d Delivery, b body, r *Records) {
	o := d.order(b.needID("order_id", "order_graphql_api_id"))
	o.Parcels = []commerce.Parcel{shopifyParcel(b)}
	r.Orders = append(r.Orders, o)
}

func shopifyParcel(b body) commerce.Parcel {
	p := commerce.Parcel{
		ID: b.needID("id", "admin_graphql_api_id"), Version: b.instant("updated_at"), ShippedAt: b.instant("created_at"),
		Carrier: b.text("tracking_company"), Tracking: b.text("tracking_number"),
	}
	switch b.text("status") {
	case "cancelled":
		p.Cancelled = true
	case "error", "failure": // never left
		p.Cancelled, p.ShippedAt = true, time.Time{}
	}
	if b.text("shipment_status") == "delivered" {
		p.DeliveredAt = p.Version
	}
	for _, item := range b.list("line_items") {
		p.Lines = append(p.Lines, commerce.ParcelLine{Line: item.gid("id", "admin_graphql_api_id"), Quantity: item.countable("quantity")})
	}
	return p
}

// readShopifyFulfillmentEvent: only the arrival is news. The parcel has no
// version, so that the fulfilment's own record decides all else of it.
func readShopifyFulfillmentEvent(d Delivery, b body, r *Records) {
	o := d.order(b.needID("order_id", "order_graphql_api_id"))
	parcel := b.needID("fulfillment_id", "fulfillment_graphql_api_id")
	status := b.text("status")
	if status != "delivered" {
		r.Ignored = "fulfilment event " + clip(status) + ": of a parcel's way only the arrival is kept"
		return
	}
	at := firstTime(b.instant("happened_at"), b.instant("created_at"), d.happened())
	o.Parcels = []commerce.Parcel{{ID: parcel, DeliveredAt: at}}
	r.Orders = append(r.Orders, o)
}

func readShopifyRefund(d Delivery, b body, r *Records) {
	order := b.gid("order_id", "order_graphql_api_id")
	refund, moved := shopifyRefund(b, shopifyRefundCurrency(d, b))
	if order != "" {
		o := d.order(order)
		if moved {
			o.Refunds = []commerce.Refund{refund}
		}
		r.Orders = append(r.Orders, o)
		return
	}
	if !moved {
		r.Ignored = "a refund that moves no money and names no order"
		return
	}
	b.log.note("no_order")
	b.log.note("no_customer")
	loose := d.looseRefund(refund.ID)
	loose.Refund, loose.At, loose.Quality = refund, refund.Version, b.log.quality
	r.LooseRefunds = append(r.LooseRefunds, loose)
}

func shopifyRefunds(b body, currency string) []commerce.Refund {
	var list []commerce.Refund
	for _, item := range b.list("refunds") {
		if refund, moved := shopifyRefund(item, currency); moved {
			list = append(list, refund)
		}
	}
	return list
}

// shopifyRefund sums the money that went back. One without transactions only
// restocks (moved is false); one whose transactions have not succeeded yet is
// asked for, not made.
func shopifyRefund(b body, currency string) (refund commerce.Refund, moved bool) {
	refund = commerce.Refund{ID: b.needID("id", "admin_graphql_api_id"), Reason: b.text("note")}
	refund.Version = firstTime(b.instant("processed_at"), b.instant("created_at"))
	if refund.Version.IsZero() {
		b.fail("created_at", "missing")
	}
	made := false
	for _, transaction := range b.list("transactions") {
		if transaction.text("kind") != "refund" {
			continue
		}
		moved = true
		if transaction.text("status") == "success" {
			made = true
			refund.Amount = transaction.plus("amount", refund.Amount, shopifyTransaction(transaction, b, currency))
		}
	}
	if made {
		refund.RefundedAt = refund.Version
	} else {
		refund.RequestedAt = refund.Version
	}
	return refund, moved
}

// shopifyTransaction is a transaction's amount in the shop's currency. One in
// the buyer's is converted at the rate that the refund's lines show.
func shopifyTransaction(transaction, refund body, currency string) commerce.Money {
	paid := currency
	if code := transaction.text("currency"); code != "" {
		paid = transaction.code(code)
	}
	amount := transaction.money("amount", paid)
	if paid == currency {
		return amount
	}
	for _, item := range refund.list("refund_line_items") {
		shop := item.object("subtotal_set").object("shop_money")
		shown := item.object("subtotal_set").object("presentment_money")
		from, to := shown.money("amount", paid), shop.money("amount", currency)
		if shown.text("currency_code") == paid && shop.text("currency_code") == currency && from.Minor > 0 {
			return commerce.Money{Minor: share(commerce.Money{Minor: to.Minor}, amount.Minor, from.Minor).Minor, Currency: currency}
		}
	}
	return amount
}

// shopifyRefundCurrency: a refund told by itself names the shop's currency
// only in its lines.
func shopifyRefundCurrency(d Delivery, b body) string {
	for _, item := range b.list("refund_line_items") {
		if code := item.object("subtotal_set").object("shop_money").text("currency_code"); code != "" {
			return b.code(code)
		}
	}
	for _, transaction := range b.list("transactions") {
		if code := transaction.text("currency"); code != "" && d.Currency == "" {
			return b.code(code)
		}
	}
	return b.code(d.Currency)
}

// readShopifyTransaction: whether the order is paid in full only the order
// says, and a refund comes with its own id; so the order is merely known of.
func readShopifyTransaction(d Delivery, b body, r *Records) {
	r.Orders = append(r.Orders, d.order(b.needID("order_id", "order_graphql_api_id")))
}

// readShopifyEdit: an edit tells what changed, not what the order is now.
func readShopifyEdit(d Delivery, b body, r *Records) {
	r.Orders = append(r.Orders, d.order(b.needID("order_id", "order_graphql_api_id")))
}

func readShopifyOrderDeletion(d Delivery, b body, r *Records) {
	o := d.order(b.needID("id", "admin_graphql_api_id"))
	o.Times.DeletedAt = d.ReceivedAt
	r.Orders = append(r.Orders, o)
}

// readShopifyReturn: goods asked back are a refund requested, without an
// amount yet; the money, if any, comes as a refund of its own.
func readShopifyReturn(d Delivery, b body, r *Records) {
	o := d.order(b.object("order").needID("id", "admin_graphql_api_id"))
	refund := commerce.Refund{ID: "return-" + b.needID("id", "admin_graphql_api_id")}
	if d.Topic == "returns/request" {
		refund.RequestedAt = d.happened()
	} else {
		refund.ClosedAt, refund.Version = d.happened(), d.happened()
	}
	o.Refunds = []commerce.Refund{refund}
	r.Orders = append(r.Orders, o)
}
