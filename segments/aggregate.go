package segments

import (
	"slices"

	"comeback/commerce"
	"comeback/strictjson"
)

// aggregate computes one figure from the records found.
type aggregate struct {
	op string // count, sum, avg, min, max, distinct
	of subject
}

// aggregateKeys are the possible figures. count is the default.
var aggregateKeys = []string{"count", "sum", "avg", "min", "max", "distinct"}

// boundKeys are the comparisons of a figure.
var boundKeys = []string{"gt", "gte", "lt", "lte", "is"}

// figure is the aggregate over hits. count, sum and distinct of nothing are 0;
// avg, min and max are unset.
func (a aggregate) figure(v *evaluation, s occurrences, hits []hit) (f fraction, ok bool) {
	if a.op == "count" {
		return fraction{int64(len(hits)), 1}, true
	}
	var n tally
	distinct := map[string]bool{}
	for _, h := range hits {
		s.parts(v, h, a.of.lines, func(at *evaluation) {
			if a.op == "distinct" {
				for _, name := range a.of.names(at) {
					distinct[name] = true
				}
			} else if got, set := a.of.number(at); set {
				n.add(got.num)
			}
		})
	}
	switch a.op {
	case "distinct":
		return fraction{int64(len(distinct)), 1}, true
	case "sum":
		return fraction{n.sum, 1}, true
	case "avg":
		return fraction{n.sum, max(n.count, 1)}, n.count > 0
	case "min":
		return fraction{n.least, 1}, n.count > 0
	}
	return fraction{n.most, 1}, n.count > 0
}

// tally sums whole numbers.
type tally struct{ count, sum, least, most int64 }

func (n *tally) add(x int64) {
	if n.count == 0 {
		n.least, n.most = x, x
	}
	n.count++
	n.sum = saturate(n.sum, x)
	n.least, n.most = min(n.least, x), max(n.most, x)
}

// names are the values of the field that distinct counts. Of a category these are
// its own paths, not those above it.
func (s subject) names(v *evaluation) []string {
	if s.distinct != nil {
		return s.compared(s.distinct(v))
	}
	return s.texts(v)
}

// kind is the kind of the figure: money if the field is money, else a number.
func (a aggregate) kind() fieldKind {
	if a.of.field == nil || a.op == "distinct" {
		return ofNumber
	}
	return a.of.kind
}

// aggregate reads the one figure of n, over fields of the origin.
func (p *parser) aggregate(n *strictjson.Node, o origin) (a aggregate, at *strictjson.Node, ok bool) {
	a.op = "count"
	for _, key := range aggregateKeys {
		if n.Member(key) == nil {
			continue
		}
		if at != nil {
			p.problem(n.Member(key), "one figure at a time: %s or %s", a.op, key)
			return a, at, false
		}
		a.op, at = key, n.Member(key)
	}
	if a.op == "count" {
		return a, at, true
	}
	asks, lines := p.origins, p.lines
	p.origins = o
	a.of, ok = p.fieldAt(at)
	p.origins, p.lines = asks, lines
	if !ok {
		return a, at, false
	}
	fits := []fieldKind{ofNumber, ofMoney}
	if a.op == "distinct" {
		p.anyCase = p.anyCase || a.of.folds
		fits = []fieldKind{ofText, ofList, ofCustom}
	}
	if !slices.Contains(fits, a.of.kind) {
		p.problem(at, "%s of %s: it is %s", a.op, a.of.title, a.of.kind)
		return a, at, false
	}
	return a, at, true
}

// bounds reads the comparisons of n, at least least of them.
func (p *parser) bounds(n *strictjson.Node, kind fieldKind, title string, least int) (list []comparison, ok bool) {
	ok = true
	for _, m := range n.Members {
		if !slices.Contains(boundKeys, m.Key) {
			continue
		}
		bound, read := p.decimal(subject{field: &field{kind: kind}, title: title}, m.Value)
		list, ok = append(list, comparison{m.Key, bound}), ok && read
	}
	if ok && len(list) < least {
		p.problem(n, "%s needs a comparison: give gt, gte, lt, lte or is", title)
		ok = false
	}
	return list, ok
}

// accept reports whether a figure of a kind passes every comparison.
func accept(list []comparison, f fraction, kind fieldKind, v *evaluation) bool {
	return !slices.ContainsFunc(list, func(c comparison) bool {
		return !c.accepts(f.cmp(unitOf(kind).bound(c.bound, v)))
	})
}

// unitOf is a subject of a kind, to convert a bound with.
func unitOf(kind fieldKind) subject { return subject{field: &field{kind: kind}} }

// atLeast is a comparison with a whole number. An event without a comparison means
// at least 1.
func atLeast(n int64) []comparison {
	return []comparison{{"gte", commerce.Decimal{Units: n}}}
}
