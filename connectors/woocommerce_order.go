package connectors

import (
	"html"
	"regexp"
	"strings"
	"time"

	"comeback/commerce"
)

func readWooOrder(d Delivery, b body, r *Records) {
	status := b.text("status")
	switch status {
	case "auto-draft", "checkout-draft", "draft":
		r.Ignored = "status " + status + ": the buyer is still at the checkout"
		return
	}
	b.need("id", "status", "currency", "total")
	currency := b.currency("currency")
	o := d.order(b.id("id"))
	o.OrderState = commerce.OrderState{
		Version: d.wooVersion(b), Number: b.text("number"),
		Test: wooMeta(b, "_wcpay_mode") == "test", Currency: currency,
		Total: b.money("total", currency), Tax: b.money("total_tax", currency),
		Discount: b.plus("discount_total", b.money("discount_total", currency), b.money("discount_tax", currency)),
		Shipping: b.plus("shipping_total", b.money("shipping_total", currency), b.money("shipping_tax", currency)),
		Lines:    wooLines(b, currency), Coupons: wooCoupons(b), Buyer: wooBuyer(b),
		Method: paymentMethod(b.text("payment_method"), b.text("payment_method_title")), Channel: wooChannel(b.text("created_via")),
		Device: firstText(strings.ToLower(wooMeta(b, "_wc_order_attribution_device_type")), device(wooAgent(b))),
		Source: wooSource(b), Custom: wooCustom(b),
	}
	o.MethodNames = methodNames(b.text("payment_method"), b.text("payment_method_title"))
	for _, line := range b.list("line_items") {
		o.Subtotal = b.plus("line_items", o.Subtotal, line.money("subtotal", currency))
	}
	o.Times = commerce.Timeline{
		PlacedAt: b.instant("date_created_gmt"), PaidAt: b.instant("date_paid_gmt"), CompletedAt: b.instant("date_completed_gmt"),
	}
	o.Refunds, o.Lists.AllRefunds = wooRefunds(b, currency, o.Version), b.holdsList("refunds")
	asks := wooAsks(b, status, o)
	o.Status, o.Payment = wooStatus(status, o, asks), wooPayment(status, o, asks)
	if asks {
		o.PayURL = b.link("payment_url")
		o.CloseFrom = wooCloseFrom(b, status, o.Version)
	}
	b.noteBuyer(o.Buyer)
	o.Quality = b.log.quality
	r.Orders = append(r.Orders, o)
}

// wooVersion is the time of WooCommerce's last change. Times without _gmt are
// in the shop's zone, which the body does not name; they are not read.
func (d Delivery) wooVersion(b body) time.Time {
	return d.version(b, "date_modified_gmt", "date_created_gmt")
}

// wooAsks reports whether WooCommerce accepts a payment of the order now. It
// does for a failed order, because the buyer may try another card. For a body
// without needs_payment, the rule of WooCommerce applies.
func wooAsks(b body, status string, o commerce.Order) bool {
	switch status {
	case "cancelled", "trash", "on-hold", "processing", "completed", "refunded":
		return false
	case "pending", "failed":
		return b.flag("needs_payment") || !b.has("needs_payment") && o.Total.Minor > 0
	}
	return b.flag("needs_payment")
}

// wooCloseFrom is the start of WooCommerce's time until it cancels an unpaid
// order. It applies to orders of its checkout while they are pending, and each
// change of the order restarts it.
func wooCloseFrom(b body, status string, version time.Time) time.Time {
	switch b.text("created_via") {
	case "", "checkout", "store-api":
		if status == "pending" {
			return version
		}
	}
	return time.Time{}
}

func wooStatus(status string, o commerce.Order, asks bool) commerce.OrderStatus {
	switch status {
	case "cancelled", "trash":
		return commerce.Cancelled
	case "failed":
		if !asks {
			return commerce.Cancelled
		}
	case "completed":
		return commerce.Completed
	case "refunded":
		if !o.Times.CompletedAt.IsZero() {
			return commerce.Completed
		}
	}
	return commerce.Open
}

// wooPayment uses date_paid. An order without it that WooCommerce accepts no
// payment for is promised, not due: it is in fulfilment (on account, by
// purchase order) or on hold. Methods outside the shop are an exception.
func wooPayment(status string, o commerce.Order, asks bool) commerce.PaymentStatus {
	if status == "refunded" {
		return commerce.Refunded
	}
	if o.Times.PaidAt.IsZero() {
		if !asks && wooPromised(status, o.Method) {
			return commerce.Authorized
		}
		return commerce.Unpaid
	}
	var back int64
	for _, refund := range o.Refunds {
		back += refund.Amount.Minor
	}
	switch {
	case back == 0:
		return commerce.Paid
	case back < o.Total.Minor:
		return commerce.PartiallyRefunded
	}
	return commerce.Refunded
}

func wooPromised(status, method string) bool {
	switch status {
	case "processing", "completed":
		return method != commerce.CashOnDelivery
	case "on-hold", "pending":
		return method != commerce.CashOnDelivery && method != commerce.BankTransfer
	}
	return false
}

