package segments

import "math"

// eventNode is the customers whose hits pass. It computes all figures of one set at once.
type eventNode struct {
	set      *setPlan
	figures  []figurePlan
	pickLast bool
	follows  []followPlan
	source   event
	key      string // result of setKey
}

// followPlan is followed_by, or not_followed_by.
type followPlan struct {
	set *setPlan
	not bool
}

// hitAt is a record found, with the first and the last instant in the window at
// which it happened; unset: not known.
type hitAt struct {
	record      uint32
	first, last int64
}

func (n *eventNode) eval(x *worker, in, out bitset) {
	mark := x.mark()
	defer x.release(mark)
	rows := x.bitset(len(in))
	copy(rows, in)
	if n.bound(x, rows); n.decide(x, rows, out) || rows.empty() {
		if rows.empty() {
			clear(out)
		}
		return
	}
	hits := n.set.find(x, rows)
	switch {
	case len(n.figures) == 1 && n.figures[0].anyHit() && !n.pickLast && len(n.follows) == 0:
		x.owners(n.set.of, hits, rows, out)
		return
	case n.needsHit():
		rows = n.set.narrowed(x, hits, rows)
	}
	if len(n.follows) > 0 || n.pickLast {
		n.followed(x, hits, rows, out)
	} else {
		n.keep(x, hits, rows, out)
	}
}

// narrowed is the customers of rows who have a hit, in a buffer of the worker.
// Where hits are many it is rows: a search for customers without one costs more.
func (s *setPlan) narrowed(x *worker, hits, rows bitset) bitset {
	if hits.count() > 2*rows.count() {
		return rows
	}
	owners := x.bitset(len(rows))
	x.owners(s.of, hits, rows, owners)
	return owners
}

// needsHit reports whether only customers with a hit can pass.
func (n *eventNode) needsHit() bool {
	for i := range n.figures {
		if n.figures[i].needsHit() {
			return true
		}
	}
	return false
}

// bound drops customers by the chunk's figures of all their paid orders: those
// without a payment since the window began, and those with too little or too few.
func (n *eventNode) bound(x *worker, rows bitset) {
	if !n.set.paid || !n.needsHit() {
		return
	}
	n.set.bound(x, rows)
	all := everything()
	for i := range n.figures {
		switch f := &n.figures[i]; {
		case f.op == "count":
			x.narrow(&x.ch.paidCount, rows, interval{f.whole.lo, all.hi}, f.whole.lo > 0)
		case f.op == "sum" && f.net && x.ch.orders.ints[orderNet].least >= 0:
			x.narrow(&x.ch.paidNet, rows, interval{f.whole.lo, all.hi}, f.whole.lo > 0)
		}
	}
}

// bound drops customers without a payment since the window began.
func (s *setPlan) bound(x *worker, rows bitset) {
	if s.paid {
		x.narrow(&x.ch.lastPaid, rows, interval{s.window.lo, everything().hi}, !s.ever)
	}
}

// narrow keeps the customers whose figure lies in the interval, if applies is true.
func (x *worker) narrow(column *ints, rows bitset, within interval, applies bool) {
	if applies {
		column.within(x, rows, rows, []interval{within})
	}
}

// decided reports whether the chunk's figures decide the event.
func (n *eventNode) decided(x *worker) bool {
	if !n.set.paid || n.set.where || n.pickLast || len(n.follows) > 0 {
		return false
	}
	if !n.set.ever {
		return len(n.figures) == 1 && n.figures[0].anyHit() && x.ch.lastPaid.most <= n.set.window.hi
	}
	for i := range n.figures {
		f := &n.figures[i]
		if f.op != "count" && (!f.net || f.op != "sum" && (f.op != "avg" || x.ch.priced != nil)) {
			return false
		}
	}
	return true
}

// decide answers from the chunk's figures alone, where they decide the event.
func (n *eventNode) decide(x *worker, rows, out bitset) bool {
	if !n.decided(x) {
		return false
	}
	copy(out, rows)
	if !n.set.ever {
		return true
	}
	for i := range n.figures {
		switch f := &n.figures[i]; f.op {
		case "count":
			x.narrow(&x.ch.paidCount, out, f.whole, true)
		case "sum":
			x.narrow(&x.ch.paidNet, out, f.whole, true)
		default:
			x.averages(f, out)
		}
	}
	return true
}

// averages keeps the customers whose average over all paid orders passes.
func (x *worker) averages(f *figurePlan, rows bitset) {
	keepEach(rows, rows, func(row uint32) bool {
		count := x.ch.paidCount.value(row)
		return count > 0 && f.accepts(fraction{x.ch.paidNet.value(row), count})
	})
}

// keep sets out to the customers whose hits pass.
func (n *eventNode) keep(x *worker, hits, rows, out bitset) {
	mark := x.mark()
	starts, lines := x.starts(n.set.of), n.set.linesOf(x, hits, n.figures)
	keepEach(rows, out, func(row uint32) bool {
		return n.passes(x, hits, lines, starts[row], starts[row+1])
	})
	x.release(mark)
}

