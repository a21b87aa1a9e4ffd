package connectors

import (
	"html"
	"strings"

	"comeback/commerce"
)

// readWooCustomer reads a customer. WooCommerce never confirms an address, so
// an account's e-mail identifies but is not verified. Guests have no such
// record.
func readWooCustomer(d Delivery, b body, r *Records) {
	b.need("id")
	billing, shipping := b.object("billing"), b.object("shipping")
	either := func(key string) string { return firstText(billing.text(key), shipping.text(key)) }
	c := d.customer(b.id("id"), "", d.wooVersion(b))
	c.Email = firstText(b.text("email"), billing.text("email"))
	c.Phone = either("phone")
	c.RegisteredAt = b.instant("date_created_gmt")
	c.Attributes = commerce.Attributes{
		FirstName: firstText(b.text("first_name"), either("first_name")), LastName: firstText(b.text("last_name"), either("last_name")),
		Company: either("company"), Country: strings.ToUpper(either("country")), Region: either("state"),
		City: either("city"), Postcode: either("postcode"), Custom: wooCustom(b),
	}
	r.Customers = append(r.Customers, c)
}

// readWooProduct reads a product. Categories come flat: each is a path of one
// name. The price has no currency; it is in the shop's.
func readWooProduct(d Delivery, b body, r *Records) {
	b.need("id")
	p := d.product(b.id("id"))
	p.Version = d.wooVersion(b)
	p.Title, p.SKU, p.URL = html.UnescapeString(b.text("name")), b.text("sku"), b.page("permalink")
	for _, category := range b.list("categories") {
		if name := html.UnescapeString(category.text("name")); name != "" {
			p.Categories = append(p.Categories, []string{name})
		}
	}
	for _, brand := range b.list("brands") {
		p.Brand = firstText(p.Brand, html.UnescapeString(brand.text("name")))
	}
	for _, tag := range b.list("tags") {
		if name := html.UnescapeString(tag.text("name")); name != "" {
			p.Tags = append(p.Tags, name)
		}
	}
	for _, attribute := range b.list("attributes") {
		for _, option := range attribute.texts("options") {
			p.Attributes = b.custom(p.Attributes, html.UnescapeString(attribute.text("name")), html.UnescapeString(option))
		}
	}
	for _, image := range b.list("images") {
		p.Image = firstText(p.Image, image.page("src"))
	}
	p.Price = b.money("price", d.counted(b))
	p.UnitCost = wooProductCost(b, d.counted(b))
	wooStock(b, &p)
	if b.text("status") == "trash" {
		p.DeletedAt = p.Version
	}
	p.Quality = b.log.quality
	r.Products = append(r.Products, p)
}

// counted is the currency for amounts without one.
func (d Delivery) counted(b body) string { return b.code(d.Currency) }

func wooProductCost(b body, currency string) commerce.Money {
	if own := b.object("cost_of_goods_sold"); own.has("total_value") {
		return own.money("total_value", currency)
	}
	for _, meta := range b.list("meta_data") {
		switch meta.text("key") {
		case "_wc_cog_cost", "_alg_wc_cog_cost":
			return meta.money("value", currency)
		}
	}
	return commerce.Money{}
}

func wooStock(b body, p *commerce.Product) {
	if b.flag("manage_stock") && b.has("stock_quantity") {
		stock := b.stock("stock_quantity")
		p.Stock = &stock
	}
	if status := b.text("stock_status"); status != "" {
		there := status != "outofstock"
		held := false // a pending order keeps its goods for an hour at most
		p.InStock, p.HoldsUnpaid = &there, &held
	}
}