// wooRefunds reads the refunds of an order, which are complete but without
// times.
func wooRefunds(b body, currency string, version time.Time) []commerce.Refund {
	var list []commerce.Refund
	for _, refund := range b.list("refunds") {
		amount := refund.money("total", currency)
		if amount.Minor < 0 {
			amount = amount.Neg()
		}
		refund.need("id")
		list = append(list, commerce.Refund{
			ID: refund.id("id"), Version: version, Shown: version, Amount: amount, Reason: refund.text("reason"),
		})
	}
	return list
}

func wooLines(b body, currency string) []commerce.Line {
	var list []commerce.Line
	printed := func(line body) commerce.Money {
		if b.flag("prices_include_tax") {
			return line.plus("subtotal", line.money("subtotal", currency), line.money("subtotal_tax", currency))
		}
		return line.money("subtotal", currency)
	}
	for _, item := range b.list("line_items") {
		line := commerce.Line{
			ID: item.id("id"), Product: item.ref("product_id"), Variant: item.ref("variation_id"), SKU: item.text("sku"),
			Title: html.UnescapeString(item.text("name")), Custom: wooCustom(item),
			Net: item.plus("total", item.money("total", currency), item.money("total_tax", currency)),
		}
		line.Quantity, line.Exact = item.quantity("quantity")
		line.UnitPrice, line.UnitCost = perUnit(printed(item), line.Amount()), wooUnitCost(item, currency, line.Amount())
		list = append(list, line)
	}
	return list
}

// wooUnitCost reads WooCommerce's own cost (of all units), else the cost of
// common plugins (of one unit).
func wooUnitCost(item body, currency string, quantity commerce.Decimal) commerce.Money {
	own := item.object("cost_of_goods_sold")
	if own.has("value") && !quantity.IsZero() {
		exponent, _ := commerce.Exponent(currency)
		minor, _ := perUnit(own.money("value", currency), quantity).Minor(exponent)
		return commerce.Money{Minor: minor, Currency: currency}
	}
	for _, meta := range item.list("meta_data") {
		switch meta.text("key") {
		case "_wc_cog_item_cost", "_alg_wc_cog_item_cost":
			return meta.money("value", currency)
		}
	}
	return commerce.Money{}
}

func wooCoupons(b body) []string {
	var list []string
	for _, coupon := range b.list("coupon_lines") {
		if code := coupon.text("code"); code != "" {
			list = append(list, code)
		}
	}
	return list
}

func wooBuyer(b body) commerce.Buyer {
	billing := b.object("billing")
	who := commerce.Buyer{
		Platform: b.ref("customer_id"), Email: billing.text("email"), Phone: billing.text("phone"),
		FirstName: billing.text("first_name"), LastName: billing.text("last_name"), Company: billing.text("company"),
		Language: strings.ReplaceAll(wooMeta(b, "wpml_language", "_pll_language"), "_", "-"),
	}
	for _, address := range []body{billing, b.object("shipping")} {
		if who.Country == "" && who.City == "" && who.Postcode == "" {
			who.Country, who.Region = strings.ToUpper(address.text("country")), address.text("state")
			who.City, who.Postcode = address.text("city"), address.text("postcode")
		}
	}
	return who
}

func wooChannel(via string) string {
	switch via {
	case "checkout", "store-api":
		return "web"
	case "pos-rest-api":
		return "pos"
	}
	return via
}

func wooAgent(b body) string {
	return firstText(b.text("customer_user_agent"), wooMeta(b, "_wc_order_attribution_user_agent"))
}

func wooSource(b body) commerce.Source {
	meta := func(name string) string { return wooMeta(b, "_wc_order_attribution_"+name) }
	return campaignTags(commerce.Source{
		UTMSource: meta("utm_source"), UTMMedium: meta("utm_medium"), UTMCampaign: meta("utm_campaign"),
		UTMTerm: meta("utm_term"), UTMContent: meta("utm_content"),
		Landing: meta("session_entry"), Referrer: meta("referrer"),
	}, wooCustom(b)...)
}

var wooOrderLink = regexp.MustCompile(`/orders/([0-9]+)/?$`)

// readWooRefund reads a separate refund: of the order in its links, else of
// none.
func readWooRefund(d Delivery, b body, r *Records) {
	b.need("id", "amount")
	order := b.ref("parent_id")
	for _, up := range b.object("_links").list("up") {
		if found := wooOrderLink.FindStringSubmatch(up.text("href")); order == "" && found != nil {
			order = found[1]
		}
	}
	currency := d.Currency
	if b.has("currency") || currency == "" {
		currency = b.currency("currency")
	}
	at := firstTime(b.instant("date_created_gmt"), d.ReceivedAt)
	amount := b.money("amount", currency)
	if amount.Minor < 0 {
		amount = amount.Neg()
	}
	refund := commerce.Refund{ID: b.id("id"), Version: at, RefundedAt: at, Amount: amount, Reason: b.text("reason")}
	if order != "" {
		o := d.order(order)
		o.Refunds = []commerce.Refund{refund}
		r.Orders = append(r.Orders, o)
		return
	}
	b.log.note("no_order")
	b.log.note("no_customer")
	loose := d.looseRefund(refund.ID)
	loose.Refund, loose.At, loose.Quality = refund, at, b.log.quality
	r.LooseRefunds = append(r.LooseRefunds, loose)
}
