package mail

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"comeback/strictjson"
)

// checker reads one part of a template and collects its problems.
type checker struct {
	pointer  string
	format   format
	at       templateToken
	problems []strictjson.Problem
	uses     []string
	leads    []string // destinations written outside an {% if %} about them
	blocks   []block
	visits   int // so far; each loop's body counts as often as it can run
	html     htmlState
}

// block is an open {% if %}, {% case %}, {% for %} ...
type block struct {
	templateToken
	variable string // of a for: the name of its item
	element  string // of a for over a list: the kind of its item, "line"; "" for a range
	turns    int
}

// checkSource checks one part of a template, and notes the variables it names.
func checkSource(pointer, source string, f format) *checker {
	c := &checker{pointer: pointer, format: f}
	if len(source) > MaxTemplate {
		c.problem("%d bytes: at most %d", len(source), MaxTemplate)
		return c
	}
	if !utf8.ValidString(source) {
		c.problem("not UTF-8: save the file as UTF-8")
		return c
	}
	skipping := false
	for _, tok := range scanTemplate(source) {
		c.at = tok
		if skipping = skipping && !(tok.kind == tagToken && tok.name == "endcomment"); skipping {
			continue
		}
		switch tok.kind {
		case textToken:
			c.text()
		case outputToken:
			c.output()
		case tagToken:
			skipping = tok.name == "comment"
			c.tag()
		}
		c.count()
	}
	for _, b := range c.blocks {
		c.at = b.templateToken
		c.problem("{%% %s %%} is never closed: add {%% end%s %%}", b.name, b.name)
	}
	if c.visits > maxVisits {
		c.at = templateToken{line: 1, column: 1}
		c.problem("too much work: the loops visit %d parts, at most %d", c.visits, maxVisits)
	}
	return c
}

func (c *checker) problem(message string, args ...any) {
	c.suggest("", message, args...)
}

func (c *checker) suggest(suggestion, message string, args ...any) {
	c.problems = append(c.problems, strictjson.Problem{
		Pointer: c.pointer, Line: max(c.at.line, 1), Column: max(c.at.column, 1), Message: fmt.Sprintf(message, args...), Suggestion: suggestion,
	})
}

// count adds the token as often as the loops around it can run.
func (c *checker) count() {
	times := 1
	for _, b := range c.blocks {
		times *= max(b.turns, 1)
	}
	c.visits += times
}

func (c *checker) text() {
	for _, open := range []string{"{{", "{%"} {
		if strings.Contains(c.at.source, open) {
			c.problem("%s is not closed on the same line", open)
		}
	}
	if c.format == htmlText {
		c.htmlText(c.at.source)
	}
}

func (c *checker) output() {
	e := newExpression(c.at.args)
	root, ok := e.value()
	if !ok {
		c.problem("%s: write a variable, such as {{ order.number }}", clip(c.at.source))
		return
	}
	kind := c.resolve(root)
	_, filters, _ := strings.Cut(c.at.args, "|")
	c.lead(root.path, withDefault(filters))
	for e.accept("|") {
		kind = c.filter(e, root, kind)
	}
	if !e.done() {
		c.problem("%s: cannot be read from %q on; outputs are variables with filters, no comparisons", clip(c.at.source), e.rest())
	}
	if kind == kindList {
		c.problem("%s is a list: loop over it with {%% for %%}", root.path)
	}
	if c.format == htmlText {
		c.htmlOutput(kind)
	}
}

