package history

import (
	"cmp"
	"strings"

	"comeback/commerce"
)

// byProfile applies what the profile knows of the whole export: values of every
// row, prices that are sums, and the sum due of an order that nobody paid.
func (o *pastOrder) byProfile(h *Orders) error {
	if b := &o.state.Buyer; b.Country == "" {
		b.Country = h.constant("country")
	}
	if h.profile.LineStates {
		if err := o.joinStates(h); err != nil {
			return err
		}
	}
	sums := &o.sums
	if unpaid := !sums.total.given || sums.total.IsZero(); unpaid && sums.due.given {
		sums.total = sums.due
	}
	if sums.total.Units < 0 { // some reports write a refunded order so
		sums.total.Units = -sums.total.Units
		if !sums.refund.given {
			sums.refund = sums.total
		}
	}
	for i := range o.state.Lines {
		line, of := &o.state.Lines[i], &o.lines[i]
		if h.profile.LineTotals {
			all := line.UnitPrice
			of.total = optional{less(all, of.discount.Decimal), true}
			line.UnitPrice = eachOf(all, max(line.Quantity, 1))
		}
		if of.total.given && line.UnitPrice.IsZero() && line.Exact.IsZero() && line.Quantity > 0 {
			line.UnitPrice = eachOf(of.total.Decimal, line.Quantity)
		}
		if !of.cost.given {
			continue
		}
		currency, err := o.currency(h)
		if err != nil {
			return err
		}
		if line.UnitCost, err = money(of.cost.Decimal, currency); err != nil {
			return err
		}
	}
	return nil
}

// eachOf is what one of n pieces cost, to four digits.
func eachOf(of commerce.Decimal, n int64) commerce.Decimal {
	units, _ := of.Minor(4)
	d := commerce.Decimal{Units: (2*units + n) / (2 * n), Scale: 4}
	for d.Scale > 0 && d.Units%10 == 0 {
		d.Units, d.Scale = d.Units/10, d.Scale-1
	}
	return d
}

// less is a - b, and at least 0 where b is not negative.
func less(a, b commerce.Decimal) commerce.Decimal {
	scale := max(a.Scale, b.Scale)
	minor, _ := a.Minor(scale)
	off, _ := b.Minor(scale)
	return commerce.Decimal{Units: minor - max(off, -off), Scale: scale}
}

// key is the order's id within its connection.
func (o *pastOrder) key() string { return cmp.Or(o.id, o.external) }

// stateOf is where the state of a row belongs: to its order or to its line.
func (c *cell) stateOf(order *saidState) *saidState {
	switch {
	case !c.reader.profile.LineStates:
		return order
	case order == &c.order.payment:
		return &c.sums.payment
	}
	return &c.sums.status
}

// refund is the refund of the row's order, or of its line.
func (c *cell) refund() *optional {
	if c.reader.profile.LineStates {
		return &c.sums.refund
	}
	return &c.order.sums.refund
}

// joinStates makes the state of the order from those of its lines. A line that
// was cancelled or refunded ends nothing but itself: what it cost is a refund of
// the order, unless the whole order ended so.
func (o *pastOrder) joinStates(h *Orders) error {
	currency, err := o.currency(h)
	if err != nil || len(o.lines) == 0 {
		return err
	}
	back, ended := optional{}, 0
	for i, of := range o.lines {
		cancelled := of.status.status == commerce.Cancelled
		refunded := cmp.Or(of.payment.meaning.payment, of.status.meaning.payment) == commerce.Refunded
		if !cancelled && !refunded {
			if !o.alive() {
				o.status, o.payment = of.status, of.payment
			}
		} else if ended++; o.status.word == "" {
			o.status, o.payment = of.status, of.payment
		}
		cost := of.refund
		if (cancelled || refunded) && (!cost.given || cost.IsZero()) {
			if cost, err = o.wholeLine(i, currency); err != nil {
				return err
			}
		}
		back = optional{plus(back.Decimal, cost.Decimal), back.given || cost.given}
	}
	o.sums.refund = back
	stated := cmp.Or(o.payment.meaning.payment, o.status.meaning.payment)
	switch {
	case ended == len(o.lines) && stated == "":
		o.sums.refund = optional{} // called off before it was paid
	case ended > 0 && ended < len(o.lines) && stated == commerce.Paid:
		o.payment.meaning.payment = commerce.PartiallyRefunded
	}
	return nil
}

// wholeLine is all that a line cost.
func (o *pastOrder) wholeLine(i int, currency string) (optional, error) {
	net, err := o.net(o.state.Lines[i], o.lines[i], currency)
	exponent, _ := commerce.Exponent(currency)
	return optional{commerce.Decimal{Units: net.Minor, Scale: exponent}, true}, err
}

// alive reports whether the state so far is that of a line that did not end.
func (o *pastOrder) alive() bool {
	payment := cmp.Or(o.payment.meaning.payment, o.status.meaning.payment)
	return o.status.word != "" && o.status.status != commerce.Cancelled && payment != commerce.Refunded
}

func plus(a, b commerce.Decimal) commerce.Decimal {
	scale := max(a.Scale, b.Scale)
	x, _ := a.Minor(scale)
	y, _ := b.Minor(scale)
	return commerce.Decimal{Units: x + y, Scale: scale}
}

// unsold reports whether the order shows that nothing was sold yet, or any more.
// Exports leave its prices empty then.
func (o *pastOrder) unsold(of lineSums) bool {
	status, paid := cmp.Or(of.status.meaning, o.status.meaning), cmp.Or(of.payment.meaning, o.payment.meaning)
	payment := cmp.Or(paid.payment, status.payment)
	return status.status == commerce.Cancelled || payment == commerce.Unpaid || payment == commerce.Voided
}

// isNothing reports whether a cell says that there is no value.
func isNothing(text string) bool {
	return text == "-" || text == "--" || strings.EqualFold(text, "null") || strings.EqualFold(text, "n/a") || text == "无"
}

// meansNothing reports whether a word in place of an amount says that there is
// none, such as 无退款申请.
func (c *cell) meansNothing(text string) bool {
	if strings.ContainsAny(text, "0123456789") {
		return false
	}
	m, known := c.reader.words[lettersOf(text)]
	return known && m == (meaning{})
}
