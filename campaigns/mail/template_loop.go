package mail

import (
	"slices"
	"strings"

	"comeback/strictjson"
)

// loop checks "item in list" and "i in (1..9)"; limit, offset and reversed may follow.
func (c *checker) loop() {
	e := newExpression(c.at.args)
	b := block{variable: e.word()}
	if b.variable == "" || !e.accept("in") {
		c.problem("%s: write {%% for line in order.lines %%}", clip(c.at.source))
		return
	}
	if slices.ContainsFunc(variables, func(v Variable) bool { return strings.HasPrefix(v.Name, b.variable+".") }) && b.variable != "line" {
		c.problem("for: %q is taken, name the item otherwise", b.variable)
	}
	if e.accept("(") {
		b.turns = c.rangeOf(e)
	} else {
		b.turns, b.element = maxLines, c.listOf(e)
	}
	for !e.done() {
		if !e.accept("reversed") && !c.modifier(e) {
			c.problem("%s: cannot be read from %q on", clip(c.at.source), e.rest())
			break
		}
	}
	depth := 1
	for _, outer := range c.blocks {
		if outer.name == "for" {
			depth++
		}
	}
	if depth > maxLoops {
		c.problem("more than %d loops inside one another", maxLoops)
	}
	c.open(b)
}

func (c *checker) rangeOf(e *expression) int {
	from, ok := e.integer()
	to, ok2 := 0, e.accept("..")
	if ok && ok2 {
		to, ok2 = e.integer()
	}
	if !ok || !ok2 || !e.accept(")") {
		c.problem("%s: a range is two numbers, such as (1..5)", clip(c.at.source))
		e.skip()
		return 0
	}
	if to-from >= maxRange {
		c.problem("range (%d..%d): at most %d turns", from, to, maxRange)
		return 0
	}
	return max(to-from+1, 0)
}

func (c *checker) listOf(e *expression) string {
	o, ok := e.value()
	if !ok || o.path == "" {
		c.problem("%s: name a list, such as order.lines", clip(c.at.source))
		e.skip()
		return ""
	}
	if kind := c.resolve(o); kind != kindList && kind != kindAny {
		c.problem("for: %s is %s, not a list", o.path, kind)
	}
	return "line"
}

func (c *checker) modifier(e *expression) bool {
	if !e.acceptAny("limit", "offset") || !e.accept(":") {
		return false
	}
	_, ok := e.integer()
	return ok
}

// resolve finds the kind of a variable; an unknown variable is a problem.
func (c *checker) resolve(o operand) Kind {
	if o.path == "" {
		return kindText
	}
	root, rest, dotted := strings.Cut(o.path, ".")
	for i := len(c.blocks) - 1; i >= 0; i-- {
		b := c.blocks[i]
		if b.name != "for" {
			continue
		}
		if root == "forloop" {
			return c.lookup(o.path, o.path)
		}
		if root != b.variable {
			continue
		}
		if b.element == "" && !dotted {
			return kindNumber
		}
		return c.lookup(o.path, b.element+"."+rest)
	}
	if root == "line" || root == "forloop" {
		c.problem("variable %q: only inside {%% for line in order.lines %%}", o.path)
		return kindAny
	}
	return c.lookup(o.path, o.path)
}

func (c *checker) lookup(written, name string) Kind {
	for _, prefix := range []string{"customer.custom.", "event."} {
		if key, ok := strings.CutPrefix(name, prefix); ok && key != "" && !strings.Contains(key, ".") {
			c.uses = append(c.uses, name)
			return kindText
		}
	}
	i := slices.IndexFunc(variables, func(v Variable) bool { return v.Name == name })
	if i < 0 {
		c.suggest(strictjson.Nearest(written, variableNames()), "unknown variable %q", written)
		return kindAny
	}
	c.uses = append(c.uses, name)
	return variables[i].Kind
}
