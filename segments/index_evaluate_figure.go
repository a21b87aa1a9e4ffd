package segments

import "math/bits"

// figurePlan is an aggregate, planned for the hits of a set, and the comparisons
// it must pass.
type figurePlan struct {
	op     string
	kind   fieldKind
	lines  bool                 // it reads the lines of hits
	column func(c *chunk) *ints // of what is summed
	priced bool                 // orders without a known amount have none
	names  namer                // of distinct
	tests  []comparison         // all must pass; bounds are in the unit of the figure
	whole  interval             // of figures that are whole numbers: the numbers that pass
	net    bool                 // it is of order.net
}

// namer yields the codes by which records are distinguished: they are below size.
type namer interface {
	size(x *worker) int
	codes(x *worker, record uint32, to []uint32) []uint32
}

// at is the figure of one customer: of the hits between from and to. lines are
// the lines of hits that count.
func (f *figurePlan) at(x *worker, hits, lines bitset, from, to uint32) (figure fraction, ok bool) {
	if f.op == "count" {
		return fraction{int64(hits.countRange(from, to)), 1}, true
	}
	if f.op == "distinct" {
		return fraction{f.distinct(x, hits, lines, from, to), 1}, true
	}
	var n tally
	column := f.column(x.ch)
	if (f.op == "sum" || f.op == "avg") && !f.lines && (!f.priced || x.ch.priced == nil) {
		n = column.total(hits, from, to)
		return f.of(n)
	}
	for i := hits.next(from, to); i < to; i = hits.next(i+1, to) {
		if f.priced && x.ch.priced != nil && !x.ch.priced.has(i) {
			continue
		}
		if !f.lines {
			if v, ok := column.at(i); ok {
				n.add(v)
			}
			continue
		}
		first, end := x.ch.linesOf(i)
		for k := lines.next(first, end); k < end; k = lines.next(k+1, end) {
			if v, ok := column.at(k); ok {
				n.add(v)
			}
		}
	}
	return f.of(n)
}

// of is the figure of a tally; avg, min and max of nothing are unset.
func (f *figurePlan) of(n tally) (figure fraction, ok bool) {
	switch f.op {
	case "sum":
		return fraction{n.sum, 1}, true
	case "avg":
		return fraction{n.sum, max(n.count, 1)}, n.count > 0
	case "min":
		return fraction{n.least, 1}, n.count > 0
	}
	return fraction{n.most, 1}, n.count > 0
}

// distinct counts the different codes of the records.
func (f *figurePlan) distinct(x *worker, hits, lines bitset, from, to uint32) (n int64) {
	x.newStamp(f.names.size(x))
	count := func(record uint32) {
		x.codes = f.names.codes(x, record, x.codes[:0])
		for _, code := range x.codes {
			if x.stamps[code] != x.stamp {
				x.stamps[code] = x.stamp
				n++
			}
		}
	}
	for i := hits.next(from, to); i < to; i = hits.next(i+1, to) {
		if !f.lines {
			count(i)
			continue
		}
		first, end := x.ch.linesOf(i)
		for k := lines.next(first, end); k < end; k = lines.next(k+1, end) {
			count(k)
		}
	}
	return n
}

// newStamp forgets which codes were seen.
func (x *worker) newStamp(codes int) {
	if len(x.stamps) < codes {
		x.stamps = make([]uint32, 1<<bits.Len(uint(codes)))
	}
	if x.stamp++; x.stamp == 0 {
		clear(x.stamps)
		x.stamp = 1
	}
}

// accepts reports whether a figure passes.
func (f *figurePlan) accepts(figure fraction) bool {
	if figure.den == 1 {
		return f.whole.has(figure.num)
	}
	return passAll(f.tests, figure)
}

// passAll reports whether a figure passes every comparison. Bounds are in its own
// unit.
func passAll(tests []comparison, figure fraction) bool {
	for i := range tests {
		if !tests[i].accepts(figure.cmp(tests[i].bound)) {
			return false
		}
	}
	return true
}

// needsHit reports whether only customers with a hit can pass.
func (f *figurePlan) needsHit() bool {
	switch f.op {
	case "count", "sum", "distinct":
		return !f.whole.has(0)
	}
	return true
}

// anyHit reports whether one hit of any kind is enough.
func (f *figurePlan) anyHit() bool {
	return f.op == "count" && f.whole.lo <= 1 && f.whole.lo > 0 && f.whole.hi == everything().hi
}

// namesOfText distinguishes records by a column of texts.
type namesOfText struct{ column func(c *chunk) *texts }

func (n namesOfText) size(x *worker) int {
	if column := n.column(x.ch); column != nil {
		return column.len()
	}
	return 1
}

func (n namesOfText) codes(x *worker, record uint32, to []uint32) []uint32 {
	if column := n.column(x.ch); column != nil {
		if code := column.codes.value(record); code != 0 {
			to = append(to, column.form(uint32(code)))
		}
	}
	return to
}

// namesOfList distinguishes records by each member of a list.
type namesOfList struct{ column func(c *chunk) *lists }

func (n namesOfList) size(x *worker) int { return n.column(x.ch).len() }

func (n namesOfList) codes(x *worker, record uint32, to []uint32) []uint32 {
	column := n.column(x.ch)
	for _, code := range column.list(uint32(column.codes.value(record))) {
		to = append(to, column.form(code))
	}
	return to
}

// namesOfCategory distinguishes lines by their paths in the category tree.
type namesOfCategory struct{}

func (namesOfCategory) size(x *worker) int {
	return len(x.categories().paths.names) + 1
}

func (namesOfCategory) codes(x *worker, line uint32, to []uint32) []uint32 {
	paths := &x.categories().paths
	for _, code := range paths.line(x.ch, line) {
		to = append(to, paths.forms.first[code])
	}
	return to
}
