package segments

import (
	"comeback/commerce"
	"comeback/strictjson"
	"fmt"
)

// Listing is what people or an import decided about a customer and a segment. It
// overrides the segment's condition.
type Listing uint8

// How a customer is listed in a segment.
const (
	// Unlisted leaves the decision to the segment's condition. A static segment has no condition:
	// an unlisted customer is no member.
	Unlisted Listing = iota
	// Included makes the customer a member, whatever the condition.
	Included
	// Excluded makes the customer no member, whatever the condition.
	Excluded
)

// Lists are the listed customers of one segment, by number. A nil set is empty. A
// customer in both sets is excluded. The sets are not changed while an index uses
// them.
type Lists struct{ In, Out *Bitmap }

// membership is {"segment": "vip"}: a member of another segment, as that is
// defined now.
type membership struct {
	pointer string
	of      *Segment
}

func (c membership) match(v *evaluation) bool {
	switch v.listed(c.of.ID) {
	case Included:
		return true
	case Excluded:
		return false
	}
	return !c.of.Static && (c.of.Condition == nil || c.of.Condition.match(v))
}

func (c membership) explain(v *evaluation) Verdict {
	verdict := Verdict{Pointer: c.pointer, Test: fmt.Sprintf("in segment %s", c.of.ID), Match: c.match(v)}
	switch listed := v.listed(c.of.ID); {
	case listed == Included:
		verdict.Seen = "listed as a member"
	case listed == Excluded:
		verdict.Seen = "listed as excluded"
	case c.of.Static:
		verdict.Seen = "not listed"
	case c.of.Condition != nil:
		verdict.Parts = []Verdict{c.of.Condition.explain(v)}
	}
	return verdict
}

// listed is the listing of the customer in a segment.
func (v *evaluation) listed(segment string) Listing {
	if v.params.Listed == nil {
		return Unlisted
	}
	return v.params.Listed(segment)
}

func parseMembership(p *parser, n *strictjson.Node, _ int) Condition {
	at := n.Member("segment")
	if !p.keys(n, "segment") {
		return nil
	}
	if at.Kind != strictjson.String {
		p.problem(at, `a segment is named by its id, such as "vip", not %s`, at.Kind)
		return nil
	}
	if p.named {
		return p.reference(n, at)
	}
	if p.segments == nil {
		p.problem(at, "not supported yet: segment: there are no segments to refer to here")
		return nil
	}
	s, problem := p.segments.resolve(at)
	if problem != nil {
		p.report(*problem)
		return nil
	}
	p.refers, p.anyCase = append(p.refers, s.ID), p.anyCase || s.anyCase
	if p.referred += s.size; p.referred > maxExpanded {
		p.problem(at, "the segments it refers to are too large together: at most %d tests and groups", maxExpanded)
		return nil
	}
	return membership{n.Pointer(), s}
}

func membershipSchema(schemas, place) schema {
	return strict(schema{"segment": schema{"type": "string", "pattern": commerce.SlugPattern,
		"description": "member of another segment of the shop, by its id"}}, "segment")
}
