package segments

import (
	"strings"

	"comeback/commerce"
)

// lineFields are the fields of one line of an order. All tests on them in one
// where have to pass on the same line.
var lineFields = []field{
	{name: "line.product", kind: ofText, doc: "id of the product, shop:connection:id", unset: "no product is named",
		read: ofLine(func(l *commerce.LineFact) value { return textOf(l.Product) })},
	{name: "line.title", kind: ofText, anyCase: true, doc: "title of the product now", unset: "the product's title is not known", read: title},
	{name: "line.sku", kind: ofText, doc: "stock keeping unit", unset: notReported,
		read: ofLine(func(l *commerce.LineFact) value { return textOf(l.SKU) })},
	{name: "line.variant", kind: ofText, doc: "the platform's id of the variant", unset: notReported,
		read: ofLine(func(l *commerce.LineFact) value { return textOf(l.Variant) })},
	{name: "line.category", kind: ofList, anyCase: true,
		doc:   "category with all those above it: name, or path from the root as in Clothing > Shoes",
		unset: "the product's category is not known",
		read:  categories, distinct: categoriesAlone},
	{name: "line.brand", kind: ofText, anyCase: true, doc: "brand", unset: notReported,
		read: ofLine(func(l *commerce.LineFact) value { return textOf(l.Brand) })},
	{name: "line.price", kind: ofMoney, doc: "price of one piece before discounts", unset: notPriced,
		read: lineAmount(func(l *commerce.LineFact) int64 { return l.Price })},
	{name: "line.net", kind: ofMoney, doc: "what the buyer pays for the line, after discounts", unset: notPriced,
		read: lineAmount(func(l *commerce.LineFact) int64 { return l.Net })},
	{name: "line.quantity", kind: ofNumber, doc: "pieces", unset: "the order has no lines",
		read: ofLine(func(l *commerce.LineFact) value { return numberOf(l.Quantity) })},
	{name: "line.attribute.", kind: ofCustom, anyCase: true, doc: "attribute of the line, such as colour", unset: notReported,
		read: func(v *evaluation, key string) value {
			if v.line == nil {
				return value{}
			}
			return customOf(v.line.Custom, key)
		}},
}

// pathSeparator joins the names of a category path.
const pathSeparator = " > "

func ofLine(of func(*commerce.LineFact) value) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value {
		if v.line == nil {
			return value{}
		}
		return of(v.line)
	}
}

func lineAmount(of func(*commerce.LineFact) int64) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value {
		if v.line == nil {
			return value{}
		}
		return moneyOf(of(v.line), !v.order.Unpriced)
	}
}

// title is the title of the line's product, as it is now: histories store ids.
func title(v *evaluation, _ string) value {
	if v.line == nil || v.line.Product == "" || v.params.Titles == nil {
		return value{}
	}
	return textOf(v.params.Titles(v.line.Product))
}

// categories lists every name and path above the categories of the line. A test on
// a category so includes its subcategories.
func categories(v *evaluation, _ string) value {
	var list []string
	for _, path := range v.categoryPaths() {
		list = pathNames(list, path)
	}
	return listOf(list)
}

// pathNames appends every name of a category path, and every path from the root to
// one of them.
func pathNames(list, path []string) []string {
	for i, to := range branchesOf(path) {
		if list = append(list, path[i]); i > 0 {
			list = append(list, to)
		}
	}
	return list
}

// categoriesAlone lists the paths the line's categories have in the tree.
func categoriesAlone(v *evaluation) []string {
	var list []string
	for _, path := range v.categoryPaths() {
		list = append(list, strings.Join(path, pathSeparator))
	}
	return list
}

// categoryPaths are the paths of the line's categories: those of the order itself,
// else those of the product.
func (v *evaluation) categoryPaths() [][]string {
	switch {
	case v.line == nil:
		return nil
	case v.line.Category != "":
		return [][]string{strings.Split(v.line.Category, pathSeparator)}
	case v.params.Categories == nil || v.line.Product == "":
		return nil
	}
	return v.params.Categories(v.line.Product)
}
