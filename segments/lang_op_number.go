package segments

import (
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// comparison is gt, gte, lt and lte.
type comparison struct {
	op    string
	bound commerce.Decimal // of money in major units
}

func (c comparison) passes(s subject, v *evaluation) bool {
	f, ok := s.number(v)
	return ok && c.accepts(f.cmp(s.bound(c.bound, v)))
}

// accepts reports whether a comparison with this outcome passes (see Decimal.Cmp).
func (c comparison) accepts(outcome int) bool {
	switch c.op {
	case "gt":
		return outcome > 0
	case "gte":
		return outcome >= 0
	case "lt":
		return outcome < 0
	case "lte":
		return outcome <= 0
	}
	return outcome == 0 // is
}

// betweenNumbers includes both ends.
type betweenNumbers struct{ low, high commerce.Decimal }

func (c betweenNumbers) passes(s subject, v *evaluation) bool {
	f, ok := s.number(v)
	return ok && f.cmp(s.bound(c.low, v)) >= 0 && f.cmp(s.bound(c.high, v)) <= 0
}

func parseGT(p *parser, s subject, n *strictjson.Node) predicate  { return p.comparison(s, "gt", n) }
func parseGTE(p *parser, s subject, n *strictjson.Node) predicate { return p.comparison(s, "gte", n) }
func parseLT(p *parser, s subject, n *strictjson.Node) predicate  { return p.comparison(s, "lt", n) }
func parseLTE(p *parser, s subject, n *strictjson.Node) predicate { return p.comparison(s, "lte", n) }

func (p *parser) comparison(s subject, op string, n *strictjson.Node) predicate {
	bound, ok := p.decimal(s, n)
	if !ok {
		return nil
	}
	return comparison{op, bound}
}

// parseBetween reads the two ends of numbers, or of dates.
func parseBetween(p *parser, s subject, n *strictjson.Node) predicate {
	from, to, ok := p.ends(n)
	if !ok {
		return nil
	}
	if s.kind == ofDate || s.kind == ofBirthday || s.kind.written() && from.Kind == strictjson.String {
		return p.betweenPoints(n, from, to)
	}
	low, ok1 := p.decimal(s, from)
	high, ok2 := p.decimal(s, to)
	switch {
	case !ok1 || !ok2:
		return nil
	case low.Cmp(high) > 0:
		p.problem(n, "between %s and %s is empty: the smaller value comes first", low, high)
		return nil
	}
	return betweenNumbers{low, high}
}

// ends reads [a, b] or {"from": a, "to": b}.
func (p *parser) ends(n *strictjson.Node) (from, to *strictjson.Node, ok bool) {
	switch {
	case n.Kind == strictjson.Array && len(n.Items) == 2:
		return n.Items[0], n.Items[1], true
	case n.Kind == strictjson.Object && n.Member("from") != nil && n.Member("to") != nil:
		return n.Member("from"), n.Member("to"), p.keys(n, "from", "to")
	}
	p.problem(n, "write two ends: [from, to]")
	return nil, nil, false
}

// bound is a number of a test in the unit of the values of the field.
func (s subject) bound(d commerce.Decimal, v *evaluation) commerce.Decimal {
	if s.kind == ofMoney {
		return minorUnits(d, v.exponent)
	}
	return d
}

// decimal reads a number to compare the field with.
func (p *parser) decimal(s subject, n *strictjson.Node) (d commerce.Decimal, ok bool) {
	switch {
	case s.kind == ofMoney:
		return p.money(s, n)
	case n.Kind == strictjson.Number:
		return p.plain(n)
	case s.days && (n.Kind == strictjson.Object || n.Kind == strictjson.String):
		return p.days(s, n)
	case n.Kind == strictjson.String:
		p.problem(n, "%s is %s: write the value without quotes", s.title, s.kind)
	default:
		p.problem(n, "%s takes a number here, not %s", s.title, n.Kind)
	}
	return d, false
}

func (p *parser) money(s subject, n *strictjson.Node) (d commerce.Decimal, ok bool) {
	if n.Kind == strictjson.String || n.Kind == strictjson.Number && !strings.ContainsAny(n.Text, ".eE") {
		return p.plain(n)
	}
	p.problem(n, "%s is money: write decimal text such as \"12.50\", or whole major units such as 12", s.title)
	return d, false
}

func (p *parser) plain(n *strictjson.Node) (d commerce.Decimal, ok bool) {
	d, err := commerce.ParseDecimal(n.Text)
	if err != nil {
		p.problem(n, "%s", err)
	}
	return d, err == nil
}

func (p *parser) days(s subject, n *strictjson.Node) (d commerce.Decimal, ok bool) {
	length, ok := p.span(n, 0)
	switch {
	case !ok:
		return d, false
	case length.unit == "weeks":
		length.n *= 7
	case length.unit != "days":
		p.problem(n, "%s counts days: write it in days or weeks", s.title)
		return d, false
	}
	return commerce.Decimal{Units: int64(length.n)}, true
}
