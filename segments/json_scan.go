package segments

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON byte by byte and knows the line and column it is at. Its
// methods return nil or false once a syntax error is noted.
type scanner struct {
	data         []byte
	at           int
	line, column int
	problems     []Problem
}

func (s *scanner) problem(pointer, format string, args ...any) Problem {
	return Problem{Pointer: pointer, Line: s.line, Column: s.column, Message: fmt.Sprintf(format, args...)}
}

func (s *scanner) fail(pointer, format string, args ...any) {
	s.problems = append(s.problems, s.problem(pointer, format, args...))
}

// peek is the next byte, 0 at the end; a real 0 is no JSON anyway.
func (s *scanner) peek() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

// step moves over n bytes that hold no line break and no multi-byte character.
func (s *scanner) step(n int) { s.at, s.column = s.at+n, s.column+n }

func (s *scanner) space() {
	for {
		switch s.peek() {
		case ' ', '\t', '\r':
			s.step(1)
		case '\n':
			s.at, s.line, s.column = s.at+1, s.line+1, 1
		default:
			return
		}
	}
}

func (s *scanner) value(pointer string, depth int) *Node {
	n := &Node{Pointer: pointer, Line: s.line, Column: s.column}
	if c := s.peek(); depth >= maxJSONDepth && (c == '{' || c == '[') {
		s.fail(pointer, "nested too deep: at most %d levels", maxJSONDepth)
		return nil
	}
	ok := false
	switch c := s.peek(); {
	case c == '{':
		n.Kind, ok = Object, s.object(n, depth)
	case c == '[':
		n.Kind, ok = Array, s.array(n, depth)
	case c == '"':
		n.Kind = String
		n.Text, ok = s.text(pointer)
	case c == '-' || c >= '0' && c <= '9':
		n.Kind = Number
		n.Text, ok = s.number(pointer)
	default:
		ok = s.word(n)
	}
	if !ok {
		return nil
	}
	return n
}

func (s *scanner) word(n *Node) bool {
	for word, kind := range map[string]Kind{"true": Bool, "false": Bool, "null": Null} {
		if bytes.HasPrefix(s.data[s.at:], []byte(word)) {
			n.Kind, n.Bool = kind, word == "true"
			s.step(len(word))
			return true
		}
	}
	s.fail(n.Pointer, "%s where a value is expected", s.found())
	return false
}

// found names what stands here, for messages.
func (s *scanner) found() string {
	if s.at >= len(s.data) {
		return "the document ends"
	}
	r, size := utf8.DecodeRune(s.data[s.at:])
	if r == utf8.RuneError && size <= 1 {
		return "a byte that is not UTF-8 stands"
	}
	return fmt.Sprintf("%q stands", r)
}

func (s *scanner) object(n *Node, depth int) bool {
	s.step(1)
	seen := map[string]bool{}
	for first := true; ; first = false {
		s.space()
		if first && s.peek() == '}' {
			s.step(1)
			return true
		}
		if !s.member(n, depth, seen) {
			return false
		}
		s.space()
		switch s.peek() {
		case ',':
			s.step(1)
		case '}':
			s.step(1)
			return true
		default:
			s.fail(n.Pointer, "%s where \",\" or \"}\" is expected", s.found())
			return false
		}
	}
}

func (s *scanner) member(n *Node, depth int, seen map[string]bool) bool {
	if s.peek() != '"' {
		s.fail(n.Pointer, "%s where a key in quotes is expected", s.found())
		return false
	}
	m := Member{KeyLine: s.line, KeyColumn: s.column}
	var ok bool
	if m.Key, ok = s.text(n.Pointer); !ok {
		return false
	}
	pointer := n.Pointer + "/" + escapePointer(m.Key)
	if seen[m.Key] {
		s.problems = append(s.problems, Problem{Pointer: pointer, Line: m.KeyLine, Column: m.KeyColumn,
			Message: fmt.Sprintf("key %q is given twice: keep one", clip(m.Key))})
	}
	seen[m.Key] = true
	s.space()
	if s.peek() != ':' {
		s.fail(pointer, "%s where \":\" is expected", s.found())
		return false
	}
	s.step(1)
	s.space()
	if m.Value = s.value(pointer, depth+1); m.Value == nil {
		return false
	}
	n.Members = append(n.Members, m)
	return true
}

