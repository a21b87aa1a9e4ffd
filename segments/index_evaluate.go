package segments

// node is a part of a plan: a test of every record of one kind in a chunk. eval
// sets out to the records of in that pass; in and out are different sets. Plans
// are immutable: the state of an evaluation belongs to the worker.
type node interface {
	eval(x *worker, in, out bitset)

	// rank estimates the cost of a record in tenths of a nanosecond, and the
	// share of the records that pass, in thousandths.
	rank(x *worker) (cost, keeps int)
}

// worker evaluates a plan chunk by chunk. It reuses its buffers, and belongs to
// one goroutine.
type worker struct {
	plan       *plan
	evaluation evaluation
	ch         *chunk
	cat        *lineCategories // of the chunk; nil: not used yet

	sets     []bitset // in use up to top
	top      int
	tables   pile[uint8]
	lists    pile[uint32]
	prepared []prepared
	shared   []bitset // what shared nodes found in this chunk
	found    []bool

	row    Row        // of the customer decoded last
	asked  evaluation // of a decoded record
	days   []int64    // memory of the evaluation
	hits   []hitAt
	stamps []uint32
	stamp  uint32
	often  []seen // of codes with the stamp
	codes  []uint32
	open   []uint32 // positions of a column still to be read
	self   []uint32 // 0, 1, 2, ...: customers own themselves
	none   []uint32 // zeros: nobody owns anything
	key    []byte
	seen   value // of the stub at hand
}

// prepared is what a node prepared for a chunk.
type prepared struct {
	ready  bool
	table  []uint8
	codes  []uint32 // of habits: of each customer 1 more than its code, 0 where it was not read
	values []value  // of figures: their codes are in table
	hits   int      // records the postings lead to; below 0: there are no postings
}

// start gets the worker ready for a plan.
func (x *worker) start(p *plan) {
	x.plan, x.evaluation = p, p.evaluation
	x.evaluation.days = &x.days
	x.prepared = resize(x.prepared, p.places)
	x.shared, x.found = resize(x.shared, p.shared), resize(x.found, p.shared)
}

// enter gets the worker ready for a chunk.
func (x *worker) enter(c *chunk) {
	x.ch, x.cat, x.top, x.tables.used, x.lists.used = c, nil, 0, 0, 0
	for i := range x.prepared {
		x.prepared[i].ready = false
	}
	clear(x.found)
}

// categories are those of the chunk under the plan's parameters.
func (x *worker) categories() *lineCategories {
	if x.cat == nil {
		x.cat = x.ch.categoriesOf(x.plan.shop)
	}
	return x.cat
}

// mark and release return buffers: all taken since the mark.
func (x *worker) mark() int       { return x.top }
func (x *worker) release(top int) { x.top = top }

// bitset is a buffer of so many words. Its content is undefined.
func (x *worker) bitset(words int) bitset {
	if x.top == len(x.sets) {
		x.sets = append(x.sets, nil)
	}
	if cap(x.sets[x.top]) < words {
		x.sets[x.top] = make(bitset, words)
	}
	x.top++
	return x.sets[x.top-1][:words]
}

// clear is an empty set of so many words.
func (x *worker) clear(words int) bitset {
	set := x.bitset(words)
	clear(set)
	return set
}

// table is a table of n zeros that lasts as long as the worker is in the chunk.
func (x *worker) table(n int) []uint8 { return x.tables.take(n) }

// pile is reusable lists, in use up to used.
type pile[T any] struct {
	lists [][]T
	used  int
}

// take is a list of n zeros.
func (p *pile[T]) take(n int) []T {
	if p.used == len(p.lists) {
		p.lists = append(p.lists, nil)
	}
	if cap(p.lists[p.used]) < n {
		p.lists[p.used] = make([]T, n)
	}
	p.used++
	list := p.lists[p.used-1][:n]
	clear(list)
	return list
}

// level is the kind of record that a node tests.
type level uint8

const (
	atCustomers level = iota
	atMessages
	atConsents
	atCheckouts
	atOrders
	atLines
)

// relation is the chunk's records of a level.
func (x *worker) relation(l level) *relation {
	switch l {
	case atCustomers:
		return &x.ch.customers
	case atMessages:
		return &x.ch.messages
	case atConsents:
		return &x.ch.consents.relation
	case atCheckouts:
		return &x.ch.checkouts.relation
	case atOrders:
		return &x.ch.orders
	}
	return &x.ch.lines
}

// records is how many of them the chunk has.
func (x *worker) records(l level) int { return x.relation(l).n }

