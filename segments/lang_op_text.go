package segments

import (
	"comeback/strictjson"
	"slices"
	"strings"
)

// textPart is contains, starts_with and ends_with. Of a list one entry has to pass.
type textPart struct {
	op   string
	part string
}

func (c textPart) passes(s subject, v *evaluation) bool {
	return slices.ContainsFunc(s.texts(v), func(text string) bool {
		switch c.op {
		case "starts_with":
			return strings.HasPrefix(text, c.part)
		case "ends_with":
			return strings.HasSuffix(text, c.part)
		}
		return strings.Contains(text, c.part)
	})
}

func parseContains(p *parser, s subject, n *strictjson.Node) predicate {
	return p.textPart(s, "contains", n)
}
func parseStartsWith(p *parser, s subject, n *strictjson.Node) predicate {
	return p.textPart(s, "starts_with", n)
}
func parseEndsWith(p *parser, s subject, n *strictjson.Node) predicate {
	return p.textPart(s, "ends_with", n)
}

func (p *parser) textPart(s subject, op string, n *strictjson.Node) predicate {
	if n.Kind != strictjson.String || n.Text == "" {
		p.problem(n, "%s %s takes text that is not empty", s.title, op)
		return nil
	}
	return textPart{op, s.compared([]string{n.Text})[0]}
}
