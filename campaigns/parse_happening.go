package campaigns

import (
	"slices"

	"comeback/commerce"
	"comeback/strictjson"
)

// eventsOf reads the events of an exit or a goal: those of eventTest, and "same".
func (r *reader) eventsOf(n *strictjson.Node, what string) (wanted EventTest, same Same) {
	wanted = r.eventTest(n, what)
	r.needs(n, what, "same")
	same = r.same(n.Member("same"))
	wanted.Where = r.eventCondition(n, wanted.Kinds, same)
	return wanted, same
}

// eventTest reads "event", with "campaign" and "step" of messages, or "segment" and "on".
func (r *reader) eventTest(n *strictjson.Node, what string) (wanted EventTest) {
	event, segment := n.Member("event"), n.Member("segment")
	switch {
	case event != nil && segment != nil:
		r.problem(n, "%s: either event or segment, not both", what)
	case segment != nil:
		wanted.Kinds, wanted.Of = r.segmentEvents(n)
	default:
		r.needs(n, what, "event")
		wanted.Kinds, wanted.Of = r.events(event, false), r.of(n, event)
	}
	if at := n.Member("on"); event != nil && at != nil {
		r.problem(at, "on: only with segment")
	}
	return wanted
}

// of reads the campaign and step of a message that "event" names.
func (r *reader) of(n, event *strictjson.Node) (of Of) {
	for key, to := range map[string]*string{"campaign": &of.Campaign, "step": &of.Step} {
		at := n.Member(key)
		switch {
		case at == nil:
		case !onlyMessages(event):
			r.problem(at, "%s: only with the events message.opened and message.clicked", key)
		default:
			*to = r.slug(at, key)
		}
	}
	if of.Step != "" && n.Member("campaign") == nil {
		r.problem(n.Member("step"), "step: name its campaign too")
	}
	return of
}

func onlyMessages(event *strictjson.Node) bool {
	if event == nil || event.Kind != strictjson.Array {
		return event != nil && ofMessage(commerce.EventKind(event.Text))
	}
	return !slices.ContainsFunc(event.Items, func(n *strictjson.Node) bool { return !ofMessage(commerce.EventKind(n.Text)) })
}

// segmentEvents reads {"segment": "vip", "on": "entered"}.
func (r *reader) segmentEvents(n *strictjson.Node) (kinds []commerce.EventKind, of Of) {
	r.needs(n, "segment", "on")
	for _, key := range []string{"campaign", "step"} {
		if at := n.Member(key); at != nil {
			r.problem(at, "%s: only with the events message.opened and message.clicked", key)
		}
	}
	of.Segment = r.slug(n.Member("segment"), "segment")
	switch r.oneOf(n.Member("on"), "on", []string{"entered", "left"}, nil) {
	case "entered":
		return []commerce.EventKind{commerce.SegmentEntered}, of
	case "left":
		return []commerce.EventKind{commerce.SegmentLeft}, of
	}
	return nil, of
}
