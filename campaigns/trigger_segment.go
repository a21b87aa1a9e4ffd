package campaigns

import (
	"slices"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// segmentTrigger reads {"segment": "vip", "on": "entered"}: the event is the customer's.
func (r *reader) segmentTrigger(n *strictjson.Node) (t Trigger) {
	t.Events, t.Of = r.segmentEvents(n)
	return t
}

// Segments lists the segments that the campaign names anywhere, each once and sorted.
func (c *Campaign) Segments() []string { return slices.Clone(c.segments) }

// MissingSegments reports each place at which a campaign names a segment that a shop does not
// have.
func MissingSegments(c *Campaign, set *segments.Set) (problems []strictjson.Problem) {
	for _, at := range segments.References(c.root) {
		if p, missing := set.Missing(at); missing {
			problems = append(problems, p)
		}
	}
	return problems
}

// segmentsOf lists the segments that a file names.
func segmentsOf(root *strictjson.Node) []string {
	var slugs []string
	for _, at := range segments.References(root) {
		slugs = append(slugs, at.Text)
	}
	slices.Sort(slugs)
	return slices.Compact(slugs)
}

// member reports whether the customer is a member of a segment as it is defined now. known is
// false where the shop has no such segment.
func (d *decider) member(segment string) (member, known bool) {
	if d.f.Params.Segments.Segment(segment) == nil && d.f.Listed[segment] == segments.Unlisted {
		return false, false
	}
	return segments.Match(segments.InSegment(segment), d.profile, nil, d.f.Params, d.now), true
}

// movedBack reports whether a customer who entered or left a segment is out of it, or in it,
// again. Where that cannot be known, the customer is not.
func (d *decider) movedBack(ev commerce.Event) bool {
	parts, err := commerce.SplitKey(ev.Cause)
	if err != nil {
		return false
	}
	member, known := d.member(parts[0])
	return known && member != (ev.Kind == commerce.SegmentEntered)
}