func (s *scanner) array(n *Node, depth int) bool {
	s.step(1)
	for first := true; ; first = false {
		s.space()
		if first && s.peek() == ']' {
			s.step(1)
			return true
		}
		item := s.value(n.Pointer+"/"+strconv.Itoa(len(n.Items)), depth+1)
		if item == nil {
			return false
		}
		n.Items = append(n.Items, item)
		s.space()
		switch s.peek() {
		case ',':
			s.step(1)
		case ']':
			s.step(1)
			return true
		default:
			s.fail(n.Pointer, "%s where \",\" or \"]\" is expected", s.found())
			return false
		}
	}
}

// number reads a literal by the grammar of JSON: no leading zero or plus.
func (s *scanner) number(pointer string) (literal string, ok bool) {
	start := s.at
	if s.peek() == '-' {
		s.step(1)
	}
	if s.peek() == '0' {
		s.step(1)
	} else if !s.digits(pointer) {
		return "", false
	}
	if s.peek() == '.' {
		s.step(1)
		if !s.digits(pointer) {
			return "", false
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.step(1)
		if c := s.peek(); c == '+' || c == '-' {
			s.step(1)
		}
		if !s.digits(pointer) {
			return "", false
		}
	}
	return string(s.data[start:s.at]), true
}

func (s *scanner) digits(pointer string) bool {
	start := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.step(1)
	}
	if s.at == start {
		s.fail(pointer, "%s where a digit is expected", s.found())
	}
	return s.at > start
}

func (s *scanner) text(pointer string) (text string, ok bool) {
	s.step(1)
	var b strings.Builder
	for {
		c := s.peek()
		switch {
		case s.at >= len(s.data):
			s.fail(pointer, "the document ends inside a text: close it with a quote")
			return "", false
		case c == '"':
			s.step(1)
			return b.String(), true
		case c == '\\':
			r, ok := s.escape(pointer)
			if !ok {
				return "", false
			}
			b.WriteRune(r)
		case c < ' ':
			s.fail(pointer, "control character %q inside a text: write it as \\u%04x", c, c)
			return "", false
		default:
			r, size := utf8.DecodeRune(s.data[s.at:])
			if r == utf8.RuneError && size == 1 {
				s.fail(pointer, "invalid UTF-8: save the file as UTF-8")
				return "", false
			}
			b.WriteRune(r)
			s.at, s.column = s.at+size, s.column+1
		}
	}
}

// escape reads one \ sequence, two where they are the halves of one character.
func (s *scanner) escape(pointer string) (r rune, ok bool) {
	if s.at+1 < len(s.data) {
		if i := strings.IndexByte(`"\/bfnrt`, s.data[s.at+1]); i >= 0 {
			s.step(2)
			return rune("\"\\/\b\f\n\r\t"[i]), true
		}
	}
	r, ok = s.unit()
	if !ok {
		s.fail(pointer, `unknown escape in a text: use \", \\, \/, \b, \f, \n, \r, \t or \u and four hex digits`)
		return 0, false
	}
	if !utf16.IsSurrogate(r) {
		s.step(6)
		return r, true
	}
	s.at += 6
	low, _ := s.unit()
	s.at -= 6
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		s.fail(pointer, "half a character: \\ud800 to \\udfff come in pairs")
		return 0, false
	}
	s.step(12)
	return r, true
}

// unit reads \uXXXX at the scanner without moving.
func (s *scanner) unit() (r rune, ok bool) {
	if s.at+6 > len(s.data) || s.data[s.at] != '\\' || s.data[s.at+1] != 'u' {
		return 0, false
	}
	for _, c := range s.data[s.at+2 : s.at+6] {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}

func escapePointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// clip shortens what an author wrote, for messages.
func clip(text string) string {
	if utf8.RuneCountInString(text) <= 60 {
		return text
	}
	return string([]rune(text)[:60]) + "..."
}
