package segments

import "slices"

// plan is conditions prepared for an index at one instant. It is immutable.
type plan struct {
	evaluation evaluation
	shop       *shop
	lists      map[string]Lists // by segment
	roots      []node
	places     int
	shared     int
}

// shop is a shop's parameters. The categories of a chunk's lines belong to one of them.
type shop struct{ params Params }

// planner turns conditions into nodes.
type planner struct {
	plan
	sweep bool                   // parts that several conditions share are evaluated once
	nodes map[string]*sharedNode // by key
	times map[string]int         // how many conditions have each key

	figures map[string]int // places, by field
}

// planned makes a plan of conditions.
func planned(list []Condition, s *shop, lists map[string]Lists, v evaluation) *plan {
	b := &planner{plan: plan{evaluation: v, shop: s, lists: lists}, sweep: len(list) > 1}
	if b.sweep {
		b.times = map[string]int{}
		for _, c := range list {
			b.root(c)
		}
		b.plan, b.figures = plan{evaluation: v, shop: s, lists: lists}, nil
		b.nodes = map[string]*sharedNode{}
	}
	for _, c := range list {
		b.roots = append(b.roots, b.root(c))
	}
	return &b.plan
}

func (b *planner) root(c Condition) node { return b.node(c, atCustomers) }

// reserve returns the first of n places for what nodes prepare.
func (b *planner) reserve(n int) int {
	b.places += n
	return b.places - n
}

// figurePlace is the place of a figure: one for all tests of it.
func (b *planner) figurePlace(name string) int {
	place, known := b.figures[name]
	if !known {
		if b.figures == nil {
			b.figures = map[string]int{}
		}
		place = b.reserve(1)
		b.figures[name] = place
	}
	return place
}

// key is a condition's key in a sweep, where other conditions may share it; else empty.
func (b *planner) key(c Condition, at level) string {
	if !b.sweep {
		return ""
	}
	return keyOf(c, at)
}

// share returns one node for equal parts of several conditions of the sweep.
// A part with an empty key is not shared.
func (b *planner) share(key string, at level, n node) node {
	if !b.sweep || key == "" {
		return n
	}
	if b.nodes == nil { // the first round counts
		b.times[key]++
		return n
	}
	if b.times[key] < 2 {
		return n
	}
	if known, ok := b.nodes[key]; ok {
		return known
	}
	b.nodes[key] = &sharedNode{part: n, at: at, place: b.shared}
	b.shared++
	return b.nodes[key]
}

// node plans a condition for records of a level: customers for whole
// conditions, orders, lines and messages for wheres. A condition on an order in
// a where of lines is evaluated for orders.
func (b *planner) node(c Condition, at level) node {
	if at == atLines && !asksLines(c) {
		return ofOrderNode{b.node(c, atOrders)}
	}
	switch c := c.(type) {
	case nil:
		return constant(true)
	case group:
		return b.group(c, at)
	case not:
		return noneOf{b.node(c.part, at)}
	case test:
		if n := b.test(c, at); n != nil {
			return b.share(b.key(c, at), at, n)
		}
	case oneLine:
		if at == atOrders {
			return oneLineNode{b.node(c.part, atLines), b.bare(c.part)}
		}
	case event:
		if n := b.event(c); n != nil {
			return b.share(b.key(c, at), at, n)
		}
	case share:
		if n := b.shareOf(c); n != nil {
			return b.share(b.key(c, at), at, n)
		}
	case ratio:
		if n := b.ratioOf(c); n != nil {
			return b.share(b.key(c, at), at, n)
		}
	case sample:
		return b.share(b.key(c, at), at, sampleNode{c})
	case membership:
		if at == atCustomers {
			return b.membership(c)
		}
	}
	return b.slow(c, at)
}

// slow plans a condition that no column answers.
func (b *planner) slow(c Condition, at level) node {
	if at != atCustomers {
		return slowNodeOf(c, at)
	}
	return b.share(b.key(c, at), at, slowNode{c, asksIDs(c)})
}

// group plans the parts. Events of one set are evaluated together.
func (b *planner) group(g group, at level) node {
	var parts []node
	for _, part := range g.parts {
		n := b.node(part, at)
		if e, ok := n.(*eventNode); ok && !g.anyOf && b.join(parts, e) {
			continue
		}
		parts = append(parts, n)
	}
	switch {
	case len(parts) == 1:
		return parts[0]
	case g.anyOf:
		return anyOf{parts}
	}
	return allOf{parts}
}

// join adds an event's figures to one of the same set.
func (b *planner) join(parts []node, e *eventNode) bool {
	i := slices.IndexFunc(parts, func(n node) bool {
		other, ok := n.(*eventNode)
		return ok && e.setKey() != "" && other.setKey() == e.setKey()
	})
	if i < 0 {
		return false
	}
	other := parts[i].(*eventNode)
	other.figures = append(other.figures, e.figures...)
	return true
}

// asksLines reports whether a condition within one line reads that line. A not
// applies to the whole order.
func asksLines(c Condition) bool {
	switch c := c.(type) {
	case test:
		return c.lines
	case group:
		return slices.ContainsFunc(c.parts, asksLines)
	}
	return false
}

// bare plans a condition of lines for orders without lines.
func (b *planner) bare(c Condition) node {
	switch c := c.(type) {
	case test:
		if c.lines {
			v := b.evaluation
			return constant(c.match(&v))
		}
	case group:
		var parts []node
		for _, part := range c.parts {
			parts = append(parts, b.bare(part))
		}
		if c.anyOf {
			return anyOf{parts}
		}
		return allOf{parts}
	}
	return b.node(c, atOrders)
}

// asksIDs reports whether a condition may read ids of orders or messages.
func asksIDs(c Condition) bool {
	switch c := c.(type) {
	case test:
		return c.name == "order.id"
	case group:
		return slices.ContainsFunc(c.parts, asksIDs)
	case not:
		return asksIDs(c.part)
	case oneLine:
		return asksIDs(c.part)
	case event:
		asks := asksIDs(c.set.where) || c.figure.of.field != nil && c.figure.of.name == "order.id"
		for _, f := range c.follows {
			asks = asks || asksIDs(f.set.where)
		}
		return asks
	case nil:
		return false
	}
	return true
}
