package segments

import (
	"math"
	"strings"
)

// event plans an event; nil where no columns answer it.
func (b *planner) event(e event) node {
	set := b.set(e.set, window{})
	n := &eventNode{source: e, set: set, pickLast: e.pickLast}
	figure, ok := b.figure(e.figure, e.tests, set)
	if !ok {
		return nil
	}
	n.figures = []figurePlan{figure}
	for _, f := range e.follows {
		n.follows = append(n.follows, followPlan{b.set(f.set, window{}), f.not})
	}
	return n
}

// setKey is the key of an event's set and of the hits picked from it: events of
// one key are evaluated together.
func (n *eventNode) setKey() string {
	if n.key == "" {
		n.key = keyOf(event{set: n.source.set, pickLast: n.source.pickLast, follows: n.source.follows}, atCustomers)
	}
	return n.key
}

func (b *planner) shareOf(c share) node {
	return shareNode{c, b.set(c.part, c.window), b.set(c.of, c.window)}
}

func (b *planner) ratioOf(c ratio) node {
	n := &ratioNode{ratio: c}
	for i, half := range c.halves {
		set := b.set(half.set, c.window)
		figure, ok := b.figure(half.figure, nil, set)
		if !ok {
			return nil
		}
		n.halves[i].set, n.halves[i].figure = set, figure
	}
	n.needHit(&b.evaluation)
	return n
}

// set plans occurrences within their own window and one around it.
func (b *planner) set(s occurrences, around window) *setPlan {
	own, outer := s.window.bounds(&b.evaluation), around.bounds(&b.evaluation)
	within := own.within(outer.from, outer.to)
	p := &setPlan{of: levelOf(s.kinds[0].origin), window: within.interval(), ever: within == bounds{}, where: s.where != nil}
	for _, kind := range s.kinds {
		p.kinds = append(p.kinds, kindPlanOf(kind.name))
	}
	p.paid = len(s.kinds) == 1 && s.kinds[0].name == "order.paid"
	var w keyWriter
	parts := []node{happened{p}}
	if b.sweep {
		w.set(occurrences{kinds: s.kinds}, window{})
		w.write(p.window, p.ever) // the same time, however it is worded
		parts[0] = b.share("happened "+w.text.String(), p.of, parts[0])
	}
	if p.where {
		where := b.node(s.where, p.of)
		if all, ok := where.(allOf); ok {
			parts = append(parts, all.parts...)
		} else {
			parts = append(parts, where)
		}
	}
	if closed, ok := s.where.(oneLine); ok {
		p.lines = b.node(closed.part, atLines)
	}
	if p.hits = parts[0]; len(parts) > 1 {
		p.hits = allOf{parts}
		if !b.sweep {
			return p
		}
		if w.condition(s.where); !w.unknown {
			p.hits = b.share("set "+w.text.String(), p.of, p.hits)
		}
	}
	return p
}

// levelOf is the level of records with fields of an origin.
func levelOf(o origin) level {
	switch o {
	case originMessage:
		return atMessages
	case originConsent:
		return atConsents
	case originCheckout:
		return atCheckouts
	case originSelf:
		return atCustomers
	}
	return atOrders
}

