package history

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
)

// csvOrder is one order, with the rows read so far.
type csvOrder struct {
	external  string
	from      Position // its first row
	last      Position // its last row
	rows      int
	refused   string // why the whole order is refused
	refusedAt int64  // line of the faulty row

	state            commerce.OrderState
	earliest, latest time.Time // of its rows
	negative         int       // lines with a quantity below 0
}

// add adds one row. An error refuses the whole order, because half of it would
// look complete.
func (o *csvOrder) add(h *CSV, fields []string) error {
	if o.rows++; o.rows > orderLines {
		o.state.Lines = nil
		return commerce.Errorf(
			commerce.Invalid, "more than %d lines: check that %q is the right column for order", orderLines,
			h.columns[columnIndex(h.columns, "order")].header,
		)
	}
	if o.refused != "" {
		return nil
	}
	line := commerce.Line{ID: strconv.Itoa(o.rows)}
	row := csvRow{order: o, line: &line, options: &h.options, zone: h.zone}
	for i, c := range h.columns {
		if c.set == nil || i >= len(fields) {
			continue
		}
		text := strings.TrimSpace(strings.ToValidUTF8(fields[i], "\ufffd"))
		if text == "" && !c.needed {
			continue
		}
		if err := c.set(&row, text); err != nil {
			return commerce.Errorf(commerce.Invalid, "%s (%s): %w", c.header, c.name, err)
		}
	}
	return o.price(line, h.options.Shop.Currency)
}

// price adds the line with what it cost, rounded to the currency's minor unit.
func (o *csvOrder) price(line commerce.Line, currency string) error {
	exact, err := line.UnitPrice.By(line.Amount())
	if err != nil {
		return err
	}
	exponent, ok := commerce.Exponent(currency)
	if !ok {
		return commerce.Errorf(commerce.Invalid, "currency %q of the shop: not an ISO 4217 code; correct the shop's settings", currency)
	}
	minor, _ := exact.Minor(exponent)
	line.Net = commerce.Money{Minor: minor, Currency: currency}
	if line.Quantity < 0 {
		o.negative++
		o.note("negative_quantity")
	}
	switch {
	case line.UnitPrice.Units == 0:
		o.note("zero_price")
	case line.UnitPrice.Units < 0:
		o.note("negative_price")
	}
	o.state.Lines = append(o.state.Lines, line)
	return nil
}

func (o *csvOrder) note(code string) {
	if !slices.Contains(o.state.Quality, code) {
		o.state.Quality = append(o.state.Quality, code)
	}
}

// emit adds the order to b. With negative quantities only, it is a refund that
// names no order. With some, it is an order with a refund.
func (o *csvOrder) emit(options CSVOptions, b *Batch) {
	b.Lines += o.rows
	if o.refused == "" && o.earliest.IsZero() {
		o.refused = "no row has a time for at"
	}
	if o.refused != "" {
		b.refuse(max(o.refusedAt, o.from.Line), o.external, o.refused, o.rows)
		return
	}
	if len(o.state.Buyer.Identities("")) == 0 {
		o.note("no_customer")
	}
	sold, returned, err := o.sums(options.Shop.Currency)
	if err != nil {
		b.refuse(o.from.Line, o.external, err.Error(), o.rows)
		return
	}
	if o.negative == len(o.state.Lines) {
		b.Records.LooseRefunds = append(b.Records.LooseRefunds, o.refund(options, returned))
		return
	}
	b.Records.Orders = append(b.Records.Orders, o.order(options, sold, returned))
}

// sums adds up the lines sold and the lines returned, both positive.
func (o *csvOrder) sums(currency string) (sold, returned commerce.Money, err error) {
	sold, returned = commerce.Money{Currency: currency}, commerce.Money{Currency: currency}
	for _, line := range o.state.Lines {
		sum, amount := &sold, line.Net
		if line.Quantity < 0 {
			sum, amount = &returned, line.Net.Neg()
		}
		if *sum, err = sum.Add(amount); err != nil {
			return sold, returned, err
		}
	}
	return sold, returned, nil
}

func (o *csvOrder) order(options CSVOptions, sold, returned commerce.Money) commerce.Order {
	id := commerce.Key(options.Shop.ID, options.Connection, o.external)
	order := commerce.Order{ID: id, Shop: options.Shop.ID, Connection: options.Connection, External: o.external, OrderState: o.state}
	order.Version, order.Number = o.latest, o.external
	order.Status, order.Payment, order.Currency, order.Total = commerce.Completed, commerce.Paid, options.Shop.Currency, sold
	order.Times = commerce.Timeline{PlacedAt: o.earliest, PaidAt: o.earliest, CompletedAt: o.earliest}
	if o.negative > 0 {
		order.Payment = commerce.PartiallyRefunded
		order.Refunds = []commerce.Refund{{ID: "lines", Version: o.latest, RefundedAt: o.latest, Amount: returned}}
	}
	return order
}

func (o *csvOrder) refund(options CSVOptions, returned commerce.Money) commerce.LooseRefund {
	return commerce.LooseRefund{
		ID:   commerce.Key(options.Shop.ID, options.Connection, o.external),
		Shop: options.Shop.ID, Connection: options.Connection, External: o.external,
		Refund: commerce.Refund{ID: o.external, Version: o.latest, RefundedAt: o.latest, Amount: returned, Reason: o.state.Lines[0].Title},
		Buyer:  o.state.Buyer, Quality: o.state.Quality, At: o.latest,
	}
}
