package segments

import "comeback/commerce"

// stateNode is a question that the state of an order answers.
type stateNode struct {
	part Condition
	slot int
}

func (n stateNode) eval(x *worker, in, out bitset) { x.ch.state.among(in, out, n.prepare(x)) }

func (n stateNode) rank(*worker) (cost, keeps int) { return 8, 300 }

func (n stateNode) prepare(x *worker) []uint8 {
	found := &x.slots[n.slot]
	if !found.ready {
		*found = slot{ready: true, table: x.table(max(len(x.ch.states), 256))}
		v := x.ask()
		for code := range x.ch.states {
			if v.order = &x.ch.states[code]; n.part.match(v) {
				found.table[code] = 1
			}
		}
	}
	return found.table
}

// sizeNode is a test of how many lines orders have.
type sizeNode struct{ test test }

func (n sizeNode) eval(x *worker, in, out bitset) {
	s := x.stub(n.test.subject)
	keepEach(in, out, func(i uint32) bool {
		from, to := x.ch.linesOf(i)
		x.seen = numberOf(int64(to - from))
		return n.test.is.passes(s, &x.evaluation) != n.test.negate
	})
}

func (n sizeNode) rank(*worker) (cost, keeps int) { return 150, 400 }

// slowOrderNode asks an order put back together. It is exact for any condition
// on an order.
type slowOrderNode struct{ part Condition }

func (n slowOrderNode) eval(x *worker, in, out bitset) {
	var o commerce.OrderFact
	keepEach(in, out, func(i uint32) bool {
		x.ch.readOrder(i, &o, true)
		v := x.ask()
		v.order = &o
		return n.part.match(v)
	})
}

func (n slowOrderNode) rank(*worker) (cost, keeps int) { return 8000, 500 }

// oneLineNode is the orders of which one line passes; of those without lines,
// the ones that pass with all line fields unset.
type oneLineNode struct{ line, bare node }

func (n oneLineNode) eval(x *worker, in, out bitset) {
	if x.ch.lineAt == nil {
		n.line.eval(x, in, out)
		return
	}
	mark := x.mark()
	words := wordsFor(x.ch.lines.n)
	lines, found := x.clear(words), x.bitset(words)
	x.expand(in, lines)
	n.line.eval(x, lines, found)
	clear(out)
	x.project(found, out)
	if x.ch.bare != nil {
		bare, passed := x.bitset(len(in)), x.bitset(len(in))
		copy(bare, in)
		bare.and(x.ch.bare)
		n.bare.eval(x, bare, passed)
		out.or(passed)
	}
	x.release(mark)
}

func (n oneLineNode) rank(x *worker) (cost, keeps int) {
	cost, keeps = n.line.rank(x)
	if x.ch.lineAt != nil {
		cost = cost*x.ch.lines.n/max(x.ch.orders.n, 1) + 30
	}
	return cost, keeps
}

// ofOrderNode asks the orders of lines.
type ofOrderNode struct{ order node }

func (n ofOrderNode) eval(x *worker, in, out bitset) {
	if x.ch.lineAt == nil {
		n.order.eval(x, in, out)
		return
	}
	mark := x.mark()
	words := wordsFor(x.ch.orders.n)
	orders, found := x.clear(words), x.bitset(words)
	x.project(in, orders)
	n.order.eval(x, orders, found)
	clear(out)
	x.expand(found, out)
	for i := range out {
		out[i] &= in[i]
	}
	x.release(mark)
}

func (n ofOrderNode) rank(x *worker) (cost, keeps int) {
	cost, keeps = n.order.rank(x)
	return cost + 20, keeps
}

// expand puts the lines of orders in; nil is all orders.
func (x *worker) expand(orders, lines bitset) {
	if x.ch.lineAt == nil {
		lines.fill(x.ch.lines.n)
		lines.and(orders)
		return
	}
	if orders == nil {
		lines.fill(x.ch.lines.n)
		return
	}
	for o := range orders.all() {
		lines.addRange(x.ch.lineAt[o], x.ch.lineAt[o+1])
	}
}

// project puts the orders of lines in.
func (x *worker) project(lines, orders bitset) {
	starts := x.ch.lineAt
	for i := lines.next(0, uint32(x.ch.lines.n)); i < uint32(x.ch.lines.n); {
		o := x.ch.parent.of(starts, i)
		orders.add(o)
		i = lines.next(starts[o+1], uint32(x.ch.lines.n))
	}
}

// slowLineNode asks a line and its order put back together.
type slowLineNode struct{ part Condition }

func (n slowLineNode) eval(x *worker, in, out bitset) {
	var o commerce.OrderFact
	keepEach(in, out, func(i uint32) bool {
		order := i
		if x.ch.lineAt != nil {
			order = x.ch.parent.of(x.ch.lineAt, i)
		}
		x.ch.readOrder(order, &o, true)
		from, _ := x.ch.linesOf(order)
		v := x.ask()
		v.order, v.line = &o, &o.Lines[i-from]
		return n.part.match(v)
	})
}

func (n slowLineNode) rank(*worker) (cost, keeps int) { return 8000, 500 }

// slowMessageNode asks a message put back together.
type slowMessageNode struct{ part Condition }

func (n slowMessageNode) eval(x *worker, in, out bitset) {
	var m commerce.MessageFact
	keepEach(in, out, func(i uint32) bool {
		messageColumns.write(&x.ch.messages, i, &m)
		m.ID = x.ch.messageID.at(i)
		v := x.ask()
		v.message = &m
		return n.part.match(v)
	})
}

func (n slowMessageNode) rank(*worker) (cost, keeps int) { return 3000, 500 }

// slowConsentNode asks a consent put back together.
type slowConsentNode struct{ part Condition }

func (n slowConsentNode) eval(x *worker, in, out bitset) {
	c := commerce.Consent{Granted: true}
	keepEach(in, out, func(i uint32) bool {
		consentColumns.write(&x.ch.consents.relation, i, &c)
		v := x.ask()
		v.consent = &c
		return n.part.match(v)
	})
}

func (n slowConsentNode) rank(*worker) (cost, keeps int) { return 1000, 500 }

// slowCheckoutNode asks a checkout put back together.
type slowCheckoutNode struct{ part Condition }

func (n slowCheckoutNode) eval(x *worker, in, out bitset) {
	var c commerce.CheckoutFact
	keepEach(in, out, func(i uint32) bool {
		checkoutColumns.write(&x.ch.checkouts.relation, i, &c)
		v := x.ask()
		v.checkout = &c
		return n.part.match(v)
	})
}

func (n slowCheckoutNode) rank(*worker) (cost, keeps int) { return 1000, 500 }
