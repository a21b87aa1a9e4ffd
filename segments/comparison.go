package segments

import (
	"slices"
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// test is {"field": ..., "op": ..., "value": ...}. With "case": true texts are
// compared exactly.
type test struct {
	subject
	pointer string
	words   string // the test as a sentence
	op      string
	is      predicate
	negate  bool // the exact complement: is_not, not_in
}

// predicate is the test of an operator on a field's value: one small type for a
// family of operators. An unset value does not pass.
type predicate interface {
	passes(s subject, v *evaluation) bool
}

func (t test) match(v *evaluation) bool { return t.is.passes(t.subject, v) != t.negate }

func (t test) explain(v *evaluation) Verdict {
	return Verdict{Pointer: t.pointer, Test: t.words, Match: t.match(v), Seen: t.seen(v)}
}

// operator is one line of the table: which kinds of fields it fits, and how its
// value is read. parse returns nil after a problem.
type operator struct {
	name   string
	fits   []fieldKind
	takes  valueShape
	negate bool
	parse  func(p *parser, s subject, n *strictjson.Node) predicate
}

// valueShape is the form of an operator's value.
type valueShape uint8

const (
	takesNone valueShape = iota
	takesOne
	takesList
	takesEnds // two: from, to
	takesSpan // a duration
)

var operators = []operator{
	{"set", everyKind, takesNone, false, parseSet},
	{"unset", everyKind, takesNone, false, parseUnset},
	{"is", everyKind, takesOne, false, parseIs},
	{"is_not", everyKind, takesOne, true, parseIs},
	{"in", everyKind, takesList, false, parseIn},
	{"not_in", everyKind, takesList, true, parseIn},
	{"gt", numberKinds, takesOne, false, parseGT},
	{"gte", numberKinds, takesOne, false, parseGTE},
	{"lt", numberKinds, takesOne, false, parseLT},
	{"lte", numberKinds, takesOne, false, parseLTE},
	{"between", orderedKinds, takesEnds, false, parseBetween},
	{"contains", textKinds, takesOne, false, parseContains},
	{"starts_with", textKinds, takesOne, false, parseStartsWith},
	{"ends_with", textKinds, takesOne, false, parseEndsWith},
	{"has", listKinds, takesOne, false, parseIs},
	{"has_any", listKinds, takesList, false, parseIn},
	{"has_all", listKinds, takesList, false, parseHasAll},
	{"before", dateKinds, takesOne, false, parseBefore},
	{"after", dateKinds, takesOne, false, parseAfter},
	{"within_last", dateKinds, takesSpan, false, parseWithinLast},
	{"within_next", dateKinds, takesSpan, false, parseWithinNext},
	{"more_than_ago", dateKinds, takesSpan, false, parseMoreThanAgo},
	{"anniversary_within_next", dateKinds, takesSpan, false, parseAnniversaryNext},
	{"anniversary_within_last", dateKinds, takesSpan, false, parseAnniversaryLast},
}

var (
	everyKind    = []fieldKind{ofNumber, ofMoney, ofText, ofList, ofDate, ofBirthday, ofFlag, ofCustom, ofProperty}
	numberKinds  = []fieldKind{ofNumber, ofMoney, ofCustom, ofProperty}
	orderedKinds = []fieldKind{ofNumber, ofMoney, ofDate, ofBirthday, ofCustom, ofProperty}
	textKinds    = []fieldKind{ofText, ofList, ofCustom, ofProperty}
	listKinds    = []fieldKind{ofList, ofProperty}
	dateKinds    = []fieldKind{ofDate, ofBirthday, ofCustom, ofProperty}
)

func parseTest(p *parser, n *strictjson.Node, _ int) Condition {
	ok := p.keys(n, "field", "op", "value", "case")
	s, found := p.fieldAt(n.Member("field"))
	if !ok || !found {
		return nil
	}
	op, ok := p.operator(n, s)
	if !ok || !p.caseOf(n, &s, op) {
		return nil
	}
	at := n.Member("value")
	switch {
	case op.takes != takesNone && at == nil:
		p.problem(n, "%s %s needs a value", s.title, op.name)
		return nil
	case op.takes == takesNone && at != nil:
		p.problem(at, "%s takes no value: remove it", op.name)
		return nil
	}
	p.anyCase = p.anyCase || s.folds && op.comparesTexts()
	is := op.parse(p, s, at)
	if is == nil {
		return nil
	}
	t := test{subject: s, pointer: n.Pointer(), words: s.title + " " + op.name, op: op.name, is: is, negate: op.negate}
	if at != nil {
		t.words += " " + written(at)
	}
	if s.anyCase && !s.folds {
		t.words += " (exact case)"
	}
	p.lintTest(n, t)
	return t
}

// caseOf reads "case": whether case and width of texts matter. It is false after a
// problem.
func (p *parser) caseOf(n *strictjson.Node, s *subject, op operator) bool {
	at := n.Member("case")
	switch {
	case at == nil:
		return true
	case at.Kind != strictjson.Bool:
		p.problem(at, "\"case\" is true or false, not %s", at.Kind)
	case !op.comparesTexts():
		p.problem(at, "\"case\" is about texts: %s %s compares none, remove it", s.title, op.name)
	case !s.anyCase:
		p.problem(at, "%s is always compared exactly: remove \"case\"", s.title)
	default:
		s.folds = !at.Bool
		return true
	}
	return false
}

// comparesTexts reports whether the operator compares the texts of fields of texts.
func (o operator) comparesTexts() bool {
	return o.takes != takesNone && (has(o.fits, ofText) || has(o.fits, ofList))
}

// operator finds the operator of a test, and reports whether it fits the field.
func (p *parser) operator(n *strictjson.Node, s subject) (operator, bool) {
	at := n.Member("op")
	if at == nil || at.Kind != strictjson.String {
		p.problem(n, "a test of %s needs an \"op\": one of %s", s.title, strings.Join(fitting(s.kind), ", "))
		return operator{}, false
	}
	i := slices.IndexFunc(operators, func(o operator) bool { return o.name == at.Text })
	if i >= 0 && slices.Contains(operators[i].fits, s.kind) {
		return operators[i], true
	}
	known := fitting(s.kind)
	if i < 0 {
		near := strictjson.Nearest(at.Text, known)
		p.suggest(at, near, "unknown operator %q for %s (%s): use %s", clip(at.Text), s.title, s.kind, strings.Join(known, ", "))
	} else {
		near := strictjson.Nearest(at.Text, known)
		p.suggest(at, near, "operator %q does not fit %s (%s): use %s", at.Text, s.title, s.kind, strings.Join(known, ", "))
	}
	return operator{}, false
}

// fitting lists the operators of a kind of field.
func fitting(kind fieldKind) []string {
	var names []string
	for _, o := range operators {
		if slices.Contains(o.fits, kind) {
			names = append(names, o.name)
		}
	}
	return names
}

// written is a value as the author wrote it, on one line and not too long.
func written(n *strictjson.Node) string {
	var parts []string
	switch n.Kind {
	case strictjson.Null:
		return "null"
	case strictjson.Bool:
		if n.Bool {
			return "true"
		}
		return "false"
	case strictjson.Array:
		for _, item := range n.Items {
			parts = append(parts, written(item))
		}
		return clip("[" + strings.Join(parts, ", ") + "]")
	case strictjson.Object:
		for _, m := range n.Members {
			parts = append(parts, m.Key+": "+written(m.Value))
		}
		return clip("{" + strings.Join(parts, ", ") + "}")
	}
	return clip(n.Text)
}

// clip shortens what an author wrote, for messages.
func clip(text string) string { return commerce.Clip(text, 60) }
