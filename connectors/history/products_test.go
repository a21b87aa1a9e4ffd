package history

import (
	"fmt"
	"strings"
	"testing"

	"comeback/commerce"
)

func describedProducts(b Batch) []string {
	var list []string
	for _, p := range b.Records.Products {
		stock := "uncounted"
		if p.Stock != nil {
			stock = fmt.Sprint(*p.Stock)
		}
		var paths []string
		for _, path := range p.Categories {
			paths = append(paths, strings.Join(path, ">"))
		}
		list = append(list, fmt.Sprintf("%s sku %s: %s, brand %q, %q, tags %q, price %s, cost %s, stock %s, %s, %s %v",
			p.External, p.SKU, p.Title, p.Brand, paths, p.Tags, p.Price, p.UnitCost, stock, p.Image, day(p.Version), p.Attributes))
	}
	for _, r := range b.Refused {
		list = append(list, fmt.Sprintf("line %d: %s", r.Line, r.Why))
	}
	for _, l := range b.Left {
		list = append(list, fmt.Sprintf("%d from line %d: %s", l.Lines, l.First, l.Why))
	}
	return list
}

func TestFilesOfProductsAreReadWithWhatTheyCost(t *testing.T) {
	t.Parallel()
	west := commerce.Shop{ID: "s", Market: commerce.West, Currency: "EUR", Zone: "Europe/Berlin"}
	china := commerce.Shop{ID: "s", Market: commerce.China, Currency: "CNY", Zone: "Asia/Shanghai"}
	for _, c := range []struct {
		file, profile string
		shop          commerce.Shop
	}{
		{"shopify.csv", "shopify-products", west}, {"woocommerce.csv", "woocommerce-products", west},
		{"costs-de.csv", "", west}, {"costs-cn.csv", "", china},
	} {
		o := ListOptions{Shop: c.shop, Connection: "past", ReadAt: someday(), Custom: c.profile == ""}
		h, err := NewProducts(decodedFile(t, "products/"+c.file, c.shop), o)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if h.Guess().Profile != c.profile {
			t.Errorf("%s: profile %q, want %q", c.file, h.Guess().Profile, c.profile)
		}
		golden(t, "products/"+c.file, describedProducts(allOf(t, h)))
	}
}
