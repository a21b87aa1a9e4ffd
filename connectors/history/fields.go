package history

import (
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// field is a field of a row. For a field of the whole order the first value
// counts; later rows only fill it while it is unset.
type field struct {
	name string
	set  func(c *cell, text string) error
	// times and numbers: the sample decides how they are read
	isTime, isNumber bool
}

// cell is a cell of a row, with what it may set.
type cell struct {
	order  *pastOrder
	line   *commerce.Line
	sums   *lineSums
	column *column
	reader *Orders
}

// column is one of the file's columns that is mapped to a field.
type column struct {
	field
	header string
	index  int
	comma  bool // its numbers have a decimal comma
	spare  bool // read in rows where the columns of the field before it are empty
	clock  *dayTime
}

// fields are those of --map.
func fields() []field {
	return slices.Concat([]field{
		{name: "order"}, // read first, to find the order
		instant("at", func(c *cell, at time.Time) { c.order.placed(at) }),
	}, lineFields(), buyerFields(), stateFields(), amountFields(), otherFields())
}

func lineFields() []field {
	return []field{
		worded("product", func(c *cell, text string) error { return identifier(&c.line.Product, text) }),
		worded("sku", func(c *cell, text string) error { return unrounded(&c.line.SKU, text) }),
		worded("variant", func(c *cell, text string) error { return identifier(&c.line.Variant, text) }),
		worded("title", func(c *cell, text string) error { c.line.Title = strings.Clone(text); return nil }),
		worded("brand", func(c *cell, text string) error { c.line.Brand = strings.Clone(text); return nil }),
		worded("category", func(c *cell, text string) error { c.line.Category = strings.Clone(text); return nil }),
		{name: "quantity", isNumber: true, set: setQuantity},
		{name: "price", isNumber: true, set: setPrice},
		amount("line_total", func(c *cell) *optional { return &c.sums.total }),
		amount("line_discount", func(c *cell) *optional { return &c.sums.discount }),
		amount("unit_cost", func(c *cell) *optional { return &c.sums.cost }),
	}
}

func buyerFields() []field {
	return []field{
		worded("customer", setCustomer), worded("email", setEmail), worded("phone", setPhone), worded("name", setName),
		worded("first_name", func(c *cell, text string) error { return nameOf(&c.order.state.Buyer.FirstName, text) }),
		worded("last_name", func(c *cell, text string) error { return nameOf(&c.order.state.Buyer.LastName, text) }),
		keep("company", func(o *pastOrder) *string { return &o.state.Buyer.Company }),
		keep("language", func(o *pastOrder) *string { return &o.state.Buyer.Language }),
		worded("country", setCountry),
		keep("region", func(o *pastOrder) *string { return &o.state.Buyer.Region }),
		keep("city", func(o *pastOrder) *string { return &o.state.Buyer.City }),
		keep("postcode", func(o *pastOrder) *string { return &o.state.Buyer.Postcode }),
		worded("marketing", setMarketing),
	}
}

func stateFields() []field {
	return []field{
		worded("status", func(c *cell, text string) error { return c.state(&c.order.status, text) }),
		worded("payment_status", func(c *cell, text string) error { return c.state(&c.order.payment, text) }),
		worded("fulfillment_status", setFulfillment),
		firstInstant("paid_at", func(o *pastOrder) *time.Time { return &o.times.PaidAt }),
		firstInstant("shipped_at", func(o *pastOrder) *time.Time { return &o.times.ShippedAt }),
		firstInstant("delivered_at", func(o *pastOrder) *time.Time { return &o.times.DeliveredAt }),
		firstInstant("completed_at", func(o *pastOrder) *time.Time { return &o.times.CompletedAt }),
		firstInstant("cancelled_at", func(o *pastOrder) *time.Time { return &o.times.CancelledAt }),
		firstInstant("refunded_at", func(o *pastOrder) *time.Time { return &o.times.RefundedAt }),
		firstInstant("updated_at", func(o *pastOrder) *time.Time { return &o.updated }),
		worded("test", func(c *cell, text string) error { return flag(&c.order.state.Test, text) }),
		worded("fake", func(c *cell, text string) error { return flag(&c.order.state.Fake, text) }),
	}
}

func amountFields() []field {
	return []field{
		amount("total", func(c *cell) *optional { return &c.order.sums.total }),
		amount("due", func(c *cell) *optional { return &c.order.sums.due }),
		amount("subtotal", func(c *cell) *optional { return &c.order.sums.subtotal }),
		amount("discount", func(c *cell) *optional { return &c.order.sums.discount }),
		amount("shipping", func(c *cell) *optional { return &c.order.sums.shipping }),
		amount("tax", func(c *cell) *optional { return &c.order.sums.tax }),
		amount("deposit", func(c *cell) *optional { return &c.order.sums.deposit }),
		amount("refund", (*cell).refund),
		worded("currency", setCurrency),
	}
}

func otherFields() []field {
	return []field{
		keep("number", func(o *pastOrder) *string { return &o.state.Number }),
		worded("order_id", func(c *cell, text string) error { return identifier(&c.order.id, text) }),
		keep("channel", func(o *pastOrder) *string { return &o.state.Channel }),
		keep("store", func(o *pastOrder) *string { return &o.state.Store }),
		keep("device", func(o *pastOrder) *string { return &o.state.Device }),
		worded("method", setMethod),
		worded("coupon", setCoupon), worded("tags", setTags),
		keep("pay_url", func(o *pastOrder) *string { return &o.state.PayURL }),
		keep("utm_source", func(o *pastOrder) *string { return &o.state.Source.UTMSource }),
		keep("utm_medium", func(o *pastOrder) *string { return &o.state.Source.UTMMedium }),
		keep("utm_campaign", func(o *pastOrder) *string { return &o.state.Source.UTMCampaign }),
		keep("utm_term", func(o *pastOrder) *string { return &o.state.Source.UTMTerm }),
		keep("utm_content", func(o *pastOrder) *string { return &o.state.Source.UTMContent }),
		keep("landing", func(o *pastOrder) *string { return &o.state.Source.Landing }),
		keep("referrer", func(o *pastOrder) *string { return &o.state.Source.Referrer }),
		worded("items", setItem),
		worded("note", func(c *cell, text string) error { return c.order.custom("note", text) }),
	}
}

func worded(name string, set func(*cell, string) error) field { return field{name: name, set: set} }

// keep is a text of the order.
func keep(name string, of func(*pastOrder) *string) field {
	return field{name: name, set: func(c *cell, text string) error {
		if text != "-" && !strings.Contains(text, "**") { // nothing, or hidden by the platform
			fill(of(c.order), text)
		}
		return nil
	}}
}

// fill sets what is unset. A copy, because the row's text is reused.
func fill(into *string, text string) {
	if *into == "" {
		*into = strings.Clone(text)
	}
}

func instant(name string, set func(*cell, time.Time)) field {
	return field{name: name, isTime: true, set: func(c *cell, text string) error {
		if isNothing(text) {
			return nil
		}
		at, err := c.reader.clock.read(text)
		if err == nil && !at.IsZero() {
			set(c, at)
		}
		return err
	}}
}

func firstInstant(name string, of func(*pastOrder) *time.Time) field {
	return instant(name, func(c *cell, at time.Time) {
		if into := of(c.order); into.IsZero() {
			*into = at
		}
	})
}

// optional is an amount that a cell may leave empty.
type optional struct {
	commerce.Decimal
	given bool
}

func amount(name string, of func(*cell) *optional) field {
	return field{name: name, isNumber: true, set: func(c *cell, text string) error {
		if isNothing(text) || c.meansNothing(text) {
			return nil
		}
		d, err := c.money(text)
		into := of(c)
		switch {
		case err != nil:
			return err
		case !into.given:
			*into = optional{d, true}
		case into.Decimal != d:
			c.order.note(name + "_differs")
		}
		return nil
	}}
}

// money reads an amount, and notes the currency that stands with it.
func (c *cell) money(text string) (commerce.Decimal, error) {
	n, err := readNumber(text, c.column.comma)
	if err != nil || n.mark == "" {
		return n.Decimal, err
	}
	code, known := currencyOf(n.mark, c.reader.options.Shop.Currency)
	if !known {
		return n.Decimal, invalid("amount %q: %q is no known currency", clip(text), clip(n.mark))
	}
	if o := c.order; o.marked == "" {
		o.marked = code
	} else if o.marked != code {
		return n.Decimal, invalid("amount %q: the order has amounts in %s too", clip(text), o.marked)
	}
	return n.Decimal, nil
}

// Fields returns the names of the fields of a row.
func Fields() []string {
	var names []string
	for _, f := range fields() {
		names = append(names, f.name)
	}
	return names
}
