package connectors

import (
	"slices"
	"strings"

	"comeback/commerce"
)

func readShopifyOrder(d Delivery, b body, r *Records) {
	b.need("currency")
	if !b.has("total_price") && !b.has("total_price_set") {
		b.fail("total_price", "missing")
	}
	currency := b.currency("currency")
	o := d.order(b.needID("id", "admin_graphql_api_id"))
	refunds := shopifyRefunds(b, currency)
	o.Refunds, o.Lists = refunds.made(), commerce.Lists{AllRefunds: b.holdsList("refunds"), AllParcels: b.holdsList("fulfillments")}
	o.OrderState = commerce.OrderState{
		Version: d.version(b, "updated_at"), Number: firstText(b.text("name"), b.text("order_number")), Test: b.flag("test"),
		Currency: currency, Total: shopifyTotal(b, currency, refunds), Subtotal: shopifyCurrent(b, "subtotal_price", currency, refunds),
		Discount: shopifyCurrent(b, "total_discounts", currency, refunds), Tax: shopifyCurrent(b, "total_tax", currency, refunds),
		Shipping: shopifyShipping(b, currency), Lines: shopifyLines(b, currency, refunds), Coupons: shopifyCoupons(b),
		Tags: b.tags(), Buyer: shopifyBuyer(b),
		Channel: shopifyChannel(b.text("source_name")), Store: b.ref("location_id"),
		Device: device(b.object("client_details").text("user_agent")), Source: shopifySource(b), Custom: shopifyCustom(b, currency),
	}
	o.MethodNames, o.DueAt = shopifyMethod(b), shopifyDueAt(b)
	o.Method = paymentMethod(o.MethodNames...)
	for _, parcel := range b.list("fulfillments") {
		o.Parcels = append(o.Parcels, shopifyParcel(parcel))
	}
	o.Payment = shopifyDue(b, shopifyPayment(b), currency)
	o.Times = shopifyTimes(d, b, o)
	o.Status = shopifyStatus(b, o)
	if o.Status == commerce.Open && (o.Payment == commerce.Unpaid || o.Payment == commerce.PartiallyPaid) {
		o.PayURL, o.PageOnly, o.CloseFrom = b.link("order_status_url"), true, o.Times.PlacedAt
	}
	b.noteBuyer(o.Buyer)
	o.Quality = b.log.quality
	r.Orders = append(r.Orders, o)
	shopifyOrderCheckout(d, b, o, r)
	if customer := b.object("customer"); customer.has("updated_at") && customer.gid("id", "admin_graphql_api_id") != "" {
		readShopifyCustomer(d, customer, r)
	}
}

// shopifyOrderCheckout records that the order's checkout became an order. It
// has no version, so all other fields of the checkout stay unchanged.
func shopifyOrderCheckout(d Delivery, b body, o commerce.Order, r *Records) {
	token := b.id("checkout_token")
	if token == "" {
		return
	}
	c := d.checkout(token)
	c.Order, c.CompletedAt = o.External, o.Times.PlacedAt
	r.Checkouts = append(r.Checkouts, c)
}

func shopifyShipping(b body, currency string) commerce.Money {
	if b.has("total_shipping_price_set") {
		return b.shopMoney("total_shipping_price", currency)
	}
	var sum commerce.Money
	for _, line := range b.list("shipping_lines") {
		sum = b.plus("shipping_lines", sum, line.shopMoney("price", currency))
	}
	return sum
}

func shopifyPayment(b body) commerce.PaymentStatus {
	switch status := b.text("financial_status"); status {
	case "", "pending", "unpaid":
		return commerce.Unpaid
	case "authorized":
		return commerce.Authorized
	case "partially_paid":
		return commerce.PartiallyPaid
	case "paid":
		return commerce.Paid
	case "partially_refunded":
		return commerce.PartiallyRefunded
	case "refunded":
		return commerce.Refunded
	case "voided", "expired":
		return commerce.Voided
	}
	b.log.note("payment_unknown") // gets no reminder and is not counted
	return ""
}

// shopifyTimes dates the states of the body. An order body seldom contains its
// transactions. Without them orders/paid dates the payment; else Merge uses the
// version that first shows it.
func shopifyTimes(d Delivery, b body, o commerce.Order) commerce.Timeline {
	t := commerce.Timeline{
		PlacedAt:    firstTime(b.instant("processed_at"), b.instant("created_at")),
		CancelledAt: b.instant("cancelled_at"),
	}
	if t.PlacedAt.IsZero() {
		b.fail("created_at", "missing")
	}
	if t.CancelledAt.IsZero() {
		t.CompletedAt = b.instant("closed_at")
	}
	if o.Payment != commerce.Paid && o.Payment != commerce.PartiallyRefunded && o.Payment != commerce.Refunded {
		return t
	}
	for _, transaction := range b.list("transactions") {
		if kind := transaction.text("kind"); transaction.text("status") == "success" && (kind == "sale" || kind == "capture") {
			if at := firstTime(transaction.instant("processed_at"), transaction.instant("created_at")); at.After(t.PaidAt) {
				t.PaidAt = at // the last one completes the amount
			}
		}
	}
	if t.PaidAt.IsZero() && d.Topic == "orders/paid" {
		t.PaidAt = d.triggered()
	}
	return t
}

