package segments

import (
	"comeback/strictjson"
	"math/big"
	"slices"
)

// ratio is {"ratio": [a, b]}: one figure divided by another. It is false if the
// second is 0 or unset.
type ratio struct {
	pointer string
	words   string
	halves  [2]ratioHalf
	window  window // applies to both
	tests   []comparison
}

type ratioHalf struct {
	set    occurrences
	figure aggregate
}

func (c ratio) match(v *evaluation) bool {
	quotient, ok := c.quotient(v)
	return ok && c.accepts(quotient)
}

func (c ratio) accepts(quotient *big.Rat) bool {
	return !slices.ContainsFunc(c.tests, func(test comparison) bool {
		bound := new(big.Rat).SetFrac64(test.bound.Units, pow10(test.bound.Scale))
		return !test.accepts(quotient.Cmp(bound))
	})
}

// quotient is the first figure divided by the second.
func (c ratio) quotient(v *evaluation) (q *big.Rat, ok bool) {
	var found [2]fraction
	for i, half := range c.halves {
		if found[i], ok = half.figure.figure(v, half.set, slices.Collect(half.set.in(v, c.window))); !ok {
			return nil, false
		}
	}
	return c.divide(found, v)
}

// divide divides two figures, both in major units of money. It is not ok if the
// second is 0.
func (c ratio) divide(found [2]fraction, v *evaluation) (q *big.Rat, ok bool) {
	var figures [2]*big.Rat
	for i, half := range c.halves {
		figures[i] = new(big.Rat).SetFrac64(found[i].num, found[i].den)
		if half.figure.kind() == ofMoney {
			figures[i].Quo(figures[i], new(big.Rat).SetInt64(pow10(v.exponent)))
		}
	}
	if figures[1].Sign() == 0 {
		return nil, false
	}
	return figures[0].Quo(figures[0], figures[1]), true
}

func (c ratio) explain(v *evaluation) Verdict {
	verdict := Verdict{Pointer: c.pointer, Test: c.words, Match: c.match(v), Seen: "unset"}
	if quotient, ok := c.quotient(v); ok {
		verdict.Seen = quotient.FloatString(4)
	}
	for _, half := range c.halves {
		hits := slices.Collect(half.set.in(v, c.window))
		part := Verdict{Pointer: c.pointer, Test: half.figure.words(), Match: true, Seen: half.figure.seen(v, half.set, hits)}
		for _, h := range hits {
			part.counted(h)
		}
		verdict.Parts = append(verdict.Parts, part)
	}
	return verdict
}

func (a aggregate) words() string {
	if a.of.field == nil {
		return a.op
	}
	return a.op + " " + a.of.title
}

func parseRatio(p *parser, n *strictjson.Node, depth int) Condition {
	list := n.Member("ratio")
	if !p.keys(n, slices.Concat([]string{"ratio"}, windowKeys, boundKeys)...) {
		return nil
	}
	if list.Kind != strictjson.Array || len(list.Items) != 2 {
		p.problem(list, "a ratio is a list of two figures: [a, b] is a divided by b")
		return nil
	}
	c := ratio{pointer: n.Pointer(), words: sentence(n)}
	ok := true
	for i, item := range list.Items {
		var good bool
		c.halves[i], good = p.ratioHalf(item, depth)
		ok = ok && good
	}
	var windowed, compared bool
	c.window, windowed = p.window(n)
	c.tests, compared = p.bounds(n, ofNumber, "ratio", 1)
	if !ok || !windowed || !compared {
		return nil
	}
	p.lintWindow(n, c.window, c.halves[1].set.kinds[0].origin)
	return c
}

func (p *parser) ratioHalf(n *strictjson.Node, depth int) (h ratioHalf, ok bool) {
	if h.set, ok = p.half(n, depth, slices.Concat([]string{"event", "where"}, windowKeys, aggregateKeys)...); !ok {
		return h, false
	}
	var at *strictjson.Node
	if h.figure, at, ok = p.aggregate(n, h.set.kinds[0].origin); ok && at != nil && h.figure.op == "count" {
		p.problem(at, "count is the default in a ratio: remove it")
		ok = false
	}
	return h, ok
}
