package segments

import (
	"slices"

	"comeback/commerce"
	"comeback/strictjson"
)

// lintPairs notes two tests of one field that contradict each other in an "all",
// or that cover every value in an "any".
func (p *parser) lintPairs(list *strictjson.Node, g group) {
	asked := map[string][]test{}
	for i, part := range g.parts {
		t, ok := part.(test)
		if !ok {
			continue
		}
		for _, before := range asked[t.title] {
			switch {
			case !g.anyOf && excludeEachOther(before, t):
				p.note(list.Items[i], "this contradicts the other test of %s in the same \"all\": nobody matches", t.title)
			case g.anyOf && t.complements(before):
				p.note(list.Items[i], "with the other test of %s in the same \"any\" everybody matches", t.title)
			default:
				continue
			}
			break
		}
		asked[t.title] = append(asked[t.title], t)
	}
}

// excludeEachOther reports whether no value passes both tests.
func excludeEachOther(a, b test) bool {
	if a.complements(b) {
		return true
	}
	if a.negate || b.negate {
		return a.lackedBy(b) || b.lackedBy(a)
	}
	if x, ok := a.is.(amongTexts); ok && a.kind != ofList {
		y, ok := b.is.(amongTexts)
		return ok && !haveCommon(a, b, x.values, y.values) || b.lackedBy(a)
	}
	low1, high1, ok1 := a.ends()
	low2, high2, ok2 := b.ends()
	return ok1 && ok2 && (beyond(low1, high2) || beyond(low2, high1)) || a.lackedBy(b) || b.lackedBy(a)
}

// haveCommon reports whether one text passes both tests, which name these values.
func haveCommon(a, b test, x, y []string) bool {
	if a.folds != b.folds {
		a.folds, b.folds = true, true
		x, y = a.compared(x), b.compared(y)
	}
	return slices.ContainsFunc(x, func(text string) bool { return slices.Contains(y, text) })
}

// complements reports whether exactly one of two tests passes, for any value.
func (t test) complements(other test) bool {
	var mine, others keyWriter
	mine.predicate(t.is)
	others.predicate(other.is)
	x, asked := t.is.(presence)
	y, also := other.is.(presence)
	if asked && also {
		return x.want != y.want
	}
	return t.negate != other.negate && t.folds == other.folds && !t.lines && !mine.unknown && mine.text.String() == others.text.String()
}

// lackedBy reports whether the other test requires the field to be unset, which t
// does not accept.
func (t test) lackedBy(other test) bool {
	is, asked := other.is.(presence)
	mine, also := t.is.(presence)
	return asked && !is.want && !t.negate && (!also || mine.want)
}

// end is one end of the numbers that pass a test. An open end has no limit.
type end struct {
	at       commerce.Decimal
	included bool
	open     bool
}

// ends are the limits of the numbers that pass the test.
func (t test) ends() (low, high end, ok bool) {
	low.open, high.open = true, true
	switch is := t.is.(type) {
	case comparison:
		at := end{at: is.bound, included: is.op == "gte" || is.op == "lte"}
		if is.op == "gt" || is.op == "gte" {
			low = at
		} else {
			high = at
		}
		return low, high, true
	case betweenNumbers:
		return end{at: is.low, included: true}, end{at: is.high, included: true}, true
	case amongNumbers:
		if len(is.values) == 1 {
			at := end{at: is.values[0], included: true}
			return at, at, true
		}
	}
	return low, high, false
}

// beyond reports whether no number lies between low and high.
func beyond(low, high end) bool {
	if low.open || high.open {
		return false
	}
	c := low.at.Cmp(high.at)
	return c > 0 || c == 0 && !(low.included && high.included)
}
