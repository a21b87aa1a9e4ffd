package segments

import "time"

// textNode is a test of a column of texts. It tests each text of the dictionary
// once.
type textNode struct {
	column func(c *chunk) *texts // nil: the chunk has none
	of     func(text string) value
	test   test
	place  int
	titles bool // the texts are ids of products, and their titles are tested
}

func (n textNode) eval(x *worker, in, out bitset) {
	column := n.column(x.ch)
	if column == nil {
		x.seen = value{}
		constant(n.test.is.passes(x.stub(n.test.subject), &x.evaluation) != n.test.negate).eval(x, in, out)
		return
	}
	found := n.prepare(x, column)
	if found.hits >= 0 && found.hits < len(in)*64/searchedShare {
		column.lines.among(x, in, out, found.table)
		return
	}
	column.codes.among(in, out, found.table)
}

// searchedShare is the part of the records below which postings are read; else
// the codes are read in a row.
const searchedShare = 8

func (n textNode) rank(x *worker) (cost, keeps int) {
	column := n.column(x.ch)
	if column == nil {
		return 0, 0
	}
	found := n.prepare(x, column)
	if found.hits >= 0 {
		return costOfPostings(found.hits, column.codes.n)
	}
	return 8, 250
}

// costOfPostings is the rank of n records of of found by postings.
func costOfPostings(n, of int) (cost, keeps int) {
	keeps = n * 1000 / max(of, 1)
	return min(8, 1+keeps*20/1000), keeps
}

// prepare makes the table of the texts that pass.
func (n textNode) prepare(x *worker, column *texts) *prepared {
	found := &x.prepared[n.place]
	if found.ready {
		return found
	}
	*found = prepared{ready: true, table: x.table(max(column.len(), 256)), hits: -1}
	n.fill(x, &column.dictionary, found.table)
	if n.test.negate {
		flip(found.table)
	}
	if column.lines.stored() && found.table[0] == 0 {
		found.hits = column.lines.count(found.table[:column.len()])
	}
	return found
}

func flip(table []uint8) {
	for i := range table {
		table[i] ^= 1
	}
}

// fill marks the texts that pass the predicate.
func (n textNode) fill(x *worker, d *dictionary, table []uint8) {
	if among, ok := n.test.is.(amongTexts); ok && !n.titles {
		for _, text := range among.values {
			d.each(text, n.test.folds, func(code uint32) { table[code] = 1 })
		}
		return
	}
	s := x.stub(n.test.subject)
	s.folds = false // the dictionary has the folded texts
	text := func(code uint32) string { return n.test.stored(d, code) }
	if n.titles {
		titles := x.categories().titles(x.ch)
		text = func(code uint32) string { return titles.compared(code, n.test.folds) }
	}
	for code := range uint32(d.len()) {
		if x.seen = n.of(text(code)); n.test.is.passes(s, &x.evaluation) {
			table[code] = 1
		}
	}
}

// stored is a text of a dictionary in the form in which the test compares it.
func (t test) stored(d *dictionary, code uint32) string {
	switch t.is.(type) {
	case amongTexts, textPart, hasAll:
		return d.compared(code, t.folds)
	}
	return d.text(code)
}

// idNode is a test of ids.
type idNode struct {
	column func(c *chunk) *ids
	test   test
}

func (n idNode) eval(x *worker, in, out bitset) {
	s, column := x.stub(n.test.subject), n.column(x.ch)
	keepEach(in, out, func(i uint32) bool {
		x.seen = textOf(column.at(i))
		return n.test.is.passes(s, &x.evaluation) != n.test.negate
	})
}

func (n idNode) rank(*worker) (cost, keeps int) { return 600, 100 }

// listNode is a test of a column of lists.
type listNode struct {
	column func(c *chunk) *lists
	test   test
	place  int
}

func (n listNode) eval(x *worker, in, out bitset) {
	column, found := n.column(x.ch), n.prepare(x)
	if found.hits >= 0 && found.hits < len(in)*64/searchedShare {
		column.where.among(x, in, out, found.table)
		return
	}
	if !existential(n.test.is) {
		column.codes.among(in, out, found.table)
		return
	}
	mark := x.tables.used
	lists := x.table(max(column.size(), 256))
	for code := range uint32(column.size()) {
		for _, member := range column.list(code) {
			lists[code] |= found.table[member]
		}
	}
	if n.test.negate {
		flip(lists)
	}
	column.codes.among(in, out, lists)
	x.tables.used = mark
}

