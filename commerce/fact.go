package commerce

import (
	"cmp"
	"slices"
	"time"
)

// FactOf returns the compact form of o, for a shop that counts in currency.
func FactOf(o Order, currency string) OrderFact {
	price := pricer(o, currency)
	f := OrderFact{
		ID: o.ID, PlacedAt: o.Times.PlacedAt, DepositPaidAt: o.Times.DepositPaidAt, PaidAt: o.Times.PaidAt,
		ShippedAt: o.ShippedAt(), DeliveredAt: o.DeliveredAt(),
		CompletedAt: o.Times.CompletedAt, RatedAt: o.Times.RatedAt, CancelAt: o.CancelAt, DueAt: o.DueAt,
		BalanceFrom: o.BalanceFrom, BalanceTo: o.BalanceTo,
		Status: o.Status, Payment: o.PaymentNow(), Test: o.Test, Fake: o.Fake, Currency: o.Currency,
		Channel: o.Channel, Method: o.MethodWord(), Kind: o.kind(), Store: o.Store, Device: o.Device, Rating: o.Rating, InStock: o.InStock,
		Coupons: o.Coupons, Tags: o.Tags, UTM: [3]string{o.Source.UTMSource, o.Source.UTMMedium, o.Source.UTMCampaign}, Custom: o.Custom,
	}
	var ok bool
	if f.Total, ok = price(o.Total); !ok {
		f.Unpriced = true
	}
	f.Discount, _ = price(o.Discount)
	f.Shipping, _ = price(o.Shipping)
	f.Refunds = refundFacts(o, price)
	for _, r := range f.Refunds {
		f.Refunded += r.Amount
	}
	f.Requested = refundTimes(o.Refunds, func(r Refund) time.Time { return r.RequestedAt })
	f.Closed = refundTimes(o.Refunds, func(r Refund) time.Time { return r.ClosedAt })
	if o.CancelledNow() {
		f.Status = Cancelled
		f.CancelledAt = o.cancelledSince(firstSet(o.Times.CancelledAt, o.Times.DeletedAt, o.Version))
	}
	if at, full := o.refundedInFull(); full {
		f.RefundedAt = at
		f.Refunded = max(f.Refunded, f.Total)
	}
	f.Net = max(f.Total-f.Refunded, 0)
	f.Lines, f.Units = lineFacts(o, price)
	return f
}

// MethodWord returns the payment method for conditions: cod for payment on
// delivery, bank_transfer for payment outside the shop, else the platform's
// name.
func (o Order) MethodWord() string {
	switch o.kind() {
	case PaidOnDelivery:
		return CashOnDelivery
	case PaidByTransfer, PaidByInvoice:
		return BankTransfer
	}
	if o.Method == CashOnDelivery || o.Method == BankTransfer {
		return string(o.kind()) // the merchant's table has priority over known words
	}
	return o.Method
}

// Payable is Order.Payable for the compact form.
func (f OrderFact) Payable() bool {
	return f.Status == Open && f.Payment == Unpaid && f.CancelledAt.IsZero() && (f.Kind == "" || f.Kind == PaidByCard)
}

// pricer converts amounts of o into minor units of currency.
func pricer(o Order, currency string) func(Money) (int64, bool) {
	return func(m Money) (int64, bool) {
		if m.Currency == currency {
			return m.Minor, true
		}
		converted, ok := m.Convert(currency, o.Rate)
		return converted.Minor, ok
	}
}

