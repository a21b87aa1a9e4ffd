package campaigns

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// reader reads typed values from a campaign file and collects every problem. A
// method that finds a wrong value reports it and returns the zero value.
type reader struct {
	problems strictjson.Problems
	scope    segments.Scope // of conditions about an enrolment; set when the trigger was read
}

func (r *reader) problem(n *strictjson.Node, format string, args ...any) {
	r.problems.At(n, format, args...)
}

func (r *reader) suggest(n *strictjson.Node, suggestion, format string, args ...any) {
	p := n.Problem(format, args...)
	p.Suggestion = suggestion
	r.problems.Add(p)
}

func (r *reader) note(n *strictjson.Node, format string, args ...any) {
	p := n.Problem(format, args...)
	p.Note = true
	r.problems.Add(p)
}

// object reports whether n is an object. It refuses each key that the language does
// not have there, or that is not built yet. what is a Part's name.
func (r *reader) object(n *strictjson.Node, what string) bool {
	known, later := keysOf(what)
	if n.Kind != strictjson.Object {
		r.problem(n, "%s: an object is wanted, not %s", what, n.Kind)
		return false
	}
	for _, m := range n.Members {
		switch {
		case slices.Contains(known, m.Key):
		case slices.Contains(later, m.Key):
			p := m.Value.Problem("not supported yet: %s", m.Key)
			p.Line, p.Column = int(m.KeyLine), int(m.KeyColumn)
			r.problems.Add(p)
		default:
			r.problems.Unknown(m, known)
		}
	}
	return true
}

// needs reports the keys that are missing from an object.
func (r *reader) needs(n *strictjson.Node, what string, keys ...string) {
	for _, key := range keys {
		if n.Member(key) == nil {
			r.problem(n, "%s: %q is missing", what, key)
		}
	}
}

func (r *reader) text(n *strictjson.Node, what string) string {
	switch {
	case n == nil:
		return ""
	case n.Kind != strictjson.String:
		r.problem(n, "%s: text is wanted, not %s", what, n.Kind)
		return ""
	case strings.TrimSpace(n.Text) == "":
		r.problem(n, "%s: must not be empty", what)
	case len(n.Text) > 200:
		r.problem(n, "%s: at most 200 bytes", what)
	}
	return n.Text
}

// slug reads an id, which may become part of a key, an address and a file name.
func (r *reader) slug(n *strictjson.Node, what string) string {
	text := r.text(n, what)
	if text != "" && !commerce.Slug(text) {
		r.problem(n, "%s: %s", what, commerce.SlugRule)
		return ""
	}
	return text
}

func (r *reader) oneOf(n *strictjson.Node, what string, allowed, later []string) string {
	text := r.text(n, what)
	switch {
	case text == "" || slices.Contains(allowed, text):
		return text
	case slices.Contains(later, text):
		r.problem(n, "not supported yet: %s %q", what, text)
	default:
		r.suggest(n, strictjson.Nearest(text, allowed), "%s: %q is none of %s", what, text, strings.Join(allowed, ", "))
	}
	return ""
}

// flag reads true or false; false for an absent one.
func (r *reader) flag(n *strictjson.Node, what string) bool {
	if n != nil && n.Kind != strictjson.Bool {
		r.problem(n, "%s: true or false is wanted, not %s", what, n.Kind)
		return false
	}
	return n != nil && n.Bool
}

func (r *reader) whole(n *strictjson.Node, what string, least, most int) int {
	if n == nil {
		return 0
	}
	i, err := strconv.Atoi(n.Text)
	if n.Kind != strictjson.Number || err != nil || i < least || i > most {
		r.problem(n, "%s: a whole number from %d to %d is wanted", what, least, most)
		return 0
	}
	return i
}

// percent reads a share in 1/100 %.
func (r *reader) percent(n *strictjson.Node, what string, most int64) int {
	d, err := commerce.ParseDecimal(n.Text)
	points, exact := d.Minor(2)
	if n.Kind != strictjson.Number || err != nil || !exact || points < 0 || points > most*100 {
		r.problem(n, "%s: a number from 0 to %d with at most two decimals is wanted", what, most)
		return 0
	}
	return int(points)
}

// units are the units of a wait. A month is none, because its length varies.
var units = map[string]time.Duration{
	"minutes": time.Minute, "hours": time.Hour, "days": day, "weeks": 7 * day,
	"m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day,
}

// longest bounds every duration of a campaign.
const longest = 3660 * day

// duration reads {"hours": 24} or "24h". A day is 24 hours.
func (r *reader) duration(n *strictjson.Node, what string) time.Duration {
	const form = `%s: write "30m", "24h" or "7d", or {"minutes"|"hours"|"days"|"weeks": n}`
	count, unit := "", ""
	switch {
	case n.Kind == strictjson.String && len(n.Text) > 1:
		count, unit = n.Text[:len(n.Text)-1], n.Text[len(n.Text)-1:]
	case n.Kind == strictjson.Object && len(n.Members) == 1 && n.Members[0].Value.Kind == strictjson.Number:
		count, unit = n.Members[0].Value.Text, n.Members[0].Key
	}
	if unit == "months" {
		r.problem(n, "%s: a month has no fixed length here: write days", what)
		return 0
	}
	if n.Kind == strictjson.Object && len(n.Members) == 1 && units[unit] == 0 {
		r.suggest(n, strictjson.Nearest(unit, []string{"minutes", "hours", "days", "weeks"}), form, what)
		return 0
	}
	i, err := strconv.Atoi(count)
	if err != nil || units[unit] == 0 || count[0] == '+' || len(unit) == 1 != (n.Kind == strictjson.String) {
		r.problem(n, form, what)
		return 0
	}
	if i < 0 || i > int(longest/units[unit]) {
		r.problem(n, "%s: from 0 to 3660 days", what)
		return 0
	}
	return time.Duration(i) * units[unit]
}

// clock reads a time of day, "08:00", in minutes; "24:00" is not one.
func (r *reader) clock(n *strictjson.Node, what string) int {
	if n.Kind == strictjson.String && len(n.Text) == 5 {
		if t, err := time.Parse("15:04", n.Text); err == nil {
			return t.Hour()*60 + t.Minute()
		}
	}
	r.problem(n, "%s: a time of day such as \"08:00\" is wanted", what)
	return 0
}

// condition reads a condition about an enrolment; nil after a problem, and for an
// absent one.
func (r *reader) condition(n *strictjson.Node) segments.Condition {
	return r.conditionIn(n, r.scope)
}

// conditionIn reads a condition that may refer to what scope has.
func (r *reader) conditionIn(n *strictjson.Node, scope segments.Scope) segments.Condition {
	if n == nil {
		return nil
	}
	condition, problems := segments.Parse(n, scope)
	r.problems.AddAll(problems)
	if strictjson.Refused(problems) {
		return nil
	}
	return condition
}

// spell writes a duration as a campaign file does.
func spell(t time.Duration) string {
	for _, unit := range []string{"d", "h", "m"} {
		if t%units[unit] == 0 && t != 0 {
			return strconv.FormatInt(int64(t/units[unit]), 10) + unit
		}
	}
	return strconv.FormatInt(int64(t/time.Minute), 10) + "m"
}
