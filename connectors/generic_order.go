package connectors

import (
	"strings"
	"time"

	"comeback/commerce"
)

func genericOrder(d Delivery, b body, r *Records) {
	currency := b.currency("currency")
	o := d.order(b.id("id"))
	o.OrderState = commerce.OrderState{
		Version: d.version(b, "updated_at"), Number: firstText(b.text("number"), b.id("id")),
		Payment: commerce.PaymentStatus(b.text("payment_status")), Test: b.flag("test"), Fake: b.flag("fake"),
		Currency: currency, Rate: b.decimal("rate"),
		Total: b.money("total", currency), Subtotal: b.money("subtotal", currency), Discount: b.money("discount", currency),
		Tax: b.money("tax", currency), Shipping: b.money("shipping", currency), Deposit: b.money("deposit", currency),
		Lines: genericLines(b, currency), Coupons: b.texts("coupons"), Tags: b.tags(), Buyer: genericBuyer(b.object("buyer")),
		Method: paymentMethod(b.text("payment_method")), Channel: b.text("channel"), Store: b.text("store"),
		Device: b.text("device"), Source: genericSource(b.object("source")), PayURL: b.link("pay_url"),
		CancelAt: b.instant("cancel_at"), BalanceFrom: b.instant("balance_from"), BalanceTo: b.instant("balance_to"),
		Rating: b.rating(), Custom: b.pairs("custom"),
	}
	o.MethodNames, o.DueAt = methodNames(b.text("payment_method")), b.instant("due_at")
	if b.has("in_stock") {
		there := b.flag("in_stock")
		o.InStock = &there
	}
	o.Times = commerce.Timeline{
		PlacedAt: b.instant("placed_at"), DepositPaidAt: b.instant("deposit_paid_at"), PaidAt: b.instant("paid_at"),
		ShippedAt: b.instant("shipped_at"), DeliveredAt: b.instant("delivered_at"), CompletedAt: b.instant("completed_at"),
		CancelledAt: b.instant("cancelled_at"), RefundedAt: b.instant("refunded_at"), RatedAt: b.instant("rated_at"),
		DeletedAt: b.instant("deleted_at"),
	}
	o.Status = genericStatus(b.text("status"), o.Times)
	if o.Status == commerce.Open && o.Payment == commerce.Unpaid {
		o.CloseFrom = o.Times.PlacedAt
	}
	for _, parcel := range b.list("parcels") {
		o.Parcels = append(o.Parcels, genericParcel(parcel, o.Version))
	}
	for _, refund := range b.list("refunds") {
		o.Refunds = append(o.Refunds, genericRefundOf(refund, currency, o.Version))
	}
	b.noteBuyer(o.Buyer)
	o.Quality = b.log.quality
	r.Orders = append(r.Orders, o)
}

func genericStatus(reported string, t commerce.Timeline) commerce.OrderStatus {
	switch {
	case reported != "":
		return commerce.OrderStatus(reported)
	case !t.CancelledAt.IsZero():
		return commerce.Cancelled
	case !t.CompletedAt.IsZero():
		return commerce.Completed
	}
	return commerce.Open
}

func (b body) rating() int {
	stars := b.whole("rating")
	if stars < 0 || stars > 5 {
		b.fail("rating", "%d is not one of 1 to 5", stars)
		return 0
	}
	return int(stars)
}

// pairs is an object of texts as a list, sorted by key.
func (b body) pairs(key string) []commerce.KV {
	values := b.object(key)
	var list []commerce.KV
	for _, name := range sortedKeys(values.fields) {
		list = b.custom(list, b.tidy(name), values.text(name))
	}
	return list
}

