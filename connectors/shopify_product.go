package connectors

import (
	"strings"

	"comeback/commerce"
)

// readShopifyProduct reads the category from Shopify's taxonomy if the merchant
// chose one, and the merchant's own product type.
func readShopifyProduct(d Delivery, b body, r *Records) {
	p := d.product(b.needID("id", "admin_graphql_api_id"))
	p.Version = d.version(b, "updated_at")
	p.Title, p.Brand = b.text("title"), b.text("vendor")
	p.Tags, _ = b.commaList("tags")
	if path := shopifyPath(b.object("category").text("full_name")); path != nil {
		p.Categories = append(p.Categories, path)
	}
	if name := b.text("product_type"); name != "" {
		p.Categories = append(p.Categories, []string{name})
	}
	for _, option := range b.list("options") {
		for _, value := range option.texts("values") {
			p.Attributes = b.custom(p.Attributes, option.text("name"), value)
		}
	}
	p.Image = b.object("image").page("src")
	if handle, shop := b.text("handle"), shopifyShop(d); handle != "" && shop != "" {
		p.URL = "https://" + shop + "/products/" + handle
	}
	shopifyVariants(d, b, &p)
	if b.text("status") == "archived" {
		there := false
		p.InStock, p.HoldsUnpaid = &there, &there
	}
	p.Quality = b.log.quality
	r.Products = append(r.Products, p)
}

// shopifyVariants uses price and SKU of the first variant, as the shop shows
// them. Stock is the sum of all counted variants.
func shopifyVariants(d Delivery, b body, p *commerce.Product) {
	for i, variant := range b.list("variants") {
		if i == 0 {
			p.SKU, p.Price = variant.text("sku"), variant.money("price", d.counted(b))
		}
		if !variant.has("inventory_quantity") {
			continue
		}
		stock := variant.stock("inventory_quantity")
		if p.Stock != nil {
			stock += *p.Stock
		}
		there := stock > 0 || variant.text("inventory_policy") == "continue" || p.InStock != nil && *p.InStock
		held := true // an order takes what it contains from the stock when it is placed
		p.Stock, p.InStock, p.HoldsUnpaid = &stock, &there, &held
	}
}

func shopifyShop(d Delivery) string {
	return plainSource(firstText(shopifyHeader(d.Header, "Shop-Domain"), d.Source))
}

func shopifyPath(full string) []string {
	var path []string
	for _, name := range strings.Split(full, " > ") {
		if name = strings.TrimSpace(name); name != "" {
			path = append(path, name)
		}
	}
	return path
}

func readShopifyProductDeletion(d Delivery, b body, r *Records) {
	p := d.product(b.needID("id", "admin_graphql_api_id"))
	p.DeletedAt = d.ReceivedAt
	r.Products = append(r.Products, p)
}