// kindPlanOf finds the columns of the instants of an event.
func kindPlanOf(name string) kindPlan {
	paid, visible := func(c *chunk) bitset { return c.paid }, func(c *chunk) bitset { return c.visible }
	of := func(on func(c *chunk) bitset, columns ...string) kindPlan {
		k := kindPlan{name: name, on: on}
		for _, column := range columns {
			k.at = append(k.at, max(customerColumns.instant(column), orderColumns.instant(column), messageColumns.instant(column),
				consentColumns.instant(column), checkoutColumns.instant(column)))
		}
		return k
	}
	again := func(i int) kindPlan {
		return kindPlan{name: name, on: visible, many: func(c *chunk) *moments { return &c.moments[i] }}
	}
	switch name {
	case "order.paid":
		k := of(paid, "order.paid_at")
		k.free = true
		return k
	case "order.placed", "order.deposit_paid", "order.shipped", "order.delivered", "order.completed", "order.rated":
		return of(visible, name+"_at")
	case "order.partially_refunded":
		return again(refundedAt)
	case "order.refund_requested":
		return again(requestedAt)
	case "order.refund_closed":
		return again(closedAt)
	case "order.refunded":
		k := of(func(c *chunk) bitset { return c.returned }, "order.refunded_at")
		k.sure = true
		return k
	case "order.cancelled":
		k := of(func(c *chunk) bitset { return c.cancelled }, "order.cancelled_at")
		k.sure = true
		return k
	case "customer.created":
		return of(nil, "customer.known_since")
	case "consent.granted":
		k := of(nil, name)
		k.free = true
		return k
	case "message.opened":
		return of(nil, "opened", "last opened")
	case "message.clicked":
		return of(nil, "clicked", "last clicked")
	}
	return of(nil, strings.TrimPrefix(name, "message."))
}

// figure plans an aggregate and its comparisons; ok is false where no column
// answers it.
func (b *planner) figure(a aggregate, tests []comparison, set *setPlan) (f figurePlan, ok bool) {
	f = figurePlan{op: a.op, kind: a.kind(), whole: everything()}
	for _, test := range tests {
		test.bound = unitOf(f.kind).bound(test.bound, &b.evaluation)
		f.tests = append(f.tests, test)
		passes := test.interval(test.bound)
		f.whole = interval{max(f.whole.lo, passes.lo), min(f.whole.hi, passes.hi)}
	}
	if f.whole.lo > f.whole.hi {
		f.whole = interval{math.MaxInt64, math.MinInt64}
	}
	if a.op == "count" {
		return f, true
	}
	f.lines = a.of.lines
	if a.op == "distinct" {
		f.names = namerOf(a.of, set.of)
		return f, f.names != nil
	}
	f.priced, f.net = a.of.kind == ofMoney, a.of.name == "order.net"
	if i := lineColumns.number(a.of.name); i >= 0 {
		f.column = func(c *chunk) *ints { return &c.lines.ints[i] }
	} else if i := orderColumns.number(a.of.name); i >= 0 {
		f.column = func(c *chunk) *ints { return &c.orders.ints[i] }
	}
	return f, f.column != nil
}

// namerOf distinguishes records by a field; nil where no column does.
func namerOf(s subject, of level) namer {
	text := func(i int, column func(c *chunk, i int) *texts) namer {
		if i < 0 {
			return nil
		}
		return namesOfText{func(c *chunk) *texts { return column(c, i) }}
	}
	switch {
	case of == atMessages:
		return text(messageColumns.text(s.name), func(c *chunk, i int) *texts { return &c.messages.texts[i] })
	case of == atConsents:
		return text(consentColumns.text(s.name), func(c *chunk, i int) *texts { return &c.consents.texts[i] })
	case of == atCheckouts:
		return text(checkoutColumns.text(s.name), func(c *chunk, i int) *texts { return &c.checkouts.texts[i] })
	case s.name == "line.category":
		return namesOfCategory{}
	case s.name == "line.attribute.":
		return namesOfText{func(c *chunk) *texts { return c.lines.custom[s.key] }}
	case s.lines:
		return text(lineColumns.text(s.name), func(c *chunk, i int) *texts { return &c.lines.texts[i] })
	case s.name == "order.custom.":
		return namesOfText{func(c *chunk) *texts { return c.orders.custom[s.key] }}
	}
	if i := orderList(s.name); i >= 0 {
		return namesOfList{func(c *chunk) *lists { return &c.orderLists[i] }}
	}
	return text(orderColumns.text(s.name), func(c *chunk, i int) *texts { return &c.orders.texts[i] })
}
