package segments

// shareNode is the customers of whose hits of one set so many are for each of
// another.
type shareNode struct {
	share    share
	part, of *setPlan
}

func (n shareNode) eval(x *worker, in, out bitset) {
	mark := x.mark()
	part, of, owners := n.part.find(x, in), n.of.find(x, in), x.bitset(len(in))
	n.of.kept(x, of, in, owners)
	parts, ofs := x.starts(n.part.of), x.starts(n.of.of)
	keepEach(owners, out, func(row uint32) bool {
		return n.share.accepts(int64(part.countRange(parts[row], parts[row+1])), int64(of.countRange(ofs[row], ofs[row+1])), &x.view)
	})
	x.release(mark)
}

func (n shareNode) rank(x *worker) (cost, keeps int) {
	cost, _ = n.of.hits.rank(x)
	return 150 + 2*cost*x.records(n.of.of)/max(x.ch.customers.n, 1), 300
}

// ratioNode is the customers of whom one figure is so many times another.
type ratioNode struct {
	ratio  ratio
	halves [2]struct {
		set    *setPlan
		figure figurePlan
	}
}

func (n *ratioNode) eval(x *worker, in, out bitset) {
	mark := x.mark()
	rows := x.bitset(len(in))
	copy(rows, in)
	var hits, lines [2]bitset
	var starts [2][]uint32
	for i := range n.halves {
		h := &n.halves[i]
		hits[i] = h.set.find(x, rows)
		if i == 1 || h.figure.needsValue() { // nothing over something may pass, something over nothing never does
			owners := x.bitset(len(in))
			h.set.kept(x, hits[i], rows, owners)
			rows = owners
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
		return n.accepts(x, found)
	})
	x.release(mark)
}

// accepts compares whole figures of one kind without big numbers.
func (n *ratioNode) accepts(x *worker, found [2]fraction) bool {
	a, b := found[0], found[1]
	if b.num == 0 {
		return false
	}
	if a.den != 1 || b.den != 1 || b.num < 0 || n.halves[0].figure.kind != n.halves[1].figure.kind {
		quotient, ok := n.ratio.divide(found, &x.view)
		return ok && n.ratio.accepts(quotient)
	}
	for _, test := range n.ratio.tests {
		if !test.accepts(cmpProducts(a.num, pow10(test.bound.Scale), test.bound.Units, b.num)) {
			return false
		}
	}
	return true
}

// needsValue tells whether the figure of nothing is unset.
func (f *figurePlan) needsValue() bool { return f.op == "avg" || f.op == "min" || f.op == "max" }

func (n *ratioNode) rank(x *worker) (cost, keeps int) {
	cost, _ = n.halves[0].set.hits.rank(x)
	return 250 + 2*cost*x.records(n.halves[0].set.of)/max(x.ch.customers.n, 1), 300
}
