package segments

import (
	"comeback/strictjson"
	"time"
)

// window is when events have to have happened: within all of its parts. The zero
// value is any time.
type window struct {
	last   *span // ends now, inclusive
	ago    *ago
	ranges []pointRange
}

// ago is from one span back to another, half-open.
type ago struct{ from, to span }

// bounds are a window in instants: from is included, to is not. A zero instant is
// no limit.
type bounds struct{ from, to time.Time }

func (w window) bounds(v *evaluation) bounds {
	var b bounds
	if w.last != nil {
		b = b.within(w.last.back(v), v.now.Add(1))
	}
	if w.ago != nil {
		b = b.within(w.ago.from.back(v), w.ago.to.back(v))
	}
	for _, r := range w.ranges {
		var from, to time.Time
		switch {
		case r.from != nil:
			from = r.from.start(v)
		case r.after != nil:
			from = r.after.end(v)
		}
		if r.to != nil {
			to = r.to.start(v)
		}
		b = b.within(from, to)
	}
	return b
}

// within narrows b.
func (b bounds) within(from, to time.Time) bounds {
	if from.After(b.from) {
		b.from = from
	}
	if !to.IsZero() && (b.to.IsZero() || to.Before(b.to)) {
		b.to = to
	}
	return b
}

func (b bounds) contain(at time.Time) bool {
	if at.IsZero() {
		return b == bounds{}
	}
	return !at.Before(b.from) && (b.to.IsZero() || at.Before(b.to))
}

// windowKeys are the keys of a window beside an event or a share.
var windowKeys = []string{"last", "ago", "between", "before", "after"}

// window reads the window keys of n.
func (p *parser) window(n *strictjson.Node) (w window, ok bool) {
	ok = true
	if at := n.Member("last"); at != nil {
		length, good := p.span(at, 1)
		w.last, ok = &length, good
	}
	if at := n.Member("ago"); at != nil {
		w.ago = p.ago(at)
		ok = ok && w.ago != nil
	}
	for _, part := range []struct {
		key   string
		parse func(*parser, subject, *strictjson.Node) predicate
	}{{"between", parsePointsBetween}, {"before", parseBefore}, {"after", parseAfter}} {
		if at := n.Member(part.key); at != nil {
			r, good := part.parse(p, subject{}, at).(pointRange)
			w.ranges, ok = append(w.ranges, r), ok && good
		}
	}
	return w, ok
}

func (p *parser) ago(n *strictjson.Node) *ago {
	if n.Kind != strictjson.Object || n.Member("from") == nil || n.Member("to") == nil {
		p.problem(n, `write both ends: {"from": {"days": 180}, "to": {"days": 90}}`)
		return nil
	}
	from, ok1 := p.span(n.Member("from"), 1)
	to, ok2 := p.span(n.Member("to"), 0)
	if !p.keys(n, "from", "to") || !ok1 || !ok2 {
		return nil
	}
	if from.minutes() <= to.minutes() {
		p.problem(n, "from %s ago to %s ago is empty: the longer time comes first", from, to)
		return nil
	}
	return &ago{from, to}
}

func parsePointsBetween(p *parser, _ subject, n *strictjson.Node) predicate {
	from, to, ok := p.ends(n)
	if !ok {
		return nil
	}
	return p.betweenPoints(n, from, to)
}
