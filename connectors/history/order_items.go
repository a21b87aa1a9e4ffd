package history

import (
	"strconv"
	"strings"

	"comeback/commerce"
)

// setItem reads a cell that contains a whole item, as
// name:Tea|product_id:101|sku:TEA-1|quantity:2|total:25.00.
func setItem(c *cell, text string) error {
	values := map[string]string{}
	for part := range strings.SplitSeq(strings.Clone(text), "|") {
		if name, value, ok := strings.Cut(part, ":"); ok {
			values[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	if values["quantity"] == "" || values["total"] == "" {
		return invalid("item %q: has no quantity and total; write name:...|sku:...|quantity:1|total:9.90", clip(text))
	}
	quantity, err := readNumber(values["quantity"], false)
	if err != nil {
		return err
	}
	total, err := readNumber(values["total"], false)
	if err != nil {
		return err
	}
	pieces, whole := quantity.Pieces()
	line := commerce.Line{Product: values["product_id"], SKU: values["sku"], Title: values["name"], Quantity: pieces}
	if !whole {
		line.Exact = quantity.Decimal
	}
	o := c.order
	line.ID = strconv.Itoa(len(o.state.Lines) + 1)
	if pieces < 0 {
		o.negative++
	}
	o.state.Lines, o.lines = append(o.state.Lines, line), append(o.lines, lineSums{total: optional{total.Decimal, true}})
	return nil
}
