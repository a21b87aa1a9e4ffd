package segments

import (
	"iter"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// occurrences are the records (orders, messages, consents, checkouts, or the
// customer) that had one of the events and pass the where.
type occurrences struct {
	kinds  []eventKind // all of one origin
	where  Condition   // nil: all
	window window
}

// hit is one record found, with the first and the last instant of the event within
// the window. The customer has no record.
type hit struct {
	order       *commerce.OrderFact
	message     *commerce.MessageFact
	consent     *commerce.Consent
	checkout    *commerce.CheckoutFact
	first, last time.Time
}

// id is the id of the record: of a consent its channel, of the customer empty.
func (h hit) id() string {
	switch {
	case h.order != nil:
		return h.order.ID
	case h.message != nil:
		return h.message.ID
	case h.consent != nil:
		return h.consent.Channel
	case h.checkout != nil:
		return h.checkout.ID
	}
	return ""
}

// of makes the record of the hit the current one, without a line.
func (v *evaluation) of(h hit) *evaluation {
	v.order, v.message, v.consent, v.checkout, v.line = h.order, h.message, h.consent, h.checkout, nil
	return v
}

// in lists the hits within both the set's own window and outer, oldest record first.
func (s occurrences) in(v *evaluation, outer window) iter.Seq[hit] {
	own, around := s.window.bounds(v), outer.bounds(v)
	within := own.within(around.from, around.to)
	return func(yield func(hit) bool) {
		at := *v
		var times []time.Time
		for h := range s.records(v.profile) {
			at.of(h)
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

// records lists the records of the profile that the events happen to.
func (s occurrences) records(profile *commerce.Profile) iter.Seq[hit] {
	switch s.kinds[0].origin {
	case originMessage:
		return each(profile.Engagement, func(m *commerce.MessageFact) hit { return hit{message: m} })
	case originConsent:
		return each(profile.Consents, func(c *commerce.Consent) hit { return hit{consent: c} })
	case originCheckout:
		return each(profile.Checkouts, func(c *commerce.CheckoutFact) hit { return hit{checkout: c} })
	case originSelf:
		return func(yield func(hit) bool) { yield(hit{}) }
	}
	return each(profile.History.Orders, func(o *commerce.OrderFact) hit { return hit{order: o} })
}

func each[T any](list []T, of func(*T) hit) iter.Seq[hit] {
	return func(yield func(hit) bool) {
		for i := range list {
			if !yield(of(&list[i])) {
				return
			}
		}
	}
}

// span sets the first and the last of the times that lie in b. It is false if none
// does.
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

// parts calls with for the record of the hit: once, or for a line field with each
// line that passes the where.
func (s occurrences) parts(v *evaluation, h hit, byLine bool, with func(*evaluation)) {
	at := *v
	at.of(h)
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
func (p *parser) occurrences(n *strictjson.Node, depth int) (s occurrences, ok bool) {
	if s.kinds, ok = p.eventKinds(n.Member("event")); !ok {
		return s, false
	}
	outer := p.origins
	p.origins = s.kinds[0].origin
	if at := n.Member("where"); at != nil {
		s.where = p.closed(at, depth+1)
		ok = s.where != nil
	}
	p.origins = outer
	var windowed bool
	if s.window, windowed = p.window(n); windowed {
		p.lintWindow(n, s.window, s.kinds[0].origin)
	}
	return s, ok && windowed
}

// eventKinds reads the name of an event, or a list of them.
func (p *parser) eventKinds(n *strictjson.Node) (kinds []eventKind, ok bool) {
	if n == nil {
		return nil, false
	}
	items := []*strictjson.Node{n}
	if n.Kind == strictjson.Array {
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
			p.problem(item, "%s and %s cannot be counted together: one is about %s, one about %s", kinds[0].name, kind.name,
				kinds[0].origin.records(), kind.origin.records())
			return nil, false
		}
		kinds = append(kinds, kind)
	}
	return kinds, true
}

func (p *parser) eventKind(n *strictjson.Node) (kind eventKind, ok bool) {
	if n.Kind != strictjson.String {
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
	if commerce.EventKind(n.Text).Reported() {
		p.problem(n, "event %q: only in campaigns, as a trigger, an exit or a goal; conditions count no reported events", clip(n.Text))
		return kind, false
	}
	p.suggest(n, strictjson.Nearest(n.Text, known), "unknown event %q", clip(n.Text))
	return kind, false
}
