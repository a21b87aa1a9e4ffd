package segments

import (
	"iter"
	"slices"
	"time"

	"comeback/commerce"
)

// occurrences are orders, or messages, that events of some kinds happened to
// and that pass the where. Several kinds are their union.
type occurrences struct {
	kinds  []eventKind // all of one origin
	where  Condition   // nil: all
	window window
}

// hit is one order or message found, with the first and the last instant of
// the window at which it happened.
type hit struct {
	order       *commerce.OrderFact
	message     *commerce.MessageFact
	first, last time.Time
}

func (h hit) id() string {
	if h.message != nil {
		return h.message.ID
	}
	return h.order.ID
}

// in lists the hits within both the set's own window and outer, oldest record first.
func (s occurrences) in(v *view, outer window) iter.Seq[hit] {
	own, around := s.window.bounds(v), outer.bounds(v)
	within := own.within(around.from, around.to)
	return func(yield func(hit) bool) {
		at := *v
		at.order, at.line, at.message = nil, nil, nil
		var times []time.Time
		for h := range s.records(v.profile) {
			at.order, at.message = h.order, h.message
			times = times[:0]
			for _, kind := range s.kinds {
				times = kind.instants(times, &at)
			}
			if !h.span(times, within) || s.where != nil && !s.where.match(&at) {
				continue
			}
			if !yield(h) {
				return
			}
		}
	}
}

// records lists the orders or the messages of a profile.
func (s occurrences) records(profile *commerce.Profile) iter.Seq[hit] {
	return func(yield func(hit) bool) {
		if s.kinds[0].origin == asksMessage {
			for i := range profile.Engagement {
				if !yield(hit{message: &profile.Engagement[i]}) {
					return
				}
			}
			return
		}
		for i := range profile.History.Orders {
			if !yield(hit{order: &profile.History.Orders[i]}) {
				return
			}
		}
	}
}

// span sets the first and the last of times that lie in b; false when none does.
func (h *hit) span(times []time.Time, b bounds) bool {
	found := false
	for _, at := range times {
		if !b.contain(at) {
			continue
		}
		if !found || at.Before(h.first) {
			h.first = at
		}
		if !found || at.After(h.last) {
			h.last = at
		}
		found = true
	}
	return found
}

// parts calls with with the hit at hand: once, or for a line field with each of
// the lines that pass the where.
func (s occurrences) parts(v *view, h hit, byLine bool, with func(*view)) {
	at := *v
	at.order, at.message, at.line = h.order, h.message, nil
	if !byLine {
		with(&at)
		return
	}
	closed, tested := s.where.(oneLine)
	for i := range h.order.Lines {
		at.line = &h.order.Lines[i]
		if !tested || closed.part.match(&at) {
			with(&at)
		}
	}
}

// occurrences reads event, where and the window keys of n.
func (p *parser) occurrences(n *Node, depth int) (s occurrences, ok bool) {
	if s.kinds, ok = p.eventKinds(n.Member("event")); !ok {
		return s, false
	}
	outer := p.asks
	p.asks = s.kinds[0].origin
	if at := n.Member("where"); at != nil {
		s.where = p.closed(at, depth+1)
		ok = s.where != nil
	}
	p.asks = outer
	var windowed bool
	s.window, windowed = p.window(n)
	return s, ok && windowed
}

// eventKinds reads the name of an event, or a list of them.
func (p *parser) eventKinds(n *Node) (kinds []eventKind, ok bool) {
	if n == nil {
		return nil, false
	}
	items := []*Node{n}
	if n.Kind == Array {
		items = n.Items
	}
	if len(items) == 0 {
		p.problem(n, "an empty list of events: name at least one")
		return nil, false
	}
	for _, item := range items {
		kind, found := p.eventKind(item)
		if !found {
			return nil, false
		}
		if len(kinds) > 0 && kind.origin != kinds[0].origin {
			p.problem(item, "%s and %s cannot be counted together: one is about orders, one about messages", kinds[0].name, kind.name)
			return nil, false
		}
		kinds = append(kinds, kind)
	}
	return kinds, true
}

func (p *parser) eventKind(n *Node) (kind eventKind, ok bool) {
	if n.Kind != String {
		p.problem(n, "an event is a name such as \"order.paid\", or a list of names, not %s", n.Kind)
		return kind, false
	}
	known := make([]string, len(eventKinds))
	for i, kind := range eventKinds {
		known[i] = kind.name
		if kind.name == n.Text {
			return kind, true
		}
	}
	if slices.Contains(laterEvents, n.Text) {
		p.problem(n, "not supported yet: event %s", n.Text)
		return kind, false
	}
	p.suggest(n, Nearest(n.Text, known), "unknown event %q", clip(n.Text))
	return kind, false
}
