package segments

import (
	"slices"
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// lintTest notes that a complement also matches where the field is unset.
func (p *parser) lintTest(n *strictjson.Node, t test) {
	switch {
	case t.negate && t.lines:
		p.note(n, `%s %s matches an order if one line differs or is unset; to require it of every line, write {"not": {...}}`, t.title, t.op)
	case t.negate && t.unset != "":
		p.note(n, "%s %s also matches where it is unset (%s)", t.title, t.op, t.unset)
	}
	if t.most > 0 {
		p.lintRange(n, t, p.mostOf(t))
	}
	if t.title == "line.product" && p.origins&originOrder != 0 {
		for _, text := range productIDs(n.Member("value")) {
			if strings.Count(text.Text, ":") < 2 {
				p.note(text, "a product's id is shop:connection:id, as the API shows it; %q is no such id", clip(text.Text))
			}
		}
	}
}

// mostOf is the largest number of a field: of a score in this shop.
func (p *parser) mostOf(t test) int64 {
	switch {
	case p.bins == 0 || !strings.HasPrefix(t.name, "rfm."):
		return t.most
	case t.name == "rfm.score":
		return 111 * int64(p.bins)
	}
	return int64(p.bins)
}

// lintRange notes a number that the field never reaches, or never exceeds.
func (p *parser) lintRange(n *strictjson.Node, t test, highest int64) {
	least, most := fraction{t.least, 1}, fraction{highest, 1}
	never, always := false, false
	switch is := t.is.(type) {
	case comparison:
		low, high := is.accepts(least.cmp(is.bound)), is.accepts(most.cmp(is.bound))
		never, always = !low && !high, low && high
	case betweenNumbers:
		never = least.cmp(is.high) > 0 || most.cmp(is.low) < 0
		always = least.cmp(is.low) >= 0 && most.cmp(is.high) <= 0
	case amongNumbers:
		never = !t.negate && !slices.ContainsFunc(is.values, func(d commerce.Decimal) bool { return least.cmp(d) <= 0 && most.cmp(d) >= 0 })
	}
	switch {
	case never:
		p.note(n, "%s is %d to %d: this matches nobody", t.title, t.least, highest)
	case always:
		p.note(n, "%s is %d to %d: this matches wherever it is set", t.title, t.least, highest)
	}
}

func productIDs(n *strictjson.Node) []*strictjson.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == strictjson.Array:
		return n.Items
	case n.Kind == strictjson.String:
		return []*strictjson.Node{n}
	}
	return nil
}

// lintNot notes that the complement of a test also matches where its field is
// unset.
func (p *parser) lintNot(n *strictjson.Node, c not) {
	part := c.part
	if closed, ok := part.(oneLine); ok {
		part = closed.part
	}
	var names []string
	for _, t := range tests(part) {
		if _, asked := t.is.(presence); !t.negate && !asked && t.unset != "" && !slices.Contains(names, t.title) {
			names = append(names, t.title)
		}
	}
	if len(names) > 0 {
		p.note(n, "not also matches where %s is unset", strings.Join(names, " or "))
	}
}

// tests lists the field tests of a condition and its groups.
func tests(c Condition) []test {
	switch c := c.(type) {
	case test:
		return []test{c}
	case group:
		var list []test
		for _, part := range c.parts {
			list = append(list, tests(part)...)
		}
		return list
	}
	return nil
}

// lintGroup notes an any of exclusions, and an all that contradicts itself.
func (p *parser) lintGroup(list *strictjson.Node, g group) {
	if len(g.parts) < 2 {
		return
	}
	if g.anyOf && !slices.ContainsFunc(g.parts, func(c Condition) bool { return !excludes(c) }) {
		p.note(list, "any of several exclusions matches nearly everybody: \"all\" excludes each of them")
	}
	p.lintPairs(list, g)
}

func excludes(c Condition) bool {
	if t, ok := c.(test); ok {
		return t.negate
	}
	_, ok := c.(not)
	return ok
}

// lintEvent notes parts of an event that change nothing.
func (p *parser) lintEvent(n *strictjson.Node, e event) {
	if e.pickLast && len(e.follows) == 0 && e.figure.op == "count" {
		p.note(n.Member("pick"), "pick changes nothing here: it chooses one event for followed_by, not_followed_by or a figure")
	}
	zero := commerce.Decimal{}
	least := fraction{0, 1}
	if !slices.Contains([]string{"count", "sum", "distinct"}, e.figure.op) || len(e.tests) != 1 {
		return
	}
	switch test := e.tests[0]; {
	case test.op == "gte" && test.bound.Cmp(zero) <= 0:
		p.note(n, "%s is never below 0: this matches everybody", e.figure.words())
	case test.op == "lt" && !test.accepts(least.cmp(test.bound)):
		p.note(n, "%s is never below 0: this matches nobody", e.figure.words())
	}
}
