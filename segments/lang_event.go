package segments

import (
	"comeback/strictjson"
	"slices"
	"strings"
	"time"
)

// event is {"event": ...}: something happened. Its count, or another figure,
// passes the comparisons.
type event struct {
	pointer  string
	words    string
	set      occurrences
	pickLast bool // only the latest of them
	follows  []follow
	figure   aggregate
	tests    []comparison
}

// follow is followed_by or not_followed_by: another event, strictly later.
type follow struct {
	set occurrences
	not bool
}

func (e event) match(v *evaluation) bool {
	_, ok := e.evaluate(v)
	return ok
}

func (e event) explain(v *evaluation) Verdict {
	hits, ok := e.evaluate(v)
	verdict := Verdict{Pointer: e.pointer, Test: e.words, Match: ok, Seen: e.figure.seen(v, e.set, hits)}
	for _, h := range hits {
		verdict.counted(h)
	}
	if v.profile.History.Truncated && e.set.kinds[0].origin == originOrder {
		verdict.Seen += " (only totals of this account are kept)"
	}
	return verdict
}

// evaluate finds the records that count, and reports whether their figure passes
// the comparisons.
func (e event) evaluate(v *evaluation) ([]hit, bool) {
	hits := e.hits(v)
	f, ok := e.figure.figure(v, e.set, hits)
	return hits, ok && accept(e.tests, f, e.figure.kind(), v)
}

func (e event) hits(v *evaluation) []hit {
	hits := slices.Collect(e.set.in(v, window{}))
	if e.pickLast && len(hits) > 0 {
		last := hits[0]
		for _, h := range hits[1:] {
			if !h.last.Before(last.last) {
				last = h
			}
		}
		last.first = last.last
		hits = []hit{last}
	}
	for _, f := range e.follows {
		hits = f.filter(v, hits)
	}
	return hits
}

// filter removes the hits that have no later event, or with not those that have
// one.
func (f follow) filter(v *evaluation, hits []hit) []hit {
	var latest time.Time
	for h := range f.set.in(v, window{}) {
		if h.last.After(latest) {
			latest = h.last
		}
	}
	return slices.DeleteFunc(hits, func(h hit) bool {
		if f.not {
			return latest.After(h.last)
		}
		return !latest.After(h.first)
	})
}

// seen writes the figure for explanations.
func (a aggregate) seen(v *evaluation, s occurrences, hits []hit) string {
	f, ok := a.figure(v, s, hits)
	switch {
	case !ok:
		return "unset"
	case a.kind() == ofMoney:
		return strings.TrimSpace(f.text(v.exponent) + " " + v.params.Currency)
	}
	return f.text(0)
}

func parseEvent(p *parser, n *strictjson.Node, depth int) Condition {
	known := slices.Concat([]string{"event", "where", "pick", "followed_by", "not_followed_by"}, windowKeys, aggregateKeys, boundKeys)
	ok := p.keys(n, known...)
	e := event{pointer: n.Pointer(), words: sentence(n)}
	var parts [5]bool
	if e.set, parts[0] = p.occurrences(n, depth); !parts[0] {
		return nil
	}
	e.figure, e.tests, parts[1] = p.figure(n, e.set)
	e.pickLast, parts[2] = p.pick(n)
	e.follows, parts[3] = p.follows(n, depth)
	parts[4] = ok
	if slices.Contains(parts[:], false) {
		return nil
	}
	p.lintEvent(n, e)
	return e
}

// figure reads the aggregate and its comparisons.
func (p *parser) figure(n *strictjson.Node, s occurrences) (a aggregate, tests []comparison, ok bool) {
	a, at, ok := p.aggregate(n, s.kinds[0].origin)
	switch {
	case !ok:
		return a, nil, false
	case a.op != "count":
		tests, ok = p.bounds(n, a.kind(), a.op+" of "+a.of.title, 1)
		return a, tests, ok
	}
	for _, m := range n.Members {
		if slices.Contains(boundKeys, m.Key) {
			p.problem(m.Value, `%s needs a figure: write "count": {%q: ...}, or sum, avg, min, max or distinct beside it`, m.Key, m.Key)
			return a, nil, false
		}
	}
	switch {
	case at == nil:
		return a, atLeast(1), true
	case at.Kind != strictjson.Object:
		p.problem(at, `count takes comparisons: write {"gte": 2}`)
		return a, nil, false
	case !p.keys(at, boundKeys...):
		return a, nil, false
	}
	tests, ok = p.bounds(at, ofNumber, "count", 1)
	return a, tests, ok
}

func (p *parser) pick(n *strictjson.Node) (last, ok bool) {
	at := n.Member("pick")
	switch {
	case at == nil:
		return false, true
	case at.Kind == strictjson.String && (at.Text == "any" || at.Text == "last"):
		return at.Text == "last", true
	}
	p.suggest(at, strictjson.Nearest(at.Text, []string{"any", "last"}), `pick is "any" or "last"`)
	return false, false
}

func (p *parser) follows(n *strictjson.Node, depth int) (list []follow, ok bool) {
	ok = true
	for _, key := range []string{"followed_by", "not_followed_by"} {
		at := n.Member(key)
		if at == nil {
			continue
		}
		set, good := p.half(at, depth, "event", "where")
		list, ok = append(list, follow{set, key == "not_followed_by"}), ok && good
	}
	return list, ok
}

// half reads the events of a follow, or of one side of a share or a ratio.
func (p *parser) half(n *strictjson.Node, depth int, known ...string) (s occurrences, ok bool) {
	if !p.count(n) {
		return s, false
	}
	if n.Kind != strictjson.Object || n.Member("event") == nil {
		p.problem(n, `name the events: {"event": "order.paid"}`)
		return s, false
	}
	if !p.keys(n, known...) {
		return s, false
	}
	return p.occurrences(n, depth+1)
}

// sentence writes a condition on one line for explanations.
func sentence(n *strictjson.Node) string {
	var parts []string
	for _, m := range n.Members {
		parts = append(parts, m.Key+" "+written(m.Value))
	}
	return strings.Join(parts, ", ")
}
