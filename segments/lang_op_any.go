package segments

import (
	"fmt"
	"slices"
	"strconv"

	"comeback/commerce"
	"comeback/strictjson"
)

// presence is the operators set and unset.
type presence struct{ want bool }

func (c presence) passes(s subject, v *evaluation) bool { return s.value(v).set == c.want }

func parseSet(*parser, subject, *strictjson.Node) predicate   { return presence{true} }
func parseUnset(*parser, subject, *strictjson.Node) predicate { return presence{false} }

// amongTexts passes if the text, or an entry of the list, is one of values.
type amongTexts struct{ values []string } // sorted

func (c amongTexts) passes(s subject, v *evaluation) bool {
	return slices.ContainsFunc(s.texts(v), func(text string) bool {
		_, found := slices.BinarySearch(c.values, text)
		return found
	})
}

// amongNumbers passes if the number is one of values.
type amongNumbers struct{ values []commerce.Decimal }

func (c amongNumbers) passes(s subject, v *evaluation) bool {
	f, ok := s.number(v)
	return ok && slices.ContainsFunc(c.values, func(d commerce.Decimal) bool { return f.cmp(s.bound(d, v)) == 0 })
}

// amongPoints passes if the date is one of values: a day of the shop's zone, an
// instant, or a birthday of any year.
type amongPoints struct{ values []point }

func (c amongPoints) passes(s subject, v *evaluation) bool {
	return slices.ContainsFunc(c.values, func(p point) bool {
		if p.annual() {
			d, ok := s.day(v)
			return ok && d.month == p.day.month && d.day == p.day.day
		}
		at, ok := s.date(v)
		return ok && !at.Before(p.start(v)) && at.Before(p.end(v))
	})
}

// amongFlags passes if the flag is one of those named.
type amongFlags struct{ yes, no bool }

func (c amongFlags) passes(s subject, v *evaluation) bool {
	got := s.value(v)
	return got.set && (got.flag && c.yes || !got.flag && c.no)
}

// parseIs reads the one value of is, is_not and has.
func parseIs(p *parser, s subject, n *strictjson.Node) predicate {
	return p.among(s, []*strictjson.Node{n})
}

// parseIn reads the list of in, not_in and has_any.
func parseIn(p *parser, s subject, n *strictjson.Node) predicate {
	if n.Kind != strictjson.Array || len(n.Items) == 0 {
		p.problem(n, "%s takes a list of at least one value", s.title)
		return nil
	}
	return p.among(s, n.Items)
}

func (p *parser) among(s subject, items []*strictjson.Node) predicate {
	switch {
	case s.kind == ofNumber, s.kind == ofMoney, s.kind.written() && items[0].Kind == strictjson.Number:
		return p.amongNumbers(s, items)
	case s.kind == ofDate, s.kind == ofBirthday:
		return p.amongPoints(s, items)
	case s.kind == ofFlag:
		return p.amongFlags(s, items)
	}
	return p.amongTexts(s, items)
}

func (p *parser) amongNumbers(s subject, items []*strictjson.Node) predicate {
	values, ok := readAll(items, func(n *strictjson.Node) (commerce.Decimal, bool) { return p.decimal(s, n) })
	if !ok {
		return nil
	}
	return amongNumbers{values}
}

func (p *parser) amongPoints(s subject, items []*strictjson.Node) predicate {
	values, ok := readAll(items, func(n *strictjson.Node) (point, bool) { return p.point(n, s.kind == ofBirthday) })
	if !ok {
		return nil
	}
	return amongPoints{values}
}

func (p *parser) amongFlags(s subject, items []*strictjson.Node) predicate {
	var c amongFlags
	for _, item := range items {
		if item.Kind != strictjson.Bool {
			p.problem(item, "%s is true or false, not %s", s.title, item.Kind)
			return nil
		}
		c.yes, c.no = c.yes || item.Bool, c.no || !item.Bool
	}
	return c
}

func (p *parser) amongTexts(s subject, items []*strictjson.Node) predicate {
	values, ok := readAll(items, func(n *strictjson.Node) (string, bool) { return p.text(s, n) })
	if !ok {
		return nil
	}
	values = s.compared(values)
	slices.Sort(values)
	return amongTexts{slices.Compact(values)}
}

// readAll reads the items up to the first that is not ok.
func readAll[T any](items []*strictjson.Node, read func(*strictjson.Node) (T, bool)) ([]T, bool) {
	var values []T
	for _, item := range items {
		value, ok := read(item)
		if !ok {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

// text reads a value that is compared as text.
func (p *parser) text(s subject, n *strictjson.Node) (text string, ok bool) {
	switch {
	case n.Kind == strictjson.Bool && s.kind.written():
		return strconv.FormatBool(n.Bool), true
	case n.Kind == strictjson.Number && !s.kind.written():
		p.problem(n, "%s is %s: write the value in quotes", s.title, s.kind)
		return "", false
	case n.Kind != strictjson.String:
		p.problem(n, "%s takes text here, not %s", s.title, n.Kind)
		return "", false
	case n.Text == "":
		p.problem(n, "an empty text matches nothing: to test whether %s is present, use set or unset", s.title)
		return "", false
	case len(s.among) > 0 && !slices.Contains(s.among, n.Text):
		p.suggest(n, strictjson.Nearest(n.Text, s.among), "%s is never %q: it is one of %s", s.title, clip(n.Text), fmt.Sprintf("%q", s.among))
		return "", false
	}
	return n.Text, true
}