func refundFacts(o Order, price func(Money) (int64, bool)) []RefundFact {
	var list []RefundFact
	for _, r := range o.Refunds {
		if r.RefundedAt.IsZero() {
			continue
		}
		amount, _ := price(r.Amount)
		list = append(list, RefundFact{ID: r.ID, At: r.RefundedAt, Amount: amount})
	}
	slices.SortFunc(list, func(a, b RefundFact) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// refundTimes are the times of refunds that are known.
func refundTimes(refunds []Refund, of func(Refund) time.Time) []time.Time {
	var times []time.Time
	for _, r := range refunds {
		if at := of(r); !at.IsZero() {
			times = append(times, at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

func lineFacts(o Order, price func(Money) (int64, bool)) (facts []LineFact, units int64) {
	exponent, _ := Exponent(o.Currency)
	for _, l := range o.Lines {
		f := LineFact{Variant: l.Variant, SKU: l.SKU, Brand: l.Brand, Category: l.Category, Quantity: l.Quantity, Custom: l.Custom}
		if l.Product != "" {
			f.Product = Key(o.Shop, o.Connection, l.Product)
		}
		f.Net, _ = price(l.Net)
		unit, _ := l.UnitPrice.Minor(exponent)
		f.Price, _ = price(Money{Minor: unit, Currency: o.Currency})
		if l.UnitCost.Currency != "" {
			f.Cost, f.Costed = price(l.costOfPiece())
		}
		facts = append(facts, f)
		units += l.Quantity
	}
	return facts, units
}

// costOfPiece is the unit cost of one piece of the line.
func (l Line) costOfPiece() Money {
	all, err := Decimal{Units: l.UnitCost.Minor}.By(l.Amount())
	if l.Exact.IsZero() || l.Quantity == 0 || err != nil {
		return l.UnitCost
	}
	minor, _ := all.Minor(0)
	return Money{Minor: minor / l.Quantity, Currency: l.UnitCost.Currency}
}

// ShippedAt is the time the first parcel left, zero before that.
func (o Order) ShippedAt() time.Time {
	at := o.Times.ShippedAt
	for _, p := range o.Parcels {
		if !p.Cancelled {
			at = earlier(at, p.ShippedAt)
		}
	}
	return at
}

// DeliveredAt is the time when delivered parcels first covered every line, or
// the platform's time for the whole order. It is zero while neither is known. A
// parcel without lines covers all lines, unless only its arrival is known: its
// contents may still be reported.
func (o Order) DeliveredAt() time.Time {
	delivered := slices.DeleteFunc(slices.Clone(o.Parcels), func(p Parcel) bool { return p.Cancelled || p.DeliveredAt.IsZero() })
	slices.SortFunc(delivered, func(a, b Parcel) int { return a.DeliveredAt.Compare(b.DeliveredAt) })
	open := map[string]int64{}
	for _, l := range o.Lines {
		if l.Quantity > 0 {
			open[l.ID] += l.Quantity
		}
	}
	for _, p := range delivered {
		if len(p.Lines) == 0 && p.Version.IsZero() {
			continue
		}
		if len(p.Lines) == 0 {
			return earlier(o.Times.DeliveredAt, p.DeliveredAt)
		}
		for _, l := range p.Lines {
			if open[l.Line] -= l.Quantity; open[l.Line] <= 0 {
				delete(open, l.Line)
			}
		}
		if len(open) == 0 && !o.Stub() {
			return earlier(o.Times.DeliveredAt, p.DeliveredAt)
		}
	}
	return o.Times.DeliveredAt
}

// refundedInFull reports whether all money is back now, and since when.
func (o Order) refundedInFull() (at time.Time, full bool) {
	if at, _, full := refundsCover(o.Total, o.Refunds); full {
		return earlier(o.Times.RefundedAt, at), true
	}
	return firstSet(o.Times.RefundedAt, o.Version), o.Payment == Refunded
}

// refundsCover finds the refund that brings the sum of refunds, oldest first,
// to total, and the time of that refund.
func refundsCover(total Money, refunds []Refund) (at time.Time, last Refund, full bool) {
	sum := Money{}
	for _, r := range refundsByTime(refunds) {
		next, err := sum.Add(r.Amount)
		if err != nil {
			continue
		}
		if sum = next; sum.Currency == total.Currency && sum.Minor >= total.Minor && total.Minor > 0 {
			return r.RefundedAt, r, true
		}
	}
	return time.Time{}, Refund{}, false
}

func refundsByTime(refunds []Refund) []Refund {
	moved := slices.DeleteFunc(slices.Clone(refunds), func(r Refund) bool { return r.RefundedAt.IsZero() })
	slices.SortFunc(moved, func(a, b Refund) int {
		return cmp.Or(a.RefundedAt.Compare(b.RefundedAt), cmp.Compare(a.ID, b.ID))
	})
	return moved
}

// earlier returns the earlier of two times. A zero time is unknown and ignored.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// last returns the later of two times.
func last(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func firstSet(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
