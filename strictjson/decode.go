package strictjson

import (
	"encoding/json"
	"strconv"
	"strings"

	"comeback/commerce"
)

// maxSent is how many values a platform may send in one body. A value takes some
// 50 bytes of memory, so their number bounds what a body can take.
const maxSent = 250_000

// Decode reads a body that a program sent, into map[string]any, []any, string,
// json.Number, bool and nil. Half a surrogate pair, which some languages write,
// counts as U+FFFD. The first fault ends reading: the error has its pointer and
// its byte.
func Decode(data []byte) (any, error) {
	d := decoder{scanner: scan(data)}
	d.maxValues, d.halves = maxSent, true
	d.space()
	if d.at == len(data) {
		return nil, commerce.Errorf(commerce.Invalid, "body: empty, JSON is expected")
	}
	value, ok := d.value()
	if !ok || !d.end() {
		return nil, d.sender(d.pointer)
	}
	return value, nil
}

type decoder struct {
	scanner
	pointer string // of what is wrong; it grows on the way out
}

func (d *decoder) value() (value any, ok bool) {
	kind, ok := d.begin()
	if !ok {
		return nil, false
	}
	switch kind {
	case Object:
		return d.object()
	case Array:
		return d.list()
	case String:
		text, ok := d.text(len(d.data))
		return text, ok
	case Number:
		return d.literal()
	case Bool:
		return d.first == 't', true
	}
	return nil, true
}

func (d *decoder) object() (value any, ok bool) {
	object := map[string]any{}
	for d.more('}', len(object)) {
		key, ok := d.key()
		if !ok {
			return nil, false
		}
		if _, given := object[key]; given {
			d.pointer = Pointer("", key)
			return nil, d.fail(twice)
		}
		if !d.colon() {
			return nil, false
		}
		if object[key], ok = d.value(); !ok {
			d.pointer = Pointer("", key) + d.pointer
			return nil, false
		}
	}
	return object, d.wrong == 0
}

func (d *decoder) list() (value any, ok bool) {
	list := []any{}
	for d.more(']', len(list)) {
		item, ok := d.value()
		if !ok {
			d.pointer = "/" + strconv.Itoa(len(list)) + d.pointer
			return nil, false
		}
		list = append(list, item)
	}
	return list, d.wrong == 0
}

// literal takes a number, and nothing that goes on like one: 01, 1.2.3.
func (d *decoder) literal() (value any, ok bool) {
	number, ok := d.number()
	if ok && strings.IndexByte("+-.0123456789Ee", d.peek()) >= 0 {
		return nil, d.fail(noDigit)
	}
	return json.Number(number), ok
}
