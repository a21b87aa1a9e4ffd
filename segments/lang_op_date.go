package segments

import (
	"comeback/strictjson"
	"time"
)

// point is a date as authors write it: a day of the shop's zone, or an
// instant. A birthday's point may lack the year.
type point struct {
	day day
	at  time.Time // set: an instant
}

// start is the point's first instant.
func (p point) start(v *evaluation) time.Time {
	if p.at.IsZero() {
		return p.day.start(v.zone)
	}
	return p.at
}

// end is the first instant after the point.
func (p point) end(v *evaluation) time.Time {
	if p.at.IsZero() {
		return p.day.add(1).start(v.zone)
	}
	return p.at.Add(1)
}

func (p point) annual() bool { return p.at.IsZero() && p.day.year == 0 }

// pointRange is before, after and between: from the start of from to the start of
// to, half-open. After 31 January begins with 1 February, since the day is then
// over.
type pointRange struct {
	from, after, to *point // nil: open
}

func (c pointRange) passes(s subject, v *evaluation) bool {
	at, ok := s.date(v)
	return ok && c.contains(at, v)
}

func (c pointRange) contains(at time.Time, v *evaluation) bool {
	return (c.from == nil || !at.Before(c.from.start(v))) &&
		(c.after == nil || !at.Before(c.after.end(v))) &&
		(c.to == nil || at.Before(c.to.start(v)))
}

func parseBefore(p *parser, _ subject, n *strictjson.Node) predicate {
	to, ok := p.point(n, false)
	if !ok {
		return nil
	}
	return pointRange{to: &to}
}

func parseAfter(p *parser, _ subject, n *strictjson.Node) predicate {
	after, ok := p.point(n, false)
	if !ok {
		return nil
	}
	return pointRange{after: &after}
}

// betweenPoints reads the two ends of between on dates.
func (p *parser) betweenPoints(n, fromNode, toNode *strictjson.Node) predicate {
	from, ok1 := p.point(fromNode, false)
	to, ok2 := p.point(toNode, false)
	if !ok1 || !ok2 {
		return nil
	}
	utc := &evaluation{zone: time.UTC}
	if gap := to.start(utc).Sub(from.start(utc)); gap <= 0 && (from.at.IsZero() == to.at.IsZero() || gap < -26*time.Hour) {
		p.problem(n, "between %s and %s is empty: the end is not included, so it comes after the start", fromNode.Text, toNode.Text)
		return nil
	}
	return pointRange{from: &from, to: &to}
}

// point reads a date. With annual, one without a year is accepted.
func (p *parser) point(n *strictjson.Node, annual bool) (at point, ok bool) {
	const form = `write a day of the shop's zone, "2026-01-31", or an instant, "2026-01-31T10:00:00Z"`
	if n.Kind != strictjson.String {
		p.problem(n, "not a date: %s", form)
		return at, false
	}
	if d, ok := parseDay(n.Text); ok {
		if d.year == 0 && !annual {
			p.problem(n, "a date without a year fits is, is_not, in and not_in of a birthday only: %s", form)
			return at, false
		}
		return point{day: d}, true
	}
	instant, err := time.Parse(time.RFC3339, n.Text)
	if err != nil || instant.IsZero() {
		p.problem(n, "%q is not a date: %s", clip(n.Text), form)
		return at, false
	}
	return point{at: instant}, true
}