// newEvaluation returns an evaluation for one record. It invalidates the previous one.
func (x *worker) newEvaluation() *evaluation {
	x.asked = x.evaluation
	return &x.asked
}

// stub is the subject of a test that reads x.seen, so that any predicate can test
// any value.
func (x *worker) stub(s subject) subject {
	s.field = &field{name: s.name, kind: s.kind, days: s.days, read: func(*evaluation, string) value { return x.seen }}
	return s
}

// allOf is the records that pass every part. The parts with the least cost for
// each excluded record run first.
type allOf struct{ parts []node }

func (n allOf) eval(x *worker, in, out bitset) {
	var kept, prices [usualParts]int
	order := n.order(x, kept[:0], prices[:0])
	mark := x.mark()
	a, b := x.bitset(len(in)), x.bitset(len(in))
	from := in
	for _, i := range order {
		n.parts[i].eval(x, from, a)
		if from, a, b = a, b, a; from.empty() {
			break
		}
	}
	copy(out, from)
	x.release(mark)
}

// usualParts is the number of parts up to which ordering allocates nothing.
const usualParts = 12

// order appends the parts to one list in the order of evaluation, and the cost of
// each for every excluded record to another.
func (n allOf) order(x *worker, order, price []int) []int {
	for i, part := range n.parts {
		cost, keeps := part.rank(x)
		order, price = append(order, i), append(price, cost*1000/max(1000-keeps, 1))
		for k := i; k > 0 && price[order[k]] < price[order[k-1]]; k-- {
			order[k], order[k-1] = order[k-1], order[k]
		}
	}
	return order
}

func (n allOf) rank(x *worker) (cost, keeps int) {
	var kept, prices [usualParts]int
	keeps = 1000
	for _, i := range n.order(x, kept[:0], prices[:0]) {
		c, k := n.parts[i].rank(x)
		cost, keeps = cost+c*keeps/1000, keeps*k/1000
	}
	return cost, keeps
}

// anyOf is the records that pass one part. A record that passed one is not tested
// by the next.
type anyOf struct{ parts []node }

func (n anyOf) eval(x *worker, in, out bitset) {
	mark := x.mark()
	rest, found, part := x.bitset(len(in)), x.clear(len(in)), x.bitset(len(in))
	copy(rest, in)
	for _, p := range n.parts {
		p.eval(x, rest, part)
		found.or(part)
		if rest.without(part); rest.empty() {
			break
		}
	}
	copy(out, found)
	x.release(mark)
}

func (n anyOf) rank(x *worker) (cost, keeps int) {
	misses := 1000
	for _, p := range n.parts {
		c, k := p.rank(x)
		cost, misses = cost+c*misses/1000, misses*(1000-k)/1000
	}
	return cost, 1000 - misses
}

// noneOf is the complement.
type noneOf struct{ part node }

func (n noneOf) eval(x *worker, in, out bitset) {
	mark := x.mark()
	part := x.bitset(len(in))
	n.part.eval(x, in, part)
	copy(out, in)
	out.without(part)
	x.release(mark)
}

func (n noneOf) rank(x *worker) (cost, keeps int) {
	cost, keeps = n.part.rank(x)
	return cost, 1000 - keeps
}

// constant is all records or none.
type constant bool

func (n constant) eval(_ *worker, in, out bitset) {
	if n {
		copy(out, in)
	} else {
		clear(out)
	}
}

func (n constant) rank(*worker) (cost, keeps int) {
	if n {
		return 0, 1000
	}
	return 0, 0
}

// sharedNode is a part that several conditions of a sweep share. It is evaluated
// once for every record of a chunk.
type sharedNode struct {
	part  node
	at    level
	place int
}

func (n *sharedNode) eval(x *worker, in, out bitset) {
	if !x.found[n.place] {
		mark := x.mark()
		all := x.bitset(len(in))
		all.fill(x.records(n.at))
		if cap(x.shared[n.place]) < len(in) {
			x.shared[n.place] = make(bitset, len(in))
		}
		x.shared[n.place] = x.shared[n.place][:len(in)]
		n.part.eval(x, all, x.shared[n.place])
		x.found[n.place] = true
		x.release(mark)
	}
	copy(out, in)
	out.and(x.shared[n.place])
}

func (n *sharedNode) rank(x *worker) (cost, keeps int) {
	cost, keeps = n.part.rank(x)
	if x.found[n.place] {
		cost = 0
	}
	return cost, keeps
}
