package commerce

import (
	"cmp"
	"slices"
	"time"
)

// HistoryTotals add up orders as they are stored. Sales are what was paid before
// refunds, of orders that are neither test, fake nor cancelled; net sales are sales
// less refunds. Amounts are minor units of the shop's currency.
type HistoryTotals struct {
	zone   *time.Location
	months map[string]*HistoryMonth
	states map[OrdersOf]*OrdersSum

	Nobody    int   // orders that name no customer
	Unpriced  int   // paid orders in another currency, without a rate: in no sum
	Loose     int   // refunds that name no order
	LooseSum  int64 // included in Refunded of their months
	Undated   int   // partial records of orders that are not known
	TestCount int   // tests and fakes: in no sum
}

// HistoryMonth are the totals of a month in the shop's zone. Orders count where they
// were placed, sales where they were paid, refunds where they were made.
type HistoryMonth struct {
	Month    string // 2006-01
	Placed   int    // neither test nor fake
	Paid     int
	Sales    int64
	Refunds  int
	Refunded int64
}

// OrdersOf are orders of one state and currency. State is test, fake, cancelled, or
// the payment status.
type OrdersOf struct{ State, Currency string }

// OrdersSum is the number of orders, and the sum of their totals in their own
// currency.
type OrdersSum struct {
	OrdersOf
	Count int
	Sum   int64
}

// NewHistoryTotals are empty totals of a shop in a zone.
func NewHistoryTotals(zone *time.Location) *HistoryTotals {
	return &HistoryTotals{zone: zone, months: map[string]*HistoryMonth{}, states: map[OrdersOf]*OrdersSum{}}
}

// Add counts a stored order.
func (t *HistoryTotals) Add(o Order) { t.order(o, 1) }

// Remove takes back a stored order that was counted.
func (t *HistoryTotals) Remove(o Order) { t.order(o, -1) }

// AddRefund counts a refund that names no order, for a shop that counts in currency.
func (t *HistoryTotals) AddRefund(r LooseRefund, currency string) { t.loose(r, currency, 1) }

// RemoveRefund takes back a refund that was counted.
func (t *HistoryTotals) RemoveRefund(r LooseRefund, currency string) { t.loose(r, currency, -1) }

func (t *HistoryTotals) order(o Order, sign int) {
	f := o.Fact
	if f.PlacedAt.IsZero() {
		t.Undated += sign
		return
	}
	if o.Customer == "" {
		t.Nobody += sign
	}
	state := OrdersOf{string(f.Payment), o.Currency}
	if f.outside() != "" {
		state.State = f.outside()
	}
	sum := t.states[state]
	if sum == nil {
		sum = &OrdersSum{OrdersOf: state}
		t.states[state] = sum
	}
	sum.Count, sum.Sum = sum.Count+sign, sum.Sum+int64(sign)*o.Total.Minor
	if f.Test || f.Fake {
		t.TestCount += sign
		return
	}
	t.month(f.PlacedAt).Placed += sign
	t.money(f, sign)
}

// outside is why an order counts in no sum of money; empty if it counts.
func (f OrderFact) outside() string {
	switch {
	case f.Test:
		return "test"
	case f.Fake:
		return "fake"
	case !f.CancelledAt.IsZero():
		return string(Cancelled)
	}
	return ""
}

func (t *HistoryTotals) money(f OrderFact, sign int) {
	if f.outside() != "" || !f.PaidNow() && f.Payment != Refunded {
		return
	}
	if f.Unpriced {
		t.Unpriced += sign
		return
	}
	paid := t.month(firstSet(f.PaidAt, f.PlacedAt))
	paid.Paid, paid.Sales = paid.Paid+sign, paid.Sales+int64(sign)*f.Total
	counted := int64(0)
	for _, r := range f.Refunds {
		t.refund(r.At, r.Amount, sign)
		counted += r.Amount
	}
	if counted < f.Refunded { // refunded in full, without a list of refunds
		t.refund(firstSet(f.RefundedAt, f.PlacedAt), f.Refunded-counted, sign)
	}
}

func (t *HistoryTotals) loose(r LooseRefund, currency string, sign int) {
	t.Loose += sign
	if r.Refund.RefundedAt.IsZero() || r.Refund.Amount.Currency != currency {
		return
	}
	t.LooseSum += int64(sign) * r.Refund.Amount.Minor
	t.refund(r.Refund.RefundedAt, r.Refund.Amount.Minor, sign)
}

func (t *HistoryTotals) refund(at time.Time, amount int64, sign int) {
	m := t.month(at)
	m.Refunds, m.Refunded = m.Refunds+sign, m.Refunded+int64(sign)*amount
}

func (t *HistoryTotals) month(at time.Time) *HistoryMonth {
	name := at.In(t.zone).Format("2006-01")
	if t.months[name] == nil {
		t.months[name] = &HistoryMonth{Month: name}
	}
	return t.months[name]
}

// Months are the months with any figure, oldest first.
func (t *HistoryTotals) Months() []HistoryMonth {
	var list []HistoryMonth
	for name, m := range t.months {
		if *m != (HistoryMonth{Month: name}) {
			list = append(list, *m)
		}
	}
	slices.SortFunc(list, func(a, b HistoryMonth) int { return cmp.Compare(a.Month, b.Month) })
	return list
}

// All is the sum of all months.
func (t *HistoryTotals) All() HistoryMonth {
	var all HistoryMonth
	for _, m := range t.months {
		all.Placed, all.Paid, all.Sales = all.Placed+m.Placed, all.Paid+m.Paid, all.Sales+m.Sales
		all.Refunds, all.Refunded = all.Refunds+m.Refunds, all.Refunded+m.Refunded
	}
	return all
}

// States are the orders by state and currency, sorted by both.
func (t *HistoryTotals) States() []OrdersSum {
	var list []OrdersSum
	for _, s := range t.states {
		if s.Count > 0 {
			list = append(list, *s)
		}
	}
	slices.SortFunc(list, func(a, b OrdersSum) int {
		return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(a.Currency, b.Currency))
	})
	return list
}
