package connectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"comeback/commerce"
)

const maxDepth = 64

// decode reads one JSON value into map[string]any, []any, string, json.Number,
// bool and nil. It refuses what could be read in two ways or serves an attack:
// text that is not UTF-8, a key given twice, nesting beyond 64, trailing data.
func decode(data []byte) (any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, commerce.Errorf(commerce.Invalid, "body: empty, JSON is expected")
	}
	if !utf8.Valid(data) {
		return nil, commerce.Errorf(commerce.Invalid, "body: not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	value, err := decodeValue(dec, "", 0)
	if err != nil {
		return nil, notJSON(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, commerce.Errorf(commerce.Invalid, "body: something follows the JSON value")
	}
	return value, nil
}

func notJSON(err error) error {
	if commerce.CodeOf(err) == commerce.Invalid {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return commerce.Errorf(commerce.Invalid, "body: the JSON ends too early")
	}
	return commerce.Errorf(commerce.Invalid, "body: not JSON: %w", err)
}

func decodeValue(dec *json.Decoder, at string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, commerce.Errorf(commerce.Invalid, "%s: nested more than %d deep", clip(at), maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return decodeObject(dec, at, depth)
	case json.Delim('['):
		return decodeList(dec, at, depth)
	}
	return token, nil
}

func decodeObject(dec *json.Decoder, at string, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string)
		inside := pointer(at, key)
		if _, twice := object[key]; twice {
			return nil, commerce.Errorf(commerce.Invalid, "%s: given twice", clip(inside))
		}
		if object[key], err = decodeValue(dec, inside, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return object, err
}

func decodeList(dec *json.Decoder, at string, depth int) (any, error) {
	list := []any{}
	for dec.More() {
		item, err := decodeValue(dec, at+"/"+strconv.Itoa(len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	_, err := dec.Token()
	return list, err
}

// pointer is the JSON Pointer of key inside the object at.
func pointer(at, key string) string {
	if strings.ContainsAny(key, "~/") {
		key = strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	}
	return at + "/" + key
}

func clip(text string) string {
	if len(text) <= 80 {
		return text
	}
	return strings.ToValidUTF8(text[:80], "") + "..."
}
