package strictjson

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"comeback/commerce"
)

// wrong is what a scanner found wrong; 0 is nothing.
type wrong uint8

const (
	noValue wrong = iota + 1
	noKey
	noColon
	noCommaInObject
	noCommaInList
	noDigit
	openText
	control
	notUTF8
	badEscape
	halfCharacter
	longKey
	tooDeep
	tooMany
	trailing
	twice
)

// forAuthor is what a person reads who wrote the document: the values that were
// missing are in expected.
var forAuthor = map[wrong]string{
	openText:      "the document ends inside a text: close it with a quote",
	notUTF8:       "invalid UTF-8: save the file as UTF-8",
	badEscape:     `unknown escape in a text: use \", \\, \/, \b, \f, \n, \r, \t or \u and four hex digits`,
	halfCharacter: `half a character: \ud800 to \udfff come in pairs`,
	trailing:      "unexpected text after the document: remove it",
}

var expected = map[wrong]string{
	noValue:         "a value",
	noKey:           "a key in quotes",
	noColon:         `":"`,
	noCommaInObject: `"," or "}"`,
	noCommaInList:   `"," or "]"`,
	noDigit:         "a digit",
}

// forSender is what is said of a body that a program sent.
var forSender = map[wrong]string{
	noValue:         "not JSON",
	noKey:           "a key in quotes is expected",
	noColon:         "a colon is expected",
	noCommaInObject: "a comma or the object's end is expected",
	noCommaInList:   "a comma or the list's end is expected",
	noDigit:         "not a number",
	control:         "a control character in text",
	badEscape:       "an unknown escape",
	trailing:        "something follows the JSON value",
}

// author says what is wrong to the person who wrote the document.
func (s *scanner) author() string {
	switch s.wrong {
	case control:
		return fmt.Sprintf("control character %q inside a text: write it as \\u%04x", s.peek(), s.peek())
	case longKey:
		return fmt.Sprintf("a key of more than %d bytes: shorten it", maxKey)
	case tooDeep:
		return fmt.Sprintf("nested too deep: at most %d levels", maxDepth)
	case tooMany:
		return fmt.Sprintf("the document is too large: at most %d values", s.maxValues)
	}
	if want := expected[s.wrong]; want != "" {
		return s.found() + " where " + want + " is expected"
	}
	return forAuthor[s.wrong]
}

// found names what is at the scanner, for an author.
func (s *scanner) found() string {
	switch {
	case s.at < len(s.data):
		r, _ := utf8.DecodeRune(s.data[s.at:])
		return fmt.Sprintf("%q stands", r)
	case s.cut:
		return "a byte that is not UTF-8 stands"
	}
	return "the document ends"
}

// sender describes the fault of a body at the pointer, for the author of the program
// that sent it.
func (s *scanner) sender(pointer string) error {
	where := commerce.Clip("body"+pointer, 80)
	switch {
	case s.cut:
		return commerce.Errorf(commerce.Invalid, "body: not UTF-8")
	case s.wrong == twice:
		return commerce.Errorf(commerce.Invalid, "%s: given twice", where)
	case s.early():
		return commerce.Errorf(commerce.Invalid, "%s: the JSON ends too early, at byte %d", where, len(s.data)+1)
	}
	return commerce.Errorf(commerce.Invalid, "%s: %s, at byte %d", where, s.reason(), s.at+1)
}

// early is true where a value, or a text, is cut off by the end of the body.
func (s *scanner) early() bool {
	rest := s.data[s.at:]
	return s.wrong == openText || s.wrong == noValue && len(rest) == 0 || s.wrong == badEscape && bytes.IndexByte(rest, '"') < 0
}

func (s *scanner) reason() string {
	switch s.wrong {
	case longKey:
		return "a key of more than " + strconv.Itoa(maxKey) + " bytes"
	case tooDeep:
		return "nested more than " + strconv.Itoa(maxDepth) + " deep"
	case tooMany:
		return "more than " + strconv.Itoa(s.maxValues) + " values"
	}
	return forSender[s.wrong]
}
