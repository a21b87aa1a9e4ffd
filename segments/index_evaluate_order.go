package segments

import "comeback/commerce"

// stateNode is a test that the state of an order decides.
type stateNode struct {
	part  Condition
	place int
}

func (n stateNode) eval(x *worker, in, out bitset) { x.ch.state.among(in, out, n.prepare(x)) }

func (n stateNode) rank(*worker) (cost, keeps int) { return 8, 300 }

func (n stateNode) prepare(x *worker) []uint8 {
	found := &x.prepared[n.place]
	if !found.ready {
		*found = prepared{ready: true, table: x.table(max(len(x.ch.states), 256))}
		v := x.newEvaluation()
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

// oneLineNode is the orders of which one line passes; of those without lines,
// the ones that pass with all line fields unset.
type oneLineNode struct{ line, bare node }

func (n oneLineNode) eval(x *worker, in, out bitset) {
	if x.ch.lineAt == nil {
		n.line.eval(x, in, out)
		return
	}
	x.across(n.line, x.ch.lines.n, in, out, x.expand, x.project)
	if x.ch.bare != nil {
		mark := x.mark()
		bare, passed := x.bitset(len(in)), x.bitset(len(in))
		copy(bare, in)
		bare.and(x.ch.bare)
		n.bare.eval(x, bare, passed)
		out.or(passed)
		x.release(mark)
	}
}

func (n oneLineNode) rank(x *worker) (cost, keeps int) {
	cost, keeps = n.line.rank(x)
	if x.ch.lineAt != nil {
		cost = cost*x.ch.lines.n/max(x.ch.orders.n, 1) + 30
	}
	return cost, keeps
}

// ofOrderNode is the lines whose order passes.
type ofOrderNode struct{ order node }

func (n ofOrderNode) eval(x *worker, in, out bitset) {
	if x.ch.lineAt == nil {
		n.order.eval(x, in, out)
		return
	}
	x.across(n.order, x.ch.orders.n, in, out, x.project, x.expand)
	for i := range out {
		out[i] &= in[i]
	}
}

func (n ofOrderNode) rank(x *worker) (cost, keeps int) {
	cost, keeps = n.order.rank(x)
	return cost + 20, keeps
}

// across evaluates a node for the records that belong to in, of which the chunk
// has so many. It sets out to the records that belong to those that pass.
func (x *worker) across(n node, records int, in, out bitset, there, back func(from, to bitset)) {
	mark := x.mark()
	words := wordsFor(records)
	tested, found := x.clear(words), x.bitset(words)
	there(in, tested)
	n.eval(x, tested, found)
	clear(out)
	back(found, out)
	x.release(mark)
}

// expand adds the lines of orders; nil is all orders.
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

// project adds the orders of lines.
func (x *worker) project(lines, orders bitset) {
	starts := x.ch.lineAt
	for i := lines.next(0, uint32(x.ch.lines.n)); i < uint32(x.ch.lines.n); {
		o := x.ch.parent.of(starts, i)
		orders.add(o)
		i = lines.next(starts[o+1], uint32(x.ch.lines.n))
	}
}

// slowNodeOf plans a test of decoded records of a level other than customers. It
// is exact for any condition.
func slowNodeOf(part Condition, at level) node {
	switch at {
	case atOrders:
		return slowRecordNode{part, 8000, orderReader}
	case atLines:
		return slowRecordNode{part, 8000, lineReader}
	case atMessages:
		return slowRecordNode{part, 3000, messageReader}
	case atConsents:
		return slowRecordNode{part, 1000, consentReader}
	}
	return slowRecordNode{part, 1000, checkoutReader}
}

// slowRecordNode is the records that pass a condition, each decoded.
type slowRecordNode struct {
	part   Condition
	cost   int                        // of a record, as rank reports it
	reader func(*worker) recordReader // makes one for each evaluation
}

// recordReader decodes record i into an evaluation. It reuses its memory.
type recordReader func(i uint32, v *evaluation)

func (n slowRecordNode) eval(x *worker, in, out bitset) {
	read := n.reader(x)
	keepEach(in, out, func(i uint32) bool {
		v := x.newEvaluation()
		read(i, v)
		return n.part.match(v)
	})
}

func (n slowRecordNode) rank(*worker) (cost, keeps int) { return n.cost, 500 }

func orderReader(x *worker) recordReader {
	var o commerce.OrderFact
	return func(i uint32, v *evaluation) {
		x.ch.readOrder(i, &o, true)
		v.order = &o
	}
}

func lineReader(x *worker) recordReader {
	var o commerce.OrderFact
	return func(i uint32, v *evaluation) {
		order := i
		if x.ch.lineAt != nil {
			order = x.ch.parent.of(x.ch.lineAt, i)
		}
		x.ch.readOrder(order, &o, true)
		from, _ := x.ch.linesOf(order)
		v.order, v.line = &o, &o.Lines[i-from]
	}
}

func messageReader(x *worker) recordReader {
	var m commerce.MessageFact
	return func(i uint32, v *evaluation) {
		messageColumns.write(&x.ch.messages, i, &m)
		m.ID = x.ch.messageID.at(i)
		v.message = &m
	}
}

func consentReader(x *worker) recordReader {
	c := commerce.Consent{Granted: true}
	return func(i uint32, v *evaluation) {
		consentColumns.write(&x.ch.consents.relation, i, &c)
		v.consent = &c
	}
}

func checkoutReader(x *worker) recordReader {
	var c commerce.CheckoutFact
	return func(i uint32, v *evaluation) {
		checkoutColumns.write(&x.ch.checkouts.relation, i, &c)
		v.checkout = &c
	}
}
