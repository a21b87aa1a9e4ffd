package segments

import "strings"

// habit finds what a customer does most often: a code below size, 0 for
// nothing.
type habit interface {
	size(x *worker) int
	of(x *worker, row uint32) uint32
	value(x *worker, code uint32) value
}

// habit is the habit of a field; nil of any other field.
func (b *planner) habit(field string) habit {
	switch field {
	case "orders.device":
		return usualOf(orderColumns.text("order.device"))
	case "orders.payment_method":
		return usualOf(orderColumns.text("order.payment_method"))
	case "orders.favourite_category":
		return favouriteOf{}
	}
	return nil
}

// habitNode is a test of a habit. All tests of one habit in a sweep read it once,
// and test each of its values once a chunk.
type habitNode struct {
	test  test
	of    habit
	place int // of the habit
	asks  int // place of the test
}

// Results of a test in the table of a habit's values.
const (
	passed = iota + 1
	failed
)

func (n habitNode) eval(x *worker, in, out bitset) {
	found, asked := &x.prepared[n.place], &x.prepared[n.asks]
	if !found.ready {
		*found = prepared{ready: true, codes: x.lists.take(x.ch.customers.n)}
	}
	if !asked.ready {
		*asked = prepared{ready: true, table: x.table(n.of.size(x))}
	}
	s := x.stub(n.test.subject)
	keepEach(in, out, func(i uint32) bool {
		if found.codes[i] == 0 {
			found.codes[i] = n.of.of(x, i) + 1
		}
		code := found.codes[i] - 1
		if asked.table[code] == 0 {
			asked.table[code] = failed
			if x.seen = n.of.value(x, code); n.test.is.passes(s, &x.evaluation) != n.test.negate {
				asked.table[code] = passed
			}
		}
		return asked.table[code] == passed
	})
}

func (n habitNode) rank(*worker) (cost, keeps int) { return 2000, 200 }

// newCounts resets how often codes were seen.
func (x *worker) newCounts(codes int) {
	if x.newStamp(codes); len(x.often) < len(x.stamps) {
		x.often = make([]seen, len(x.stamps))
	}
}

// count is how often a code was seen.
func (x *worker) count(code uint32) *seen {
	if x.stamps[code] != x.stamp {
		x.stamps[code], x.often[code] = x.stamp, seen{}
	}
	return &x.often[code]
}

// usualOf is what evaluation.usualText is of a column of orders.
type usualOf int

func (n usualOf) size(x *worker) int { return x.ch.orders.texts[n].len() }

func (n usualOf) value(x *worker, code uint32) value {
	return textOf(x.ch.orders.texts[n].text(code))
}

func (n usualOf) of(x *worker, row uint32) (most uint32) {
	x.newCounts(n.size(x))
	times, codes := 0, &x.ch.orders.texts[n].codes
	from, to := x.ch.ordersOf(row)
	for i := from; i < to; i++ {
		code := uint32(codes.value(i))
		if code == 0 || x.ch.paid != nil && !x.ch.paid.has(i) {
			continue
		}
		s := x.count(code)
		if s.times++; s.times >= times {
			times, most = s.times, code
		}
	}
	return most
}

// favouriteOf is evaluation.favourite: codes are 1 more than the branch.
type favouriteOf struct{}

func (favouriteOf) size(x *worker) int { return len(x.categories().branches(x.ch).names) + 1 }

func (favouriteOf) value(x *worker, code uint32) value {
	if code == 0 {
		return value{}
	}
	path := x.categories().branches(x.ch).names[code-1]
	return listOf(pathNames(nil, strings.Split(path, pathSeparator)))
}

func (favouriteOf) of(x *worker, row uint32) (at uint32) {
	t := x.categories().branches(x.ch)
	x.countBranches(t, row)
	for {
		most := x.mostBelow(t, at)
		if most == 0 || at != 0 && 2*x.often[most-1].times < x.often[at-1].times {
			return at
		}
		at = most
	}
}

// countBranches counts the paid orders with a line below each branch, and lists
// those that have any in x.codes.
func (x *worker) countBranches(t *branches, row uint32) {
	x.newCounts(len(t.names))
	x.codes = x.codes[:0]
	from, to := x.ch.ordersOf(row)
	for i := from; i < to; i++ {
		if x.ch.paid != nil && !x.ch.paid.has(i) {
			continue
		}
		order := int(i-from) + 1
		first, end := x.ch.linesOf(i)
		for line := first; line < end; line++ {
			for _, code := range t.line(x.ch, line) {
				s := x.count(code)
				if s.times == 0 {
					x.codes = append(x.codes, code)
				}
				if s.last < order {
					*s = seen{s.times + 1, order}
				}
			}
		}
	}
}

// mostBelow is the most usual branch that grows from another, both as codes; 0
// where there is none.
func (x *worker) mostBelow(t *branches, above uint32) (most uint32) {
	best, name := seen{}, ""
	if t.unnamed >= 0 {
		best = *x.count(uint32(t.unnamed))
	}
	for _, code := range x.codes {
		if t.above[code] != above {
			continue
		}
		if c := x.often[code].compare(best); c > 0 || c == 0 && t.names[code] < name {
			most, best, name = code+1, x.often[code], t.names[code]
		}
	}
	return most
}
