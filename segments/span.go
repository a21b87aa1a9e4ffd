package segments

import (
	"comeback/strictjson"
	"fmt"
	"strconv"
	"time"
)

// span is a duration: a whole number of one unit. Minutes and hours are exact.
// Days, weeks and months are those of the calendar in the shop's zone.
type span struct {
	n    int
	unit string
}

// spanUnits are the units of a span, with the largest number of each: a century.
var spanUnits = []struct {
	name, short string
	most        int
}{
	{"minutes", "m", 52_600_000}, {"hours", "h", 876_600}, {"days", "d", 36_525}, {"weeks", "w", 5_218}, {"months", "", 1_200},
}

// back is the instant n units before now. For calendar units it is the start of
// that day.
func (s span) back(v *evaluation) time.Time {
	switch s.unit {
	case "minutes":
		return v.now.Add(-time.Duration(s.n) * time.Minute)
	case "hours":
		return v.now.Add(-time.Duration(s.n) * time.Hour)
	}
	return s.from(v.today, -1).start(v.zone)
}

// ahead is the instant at which the next n units end, exclusive. For calendar
// units it is the end of that day.
func (s span) ahead(v *evaluation) time.Time {
	switch s.unit {
	case "minutes":
		return v.now.Add(time.Duration(s.n)*time.Minute + 1)
	case "hours":
		return v.now.Add(time.Duration(s.n)*time.Hour + 1)
	}
	return s.from(v.today, 1).add(1).start(v.zone)
}

// from is the date n calendar units after d, or before it with sign -1.
func (s span) from(d day, sign int) day {
	switch s.unit {
	case "weeks":
		return d.add(sign * 7 * s.n)
	case "months":
		return d.addMonths(sign * s.n)
	}
	return d.add(sign * s.n)
}

// minutes is the approximate length of the span, to compare two spans while
// parsing.
func (s span) minutes() int {
	return s.n * map[string]int{"minutes": 1, "hours": 60, "days": 1440, "weeks": 10080, "months": 43800}[s.unit]
}

// String names the span.
func (s span) String() string { return fmt.Sprintf("%d %s", s.n, s.unit) }

// span reads {"days": 7} or "7d", of at least least units.
func (p *parser) span(n *strictjson.Node, least int) (s span, ok bool) {
	const form = `write {"days": 7} (minutes, hours, days, weeks or months) or short "30m", "24h", "7d"`
	text, short := "", false
	switch {
	case n.Kind == strictjson.String && n.Text != "":
		text, s.unit, short = n.Text[:len(n.Text)-1], n.Text[len(n.Text)-1:], true
	case n.Kind == strictjson.Object && len(n.Members) == 1:
		text, s.unit = n.Members[0].Value.Text, n.Members[0].Key
		if n.Members[0].Value.Kind != strictjson.Number {
			text = ""
		}
	}
	for _, u := range spanUnits {
		if short && (s.unit != u.short || u.short == "") || !short && s.unit != u.name {
			continue
		}
		count, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			break
		}
		if int(count) < least || int(count) > u.most {
			p.problem(n, "duration %s %s: at least %d and at most %d (a century)", text, u.name, least, u.most)
			return span{}, false
		}
		return span{int(count), u.name}, true
	}
	if n.Kind == strictjson.Object && len(n.Members) == 1 && !short {
		p.report(unknownUnit(n.Members[0], form))
		return span{}, false
	}
	p.problem(n, "not a duration: %s", form)
	return span{}, false
}

func unknownUnit(m strictjson.Member, form string) strictjson.Problem {
	known := make([]string, len(spanUnits))
	for i, u := range spanUnits {
		known[i] = u.name
	}
	problem := m.Value.Problem("not a duration: %s", form)
	if strictjson.Nearest(m.Key, known) != m.Key {
		problem = m.Unknown(known)
	}
	return problem
}
