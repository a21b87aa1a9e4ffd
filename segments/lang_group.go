package segments

import "comeback/strictjson"

// group is {"all": [...]} or, with anyOf, {"any": [...]}.
type group struct {
	pointer string
	anyOf   bool
	parts   []Condition
}

func (g group) match(v *evaluation) bool {
	for _, part := range g.parts {
		if part.match(v) == g.anyOf {
			return g.anyOf
		}
	}
	return !g.anyOf
}

func (g group) explain(v *evaluation) Verdict {
	verdict := Verdict{Pointer: g.pointer, Test: "all of", Match: !g.anyOf}
	if g.anyOf {
		verdict.Test = "any of"
	}
	for _, part := range g.parts {
		reason := part.explain(v)
		if reason.Match == g.anyOf {
			verdict.Match = g.anyOf
		}
		verdict.Parts = append(verdict.Parts, reason)
	}
	return verdict
}

// not is {"not": {...}}, the exact complement.
type not struct {
	pointer string
	part    Condition
}

func (c not) match(v *evaluation) bool { return !c.part.match(v) }

func (c not) explain(v *evaluation) Verdict {
	reason := c.part.explain(v)
	return Verdict{Pointer: c.pointer, Test: "not", Match: !reason.Match, Parts: []Verdict{reason}}
}

func parseAll(p *parser, n *strictjson.Node, depth int) Condition { return p.group(n, "all", depth) }
func parseAny(p *parser, n *strictjson.Node, depth int) Condition { return p.group(n, "any", depth) }

func (p *parser) group(n *strictjson.Node, key string, depth int) Condition {
	list := n.Member(key)
	if !p.keys(n, key) {
		return nil
	}
	if list.Kind != strictjson.Array || len(list.Items) == 0 {
		p.problem(list, "%q takes a list of at least one condition", key)
		return nil
	}
	g := group{pointer: n.Pointer(), anyOf: key == "any"}
	for _, item := range list.Items {
		if part := p.condition(item, depth+1); part != nil {
			g.parts = append(g.parts, part)
		}
	}
	if len(g.parts) < len(list.Items) {
		return nil
	}
	p.lintGroup(list, g)
	return g
}

func parseNot(p *parser, n *strictjson.Node, depth int) Condition {
	if !p.keys(n, "not") {
		return nil
	}
	part := p.closed(n.Member("not"), depth+1)
	if part == nil {
		return nil
	}
	c := not{pointer: n.Pointer(), part: part}
	p.lintNot(n, c)
	return c
}
