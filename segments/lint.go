package segments

import (
	"slices"
	"strings"
)

// lintTest notes that a complement matches where the field is unset.
func (p *parser) lintTest(n *Node, t test) {
	if t.negate && t.unset != "" {
		p.note(n, "%s %s also matches where it is unset (%s)", t.title, t.op, t.unset)
	}
	if t.title == "line.product" && p.asks&asksOrder != 0 {
		for _, text := range productIDs(n.Member("value")) {
			if strings.Count(text.Text, ":") < 2 {
				p.note(text, "a product's id is shop:connection:id, as the API shows it; %q names none", clip(text.Text))
			}
		}
	}
}

func productIDs(n *Node) []*Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == Array:
		return n.Items
	case n.Kind == String:
		return []*Node{n}
	}
	return nil
}

// lintNot notes that the complement of a test matches where its field is unset.
func (p *parser) lintNot(n *Node, c not) {
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
func (p *parser) lintGroup(list *Node, g group) {
	if len(g.parts) < 2 {
		return
	}
	if g.anyOf && !slices.ContainsFunc(g.parts, func(c Condition) bool { return !excludes(c) }) {
		p.note(list, "any of several exclusions holds for nearly everybody: \"all\" excludes each of them")
	}
	if !g.anyOf {
		p.lintContradictions(list, g)
	}
}

func excludes(c Condition) bool {
	if t, ok := c.(test); ok {
		return t.negate
	}
	_, ok := c.(not)
	return ok
}

// lintContradictions notes two values that one field cannot have at once.
func (p *parser) lintContradictions(list *Node, g group) {
	wanted := map[string]amongTexts{}
	for i, part := range g.parts {
		t, ok := part.(test)
		if !ok {
			continue
		}
		values, ok := t.is.(amongTexts)
		if !ok || t.negate || t.kind == ofList {
			continue
		}
		before, seen := wanted[t.title]
		if seen && !slices.ContainsFunc(values.values, func(s string) bool { return slices.Contains(before.values, s) }) {
			p.note(list.Items[i], "this contradicts the other test of %s in the same \"all\": nobody matches", t.title)
		}
		wanted[t.title] = values
	}
}
