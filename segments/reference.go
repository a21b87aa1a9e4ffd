package segments

import (
	"comeback/commerce"
	"comeback/strictjson"
)

// reference is {"segment": "vip"} as campaigns have it: a member of the segment as
// Params.Segments defines it when the condition is evaluated.
type reference struct{ pointer, segment string }

// InSegment is the condition of being a member of a segment of Params.Segments, including its
// lists. It is false where there is no such segment, unless a list decides.
func InSegment(id string) Condition { return reference{"", id} }

// of is the segment as it is defined now; without one only lists decide.
func (c reference) of(v *evaluation) membership {
	if s := v.params.Segments.Segment(c.segment); s != nil {
		return membership{c.pointer, s}
	}
	return membership{c.pointer, &Segment{ID: c.segment, Static: true}}
}

func (c reference) match(v *evaluation) bool { return c.of(v).match(v) }

func (c reference) explain(v *evaluation) Verdict {
	verdict := c.of(v).explain(v)
	if v.params.Segments.Segment(c.segment) == nil && v.listed(c.segment) == Unlisted {
		verdict.Seen = "there is no such segment"
	}
	return verdict
}

// reference reads the id of a segment that may be unknown here.
func (p *parser) reference(n, at *strictjson.Node) Condition {
	if !commerce.Slug(at.Text) {
		p.problem(at, "segment %q: %s", clip(at.Text), commerce.SlugRule)
		return nil
	}
	p.refers = append(p.refers, at.Text)
	return reference{n.Pointer(), at.Text}
}
