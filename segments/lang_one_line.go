package segments

import (
	"comeback/commerce"
	"comeback/strictjson"
)

// oneLine closes a condition with tests on line.*: it holds for an order when
// one line of it passes them all. Within, a test that negates (is_not, not_in,
// unset) speaks of that line; {"not": ...} is closed by itself and says that no
// line of the order passes. An order without lines has all line fields unset.
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

// at asks about line i of the order, about no line below 0.
func (c oneLine) at(v *evaluation, i int) bool {
	before := v.line
	v.line = v.lineAt(i)
	ok := c.part.match(v)
	v.line = before
	return ok
}

// explain tells of the first line that passes, else of the first.
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

// lineAt is line i of the order at hand, nil below 0.
func (v *evaluation) lineAt(i int) *commerce.LineFact {
	if i < 0 {
		return nil
	}
	return &v.order.Lines[i]
}

// closed reads a condition and closes it over the lines of an order where it
// asks of them.
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
