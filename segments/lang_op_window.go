package segments

import "comeback/strictjson"

// sinceNow is within_last, within_next and more_than_ago. Days are those of the
// calendar: the last 7 days begin at the midnight 7 days ago, the next 7 days end
// with the day 7 days ahead. Hours and minutes are counted from now. Now lies in
// both windows.
type sinceNow struct {
	op   string
	span span
}

func (c sinceNow) passes(s subject, v *evaluation) bool {
	at, ok := s.date(v)
	if !ok {
		return false
	}
	switch c.op {
	case "within_last":
		return !at.Before(c.span.back(v)) && !at.After(v.now)
	case "within_next":
		return !at.Before(v.now) && at.Before(c.span.ahead(v))
	}
	return at.Before(c.span.back(v))
}

func parseWithinLast(p *parser, _ subject, n *strictjson.Node) predicate {
	return p.sinceNow("within_last", n)
}
func parseWithinNext(p *parser, _ subject, n *strictjson.Node) predicate {
	return p.sinceNow("within_next", n)
}
func parseMoreThanAgo(p *parser, _ subject, n *strictjson.Node) predicate {
	return p.sinceNow("more_than_ago", n)
}

func (p *parser) sinceNow(op string, n *strictjson.Node) predicate {
	length, ok := p.span(n, 1)
	if !ok {
		return nil
	}
	return sinceNow{op, length}
}

// anniversary is anniversary_within_next and anniversary_within_last: an
// anniversary of the date, in a later year, falls on today or on one of the n - 1
// dates after (before) it.
type anniversary struct {
	span span
	next bool
}

func (c anniversary) passes(s subject, v *evaluation) bool {
	born, ok := s.day(v)
	if !ok {
		return false
	}
	first, last := v.today, c.span.from(v.today, 1).add(-1)
	if !c.next {
		first, last = c.span.from(v.today, -1).add(1), v.today
	}
	for year := max(first.year, born.year+1); year <= last.year; year++ {
		if d := born.anniversary(year); d.compare(first) >= 0 && d.compare(last) <= 0 {
			return true
		}
	}
	return false
}

func parseAnniversaryNext(p *parser, _ subject, n *strictjson.Node) predicate {
	return p.anniversary(n, true)
}
func parseAnniversaryLast(p *parser, _ subject, n *strictjson.Node) predicate {
	return p.anniversary(n, false)
}

func (p *parser) anniversary(n *strictjson.Node, next bool) predicate {
	length, ok := p.span(n, 1)
	if !ok {
		return nil
	}
	if length.unit == "minutes" || length.unit == "hours" {
		p.problem(n, "anniversaries are dates: write the duration in days, weeks or months")
		return nil
	}
	return anniversary{length, next}
}
