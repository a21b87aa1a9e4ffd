package segments

// node is a part of a plan: a question about every record of one kind in a
// chunk. eval leaves in out those of in for which it holds; in and out are
// different sets. Plans are immutable; what an evaluation needs to remember is
// the worker's.
type node interface {
	eval(x *worker, in, out bitset)

	// rank tells about how many tenths of a nanosecond a record costs, and
	// which share of the records, in thousandths, it lets through.
	rank(x *worker) (cost, keeps int)
}

// worker evaluates a plan chunk by chunk. Its buffers live as long as it does
// and are used again; it belongs to one goroutine.
type worker struct {
	plan       *plan
	evaluation evaluation
	ch         *chunk
	cat        *catalog // of the chunk, where it was asked for

	sets   []bitset // in use up to top
	top    int
	tables pile[uint8]
	lists  pile[uint32]
	slots  []slot
	shared []bitset // what shared nodes found in this chunk
	found  []bool

	row    Row        // of what is put back together
	asked  evaluation // of it
	days   []int64    // the evaluation's
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

// slot is what a node prepared for a chunk.
type slot struct {
	ready  bool
	table  []uint8
	codes  []uint32 // of habits: of each customer 1 more than its code, 0 where it was not asked for
	values []value  // of figures: their codes are in table
	hits   int      // records the postings lead to; below 0: there are no postings
}

// start gets the worker ready for a plan.
func (x *worker) start(p *plan) {
	x.plan, x.evaluation = p, p.evaluation
	x.evaluation.days = &x.days
	x.slots = resize(x.slots, p.slots)
	x.shared, x.found = resize(x.shared, p.shared), resize(x.found, p.shared)
}

// enter gets the worker ready for a chunk.
func (x *worker) enter(c *chunk) {
	x.ch, x.cat, x.top, x.tables.used, x.lists.used = c, nil, 0, 0, 0
	for i := range x.slots {
		x.slots[i].ready = false
	}
	clear(x.found)
}

// catalog is the chunk's under the plan's parameters.
func (x *worker) catalog() *catalog {
	if x.cat == nil {
		x.cat = x.ch.catalogOf(x.plan.shop)
	}
	return x.cat
}

// mark and release give buffers back: all taken since the mark.
func (x *worker) mark() int       { return x.top }
func (x *worker) release(top int) { x.top = top }

// bitset is a buffer of so many words with anything in it.
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

// pile is lists that are used again, in use up to used.
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

// level is the kind of record that a node asks about.
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

// ask is an evaluation to put a record into. The one before is not to be used any more.
func (x *worker) ask() *evaluation {
	x.asked = x.evaluation
	return &x.asked
}

// stub is the subject of a test that reads x.seen, so that any predicate can be
// asked about any value.
func (x *worker) stub(s subject) subject {
	s.field = &field{name: s.name, kind: s.kind, days: s.days, read: func(*evaluation, string) value { return x.seen }}
	return s
}

// allOf is the records for which every part holds: the parts that cost least
// for what they rule out go first.
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

// usualParts: groups of so many parts are ordered without new memory.
const usualParts = 12

// order appends the parts to one list in the order in which they are asked, and
// what each costs for what it rules out to another.
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

// anyOf is the records for which one part holds; who passed one is not asked
// the next.
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

// constant holds for all or for none.
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

// sharedNode is a part that several conditions of a sweep have: it is asked
// once of every record of a chunk.
type sharedNode struct {
	part node
	at   level
	slot int
}

func (n *sharedNode) eval(x *worker, in, out bitset) {
	if !x.found[n.slot] {
		mark := x.mark()
		all := x.bitset(len(in))
		all.fill(x.records(n.at))
		if cap(x.shared[n.slot]) < len(in) {
			x.shared[n.slot] = make(bitset, len(in))
		}
		x.shared[n.slot] = x.shared[n.slot][:len(in)]
		n.part.eval(x, all, x.shared[n.slot])
		x.found[n.slot] = true
		x.release(mark)
	}
	copy(out, in)
	out.and(x.shared[n.slot])
}

func (n *sharedNode) rank(x *worker) (cost, keeps int) {
	cost, keeps = n.part.rank(x)
	if x.found[n.slot] {
		cost = 0
	}
	return cost, keeps
}
