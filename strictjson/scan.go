package strictjson

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"comeback/commerce"
)

// scanner reads JSON byte by byte and knows the line and column it is at. Its
// methods return nil or false once a syntax error is noted.
type scanner struct {
	data         []byte
	at           int
	line, column int
	values       int
	problems     Problems
}

// problem is one at the scanner's place, about n; nil: about the document.
func (s *scanner) problem(n *Node, format string, args ...any) Problem {
	return Problem{Pointer: n.Pointer(), Line: s.line, Column: s.column, Message: fmt.Sprintf(format, args...)}
}

func (s *scanner) fail(n *Node, format string, args ...any) {
	s.problems.Add(s.problem(n, format, args...))
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

// value reads the value that stands here, which becomes number at of its parent.
func (s *scanner) value(parent *Node, at, depth int) *Node {
	n := &Node{parent: parent, at: int32(at), Line: int32(s.line), Column: int32(s.column)}
	if c := s.peek(); depth >= maxJSONDepth && (c == '{' || c == '[') {
		s.fail(n, "nested too deep: at most %d levels", maxJSONDepth)
		return nil
	}
	if s.values++; s.values > maxJSONValues {
		s.fail(nil, "the document is too large: at most %d values", maxJSONValues)
		return nil
	}
	ok := false
	switch c := s.peek(); {
	case c == '{':
		n.Kind = Object
		ok = s.object(n, depth)
	case c == '[':
		n.Kind = Array
		ok = s.array(n, depth)
	case c == '"':
		n.Kind = String
		n.Text, ok = s.text(n, maxJSONBytes)
	case c == '-' || c >= '0' && c <= '9':
		n.Kind = Number
		n.Text, ok = s.number(n)
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
	s.fail(n, "%s where a value is expected", s.found())
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
			s.fail(n, "%s where \",\" or \"}\" is expected", s.found())
			return false
		}
	}
}

func (s *scanner) member(n *Node, depth int, seen map[string]bool) bool {
	if s.peek() != '"' {
		s.fail(n, "%s where a key in quotes is expected", s.found())
		return false
	}
	m := Member{KeyLine: int32(s.line), KeyColumn: int32(s.column)}
	var ok bool
	if m.Key, ok = s.text(n, maxJSONKey); !ok {
		return false
	}
	// Kept before its value is read: the places of what is wrong in there name the key.
	at := len(n.Members)
	n.Members = append(n.Members, m)
	here := &Node{parent: n, at: int32(at), Line: m.KeyLine, Column: m.KeyColumn}
	if seen[m.Key] {
		s.problems.At(here, "key %q is given twice: keep one", commerce.Clip(m.Key, mostShown))
	}
	seen[m.Key] = true
	s.space()
	if s.peek() != ':' {
		s.fail(here, "%s where \":\" is expected", s.found())
		return false
	}
	s.step(1)
	s.space()
	n.Members[at].Value = s.value(n, at, depth+1)
	return n.Members[at].Value != nil
}

func (s *scanner) array(n *Node, depth int) bool {
	s.step(1)
	for first := true; ; first = false {
		s.space()
		if first && s.peek() == ']' {
			s.step(1)
			return true
		}
		item := s.value(n, len(n.Items), depth+1)
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
			s.fail(n, "%s where \",\" or \"]\" is expected", s.found())
			return false
		}
	}
}

// number reads a literal by the grammar of JSON: no leading zero or plus.
func (s *scanner) number(n *Node) (literal string, ok bool) {
	start := s.at
	if s.peek() == '-' {
		s.step(1)
	}
	if s.peek() == '0' {
		s.step(1)
	} else if !s.digits(n) {
		return "", false
	}
	if s.peek() == '.' {
		s.step(1)
		if !s.digits(n) {
			return "", false
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.step(1)
		if c := s.peek(); c == '+' || c == '-' {
			s.step(1)
		}
		if !s.digits(n) {
			return "", false
		}
	}
	return string(s.data[start:s.at]), true
}

func (s *scanner) digits(n *Node) bool {
	start := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.step(1)
	}
	if s.at == start {
		s.fail(n, "%s where a digit is expected", s.found())
	}
	return s.at > start
}

// text reads a text of at most so many bytes.
func (s *scanner) text(n *Node, most int) (text string, ok bool) {
	s.step(1)
	var b strings.Builder
	for {
		s.plain(&b, most)
		c := s.peek()
		switch {
		case b.Len() > most:
			s.fail(n, "a key of more than %d bytes: shorten it", most)
			return "", false
		case s.at >= len(s.data):
			s.fail(n, "the document ends inside a text: close it with a quote")
			return "", false
		case c == '"':
			s.step(1)
			return b.String(), true
		case c == '\\':
			r, ok := s.escape(n)
			if !ok {
				return "", false
			}
			b.WriteRune(r)
		case c < ' ':
			s.fail(n, "control character %q inside a text: write it as \\u%04x", c, c)
			return "", false
		default:
			r, size := utf8.DecodeRune(s.data[s.at:])
			if r == utf8.RuneError && size == 1 {
				s.fail(n, "invalid UTF-8: save the file as UTF-8")
				return "", false
			}
			b.WriteRune(r)
			s.at, s.column = s.at+size, s.column+1
		}
	}
}

// plain takes letters that stand for themselves, a byte each, one more than most
// at most.
func (s *scanner) plain(b *strings.Builder, most int) {
	end := s.at
	for end < min(len(s.data), s.at+most+1) {
		if c := s.data[end]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			break
		}
		end++
	}
	b.Write(s.data[s.at:end])
	s.step(end - s.at)
}

// escape reads one \ sequence, two where they are the halves of one character.
func (s *scanner) escape(n *Node) (r rune, ok bool) {
	if s.at+1 < len(s.data) {
		if i := strings.IndexByte(`"\/bfnrt`, s.data[s.at+1]); i >= 0 {
			s.step(2)
			return rune("\"\\/\b\f\n\r\t"[i]), true
		}
	}
	r, ok = s.unit()
	if !ok {
		s.fail(n, `unknown escape in a text: use \", \\, \/, \b, \f, \n, \r, \t or \u and four hex digits`)
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
		s.fail(n, "half a character: \\ud800 to \\udfff come in pairs")
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

// mostShown is how many characters of a key a message repeats.
const mostShown = 60
