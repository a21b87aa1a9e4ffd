package connectors

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"comeback/commerce"
)

// What a platform sends is far below these. A value takes some 50 bytes of
// memory, so their number bounds what a body can take.
const (
	maxDepth  = 64
	maxKey    = 1 << 10 // bytes
	maxValues = 250_000
)

// decode reads one JSON value into map[string]any, []any, string, json.Number,
// bool and nil. It refuses what could be read in two ways or serves an attack:
// text that is not UTF-8, a key given twice or over 1 KiB, nesting beyond 64, more
// than 250,000 values, trailing data. encoding/json lets the first two pass and shows no way to see them.
func decode(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, commerce.Errorf(commerce.Invalid, "body: not UTF-8")
	}
	p := parser{data: data}
	if p.peek() == 0 && p.at == len(data) {
		return nil, commerce.Errorf(commerce.Invalid, "body: empty, JSON is expected")
	}
	value, wrong := p.value(0)
	if wrong == nil && (p.peek() != 0 || p.at < len(data)) {
		wrong = p.wrong("something follows the JSON value")
	}
	if wrong != nil {
		return nil, commerce.Errorf(commerce.Invalid, "%s: %s", clip("body"+wrong.where), wrong.what)
	}
	return value, nil
}

var literals = []struct {
	text  []byte
	value any
}{{[]byte("null"), nil}, {[]byte("true"), true}, {[]byte("false"), false}}

// misread is where the JSON is wrong and how; where grows on the way out.
type misread struct{ where, what string }

type parser struct {
	data   []byte
	at     int
	values int
}

func (p *parser) wrong(what string) *misread {
	return &misread{what: what + ", at byte " + strconv.Itoa(p.at+1)}
}

// peek is the next byte after white space, 0 at the end.
func (p *parser) peek() byte {
	for p.at < len(p.data) {
		switch c := p.data[p.at]; c {
		case ' ', '\n', '\r', '\t':
			p.at++
		default:
			return c
		}
	}
	return 0
}

// next takes c if it comes next.
func (p *parser) next(c byte) bool {
	if p.peek() != c || p.at == len(p.data) {
		return false
	}
	p.at++
	return true
}

func (p *parser) value(depth int) (any, *misread) {
	if depth > maxDepth {
		return nil, p.wrong("nested more than " + strconv.Itoa(maxDepth) + " deep")
	}
	if p.values++; p.values > maxValues {
		return nil, p.wrong("more than " + strconv.Itoa(maxValues) + " values")
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.list(depth)
	case c == '"':
		return p.text()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	return p.word()
}

func (p *parser) word() (any, *misread) {
	for _, word := range literals {
		if bytes.HasPrefix(p.data[p.at:], word.text) {
			p.at += len(word.text)
			return word.value, nil
		}
	}
	if p.at == len(p.data) {
		return nil, p.wrong("the JSON ends too early")
	}
	return nil, p.wrong("not JSON")
}

func (p *parser) object(depth int) (any, *misread) {
	p.at++
	object := map[string]any{}
	if p.next('}') {
		return object, nil
	}
	for {
		if p.peek() != '"' {
			return nil, p.wrong("a key in quotes is expected")
		}
		key, wrong := p.text()
		if wrong == nil && len(key) > maxKey {
			wrong = p.wrong("a key of more than " + strconv.Itoa(maxKey) + " bytes")
		}
		if wrong != nil {
			return nil, wrong
		}
		if _, twice := object[key]; twice {
			return nil, &misread{where: pointer("", key), what: "given twice"}
		}
		if !p.next(':') {
			return nil, p.wrong("a colon is expected")
		}
		if object[key], wrong = p.value(depth + 1); wrong != nil {
			wrong.where = pointer("", key) + wrong.where
			return nil, wrong
		}
		if p.next('}') {
			return object, nil
		}
		if !p.next(',') {
			return nil, p.wrong("a comma or the object's end is expected")
		}
	}
}

func (p *parser) list(depth int) (any, *misread) {
	p.at++
	list := []any{}
	if p.next(']') {
		return list, nil
	}
	for {
		item, wrong := p.value(depth + 1)
		if wrong != nil {
			wrong.where = "/" + strconv.Itoa(len(list)) + wrong.where
			return nil, wrong
		}
		list = append(list, item)
		if p.next(']') {
			return list, nil
		}
		if !p.next(',') {
			return nil, p.wrong("a comma or the list's end is expected")
		}
	}
}

// text reads a string. One with escapes is left to encoding/json, which knows
// them all.
func (p *parser) text() (string, *misread) {
	start, plain := p.at, true
	for p.at++; p.at < len(p.data); p.at++ {
		switch c := p.data[p.at]; {
		case c == '"':
			p.at++
			if plain {
				return string(p.data[start+1 : p.at-1]), nil
			}
			var text string
			if json.Unmarshal(p.data[start:p.at], &text) != nil {
				return "", p.wrong("an unknown escape")
			}
			return text, nil
		case c == '\\':
			plain = false
			p.at++
		case c < ' ':
			return "", p.wrong("a control character in text")
		}
	}
	p.at = len(p.data)
	return "", p.wrong("the JSON ends too early")
}

func (p *parser) number() (any, *misread) {
	start := p.at
	for p.at < len(p.data) && strings.IndexByte("+-.0123456789Ee", p.data[p.at]) >= 0 {
		p.at++
	}
	if number := p.data[start:p.at]; json.Valid(number) {
		return json.Number(number), nil
	}
	return nil, p.wrong("not a number")
}

// pointer is the JSON Pointer of key inside the object at.
func pointer(at, key string) string {
	if strings.ContainsAny(key, "~/") {
		key = strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	}
	return at + "/" + key
}

// clip shortens what is quoted in a message.
func clip(text string) string { return commerce.Clip(text, 80) }
