package history

import (
	"cmp"
	"time"

	"comeback/commerce"
)

// emit adds the order to b. With negative quantities only, it is a refund that
// names no order. With some, it is an order with a refund.
func (o *pastOrder) emit(h *Orders, b *Batch) {
	b.Lines += o.rows
	if o.refused == "" && o.earliest.IsZero() {
		o.refused = "no row of the order has a time (" + h.columns[at(h.columns, "at")].header + ")"
	}
	if o.refused != "" {
		b.refuse(max(o.refusedAt, o.from.Line), o.external, o.refused, o.rows)
		return
	}
	err := o.byProfile(h)
	if err == nil {
		err = o.finish(h, b)
	}
	if err != nil {
		b.refuse(o.from.Line, o.external, err.Error(), o.rows)
	}
}

func (o *pastOrder) finish(h *Orders, b *Batch) error {
	currency, err := o.currency(h)
	if err != nil {
		return err
	}
	sold, returned, err := o.sumLines(currency)
	if err != nil {
		return err
	}
	if len(o.state.Buyer.Identities("")) == 0 {
		o.note("no_customer")
		b.Nobody++
	}
	unmailed := unmailable(o.state.Buyer.Email)
	if unmailed {
		o.note("unusable_email")
	}
	if o.lastSale.Sub(o.earliest) > reused {
		o.note("order_number_reused")
	}
	if n := len(o.state.Lines); n > 0 && o.negative == n {
		b.Records.LooseRefunds = append(b.Records.LooseRefunds, o.looseRefund(h.options, returned))
		return nil
	}
	n := len(b.Records.Orders)
	b.Records.Orders = append(b.Records.Orders, commerce.Order{
		ID: commerce.Key(h.options.Shop.ID, h.options.Connection, o.key()), Shop: h.options.Shop.ID, Connection: h.options.Connection,
		External: o.key(), OrderState: o.state, Times: o.times,
	})
	order := &b.Records.Orders[n]
	if err := o.complete(h, order, sold, returned); err != nil {
		b.Records.Orders = b.Records.Orders[:n]
		return err
	}
	if unmailed {
		b.leave(o.from.Line, noMail)
	}
	h.guess.show(*order)
	return nil
}

// noMail is what the report states of addresses that get no mail. They are stored.
const noMail = "e-mail address that mail servers refuse; it gets no mail, and the rest of the line is imported"

// unmailable reports whether a text is given as an address, and is none that the mail of
// a campaign could go to.
func unmailable(email string) bool {
	_, err := commerce.MailAddress(email)
	return email != "" && !commerce.IsPlaceholder(email) && err != nil
}

// complete sets the sums, the state and the refund of the order.
func (o *pastOrder) complete(h *Orders, order *commerce.Order, sold, returned commerce.Money) error {
	order.Number, order.Currency, order.Version = cmp.Or(order.Number, o.external), sold.Currency, o.version()
	order.Times.PlacedAt = o.earliest
	if err := o.amounts(order, sold); err != nil {
		return err
	}
	if err := o.resolve(h, order); err != nil {
		return err
	}
	o.refund(order, returned)
	order.Quality = o.state.Quality
	return nil
}

// reused is the longest time between two sales of one order.
const reused = 31 * 24 * time.Hour

// version is the latest time that the order knows.
func (o *pastOrder) version() time.Time {
	latest := o.latest
	for _, at := range []time.Time{
		o.updated, o.times.PaidAt, o.times.ShippedAt, o.times.DeliveredAt, o.times.CompletedAt, o.times.CancelledAt, o.times.RefundedAt,
	} {
		if at.After(latest) {
			latest = at
		}
	}
	return latest
}

// currency is that of the order's column, else that of the signs at its
// amounts, else the shop's.
func (o *pastOrder) currency(h *Orders) (string, error) {
	code := cmp.Or(o.state.Currency, o.marked, h.constant("currency"), h.options.Shop.Currency)
	if o.marked != "" && o.marked != code {
		return "", invalid("currency: the order is in %s, and amounts are in %s", code, o.marked)
	}
	if _, ok := commerce.Exponent(code); !ok {
		return "", invalid("currency %q of the shop: not an ISO 4217 code; correct the shop's settings", code)
	}
	return code, nil
}