func (c *checker) filter(e *expression, root operand, kind Kind) Kind {
	name := e.word()
	i := slices.IndexFunc(filters, func(f Filter) bool { return f.Name == name })
	if i < 0 {
		c.suggest(strictjson.Nearest(name, filterNames()), "unknown filter %q", name)
		e.skip()
		return kindAny
	}
	f, given := filters[i], 0
	if e.accept(":") {
		for given == 0 || e.accept(",") {
			if arg, ok := e.value(); !ok || arg.path != "" {
				c.problem("filter %s: write its arguments as \"text\" or numbers", name)
				e.skip()
				return kindAny
			}
			given++
		}
	}
	if given != f.args {
		c.problem("filter %s: takes %d arguments, got %d", name, f.args, given)
	}
	if f.htmlOnly && c.format != htmlText {
		c.problem("filter %s: only in the HTML part", name)
	}
	if kind != kindAny && len(f.on) > 0 && !slices.Contains(f.on, kind) {
		c.problem("filter %s: %s is %s, it needs %s", name, root.path, kind, joinKinds(f.on))
	}
	return f.gives
}

func (c *checker) tag() {
	if c.format == htmlText && !c.html.inText() && !c.html.quoted() && c.html.state != inComment {
		c.problem("%s: inside an HTML tag, tags are allowed only between quotes of an attribute", clip(c.at.source))
	}
	switch c.at.name {
	case "if", "unless":
		c.condition()
		c.open(block{})
	case "elsif":
		c.inside("if")
		c.condition()
	case "else":
		c.inside("if", "unless", "case", "for")
	case "case":
		c.operandOnly()
		c.open(block{})
	case "when":
		c.inside("case")
		c.literals()
	case "for":
		c.loop()
	case "break", "continue":
		if !slices.ContainsFunc(c.blocks, func(b block) bool { return b.name == "for" }) {
			c.problem("{%% %s %%}: only inside {%% for %%}", c.at.name)
		}
	case "endif", "endunless", "endcase", "endfor":
		c.close(strings.TrimPrefix(c.at.name, "end"))
	case "comment", "endcomment":
	default:
		c.suggest(strictjson.Nearest(c.at.name, tagNames), "unknown tag {%% %s %%}", c.at.name)
	}
}

var tagNames = []string{
	"if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase", "for", "endfor", "break", "continue",
	"comment", "endcomment",
}

func (c *checker) open(b block) {
	b.templateToken = c.at
	if len(c.blocks) >= maxDepth {
		c.problem("more than %d blocks inside one another", maxDepth)
	}
	c.blocks = append(c.blocks, b)
}

func (c *checker) close(name string) {
	n := len(c.blocks)
	if n == 0 || c.blocks[n-1].name != name {
		c.problem("{%% end%s %%} closes nothing here", name)
		return
	}
	c.blocks = c.blocks[:n-1]
}

func (c *checker) inside(names ...string) {
	n := len(c.blocks)
	if n == 0 || !slices.Contains(names, c.blocks[n-1].name) {
		c.problem("{%% %s %%}: only directly inside {%% %s %%}", c.at.name, strings.Join(names, " %}, {% "))
	}
}

// condition checks "a", "a == b", joined by and, or.
func (c *checker) condition() {
	e := newExpression(c.at.args)
	for {
		if !c.operand(e) {
			return
		}
		if e.acceptAny("==", "!=", "<=", ">=", "<", ">", "contains") && !c.operand(e) {
			return
		}
		if !e.acceptAny("and", "or") {
			break
		}
	}
	if !e.done() {
		c.problem("%s: cannot be read from %q on", clip(c.at.source), e.rest())
	}
}

func (c *checker) operand(e *expression) bool {
	o, ok := e.value()
	if !ok {
		c.problem("%s: a variable, a number or \"text\" is missing before %q", clip(c.at.source), e.rest())
		return false
	}
	c.resolve(o)
	return true
}

func (c *checker) operandOnly() {
	e := newExpression(c.at.args)
	if c.operand(e) && !e.done() {
		c.problem("%s: cannot be read from %q on", clip(c.at.source), e.rest())
	}
}

func (c *checker) literals() {
	e := newExpression(c.at.args)
	for c.operand(e) {
		if e.accept(",") {
			continue
		}
		if !e.done() {
			c.problem("%s: cannot be read from %q on", clip(c.at.source), e.rest())
		}
		return
	}
}
