package segments

import "slices"

// order encloses a where on one order of the list.
func (o *outliner) order(c Condition) enclosed {
	switch c := c.(type) {
	case nil:
		return exactly(always())
	case group:
		return o.parts(c, o.order)
	case not:
		return o.order(c.part).not()
	case oneLine:
		return o.oneLine(c)
	case test:
		return o.orderTest(c)
	}
	return anybody()
}

func (o *outliner) orderTest(t test) enclosed {
	at, ok := orderPaths[t.name]
	switch {
	case t.name == "order.lines":
		return o.lineCount(t)
	case t.name == "order.utm_source", t.name == "order.utm_medium", t.name == "order.utm_campaign":
		return o.utm(t)
	case !ok:
		return anybody()
	case t.kind != ofMoney:
		return o.test(t, at)
	}
	if is, ok := t.is.(presence); ok {
		return exactly(priced()).negatedIf(!is.want)
	}
	return meet(exactly(priced()), o.passes(t, at)).negatedIf(t.negate)
}

// priced matches an order whose amounts are known in the shop's currency.
func priced() *Clause { return in("up", true).not() }

// lineCount encloses a test of the number of lines: only whether there are lines
// is stored.
func (o *outliner) lineCount(t test) enclosed {
	list, ok := o.intervals(t)
	if !ok {
		return anybody()
	}
	return countClause(list, exactly(present(linesPath))).negatedIf(t.negated())
}

// countClause encloses a count. A database can only decide whether it is 0.
func countClause(list []interval, some enclosed) enclosed {
	var zero, beyond bool
	for _, i := range list {
		zero = zero || i.has(0)
		beyond = beyond || i.lo <= 1 && i.hi == everything().hi
	}
	above := slices.ContainsFunc(list, func(i interval) bool { return max(i.lo, 1) <= i.hi })
	switch {
	case zero && beyond:
		return exactly(always())
	case zero && above:
		return enclosed{always(), some.above.not()}.fold()
	case zero:
		return some.not()
	case beyond:
		return some
	case above:
		return noMoreThan(some.above)
	}
	return exactly(never())
}

// utm encloses a test of the source, medium or campaign. They are one stored list,
// so a database can only test whether any of them passes.
func (o *outliner) utm(t test) enclosed {
	switch t.is.(type) {
	case amongTexts, textPart:
		return noMoreThan(t.textClause(stored{"ut", asTexts}).above).negatedIf(t.negate)
	}
	return anybody()
}

// oneLine encloses a condition on one line. The order has a line that passes one
// of the cases, or it has no lines and the condition matches unset fields.
func (o *outliner) oneLine(c oneLine) enclosed {
	cases, ok := o.cases(c.part)
	if !ok {
		return anybody()
	}
	list := []enclosed{meet(exactly(absent(linesPath)), o.bareOrder(c.part))}
	for _, one := range cases {
		list = append(list, meet(one.order, inList(linesPath, one.line)))
	}
	return unite(list...)
}

// lineCase is one way for a condition on a line to match: a condition on the
// order, and one on a single line.
type lineCase struct{ order, line enclosed }

// mostCases limits the cases of conditions that mix lines and orders.
const mostCases = 64

// cases splits a condition inside a line into conditions on the order and on the
// line. It is not ok if there are too many cases.
func (o *outliner) cases(c Condition) (list []lineCase, ok bool) {
	yes := exactly(always())
	switch c := c.(type) {
	case test:
		if c.lines {
			return o.lineTest(c), true
		}
	case group:
		if !c.anyOf {
			list = []lineCase{{yes, yes}}
		}
		for _, part := range c.parts {
			more, ok := o.cases(part)
			if !ok {
				return nil, false
			}
			if c.anyOf {
				list = append(list, more...)
			} else {
				list = combined(list, more)
			}
			if len(list) > mostCases {
				return nil, false
			}
		}
		return list, true
	}
	return []lineCase{{o.order(c), yes}}, true
}

// combined are the pairs of a case of each list, both of which have to match.
func combined(a, b []lineCase) (list []lineCase) {
	for _, x := range a {
		for _, y := range b {
			list = append(list, lineCase{meet(x.order, y.order), meet(x.line, y.line)})
		}
	}
	return list
}

// lineTest splits a test of a line. Its money is unset if the order's currency has
// no rate.
func (o *outliner) lineTest(t test) []lineCase {
	yes := exactly(always())
	at, ok := linePaths[t.name]
	switch {
	case t.name == "line.category":
		return []lineCase{{yes, o.category(t)}}
	case t.name == "line.title":
		return []lineCase{{yes, o.titled(t)}}
	case !ok:
		return []lineCase{{yes, anybody()}}
	case t.kind != ofMoney:
		return []lineCase{{yes, o.test(t, at)}}
	}
	known := exactly(priced())
	if is, ok := t.is.(presence); ok {
		return []lineCase{{known.negatedIf(!is.want), yes}}
	}
	if !t.negate {
		return []lineCase{{known, o.passes(t, at)}}
	}
	return []lineCase{{known.not(), yes}, {known, o.test(t, at)}}
}

// bareOrder encloses a condition inside a line for orders without lines.
func (o *outliner) bareOrder(c Condition) enclosed {
	switch c := c.(type) {
	case test:
		if c.lines {
			v := o.evaluation
			return exactly(only(c.match(&v), always()))
		}
	case group:
		return o.parts(c, o.bareOrder)
	}
	return o.order(c)
}

// titled encloses a test of the title of a line's product, which is only in the
// shop's catalog.
func (o *outliner) titled(t test) enclosed {
	known := exactly(never())
	if o.evaluation.params.Titles != nil {
		known = noMoreThan(in("p", "", nil).not())
	}
	if is, ok := t.is.(presence); ok {
		return known.negatedIf(!is.want)
	}
	return known.negatedIf(t.negate)
}

// category encloses a test of a line's category, including those above it. The
// order's own category is stored. Products' categories are only in the shop's
// tree.
func (o *outliner) category(t test) enclosed {
	said := in("c", "", nil).not()
	known := enclosed{said, said}
	if o.evaluation.params.Categories != nil {
		known.above = anyClauses(said, in("p", "", nil).not())
	}
	switch is := t.is.(type) {
	case presence:
		return known.negatedIf(!is.want)
	case amongTexts:
		parts := []*Clause{amongClause("c", is.values)}
		for _, name := range is.values {
			parts = append(parts, startsWith("c", name+pathSeparator))
		}
		return enclosed{known.above, anyClauses(parts...)}.negatedIf(t.negate)
	}
	return noMoreThan(known.above).negatedIf(t.negate)
}
