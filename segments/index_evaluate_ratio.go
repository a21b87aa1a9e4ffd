package segments

// shareNode is the customers whose number of hits in one set, divided by that in
// another, passes.
type shareNode struct {
	share    share
	part, of *setPlan
}

func (n shareNode) eval(x *worker, in, out bitset) {
	mark := x.mark()
	rows := x.bitset(len(in))
	copy(rows, in)
	n.of.bound(x, rows)
	of := n.of.find(x, rows)
	rows = n.of.narrowed(x, of, rows)
	part := n.part.find(x, rows)
	parts, ofs := x.starts(n.part.of), x.starts(n.of.of)
	keepEach(rows, out, func(row uint32) bool {
		whole := int64(of.countRange(ofs[row], ofs[row+1]))
		return whole > 0 && passAll(n.share.tests, fraction{int64(part.countRange(parts[row], parts[row+1])), whole})
	})
	x.release(mark)
}

func (n shareNode) rank(x *worker) (cost, keeps int) {
	cost, _ = n.of.hits.rank(x)
	return 150 + 2*cost*x.records(n.of.of)/max(x.ch.customers.n, 1), 300
}

// ratioNode is the customers whose one figure, divided by another, passes.
type ratioNode struct {
	ratio  ratio
	halves [2]struct {
		set    *setPlan
		figure figurePlan
	}
	needsHit [2]bool // only customers with a hit of the half can pass
}

func (n *ratioNode) eval(x *worker, in, out bitset) {
	mark := x.mark()
	rows := x.bitset(len(in))
	copy(rows, in)
	var hits, lines [2]bitset
	var starts [2][]uint32
	for i := range n.halves {
		h := &n.halves[i]
		needed := n.needsHit[i]
		if needed {
			h.set.bound(x, rows)
		}
		hits[i] = h.set.find(x, rows)
		if needed {
			rows = h.set.narrowed(x, hits[i], rows)
		}
		starts[i], lines[i] = x.starts(h.set.of), h.set.linesOf(x, hits[i], []figurePlan{h.figure})
	}
	keepEach(rows, out, func(row uint32) bool {
		var found [2]fraction
		for i := range n.halves {
			var ok bool
			if found[i], ok = n.halves[i].figure.at(x, hits[i], lines[i], starts[i][row], starts[i][row+1]); !ok {
				return false
			}
		}
		return n.accepts(&x.evaluation, found)
	})
	x.release(mark)
}

// accepts compares whole figures of one kind without big numbers.
func (n *ratioNode) accepts(v *evaluation, found [2]fraction) bool {
	a, b := found[0], found[1]
	if b.num == 0 {
		return false
	}
	if a.den != 1 || b.den != 1 || b.num < 0 || n.halves[0].figure.kind != n.halves[1].figure.kind {
		quotient, ok := n.ratio.divide(found, v)
		return ok && n.ratio.accepts(quotient)
	}
	for _, test := range n.ratio.tests {
		if !test.accepts(cmpProducts(a.num, pow10(test.bound.Scale), test.bound.Units, b.num)) {
			return false
		}
	}
	return true
}

// needHit finds the halves without whose hits nobody can pass. A ratio over
// nothing never passes; a ratio of nothing may.
func (n *ratioNode) needHit(v *evaluation) {
	n.needsHit = [2]bool{true, true}
	switch n.halves[0].figure.op {
	case "count", "sum", "distinct":
		n.needsHit[0] = !n.accepts(v, [2]fraction{{0, 1}, {1, 1}}) && !n.accepts(v, [2]fraction{{0, 1}, {-1, 1}})
	}
}

func (n *ratioNode) rank(x *worker) (cost, keeps int) {
	cost, _ = n.halves[0].set.hits.rank(x)
	return 250 + 2*cost*x.records(n.halves[0].set.of)/max(x.ch.customers.n, 1), 300
}