func genericLines(b body, currency string) []commerce.Line {
	var list []commerce.Line
	for _, item := range b.list("lines") {
		line := commerce.Line{
			ID: item.id("id"), Product: item.id("product"), Variant: item.id("variant"), SKU: item.text("sku"),
			Title: item.text("title"), Brand: item.text("brand"), Category: item.text("category"),
			UnitPrice: item.decimal("unit_price"), Net: item.money("net", currency),
			UnitCost: item.money("unit_cost", currency), Custom: item.pairs("custom"),
		}
		line.Quantity, line.Exact = item.quantity("quantity")
		if !item.has("net") && item.has("unit_price") {
			line.Net = item.times("unit_price", line.UnitPrice, line.Amount(), currency)
		}
		list = append(list, line)
	}
	return list
}

// times is n units at a price each.
func (b body) times(key string, price, n commerce.Decimal, currency string) commerce.Money {
	product, err := price.By(n)
	if err != nil {
		b.fail(key, "%v", err)
		return commerce.Money{}
	}
	return b.amountOf(key, product, currency)
}

func genericBuyer(b body) commerce.Buyer {
	return commerce.Buyer{
		Platform: b.id("id"), Email: b.text("email"), Verified: b.flag("verified"), Phone: b.text("phone"),
		FirstName: b.text("first_name"), LastName: b.text("last_name"), Company: b.text("company"),
		Language: b.text("language"), Country: strings.ToUpper(b.text("country")), Region: b.text("region"),
		City: b.text("city"), Postcode: b.text("postcode"), AcceptsMarketing: b.flag("accepts_marketing"),
	}
}

func genericSource(b body) commerce.Source {
	return campaignTags(commerce.Source{
		UTMSource: b.text("utm_source"), UTMMedium: b.text("utm_medium"), UTMCampaign: b.text("utm_campaign"),
		UTMTerm: b.text("utm_term"), UTMContent: b.text("utm_content"), Landing: b.text("landing"), Referrer: b.text("referrer"),
	})
}

func genericParcel(b body, version time.Time) commerce.Parcel {
	p := commerce.Parcel{
		ID: b.id("id"), Version: firstTime(b.instant("updated_at"), version), ShippedAt: b.instant("shipped_at"),
		DeliveredAt: b.instant("delivered_at"), Cancelled: b.flag("cancelled"), Carrier: b.text("carrier"), Tracking: b.text("tracking"),
	}
	for _, line := range b.list("lines") {
		p.Lines = append(p.Lines, commerce.ParcelLine{Line: line.id("line"), Quantity: line.countable("quantity")})
	}
	return p
}

func genericRefundOf(b body, currency string, version time.Time) commerce.Refund {
	refund := commerce.Refund{
		ID: b.id("id"), RequestedAt: b.instant("requested_at"), RefundedAt: b.instant("refunded_at"), ClosedAt: b.instant("closed_at"),
		Amount: b.money("amount", currency), Reason: b.text("reason"),
	}
	if refund.Amount.Minor < 0 {
		b.fail("amount", "write the refunded amount as a positive number")
	}
	refund.Version = firstTime(b.instant("updated_at"), version)
	return refund
}

func genericRefund(d Delivery, b body, r *Records) {
	latest := time.Time{}
	for _, key := range []string{"requested_at", "refunded_at", "closed_at"} {
		if at := b.instant(key); at.After(latest) {
			latest = at
		}
	}
	if latest.IsZero() {
		b.fail("refunded_at", "missing: one of requested_at, refunded_at, closed_at is required")
	}
	refund := genericRefundOf(b, b.currency("currency"), latest)
	if order := b.id("order"); order != "" {
		o := d.order(order)
		o.Refunds = []commerce.Refund{refund}
		r.Orders = append(r.Orders, o)
		return
	}
	loose := d.looseRefund(refund.ID)
	loose.Refund, loose.Buyer, loose.At = refund, genericBuyer(b.object("buyer")), latest
	b.log.note("no_order")
	b.noteNobody(loose.Buyer)
	loose.Quality = b.log.quality
	r.LooseRefunds = append(r.LooseRefunds, loose)
}
