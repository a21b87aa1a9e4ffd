package segments

import (
	"cmp"
	"slices"
	"time"

	"comeback/commerce"
)

// Limits of a chunk: its customers, and the number of orders, lines or messages
// at which it is sealed.
const (
	chunkRows  = 1 << 16
	chunkFacts = 1 << 20
)

// chunk stores up to chunkRows customers in columns. It is immutable.
type chunk struct {
	customers, orders, lines, messages relation
	consents, checkouts                owned

	number  ints     // permanent numbers; empty where they are dense
	dense   bool     // they are first, first+1, ...
	first   int64    // the smallest
	sorted  []uint32 // rows by number; nil: they are in that order
	id      ids
	tags    lists
	consent map[string]*texts // by channel: yes, no
	points  ints
	account bitset // customers whose history is truncated; nil: none
	loose   looseRefunds
	dates   bool // every birthday with a year is a date

	birthday []uint16 // 32 x month + day of each entry of that dictionary, where they are dates

	orderAt   []uint32 // of each customer in orders, and the end
	lineAt    []uint32 // of each order in lines, and the end; nil: every order has one line
	messageAt []uint32 // of each customer in messages, and the end
	bare      bitset   // orders without lines; nil: there are none
	moments   [allMoments]moments

	orderID    ids
	messageID  ids
	orderLists [len(orderLists)]lists // of orders
	states     []commerce.OrderFact   // combinations of the fields with few values
	state      ints                   // of each order
	paid       bitset                 // orders that count; nil: all
	visible    bitset                 // orders that purchase conditions see; nil: all
	priced     bitset                 // orders whose amounts are known; nil: all
	returned   bitset                 // orders refunded in full; nil: all
	cancelled  bitset                 // orders cancelled now; nil: all

	paidCount, paidNet, lastPaid ints // of each customer: over the orders that count, and are priced

	owner  hints // of orders
	writer hints // of messages
	parent hints // of lines

	categories categoryCache
}

// Events that may happen to an order several times.
const (
	refundedAt  = iota // part of the money was returned
	requestedAt        // a refund was requested
	closedAt           // a refund was refused or withdrawn
	allMoments
)

// orderState is the fields of an order that have few values.
type orderState struct {
	status              commerce.OrderStatus
	payment             commerce.PaymentStatus
	test, fake          bool
	unpriced            bool
	cancelled, refunded bool
	stock               int8 // 0: not reported by the platform, 1: yes, 2: no
	rating              int
}

func stateOf(o *commerce.OrderFact) orderState {
	s := orderState{status: o.Status, payment: o.Payment, test: o.Test, fake: o.Fake, unpriced: o.Unpriced,
		cancelled: !o.CancelledAt.IsZero(), refunded: !o.RefundedAt.IsZero(), rating: o.Rating}
	if o.InStock != nil {
		s.stock = 2
		if *o.InStock {
			s.stock = 1
		}
	}
	return s
}

// example is an order of the state: only the fields of the state are set.
func (s orderState) example() commerce.OrderFact {
	o := commerce.OrderFact{Status: s.status, Payment: s.payment, Test: s.test, Fake: s.fake, Unpriced: s.unpriced, Rating: s.rating}
	if s.cancelled {
		o.CancelledAt = time.UnixMilli(0)
	}
	if s.refunded {
		o.RefundedAt = time.UnixMilli(0)
	}
	if s.stock > 0 {
		yes := s.stock == 1
		o.InStock = &yes
	}
	return o
}

// ordersOf, linesOf and messagesOf are the range of a record's own.
func (c *chunk) ordersOf(row uint32) (from, to uint32) { return c.orderAt[row], c.orderAt[row+1] }

func (c *chunk) linesOf(order uint32) (from, to uint32) {
	if c.lineAt == nil {
		return order, order + 1
	}
	return c.lineAt[order], c.lineAt[order+1]
}

func (c *chunk) messagesOf(row uint32) (from, to uint32) { return c.messageAt[row], c.messageAt[row+1] }

// find is the row of a customer by number.
func (c *chunk) find(n int64) (row uint32, ok bool) {
	if c.dense {
		return uint32(n - c.first), n >= c.first && n < c.first+int64(c.customers.n)
	}
	at := func(i int) uint32 {
		if c.sorted == nil {
			return uint32(i)
		}
		return c.sorted[i]
	}
	low, high := 0, c.customers.n
	for low < high {
		if middle := (low + high) / 2; c.number.value(at(middle)) < n {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == c.customers.n || c.number.value(at(low)) != n {
		return 0, false
	}
	return at(low), true
}

// numberOf is the permanent number of a row's customer.
func (c *chunk) numberOf(row uint32) int64 {
	if c.dense {
		return c.first + int64(row)
	}
	return c.number.value(row)
}

// bytes is the size of the chunk in memory.
func (c *chunk) bytes() int {
	n := c.customers.bytes() + c.orders.bytes() + c.lines.bytes() + c.messages.bytes() + c.consents.bytes() + c.checkouts.bytes() +
		c.number.bytes() + c.id.bytes() + c.tags.bytes() + c.points.bytes() +
		c.orderID.bytes() + c.messageID.bytes() + c.state.bytes() + c.paidCount.bytes() + c.paidNet.bytes() + c.lastPaid.bytes() +
		4*(cap(c.sorted)+cap(c.orderAt)+cap(c.lineAt)+cap(c.messageAt)) +
		c.account.bytes() + c.loose.bytes() + c.paid.bytes() + c.visible.bytes() + c.priced.bytes() +
		c.bare.bytes() + c.returned.bytes() + c.cancelled.bytes() +
		2*cap(c.birthday) + c.owner.bytes() + c.writer.bytes() + c.parent.bytes()
	for i := range c.moments {
		n += c.moments[i].bytes()
	}
	for i := range c.orderLists {
		n += c.orderLists[i].bytes()
	}
	for _, t := range c.consent {
		n += t.bytes()
	}
	return n
}

// hints find the owner of a record: they store the owner of every 64th.
type hints []uint32

func newHints(starts []uint32) hints {
	if len(starts) == 0 {
		return nil
	}
	var h hints
	owner := uint32(0)
	for i := uint32(0); i < starts[len(starts)-1]; i += 64 {
		for starts[owner+1] <= i {
			owner++
		}
		h = append(h, owner)
	}
	return slices.Clip(h)
}

// of is the owner of record i.
func (h hints) of(starts []uint32, i uint32) uint32 {
	owner := h[i/64]
	for starts[owner+1] <= i {
		owner++
	}
	return owner
}

func (h hints) bytes() int { return 4 * cap(h) }

// numberRows prepares the search for customers by number.
func (c *chunk) numberRows(numbers []int64) {
	c.first = slices.Min(numbers)
	rising := slices.IsSorted(numbers)
	c.dense = rising && numbers[len(numbers)-1]-numbers[0] == int64(len(numbers)-1)
	if c.dense {
		return
	}
	if c.number = pack(numbers, len(numbers), 0, false); rising {
		return
	}
	c.sorted = make([]uint32, len(numbers))
	for i := range c.sorted {
		c.sorted[i] = uint32(i)
	}
	slices.SortFunc(c.sorted, func(a, b uint32) int { return cmp.Compare(numbers[a], numbers[b]) })
}
