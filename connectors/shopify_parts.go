package connectors

import (
	"time"

	"comeback/commerce"
)

// Partial bodies contain one part of an order and may arrive before it. They become
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

// readShopifyFulfillmentEvent reads the arrival of a parcel. The record has no
// version, so that the fulfilment's own record decides all other fields.
func readShopifyFulfillmentEvent(d Delivery, b body, r *Records) {
	o := d.order(b.needID("order_id", "order_graphql_api_id"))
	parcel := b.needID("fulfillment_id", "fulfillment_graphql_api_id")
	status := b.text("status")
	if status != "delivered" {
		r.Ignored = "fulfilment event " + clip(status) + ": only the arrival of a parcel is stored"
		return
	}
	at := firstTime(b.instant("happened_at"), b.instant("created_at"), d.happened())
	o.Parcels = []commerce.Parcel{{ID: parcel, DeliveredAt: at}}
	r.Orders = append(r.Orders, o)
}

// readShopifyTransaction makes a stub. Only the order itself shows whether it
// is fully paid, and a refund comes with its own id.
func readShopifyTransaction(d Delivery, b body, r *Records) {
	r.Orders = append(r.Orders, d.order(b.needID("order_id", "order_graphql_api_id")))
}

// readShopifyEdit makes a stub: an edit contains the changes, not the order
// now.
func readShopifyEdit(d Delivery, b body, r *Records) {
	r.Orders = append(r.Orders, d.order(b.needID("order_id", "order_graphql_api_id")))
}

func readShopifyOrderDeletion(d Delivery, b body, r *Records) {
	o := d.order(b.needID("id", "admin_graphql_api_id"))
	o.Times.DeletedAt = d.ReceivedAt
	r.Orders = append(r.Orders, o)
}

// readShopifyReturn reads a return as a requested refund without an amount. Its
// money, if any, comes as a separate refund.
func readShopifyReturn(d Delivery, b body, r *Records) {
	o := d.order(b.object("order").needID("id", "admin_graphql_api_id"))
	refund := commerce.Refund{ID: "return-" + b.needID("id", "admin_graphql_api_id"), Unlisted: true}
	if d.Topic == "returns/request" {
		refund.RequestedAt = d.happened()
	} else {
		refund.ClosedAt, refund.Version = d.happened(), d.happened()
	}
	o.Refunds = []commerce.Refund{refund}
	r.Orders = append(r.Orders, o)
}