// passes reports whether all figures over the hits between from and to pass.
func (n *eventNode) passes(x *worker, hits, lines bitset, from, to uint32) bool {
	for i := range n.figures {
		if figure, ok := n.figures[i].at(x, hits, lines, from, to); !ok || !n.figures[i].accepts(figure) {
			return false
		}
	}
	return true
}

// linesOf is the lines of hits that the figures read; nil where no figure reads
// lines.
func (s *setPlan) linesOf(x *worker, hits bitset, figures []figurePlan) bitset {
	asked := false
	for i := range figures {
		asked = asked || figures[i].lines
	}
	if !asked {
		return nil
	}
	words := wordsFor(x.ch.lines.n)
	lines := x.clear(words)
	x.expand(hits, lines)
	if s.lines == nil {
		return lines
	}
	passed := x.bitset(words)
	s.lines.eval(x, lines, passed)
	return passed
}

// followed tests the customers one by one: the hit picked, and what follows it.
func (n *eventNode) followed(x *worker, hits, rows, out bitset) {
	later := make([]bitset, len(n.follows))
	for i, f := range n.follows {
		later[i] = f.set.find(x, rows)
	}
	chosen, starts := x.clear(len(hits)), x.starts(n.set.of)
	lines := n.set.linesOf(x, hits, n.figures)
	keepEach(rows, out, func(row uint32) bool {
		from, to := starts[row], starts[row+1]
		n.choose(x, hits, later, row)
		for _, h := range x.hits {
			chosen.add(h.record)
		}
		ok := n.passes(x, chosen, lines, from, to)
		for _, h := range x.hits {
			chosen.remove(h.record)
		}
		return ok
	})
}

// choose sets x.hits to the customer's hits that count.
func (n *eventNode) choose(x *worker, hits bitset, later []bitset, row uint32) {
	n.set.collect(x, hits, row)
	if n.pickLast && len(x.hits) > 0 {
		last := x.hits[0]
		for _, h := range x.hits[1:] {
			if h.last >= last.last {
				last = h
			}
		}
		last.first = last.last
		x.hits = append(x.hits[:0], last)
	}
	for i, f := range n.follows {
		if len(x.hits) == 0 {
			return
		}
		latest := f.set.latest(x, later[i], row)
		kept := x.hits[:0]
		for _, h := range x.hits {
			if f.not && latest <= h.last || !f.not && latest > h.first {
				kept = append(kept, h)
			}
		}
		x.hits = kept
	}
}

// collect sets x.hits to the customer's hits.
func (s *setPlan) collect(x *worker, hits bitset, row uint32) {
	starts := x.starts(s.of)
	x.hits = x.hits[:0]
	for i := hits.next(starts[row], starts[row+1]); i < starts[row+1]; i = hits.next(i+1, starts[row+1]) {
		h := hitAt{record: i, first: math.MaxInt64, last: unset}
		s.each(x, i, func(ms int64) {
			h.first, h.last = min(h.first, ms), max(h.last, ms)
		})
		x.hits = append(x.hits, h)
	}
}

// latest is the last instant of the customer's hits; unset where there is none.
func (s *setPlan) latest(x *worker, hits bitset, row uint32) int64 {
	starts, latest := x.starts(s.of), int64(unset)
	for i := hits.next(starts[row], starts[row+1]); i < starts[row+1]; i = hits.next(i+1, starts[row+1]) {
		s.each(x, i, func(ms int64) { latest = max(latest, ms) })
	}
	return latest
}

// each yields the instants of a hit within the window; unset: not known.
func (s *setPlan) each(x *worker, record uint32, yield func(ms int64)) {
	for k := range s.kinds {
		kind := &s.kinds[k]
		if kind.on != nil {
			if on := kind.on(x.ch); on != nil && !on.has(record) {
				continue
			}
		}
		for _, at := range kind.at {
			ms, ok := x.instants(s.of)[at].at(record)
			if ok && s.window.has(ms) {
				yield(ms)
			} else if !ok && kind.free && s.ever {
				yield(unset)
			}
		}
		if kind.many != nil {
			for _, ms := range kind.many(x.ch).of(record) {
				if s.ever || ms != unset && s.window.has(ms) {
					yield(ms)
				}
			}
		}
	}
}

// rank of an event is that of a scan over all its records, divided among the
// customers. For paid orders it counts what the chunk's figures exclude first.
func (n *eventNode) rank(x *worker) (cost, keeps int) {
	cost, keeps = n.set.hits.rank(x)
	per := x.records(n.set.of) * 10 / max(x.ch.customers.n, 1)
	cost, keeps = 40+cost*per/10, min(1000, keeps*max(per, 10)/10)
	if n.set.paid && n.needsHit() {
		since := x.ch.lastPaid.likely(interval{n.set.window.lo, math.MaxInt64})
		if keeps = min(keeps, since); n.decided(x) {
			cost = 10
		}
	}
	for i := range n.figures {
		if n.figures[i].op == "distinct" {
			cost += 200
		}
	}
	if len(n.follows) > 0 {
		cost += 200
	}
	return cost, min(keeps, 900)
}