func (n listNode) rank(x *worker) (cost, keeps int) {
	if found := n.prepare(x); found.hits >= 0 {
		return costOfPostings(found.hits, n.column(x.ch).codes.n)
	}
	return 10, 250
}

// existential reports whether a list passes a predicate where one of its members
// passes.
func existential(is predicate) bool {
	switch is.(type) {
	case amongTexts, textPart:
		return true
	}
	return false
}

// prepare makes the table of the members that pass; of the lists that pass where
// one member does not decide.
func (n listNode) prepare(x *worker) *prepared {
	found, column := &x.prepared[n.place], n.column(x.ch)
	if found.ready {
		return found
	}
	*found = prepared{ready: true, hits: -1}
	s := x.stub(n.test.subject)
	s.folds = false // the dictionary has the folded texts
	if !existential(n.test.is) {
		found.table = x.table(max(column.size(), 256))
		var list []string
		for code := range uint32(column.size()) {
			list = list[:0]
			for _, member := range column.list(code) {
				list = append(list, n.test.stored(&column.dictionary, member))
			}
			if x.seen = listOf(list); n.test.is.passes(s, &x.evaluation) != n.test.negate {
				found.table[code] = 1
			}
		}
		return found
	}
	found.table = x.table(column.len())
	for code := uint32(1); int(code) < column.len(); code++ {
		if x.seen = listOf([]string{n.test.stored(&column.dictionary, code)}); n.test.is.passes(s, &x.evaluation) {
			found.table[code] = 1
		}
	}
	if column.where.stored() && !n.test.negate {
		found.hits = column.where.count(found.table)
	}
	return found
}

// birthdayNode is a test of birthdays: from one date to another, or by month and
// day alone.
type birthdayNode struct {
	test   test
	ranges []dates
	annual *annual // nil: ranges decide
	negate bool    // the complement of the ranges passes
	place  int
}

// annual is the days of the year that pass, for birthdays before a year.
type annual struct {
	days   [13][32]bool
	before int
}

func (n birthdayNode) eval(x *worker, in, out bitset) {
	column := &x.ch.customers.texts[birthdays]
	if n.annual == nil && x.ch.dates {
		mark := x.mark()
		part := x.bitset(len(in))
		column.codes.within(x, in, part, n.codes(&column.dictionary))
		if n.negate {
			copy(out, in)
			out.without(part)
		} else {
			copy(out, part)
		}
		x.release(mark)
		return
	}
	found := &x.prepared[n.place]
	if !found.ready {
		*found = prepared{ready: true, table: x.table(max(column.len(), 256))}
		n.fill(x, &column.dictionary, found.table)
	}
	column.codes.among(in, out, found.table)
}

func (n birthdayNode) rank(*worker) (cost, keeps int) {
	if n.annual != nil {
		return 10, 50
	}
	return 9, 350
}

// codes are the dates as codes of a dictionary, which sorts by date.
func (n birthdayNode) codes(d *dictionary) []interval {
	var list []interval
	for _, r := range n.ranges {
		from, _ := d.find(r.from.String())
		to, found := d.find(r.to.String())
		if !found {
			to--
		}
		list = append(list, interval{int64(from), int64(to)})
	}
	if len(list) == 0 {
		list = append(list, interval{1, 0})
	}
	return list
}

// fill tests each birthday of the dictionary, by month and day where they decide.
// The dictionary sorts by date.
func (n birthdayNode) fill(x *worker, d *dictionary, table []uint8) {
	v := x.newEvaluation()
	v.profile = &x.row.Profile
	from, to := uint32(0), uint32(0) // between them month and day decide
	if n.annual != nil && x.ch.dates {
		from, _ = d.find("0001-01-01")
		to, _ = d.find(day{n.annual.before, time.January, 1}.String())
		var days [len(n.annual.days) * 32]uint8
		for i := range days {
			if n.annual.days[i/32][i%32] != n.test.negate {
				days[i] = 1
			}
		}
		for code := from; code < to; code++ {
			table[code] = days[x.ch.birthday[code]]
		}
	}
	for code := range uint32(d.len()) {
		if from <= code && code < to {
			continue
		}
		x.row.Attributes.Birthday = d.text(code)
		if n.test.match(v) {
			table[code] = 1
		}
	}
}
