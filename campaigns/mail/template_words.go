package mail

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// expression reads the words in {{ }} and {% %}. It supports less than the library,
// and accepts nothing that the library reads in another way.
type expression struct {
	words []string
	at    int
}

// operand is a variable's path or a literal.
type operand struct {
	path    string // empty: a literal
	literal string
}

var wordPattern = regexp.MustCompile(
	`^(?:"[^"]*"|'[^']*'|-?[0-9]+\b|[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*|\.\.|==|!=|<=|>=|[<>|:,()])`,
)

// newExpression splits args into words. Text that is no word becomes the last one,
// and no rule accepts it.
func newExpression(args string) *expression {
	e := new(expression)
	for args = strings.TrimSpace(args); args != ""; args = strings.TrimLeft(args, " \t") {
		word := wordPattern.FindString(args)
		if word == "" {
			e.words = append(e.words, args)
			break
		}
		e.words, args = append(e.words, word), args[len(word):]
	}
	return e
}

func (e *expression) done() bool { return e.at >= len(e.words) }

func (e *expression) rest() string {
	if e.done() {
		return "the end"
	}
	return clip(strings.Join(e.words[e.at:], " "))
}

func (e *expression) skip() { e.at = len(e.words) }

func (e *expression) peek() string {
	if e.done() {
		return ""
	}
	return e.words[e.at]
}

func (e *expression) accept(word string) bool {
	if e.done() || e.words[e.at] != word {
		return false
	}
	e.at++
	return true
}

func (e *expression) acceptAny(words ...string) bool {
	return slices.ContainsFunc(words, e.accept)
}

// reserved words have a meaning in the library; they are no variables.
var reserved = []string{
	"and", "or", "contains", "in", "nil", "true", "false", "assign", "cycle", "loop", "when", "reversed", "limit", "offset",
	"cols", "not", "empty", "blank", "null",
}

// word reads a name without dots.
func (e *expression) word() string {
	w := e.peek()
	if w == "" || !isLetter(w[0]) || strings.Contains(w, ".") || slices.Contains(reserved, w) {
		return ""
	}
	e.at++
	return w
}

// value reads a variable or a literal.
func (e *expression) value() (operand, bool) {
	w := e.peek()
	switch {
	case w == "":
		return operand{}, false
	case w[0] == '"' || w[0] == '\'':
		if len(w) < 2 || w[len(w)-1] != w[0] {
			return operand{}, false
		}
		e.at++
		return operand{literal: w[1 : len(w)-1]}, true
	case w == "true" || w == "false" || w == "nil":
		e.at++
		return operand{literal: w}, true
	case isLetter(w[0]):
		if root, _, _ := strings.Cut(w, "."); slices.Contains(reserved, root) || !plainPath(w) {
			return operand{}, false
		}
		e.at++
		return operand{path: w}, true
	}
	n, ok := e.integer()
	return operand{literal: strconv.Itoa(n)}, ok
}

func (e *expression) integer() (int, bool) {
	n, err := strconv.Atoi(e.peek())
	if err != nil || n > math.MaxInt32 || n < math.MinInt32 {
		return 0, false
	}
	e.at++
	return n, true
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func plainPath(w string) bool {
	return strings.IndexFunc(w, func(r rune) bool { return r != '.' && !isLetter(byte(r)) && (r < '0' || r > '9') || r > 0x7f }) < 0
}
