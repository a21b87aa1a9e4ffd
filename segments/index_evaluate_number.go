package segments

// numberNode is a test of a column of numbers, or of instants.
type numberNode struct {
	at     level
	column func(c *chunk) *ints
	list   []interval
	priced bool // it is money: unset of orders without a known amount
	negate bool
}

func (n numberNode) eval(x *worker, in, out bitset) {
	mark := x.mark()
	from := in
	if n.priced && x.ch.priced != nil {
		from = x.bitset(len(in))
		copy(from, in)
		x.keepPriced(n.at, from)
	}
	if !n.negate {
		n.column(x.ch).within(x, from, out, n.list)
	} else {
		part := x.bitset(len(in))
		n.column(x.ch).within(x, from, part, n.list)
		copy(out, in)
		out.without(part)
	}
	x.release(mark)
}

// keepPriced drops the records of orders whose amounts are not known.
func (x *worker) keepPriced(at level, set bitset) {
	if at == atOrders {
		set.and(x.ch.priced)
		return
	}
	mark := x.mark()
	priced := x.clear(len(set))
	x.expand(x.ch.priced, priced)
	set.and(priced)
	x.release(mark)
}

func (n numberNode) rank(x *worker) (cost, keeps int) {
	keeps = n.column(x.ch).likely(n.list...)
	if n.negate {
		keeps = 1000 - keeps
	}
	return 8, keeps
}

// likely estimates how many of a thousand entries lie in one of the intervals, as
// if they were spread evenly.
func (c *ints) likely(list ...interval) int {
	covered := 0.0
	for _, i := range list {
		if lo, hi := max(i.lo, c.least), min(i.hi, c.most); lo <= hi {
			covered += (float64(hi) - float64(lo) + 1) / (float64(c.most) - float64(c.least) + 1)
		}
	}
	return int(1000 * min(covered, 1))
}

// fractionNode is a test of one figure of customers divided by another. It is
// unset where the other is 0.
type fractionNode struct {
	passes   func(fraction) bool
	num, den func(c *chunk, row uint32) int64
	negate   bool
}

func (n fractionNode) eval(x *worker, in, out bitset) {
	keepEach(in, out, func(i uint32) bool {
		den := n.den(x.ch, i)
		return (den > 0 && n.passes(fraction{n.num(x.ch, i), den})) != n.negate
	})
}

func (n fractionNode) rank(*worker) (cost, keeps int) { return 400, 400 }

// slowNode tests a decoded customer. It is exact for any condition.
type slowNode struct {
	part Condition
	ids  bool // of orders and messages are read
}

func (n slowNode) eval(x *worker, in, out bitset) {
	listed := func(segment string) Listing { return x.plan.lists[segment].of(x.row.N) }
	keepEach(in, out, func(i uint32) bool {
		x.ch.read(i, &x.row, n.ids)
		v := x.newEvaluation()
		v.profile, v.params.Customer, v.params.Listed = &x.row.Profile, x.row.ID, listed
		return n.part.match(v)
	})
}

func (n slowNode) rank(*worker) (cost, keeps int) { return 30_000, 500 }

// sampleNode draws customers by their ids.
type sampleNode struct{ sample sample }

func (n sampleNode) eval(x *worker, in, out bitset) {
	keepEach(in, out, func(i uint32) bool {
		head := len(n.sample.seed) + 1
		x.key = x.ch.id.appendTo(append(append(x.key[:0], n.sample.seed...), 0), i)
		return len(x.key) > head && n.sample.draws(x.key)
	})
}

func (n sampleNode) rank(*worker) (cost, keeps int) {
	share, _ := n.sample.percent.Minor(1)
	return 1000, int(min(share, 1000))
}