func shopifyStatus(b body, o commerce.Order) commerce.OrderStatus {
	switch {
	case b.has("cancelled_at"):
		return commerce.Cancelled
	case b.has("closed_at"), o.PaidNow() && b.text("fulfillment_status") == "fulfilled":
		return commerce.Completed
	}
	return commerce.Open
}

func shopifyLine(item body, currency string, taxed bool) commerce.Line {
	line := commerce.Line{
		ID: item.gid("id", "admin_graphql_api_id"), Product: item.ref("product_id"), Variant: item.ref("variant_id"), SKU: item.text("sku"),
		Title: item.text("title"), Brand: item.text("vendor"), Quantity: item.countable("quantity"),
	}
	if variant := item.text("variant_title"); variant != "" {
		line.Title += " - " + variant
	}
	price := item.shopMoney("price", currency)
	line.UnitPrice = perUnit(price, commerce.Decimal{Units: 1})
	line.Net = item.times("price", line.UnitPrice, line.Amount(), firstText(price.Currency, currency))
	line.Net = item.plus("price", append(shopifyDeductions(item, currency), line.Net)...)
	for _, tax := range item.list("tax_lines") {
		if !taxed {
			line.Net = tax.plus("price", line.Net, tax.shopMoney("price", currency))
		}
	}
	for _, property := range item.list("properties") {
		line.Custom = item.custom(line.Custom, property.text("name"), property.text("value"))
	}
	return line
}

// shopifyDeductions are a line's discounts, with its share of the order's.
// total_discount contains only the line's own.
func shopifyDeductions(item body, currency string) []commerce.Money {
	var list []commerce.Money
	for _, allocation := range append(item.list("discount_allocations"), item.list("applied_discounts")...) {
		list = append(list, allocation.shopMoney("amount", currency).Neg())
	}
	if len(list) == 0 {
		list = append(list, item.shopMoney("total_discount", currency).Neg())
	}
	return list
}

func shopifyCoupons(b body) []string {
	var list []string
	for _, coupon := range b.list("discount_codes") {
		if code := coupon.text("code"); code != "" && !slices.Contains(list, code) {
			list = append(list, code)
		}
	}
	return list
}

// shopifyBuyer reads the buyer. Without permission for personal data, an order
// names no customer, and its keys are missing.
func shopifyBuyer(b body) commerce.Buyer {
	customer := b.object("customer")
	who := commerce.Buyer{
		Platform: customer.gid("id", "admin_graphql_api_id"),
		Email:    firstText(b.text("email"), b.text("contact_email"), customer.text("email")),
		Phone:    firstText(b.text("phone"), customer.text("phone"), b.object("billing_address").text("phone")),
		Language: b.text("customer_locale"), AcceptsMarketing: b.flag("buyer_accepts_marketing"),
	}
	who.Verified = customer.flag("verified_email") && strings.EqualFold(who.Email, customer.text("email"))
	who.FirstName, who.LastName = customer.text("first_name"), customer.text("last_name")
	for _, address := range []body{b.object("billing_address"), b.object("shipping_address"), customer.object("default_address")} {
		if who.FirstName == "" && who.LastName == "" {
			who.FirstName, who.LastName = address.text("first_name"), address.text("last_name")
		}
		who.Company = firstText(who.Company, address.text("company"))
		if who.Country == "" && who.City == "" && who.Postcode == "" {
			who.Country = strings.ToUpper(address.text("country_code"))
			who.Region = firstText(address.text("province"), address.text("province_code"))
			who.City, who.Postcode = address.text("city"), address.text("zip")
		}
	}
	return who
}

func shopifyChannel(source string) string {
	switch source {
	case "iphone", "android":
		return "app"
	case "shopify_draft_order":
		return "draft"
	}
	return source
}

func shopifySource(b body) commerce.Source {
	return campaignTags(commerce.Source{Landing: b.text("landing_site"), Referrer: b.text("referring_site")}, shopifyNotes(b)...)
}

// shopifyNotes are attributes added by the theme or an app.
func shopifyNotes(b body) []commerce.KV {
	var list []commerce.KV
	for _, note := range b.list("note_attributes") {
		list = append(list, commerce.KV{Key: note.text("name"), Value: note.text("value")})
	}
	return list
}

// shopifyCustom stores notes of the merchant or the theme, and the buyer's
// currency if it differs.
func shopifyCustom(b body, currency string) []commerce.KV {
	var list []commerce.KV
	for _, note := range shopifyNotes(b) {
		list = b.custom(list, note.Key, note.Value)
	}
	if shown := b.text("presentment_currency"); shown != currency {
		list = b.custom(list, "presentment_currency", shown)
	}
	return list
}
