package connectors

import (
	"strconv"

	"comeback/commerce"
)

func readShopifyCheckout(d Delivery, b body, r *Records) {
	b.need("token", "currency")
	currency := b.currency("currency")
	c := d.checkout(b.id("token"))
	c.CheckoutState = commerce.CheckoutState{
		Version: d.version(b, "updated_at"), Currency: currency, Total: b.shopMoney("total_price", currency),
		Coupons: shopifyCoupons(b), Buyer: shopifyBuyer(b), URL: b.link("abandoned_checkout_url"), Source: shopifySource(b),
	}
	for i, item := range b.list("line_items") {
		line := shopifyLine(item, currency, b.flag("taxes_included"))
		line.ID = firstText(line.ID, strconv.Itoa(i+1))
		c.Lines = append(c.Lines, line)
	}
	c.StartedAt, c.CompletedAt = b.instant("created_at"), b.instant("completed_at")
	c.Quality = b.log.quality
	r.Checkouts = append(r.Checkouts, c)
}

// readShopifyCheckoutDeletion reads a deletion. Checkouts are stored by their
// token, which some deletions do not contain.
func readShopifyCheckoutDeletion(d Delivery, b body, r *Records) {
	token := b.id("token")
	if token == "" {
		r.Ignored = "contains no token, which identifies a checkout"
		return
	}
	c := d.checkout(token)
	c.DeletedAt = d.happened()
	r.Checkouts = append(r.Checkouts, c)
}
