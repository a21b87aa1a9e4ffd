package segments

import (
	"comeback/commerce"
	"comeback/strictjson"
)

// oneLine wraps a condition with tests on line.*: it matches an order if one line
// passes all of them. Inside, a test that negates (is_not, not_in, unset) is about
// that line. {"not": ...} is wrapped by itself and means that no line of the order
// passes. In an order without lines all line fields are unset.
type oneLine struct{ part Condition }

func (c oneLine) match(v *evaluation) bool {
	if v.order == nil || len(v.order.Lines) == 0 {
		return c.at(v, -1)
	}
	for i := range v.order.Lines {
		if c.at(v, i) {
			return true
		}
	}
	return false
}

// at evaluates the condition on line i of the order. Below 0 it is without a line.
func (c oneLine) at(v *evaluation, i int) bool {
	before := v.line
	v.line = v.lineAt(i)
	ok := c.part.match(v)
	v.line = before
	return ok
}

// explain shows the first line that passes, else the first line.
func (c oneLine) explain(v *evaluation) Verdict {
	before, shown := v.line, -1
	if v.order != nil && len(v.order.Lines) > 0 {
		shown = 0
		for i := range v.order.Lines {
			if c.at(v, i) {
				shown = i
				break
			}
		}
	}
	v.line = v.lineAt(shown)
	verdict := c.part.explain(v)
	v.line = before
	return verdict
}

// lineAt is line i of the current order, nil below 0.
func (v *evaluation) lineAt(i int) *commerce.LineFact {
	if i < 0 {
		return nil
	}
	return &v.order.Lines[i]
}

// closed reads a condition and wraps it in oneLine if it has tests on lines.
func (p *parser) closed(n *strictjson.Node, depth int) Condition {
	outer := p.lines
	p.lines = false
	c := p.condition(n, depth)
	if p.lines && c != nil {
		c = oneLine{c}
	}
	p.lines = outer
	return c
}
