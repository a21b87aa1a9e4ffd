package segments

import (
	"comeback/strictjson"
	"slices"
	"strings"
)

// Scope is what a condition may refer to at its place. The zero value is for a
// condition on a customer.
type Scope struct {
	Order    bool // an order is given: order.* and line.* are its fields
	Reported bool // an event that the shop reported is given: event.* are its properties
	Segments *Set // segments that {"segment": ...} may name; nil: none
	Named    bool // {"segment": ...} may name any segment: Params.Segments decides when it is evaluated
	History  int  // days the shop's orders reach back, for notes; 0: unknown
	Bins     int  // how many scores the shop has, for notes; 0: unknown
}

// Limits of a condition. People cannot read one beyond them.
const (
	maxDepth    = 10
	maxNodes    = 200
	maxExpanded = 2000 // with the segments it refers to
)

// Parse reads a condition. It is nil when a problem is an error (see
// strictjson.Refused). Notes come with a condition.
func Parse(n *strictjson.Node, scope Scope) (Condition, []strictjson.Problem) {
	p := newParser(scope)
	c := p.closed(n, 1)
	if p.problems.Refused() {
		return nil, p.problems.List()
	}
	return c, p.problems.List()
}

// parser reads one condition.
type parser struct {
	origins  origin // whose fields may be read here
	segments *Set
	named    bool // any segment may be named
	history  int  // days the shop's orders reach back; 0: unknown
	bins     int  // of the shop's scores; 0: unknown
	lines    bool // a line test was read since the last call of closed
	anyCase  bool // a test or figure that ignores the case of texts was read
	nodes    int
	referred int // nodes of the segments it refers to
	refers   []string
	problems strictjson.Problems
}

func newParser(scope Scope) *parser {
	p := &parser{origins: originCustomer, segments: scope.Segments, named: scope.Named, history: scope.History, bins: scope.Bins}
	if scope.Order {
		p.origins |= originOrder
	}
	if scope.Reported {
		p.origins |= originReported
	}
	return p
}

// conditionKind is one kind of condition, recognized by its key.
type conditionKind struct {
	key    string
	parse  func(p *parser, n *strictjson.Node, depth int) Condition // nil: not built yet
	schema func(b schemas, at place) schema

	ofCustomer bool // it reads the customer: not allowed in a where
}

// conditionKinds lists the kinds. It is a function because kinds contain each
// other.
func conditionKinds() []conditionKind {
	return []conditionKind{
		{"all", parseAll, groupSchema("all"), false},
		{"any", parseAny, groupSchema("any"), false},
		{"not", parseNot, notSchema, false},
		{"field", parseTest, testSchema, false},
		{"event", parseEvent, eventSchema, true},
		{"share", parseShare, shareSchema, true},
		{"ratio", parseRatio, ratioSchema, true},
		{"sample", parseSample, sampleSchema, true},
		{"segment", parseMembership, membershipSchema, true},
	}
}

// condition reads one node of a condition; nil after a problem.
func (p *parser) condition(n *strictjson.Node, depth int) Condition {
	switch {
	case !p.count(n):
		return nil
	case depth > maxDepth:
		p.problem(n, "the condition is nested too deep: at most %d levels", maxDepth)
		return nil
	case n.Kind != strictjson.Object:
		p.problem(n, "a condition is an object, such as {\"field\": \"customer.gender\", \"op\": \"is\", \"value\": \"female\"}, not %s", n.Kind)
		return nil
	}
	var known []string
	for _, kind := range conditionKinds() {
		if kind.parse != nil {
			known = append(known, kind.key)
		}
		at := n.Member(kind.key)
		switch {
		case at == nil:
		case kind.parse == nil:
			p.problem(at, "not supported yet: %s", kind.key)
			return nil
		case kind.ofCustomer && p.origins&originCustomer == 0:
			p.problem(at, "%s is about the customer: put it beside the event, not into its where", kind.key)
			return nil
		default:
			return kind.parse(p, n, depth)
		}
	}
	if len(n.Members) > 0 {
		p.problems.Unknown(n.Members[0], known)
		return nil
	}
	p.problem(n, "an empty condition: give one of %s", strings.Join(known, ", "))
	return nil
}

// count counts a test, a group or a set of events. It is false when there are too
// many.
func (p *parser) count(n *strictjson.Node) bool {
	p.nodes++
	if p.nodes == maxNodes+1 {
		p.problem(n, "the condition is too large: at most %d tests and groups; make a segment of a part of it", maxNodes)
	}
	return p.nodes <= maxNodes
}

// keys refuses every key of n that is not known.
func (p *parser) keys(n *strictjson.Node, known ...string) (ok bool) {
	ok = true
	for _, m := range n.Members {
		switch {
		case slices.Contains(known, m.Key):
		case m.Key == "since_entry":
			p.problem(m.Value, "not supported yet: since_entry")
			ok = false
		default:
			p.problems.Unknown(m, known)
			ok = false
		}
	}
	return ok
}

func (p *parser) report(problem strictjson.Problem) { p.problems.Add(problem) }

func (p *parser) problem(n *strictjson.Node, format string, args ...any) {
	p.problems.At(n, format, args...)
}

func (p *parser) suggest(n *strictjson.Node, suggestion, format string, args ...any) {
	problem := n.Problem(format, args...)
	problem.Suggestion = suggestion
	p.report(problem)
}

func (p *parser) note(n *strictjson.Node, format string, args ...any) {
	problem := n.Problem(format, args...)
	problem.Note = true
	p.report(problem)
}
