package history

// productProfiles are the known exports of products.
func productProfiles() []Profile { return []Profile{shopifyProducts, wooProducts} }

var (
	// shopifyProducts is the products export of the Shopify admin: a row for each
	// variant and each image. Only the first row of a product has its title. It
	// has no ids.
	shopifyProducts = Profile{
		Name: "shopify-products", Headers: []string{"Handle", "Title", "Variant SKU", "Variant Price"},
		Columns: map[string][]string{
			"group": {"Handle"}, "title": {"Title"}, "brand": {"Vendor"}, "category": {"Product Category", "Type"}, "tags": {"Tags"},
			"sku": {"Variant SKU"}, "price": {"Variant Price"}, "unit_cost": {"Cost per item"}, "stock": {"Variant Inventory Qty"},
			"image": {"Image Src"},
		},
		Decimal: "point", OwnOnly: true,
	}
	// wooProducts is the export of WooCommerce's product page. The columns of
	// costs are those of WooCommerce itself and of the usual plugin.
	wooProducts = Profile{
		Name: "woocommerce-products", Headers: []string{"ID", "Type", "SKU", "Name", "Regular price"},
		Columns: map[string][]string{
			"product": {"ID"}, "sku": {"SKU"}, "title": {"Name"}, "category": {"Categories"}, "tags": {"Tags"}, "brand": {"Brands"},
			"price": {"Sale price", "Regular price"}, "stock": {"Stock"}, "image": {"Images"},
			"unit_cost": {"Cost of goods", "Cost value", "Meta: _wc_cog_cost", "Meta: _alg_wc_cog_cost"},
		},
		OwnOnly: true,
	}
)

// productNames are the usual names of a field's column.
func productNames(field string) []string {
	names := ownProductNames[field]
	for _, u := range usualNames {
		if u.field == field && field != "currency" && field != "tags" {
			names = append(names[:len(names):len(names)], u.names...)
		}
	}
	if field == "product" {
		names = append(names, "id", "编号")
	}
	return names
}

var ownProductNames = map[string][]string{
	"unit_cost": {
		"unit cost", "cost", "cost price", "cost per item", "cost of goods", "purchase price", "cogs", "landed cost", "einkaufspreis", "ek",
		"ek-preis", "selbstkosten", "prix d'achat", "coût", "precio de coste", "coste", "costo", "prezzo di acquisto", "成本", "成本价", "进货价",
		"采购价", "进价",
	},
	"title":      {"name"},
	"group":      {"handle", "parent", "parent sku", "款号", "货品编号"},
	"currency":   {"currency", "currency code", "währung", "devise", "moneda", "valuta", "币种", "货币"},
	"tags":       {"tags", "labels", "标签"},
	"stock":      {"stock", "quantity in stock", "inventory", "available", "bestand", "lagerbestand", "existencias", "库存", "库存数量"},
	"url":        {"url", "link", "product url", "product link", "permalink", "produkt-url", "lien", "enlace", "链接", "商品链接", "网址"},
	"image":      {"image", "image url", "image link", "image src", "images", "bild", "bild-url", "图片", "主图", "图片链接"},
	"updated_at": {"updated at", "modified", "last updated"},
}
