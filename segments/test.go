package segments

import (
	"slices"
	"strings"
)

// test is {"field": ..., "op": ..., "value": ...}.
type test struct {
	subject
	pointer string
	words   string // the test as a sentence
	op      string
	is      predicate
	negate  bool // the exact complement: is_not, not_in
}

// predicate is what an operator asks of a field's value: one small type an
// operator family. On an unset value it does not hold.
type predicate interface {
	holds(s subject, v *view) bool
}

func (t test) match(v *view) bool { return t.is.holds(t.subject, v) != t.negate }

func (t test) explain(v *view) Verdict {
	return Verdict{Pointer: t.pointer, Test: t.words, Match: t.match(v), Seen: t.seen(v)}
}

// operator is one line of the table: which kinds of fields it fits, and how its
// value is read. parse returns nil after a problem.
type operator struct {
	name   string
	fits   []fieldKind
	value  bool // false: it takes none
	negate bool
	parse  func(p *parser, s subject, n *Node) predicate
}

var operators = []operator{
	{"set", everyKind, false, false, parseSet},
	{"unset", everyKind, false, false, parseUnset},
	{"is", everyKind, true, false, parseIs},
	{"is_not", everyKind, true, true, parseIs},
	{"in", everyKind, true, false, parseIn},
	{"not_in", everyKind, true, true, parseIn},
	{"gt", numberKinds, true, false, parseGT},
	{"gte", numberKinds, true, false, parseGTE},
	{"lt", numberKinds, true, false, parseLT},
	{"lte", numberKinds, true, false, parseLTE},
	{"between", orderedKinds, true, false, parseBetween},
	{"contains", textKinds, true, false, parseContains},
	{"starts_with", textKinds, true, false, parseStartsWith},
	{"ends_with", textKinds, true, false, parseEndsWith},
	{"has", listKinds, true, false, parseIs},
	{"has_any", listKinds, true, false, parseIn},
	{"has_all", listKinds, true, false, parseHasAll},
	{"before", dateKinds, true, false, parseBefore},
	{"after", dateKinds, true, false, parseAfter},
	{"within_last", dateKinds, true, false, parseWithinLast},
	{"within_next", dateKinds, true, false, parseWithinNext},
	{"more_than_ago", dateKinds, true, false, parseMoreThanAgo},
	{"anniversary_within_next", dateKinds, true, false, parseAnniversaryNext},
	{"anniversary_within_last", dateKinds, true, false, parseAnniversaryLast},
}

var (
	everyKind    = []fieldKind{ofNumber, ofMoney, ofText, ofList, ofDate, ofBirthday, ofFlag, ofCustom}
	numberKinds  = []fieldKind{ofNumber, ofMoney, ofCustom}
	orderedKinds = []fieldKind{ofNumber, ofMoney, ofDate, ofBirthday, ofCustom}
	textKinds    = []fieldKind{ofText, ofList, ofCustom}
	listKinds    = []fieldKind{ofList}
	dateKinds    = []fieldKind{ofDate, ofBirthday, ofCustom}
)

func parseTest(p *parser, n *Node, _ int) Condition {
	ok := p.keys(n, "field", "op", "value")
	s, found := p.fieldAt(n.Member("field"))
	if !ok || !found {
		return nil
	}
	op, ok := p.operator(n, s)
	if !ok {
		return nil
	}
	at := n.Member("value")
	switch {
	case op.value && at == nil:
		p.problem(n, "%s %s wants a value", s.title, op.name)
		return nil
	case !op.value && at != nil:
		p.problem(at, "%s takes no value: remove it", op.name)
		return nil
	}
	is := op.parse(p, s, at)
	if is == nil {
		return nil
	}
	t := test{subject: s, pointer: n.Pointer, words: s.title + " " + op.name, op: op.name, is: is, negate: op.negate}
	if at != nil {
		t.words += " " + at.words()
	}
	p.lintTest(n, t)
	return t
}

// operator finds the operator of a test and whether it fits the field.
func (p *parser) operator(n *Node, s subject) (operator, bool) {
	at := n.Member("op")
	if at == nil || at.Kind != String {
		p.problem(n, "a test of %s wants an \"op\": one of %s", s.title, strings.Join(fitting(s.kind), ", "))
		return operator{}, false
	}
	i := slices.IndexFunc(operators, func(o operator) bool { return o.name == at.Text })
	if i >= 0 && slices.Contains(operators[i].fits, s.kind) {
		return operators[i], true
	}
	known := fitting(s.kind)
	if i < 0 {
		p.suggest(at, Nearest(at.Text, known), "unknown operator %q for %s (%s): use %s", clip(at.Text), s.title, s.kind, strings.Join(known, ", "))
	} else {
		p.suggest(at, Nearest(at.Text, known), "operator %q does not fit %s (%s): use %s", at.Text, s.title, s.kind, strings.Join(known, ", "))
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

// words writes a value as the author did, on one line and not too long.
func (n *Node) words() string {
	var parts []string
	switch n.Kind {
	case Null:
		return "null"
	case Bool:
		if n.Bool {
			return "true"
		}
		return "false"
	case Array:
		for _, item := range n.Items {
			parts = append(parts, item.words())
		}
		return clip("[" + strings.Join(parts, ", ") + "]")
	case Object:
		for _, m := range n.Members {
			parts = append(parts, m.Key+": "+m.Value.words())
		}
		return clip("{" + strings.Join(parts, ", ") + "}")
	}
	return clip(n.Text)
}
