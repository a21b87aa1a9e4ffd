package segments

import (
	"math/bits"
)

// setPlan is occurrences, planned: the orders, messages or other records with an
// event of some kinds within a window that pass a where.
type setPlan struct {
	of     level
	kinds  []kindPlan
	window interval
	ever   bool // the window is open at both ends: unknown instants count too
	hits   node // all of it
	lines  node // the lines of a hit that figures read; nil: all

	paid  bool // order.paid alone: the chunk's figures of paid orders bound it
	where bool
}

// kindPlan is one kind of event: its records, and their instants.
type kindPlan struct {
	name string
	on   func(c *chunk) bitset   // records that may have it; nil: all
	at   []int                   // columns of its instants
	many func(c *chunk) *moments // nil: the columns are all of them
	free bool                    // it counts also where the instant is not known
	sure bool                    // the instant of all records of on is known
}

// happened is the records with an event of one of the kinds within the window.
type happened struct{ set *setPlan }

func (n happened) eval(x *worker, in, out bitset) {
	if len(n.set.kinds) == 1 && len(n.set.kinds[0].at) == 1 {
		n.set.kinds[0].eval(x, n.set, 0, in, out)
		return
	}
	mark := x.mark()
	found, part := x.clear(len(in)), x.bitset(len(in))
	for k := range n.set.kinds {
		kind := &n.set.kinds[k]
		for at := range max(len(kind.at), 1) {
			if at > 0 && x.instants(n.set.of)[kind.at[at]].repeats(&x.instants(n.set.of)[kind.at[at-1]]) {
				continue // the first and the last time are one
			}
			kind.eval(x, n.set, at, in, part)
			found.or(part)
		}
	}
	copy(out, found)
	x.release(mark)
}

func (n happened) rank(x *worker) (cost, keeps int) {
	kind := &n.set.kinds[0]
	if len(kind.at) == 0 || n.set.ever {
		return 1, 700
	}
	column := &x.instants(n.set.of)[kind.at[0]]
	return 8, column.likely(n.set.window)
}

// instants are the columns of instants of a level.
func (x *worker) instants(l level) []ints { return x.relation(l).times }

// eval sets out to the records of in with an instant of the kind within the
// window.
func (k *kindPlan) eval(x *worker, set *setPlan, at int, in, out bitset) {
	mark := x.mark()
	from := in
	if k.on != nil {
		from = x.bitset(len(in))
		copy(from, in)
		from.and(k.on(x.ch))
	}
	switch {
	case k.many != nil:
		k.again(x, set, from, out)
	case (k.free || k.sure) && set.ever:
		copy(out, from)
	default:
		x.instants(set.of)[k.at[at]].within(x, from, out, []interval{set.window})
	}
	x.release(mark)
}

// again sets out to the records with one of several instants within the window.
func (k *kindPlan) again(x *worker, set *setPlan, in, out bitset) {
	times := k.many(x.ch)
	if times.starts == nil {
		clear(out)
		return
	}
	keepEach(in, out, func(i uint32) bool {
		for _, ms := range times.of(i) {
			if set.ever || ms != unset && set.window.has(ms) {
				return true
			}
		}
		return false
	})
}

// find is the hits of the customers in rows, in a buffer of the worker. Where the
// customers are many, it may contain hits of others.
func (s *setPlan) find(x *worker, rows bitset) bitset {
	words := wordsFor(x.records(s.of))
	found := x.bitset(words)
	mark := x.mark()
	in := x.bitset(words)
	x.recordsOf(s.of, rows, in)
	s.hits.eval(x, in, found)
	x.release(mark)
	return found
}

// recordsOf sets records to those of the customers in rows; to all where the
// customers are many.
func (x *worker) recordsOf(l level, rows, records bitset) {
	starts := x.starts(l)
	if 2*rows.count() > x.ch.customers.n {
		records.fill(x.records(l))
		return
	}
	clear(records)
	for i, w := range rows {
		for w != 0 {
			// The records of neighbours are adjacent: one range for them all.
			first := bits.TrailingZeros64(w)
			run := bits.TrailingZeros64(^(w >> first))
			row := i*64 + first
			records.addRange(starts[row], starts[row+run])
			if first+run == 64 {
				break
			}
			w &^= 1<<(first+run) - 1
		}
	}
}

// starts is the first record of each customer.
func (x *worker) starts(l level) []uint32 {
	n := x.ch.customers.n + 1
	starts := x.ch.orderAt
	switch l {
	case atCustomers:
		for len(x.self) < n {
			x.self = append(x.self, uint32(len(x.self)))
		}
		return x.self
	case atMessages:
		starts = x.ch.messageAt
	case atConsents:
		starts = x.ch.consents.starts
	case atCheckouts:
		starts = x.ch.checkouts.starts
	}
	if starts == nil {
		x.none = resize(x.none, n)
		return x.none
	}
	return starts
}

// hints are the hints of the owners of records.
func (x *worker) hints(l level) hints {
	switch l {
	case atMessages:
		return x.ch.writer
	case atConsents:
		return x.ch.consents.owner
	case atCheckouts:
		return x.ch.checkouts.owner
	}
	return x.ch.owner
}

// owners sets out to the customers of in who have one of the records.
func (x *worker) owners(l level, records, in, out bitset) {
	if l == atCustomers {
		copy(out, in)
		out.and(records)
		return
	}
	starts := x.starts(l)
	if 2*records.count() > in.count() {
		keepEach(in, out, func(row uint32) bool { return records.someRange(starts[row], starts[row+1]) })
		return
	}
	h := x.hints(l)
	clear(out)
	n := uint32(x.records(l))
	for i := records.next(0, n); i < n; {
		row := h.of(starts, i)
		if in.has(row) {
			out.add(row)
		}
		i = records.next(starts[row+1], n)
	}
}