// sumLines prices the lines, rounded to the currency's minor unit, and adds up
// those sold and those returned, both positive.
func (o *pastOrder) sumLines(currency string) (sold, returned commerce.Money, err error) {
	sold, returned = commerce.Money{Currency: currency}, commerce.Money{Currency: currency}
	for i := range o.state.Lines {
		line := &o.state.Lines[i]
		if line.Net, err = o.net(*line, o.lines[i], currency); err != nil {
			return sold, returned, err
		}
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

// net is what a line cost.
func (o *pastOrder) net(line commerce.Line, sums lineSums, currency string) (commerce.Money, error) {
	exact := sums.total.Decimal
	if !sums.total.given {
		var err error
		if exact, err = line.UnitPrice.By(line.Amount()); err != nil {
			return commerce.Money{}, err
		}
	}
	net, err := money(exact, currency)
	if err != nil || !sums.discount.given || sums.total.given {
		return net, err
	}
	discount, err := money(sums.discount.Decimal, currency)
	if discount.Minor > 0 {
		discount = discount.Neg()
	}
	if err != nil {
		return net, err
	}
	return net.Add(discount)
}

// maxAmount is the largest amount, so that sums of many fit.
const maxAmount = 1_000_000_000_000_000

func money(d commerce.Decimal, currency string) (commerce.Money, error) {
	exponent, _ := commerce.Exponent(currency)
	minor, _ := d.Minor(exponent)
	if minor > maxAmount || minor < -maxAmount {
		return commerce.Money{}, invalid("amount %s: is too large", clip(d.String()))
	}
	return commerce.Money{Minor: minor, Currency: currency}, nil
}

// amounts sets the sums of the order. Its own total counts; a total that no sum
// of the others explains is noted.
func (o *pastOrder) amounts(order *commerce.Order, sold commerce.Money) (err error) {
	currency := sold.Currency
	for _, a := range []struct {
		from optional
		into *commerce.Money
	}{
		{o.sums.total, &order.Total}, {o.sums.subtotal, &order.Subtotal}, {o.sums.discount, &order.Discount},
		{o.sums.shipping, &order.Shipping}, {o.sums.tax, &order.Tax}, {o.sums.deposit, &order.Deposit},
	} {
		if !a.from.given {
			continue
		}
		if *a.into, err = money(a.from.Decimal, currency); err != nil {
			return err
		}
	}
	if order.Discount.Minor < 0 {
		order.Discount = order.Discount.Neg()
	}
	if !o.sums.total.given {
		order.Total = commerce.Money{Minor: sold.Minor - order.Discount.Minor + order.Shipping.Minor, Currency: currency}
		return nil
	}
	if n := len(order.Lines); n > 0 && !o.lines[0].unpriced && !explains(*order, sold.Minor, int64(n)) {
		o.note("total_differs")
	}
	if len(order.Lines) == 1 && o.lines[0].unpriced { // a product, its pieces and the total
		order.Lines[0].Net = commerce.Money{Minor: order.Total.Minor - order.Shipping.Minor, Currency: currency}
	}
	return nil
}

// explains reports whether the total is that of the lines, with or without
// discount, shipping and tax. Each line may have been rounded.
func explains(order commerce.Order, sold, lines int64) bool {
	for choice := range 8 {
		sum := sold
		for i, part := range []int64{-order.Discount.Minor, order.Shipping.Minor, order.Tax.Minor} {
			if choice>>i&1 == 1 {
				sum += part
			}
		}
		if gap := sum - order.Total.Minor; gap <= lines && gap >= -lines {
			return true
		}
	}
	return false
}

// refund adds what went back: the sum of a column, of lines with a negative
// quantity, or all of an order that is refunded.
func (o *pastOrder) refund(order *commerce.Order, returned commerce.Money) {
	refund := commerce.Refund{ID: "lines", Version: order.Version, RefundedAt: o.latest, Amount: returned}
	if o.negative == 0 {
		refund.ID, refund.Amount = "total", commerce.Money{Currency: order.Currency}
		if back, err := money(o.sums.refund.Decimal, order.Currency); err == nil && o.sums.refund.given {
			refund.Amount.Minor = max(back.Minor, -back.Minor)
		}
		refund.RefundedAt = cmp.Or(order.Times.RefundedAt, order.Times.CancelledAt, order.Version)
	}
	if order.Payment == commerce.Refunded && refund.Amount.Minor == 0 {
		refund.Amount = order.Total
	}
	switch order.Payment {
	case commerce.Paid, commerce.PartiallyRefunded, commerce.Refunded, commerce.PartiallyPaid:
	default:
		return
	}
	if refund.Amount.Minor <= 0 {
		return
	}
	order.Times.RefundedAt, order.Refunds = time.Time{}, []commerce.Refund{refund}
	switch {
	case order.Payment == commerce.Refunded || order.Payment == commerce.PartiallyPaid:
	case o.negative == 0 && refund.Amount.Minor >= order.Total.Minor:
		order.Payment = commerce.Refunded
	default:
		order.Payment = commerce.PartiallyRefunded
	}
}

func (o *pastOrder) looseRefund(options Options, returned commerce.Money) commerce.LooseRefund {
	return commerce.LooseRefund{
		ID:   commerce.Key(options.Shop.ID, options.Connection, o.external),
		Shop: options.Shop.ID, Connection: options.Connection, External: o.external,
		Refund: commerce.Refund{ID: o.external, Version: o.latest, RefundedAt: o.latest, Amount: returned, Reason: o.state.Lines[0].Title},
		Buyer:  o.state.Buyer, Quality: o.state.Quality, At: o.latest,
	}
}
