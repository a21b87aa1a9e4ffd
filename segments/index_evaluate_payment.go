package segments

import (
	"slices"
	"time"
)

// paymentFields are the figures of a customer that read amounts and instants of
// payment, and nothing else of the paid orders.
var paymentFields = []string{
	"rfm.r", "rfm.f", "rfm.m", "rfm.score", "rfm.group", "customer.stage", "stage", "customer.next_order_at", "next_order_at",
	"orders.overdue_ratio", "overdue_ratio", "orders.usual_hour", "orders.usual_weekday", "orders.weekend_share", "orders.median_gap",
}

// paymentNode is a test of such a figure. It decodes only the payments of a
// customer. All tests of one figure in a sweep read it once.
type paymentNode struct {
	test   test
	scored bool // unset without a payment in the period
	place  int  // of the figure
}

func (n paymentNode) eval(x *worker, in, out bitset) {
	found := &x.prepared[n.place]
	if !found.ready {
		*found = prepared{ready: true, table: x.table(x.ch.customers.n), values: found.values[:0]}
	}
	s, since := x.stub(n.test.subject), int64(unset)
	if fitted := x.evaluation.params.Fitted; n.scored && fitted != nil {
		since = x.evaluation.period(fitted.Period).interval().lo
	}
	passes := func(v value) bool {
		x.seen = v
		return n.test.is.passes(s, &x.evaluation) != n.test.negate
	}
	var known [maxValues]int8 // of each value: 1 it passes, -1 it does not
	keepEach(in, out, func(i uint32) bool {
		code := found.table[i]
		if code == 0 {
			v := n.read(x, i, since)
			if code = found.remember(v); code == 0 {
				return passes(v)
			}
			found.table[i] = code
		}
		if known[code] == 0 {
			if known[code] = -1; passes(found.values[code-1]) {
				known[code] = 1
			}
		}
		return known[code] == 1
	})
}

func (n paymentNode) rank(*worker) (cost, keeps int) { return 3000, 200 }

// read is the figure of a customer; unset where the figure needs a payment since
// then and there is none.
func (n paymentNode) read(x *worker, i uint32, since int64) value {
	if at, ok := x.ch.lastPaid.at(i); n.scored && (!ok || at < since) {
		return value{}
	}
	x.ch.readPayments(i, &x.row)
	v := x.newEvaluation()
	v.profile = &x.row.Profile
	return n.test.subject.value(v)
}

// maxValues is above the number of values that are remembered for a figure.
const maxValues = 256

// remember is the code of a value, above 0. It is 0 where there are too many: a
// search among them takes longer than reading the value again.
func (s *prepared) remember(v value) uint8 {
	if len(s.values) == maxValues-1 {
		return 0
	}
	code := slices.IndexFunc(s.values, func(w value) bool {
		return v.set == w.set && v.num == w.num && v.text == w.text && v.at.Equal(w.at)
	})
	if code < 0 {
		code = len(s.values)
		s.values = append(s.values, v)
	}
	return uint8(code + 1)
}

// readPayments decodes what paymentFields read of a customer: the payments of the
// paid orders. The rest of the row is undefined.
func (c *chunk) readPayments(i uint32, r *Row) {
	figures := &r.History.Figures
	figures.Count = c.customers.ints[figureCount].value(i)
	if at, ok := c.customers.times[lastPaidAt].at(i); ok {
		figures.LastAt = time.UnixMilli(at)
	} else {
		figures.LastAt = time.Time{}
	}
	r.History.Truncated = c.account != nil && c.account.has(i)
	r.History.Loose = c.loose.appendTo(r.History.Loose[:0], i)
	from, to := c.ordersOf(i)
	orders := resize(r.History.Orders, int(to-from))[:0]
	for k := from; k < to; k++ {
		if c.paid != nil && !c.paid.has(k) {
			continue
		}
		orders = orders[:len(orders)+1]
		o, s := &orders[len(orders)-1], &c.states[c.state.value(k)]
		o.Status, o.Payment, o.Test, o.Fake, o.Unpriced = s.Status, s.Payment, s.Test, s.Fake, s.Unpriced
		o.CancelledAt, o.RefundedAt = s.CancelledAt, s.RefundedAt
		o.Net = c.orders.ints[orderNet].value(k)
		if s.Unpriced {
			o.Units = c.orders.ints[orderUnits].value(k)
		}
		o.PlacedAt, o.PaidAt = c.instant(placedAt, k), c.instant(paidAt, k)
	}
	r.History.Orders = orders
}

// instant is one of an order's instants, zero where it is not known.
func (c *chunk) instant(column int, order uint32) time.Time {
	if ms, ok := c.orders.times[column].at(order); ok {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}
