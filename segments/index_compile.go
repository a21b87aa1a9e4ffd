package segments

import "slices"

// plan is conditions made ready for an index at one instant. It is immutable.
type plan struct {
	evaluation evaluation
	shop       *shop
	lists      map[string]Lists // by segment
	roots      []node
	slots      int
	shared     int
}

// shop is a shop's parameters; a catalog belongs to one of them.
type shop struct{ params Params }

// planner turns conditions into nodes.
type planner struct {
	plan
	sweep bool                   // parts that several conditions have are asked once
	nodes map[string]*sharedNode // by key
	times map[string]int         // how often each key is asked for

	figures map[string]int // slots, by field
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

// slot reserves n places for what nodes prepare.
func (b *planner) slot(n int) int {
	b.slots += n
	return b.slots - n
}

// figureSlot is the slot of a figure: one for all who ask for it.
func (b *planner) figureSlot(name string) int {
	slot, known := b.figures[name]
	if !known {
		if b.figures == nil {
			b.figures = map[string]int{}
		}
		slot = b.slot(1)
		b.figures[name] = slot
	}
	return slot
}

// key is a condition's where other conditions are planned that may share it.
func (b *planner) key(c Condition, at level) string {
	if !b.sweep {
		return ""
	}
	return keyOf(c, at)
}

// share makes a node that other conditions of the sweep have too one of theirs.
// An empty key is of no other.
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
	b.nodes[key] = &sharedNode{part: n, at: at, slot: b.shared}
	b.shared++
	return b.nodes[key]
}

// node plans a condition for records of a level: customers for whole
// conditions, orders, lines and messages for wheres. Of lines, what is about
// the order is asked of orders.
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

// slow plans what there is no faster way for.
func (b *planner) slow(c Condition, at level) node {
	switch at {
	case atOrders:
		return slowOrderNode{c}
	case atLines:
		return slowLineNode{c}
	case atMessages:
		return slowMessageNode{c}
	case atConsents:
		return slowConsentNode{c}
	case atCheckouts:
		return slowCheckoutNode{c}
	}
	return b.share(b.key(c, at), at, slowNode{c, asksIDs(c)})
}

// group plans the parts. Events of one set are asked together.
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

// asksLines tells whether a condition within one line is about that line. A not
// is closed by itself: it is about the order.
func asksLines(c Condition) bool {
	switch c := c.(type) {
	case test:
		return c.lines
	case group:
		return slices.ContainsFunc(c.parts, asksLines)
	}
	return false
}

// bare plans a condition of lines for orders without any.
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

// asksIDs tells whether a condition may be about ids of orders or messages.
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
