package strictjson

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of every document. What people write and platforms send is far below
// them.
const (
	maxDepth = 64
	maxKey   = 1 << 10 // bytes
)

// scanner takes a document apart. It is the only place that knows the grammar;
// Read and Decode build their values with it. Its methods return false once
// something is wrong, and are not called again then.
type scanner struct {
	data  []byte // up to the first byte that is not UTF-8
	cut   bool   // there is such a byte
	at    int
	depth int
	first byte // of the value that began last

	values, maxValues int
	halves            bool // half a surrogate pair counts as U+FFFD

	wrong wrong // what is wrong at s.at
}

func scan(data []byte) scanner {
	whole := validUTF8(data)
	return scanner{data: data[:whole], cut: whole < len(data)}
}

// validUTF8 is the length of the part of data before the first byte that is not UTF-8.
func validUTF8(data []byte) int {
	if utf8.Valid(data) {
		return len(data)
	}
	for at := 0; ; {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

func (s *scanner) fail(what wrong) bool {
	s.wrong = what
	return false
}

// peek is the next byte, 0 at the end; a real 0 is no JSON anyway.
func (s *scanner) peek() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

func (s *scanner) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\n', '\r', '\t':
			s.at++
		default:
			return
		}
	}
}

// begin takes what a value begins with: the bracket of an object or a list, and
// the whole word of true, false and null.
func (s *scanner) begin() (kind Kind, ok bool) {
	c := s.peek()
	s.first = c
	open := c == '{' || c == '['
	if open && s.depth >= maxDepth {
		return 0, s.fail(tooDeep)
	}
	if s.values++; s.values > s.maxValues {
		return 0, s.fail(tooMany)
	}
	switch {
	case open:
		s.at++
		s.depth++
		if c == '{' {
			return Object, true
		}
		return Array, true
	case c == '"':
		return String, true
	case c == '-' || c >= '0' && c <= '9':
		return Number, true
	case c == 't':
		return Bool, s.word("true")
	case c == 'f':
		return Bool, s.word("false")
	}
	return Null, s.word("null")
}

func (s *scanner) word(word string) bool {
	if !bytes.HasPrefix(s.data[s.at:], []byte(word)) {
		return s.fail(noValue)
	}
	s.at += len(word)
	return true
}

// more moves to the next member or item of the container that the byte end
// closes, which has n so far. It is false behind the last one, too.
func (s *scanner) more(end byte, n int) bool {
	s.space()
	switch c := s.peek(); {
	case c == end:
		s.at++
		s.depth--
		return false
	case n == 0:
		return true
	case c == ',':
		s.at++
		s.space()
		return true
	case end == '}':
		return s.fail(noCommaInObject)
	}
	return s.fail(noCommaInList)
}

func (s *scanner) key() (key string, ok bool) {
	if s.peek() != '"' {
		return "", s.fail(noKey)
	}
	return s.text(maxKey)
}

func (s *scanner) colon() bool {
	s.space()
	if s.peek() != ':' {
		return s.fail(noColon)
	}
	s.at++
	s.space()
	return true
}

// end is true where the document ends.
func (s *scanner) end() bool {
	s.space()
	if s.at < len(s.data) || s.cut {
		return s.fail(trailing)
	}
	return true
}

// number takes a literal by the grammar of JSON: no leading zero or plus.
func (s *scanner) number() (literal string, ok bool) {
	start := s.at
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return "", false
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return "", false
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return "", false
		}
	}
	return string(s.data[start:s.at]), true
}

func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		s.at++
	}
	if s.at == start {
		return s.fail(noDigit)
	}
	return true
}

// text takes a text of at most so many bytes.
func (s *scanner) text(most int) (text string, ok bool) {
	s.at++
	start := s.at
	s.plain(most)
	if s.peek() == '"' && s.at-start <= most {
		s.at++
		return string(s.data[start : s.at-1]), true
	}
	b := append(make([]byte, 0, 2*(s.at-start)+16), s.data[start:s.at]...)
	for {
		switch c := s.peek(); {
		case len(b) > most:
			return "", s.fail(longKey)
		case s.at >= len(s.data) && s.cut:
			return "", s.fail(notUTF8)
		case s.at >= len(s.data):
			return "", s.fail(openText)
		case c == '"':
			s.at++
			return string(b), true
		case c < ' ':
			return "", s.fail(control)
		case c == '\\':
			r, ok := s.escape()
			if !ok {
				return "", false
			}
			b = utf8.AppendRune(b, r)
		}
		start = s.at
		s.plain(most - len(b))
		b = append(b, s.data[start:s.at]...)
	}
}

// plain moves over bytes of a text that stand for themselves, one more than most
// at most.
func (s *scanner) plain(most int) {
	data, at := s.data[:min(len(s.data), s.at+most+1)], s.at
	for at < len(data) && data[at] >= ' ' && data[at] != '"' && data[at] != '\\' {
		at++
	}
	s.at = at
}

// escape takes one \ sequence, two where they are the halves of one character.
func (s *scanner) escape() (r rune, ok bool) {
	if s.at+1 < len(s.data) {
		if i := strings.IndexByte(`"\/bfnrt`, s.data[s.at+1]); i >= 0 {
			s.at += 2
			return rune("\"\\/\b\f\n\r\t"[i]), true
		}
	}
	r, ok = s.unit(s.at)
	if !ok {
		return 0, s.fail(badEscape)
	}
	if !utf16.IsSurrogate(r) {
		s.at += 6
		return r, true
	}
	low, _ := s.unit(s.at + 6)
	whole := utf16.DecodeRune(r, low)
	switch {
	case whole != utf8.RuneError:
		s.at += 12
	case s.halves:
		s.at += 6
	default:
		return 0, s.fail(halfCharacter)
	}
	return whole, true
}

// unit reads the \uXXXX that begins at the byte at.
func (s *scanner) unit(at int) (r rune, ok bool) {
	if at+6 > len(s.data) || s.data[at] != '\\' || s.data[at+1] != 'u' {
		return 0, false
	}
	for _, c := range s.data[at+2 : at+6] {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}
