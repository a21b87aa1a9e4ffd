package segments

import (
	"comeback/strictjson"
	"slices"
	"strconv"
)

// share is {"share": ..., "of": ...}: the number of orders (or messages) that the
// first set finds, divided by the number that the second finds. It is false if the
// second finds none.
type share struct {
	pointer string
	words   string
	part    occurrences
	of      occurrences
	window  window // applies to both
	tests   []comparison
}

func (c share) match(v *evaluation) bool {
	part, of := c.counts(v)
	return c.accepts(part, of, v)
}

func (c share) accepts(part, of int64, v *evaluation) bool {
	return of > 0 && accept(c.tests, fraction{part, of}, ofNumber, v)
}

func (c share) counts(v *evaluation) (part, of int64) {
	for range c.part.in(v, c.window) {
		part++
	}
	for range c.of.in(v, c.window) {
		of++
	}
	return part, of
}

func (c share) explain(v *evaluation) Verdict {
	part, of := c.counts(v)
	verdict := Verdict{Pointer: c.pointer, Test: c.words, Match: c.accepts(part, of, v),
		Seen: strconv.FormatInt(part, 10) + " of " + strconv.FormatInt(of, 10)}
	for h := range c.part.in(v, c.window) {
		verdict.counted(h)
	}
	return verdict
}

func parseShare(p *parser, n *strictjson.Node, depth int) Condition {
	half := slices.Concat([]string{"event", "where"}, windowKeys)
	if !p.keys(n, slices.Concat([]string{"share", "of"}, windowKeys, boundKeys)...) {
		return nil
	}
	of := n.Member("of")
	if of == nil {
		p.problem(n, `a share needs "of": what it is a share of`)
		return nil
	}
	c := share{pointer: n.Pointer(), words: sentence(n)}
	var parts [4]bool
	c.part, parts[0] = p.half(n.Member("share"), depth, half...)
	c.of, parts[1] = p.half(of, depth, half...)
	c.window, parts[2] = p.window(n)
	c.tests, parts[3] = p.bounds(n, ofNumber, "share", 1)
	if slices.Contains(parts[:], false) {
		return nil
	}
	p.lintWindow(n, c.window, c.of.kinds[0].origin)
	return c
}
