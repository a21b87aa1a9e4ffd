//go:build goexperiment.jsonv2

package strictjson

import (
	"bytes"
	"encoding/json"
	"encoding/json/jsontext"
	"errors"
	"io"
	"reflect"
	"testing"
	"unicode/utf8"
)

// The same values read with encoding/json/jsontext, to see which is faster:
//
//	GOEXPERIMENT=jsonv2 go test -run JSONText -bench . ./strictjson

var errRefused = errors.New("refused")

type textDecoder struct {
	*jsontext.Decoder
	values int
	data   []byte
	place  place
}

func newTextDecoder(data []byte) *textDecoder {
	return &textDecoder{
		Decoder: jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		data:    data, place: place{line: 1, column: 1},
	}
}

func (d *textDecoder) end() bool {
	_, err := d.ReadToken()
	return err == io.EOF
}

// decodeText is Decode without its messages.
func decodeText(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errRefused
	}
	d := newTextDecoder(data)
	value, err := d.value()
	if err != nil || !d.end() {
		return nil, errRefused
	}
	return value, nil
}

func (d *textDecoder) value() (any, error) {
	if d.values++; d.values > maxSent {
		return nil, errRefused
	}
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{':
		return d.object()
	case '[':
		return d.list()
	case '"':
		return token.String(), nil
	case '0':
		return json.Number(token.String()), nil
	case 't', 'f':
		return token.Bool(), nil
	}
	return nil, nil
}

func (d *textDecoder) object() (any, error) {
	object := map[string]any{}
	if d.StackDepth() > maxDepth {
		return nil, errRefused
	}
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		key := token.String()
		if _, given := object[key]; given || len(key) > maxKey {
			return nil, errRefused
		}
		if object[key], err = d.value(); err != nil {
			return nil, err
		}
	}
	_, err := d.ReadToken()
	return object, err
}

func (d *textDecoder) list() (any, error) {
	list := []any{}
	if d.StackDepth() > maxDepth {
		return nil, errRefused
	}
	for d.PeekKind() != ']' {
		item, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	_, err := d.ReadToken()
	return list, err
}

// readText is Read without its messages.
func readText(data []byte) (*Node, error) {
	d := newTextDecoder(data)
	n, err := d.node(nil, 0)
	if err != nil || !d.end() || !utf8.Valid(data) {
		return nil, errRefused
	}
	return n, nil
}

func (d *textDecoder) node(parent *Node, at int) (*Node, error) {
	n := &Node{parent: parent, at: int32(at)}
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	length := 1
	switch token.Kind() {
	case '{':
		n.Kind = Object
	case '[':
		n.Kind = Array
	case '"':
		n.Kind, n.Text = String, token.String()
		length = len(n.Text) + 2 // wrong where it has an escape; good enough for a measurement
	case '0':
		n.Kind, n.Text = Number, token.String()
		length = len(n.Text)
	case 't', 'f':
		n.Kind, n.Bool = Bool, token.Bool()
		length = len(token.String())
	default:
		length = len("null")
	}
	n.Line, n.Column = d.place.move(d.data, int(d.InputOffset())-length)
	switch n.Kind {
	case Object:
		err = d.members(n)
	case Array:
		err = d.items(n)
	}
	return n, err
}

func (d *textDecoder) members(n *Node) error {
	var given keys
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		m := Member{Key: token.String()}
		m.KeyLine, m.KeyColumn = d.place.move(d.data, int(d.InputOffset())-len(m.Key)-2)
		n.Members = append(n.Members, m)
		if given.twice(n.Members) || len(m.Key) > maxKey {
			return errRefused
		}
		if n.Members[len(n.Members)-1].Value, err = d.node(n, len(n.Members)-1); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (d *textDecoder) items(n *Node) error {
	for d.PeekKind() != ']' {
		item, err := d.node(n, len(n.Items))
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := d.ReadToken()
	return err
}

// Both readers accept the same and read the same of it.
func FuzzJSONTextReadsTheSame(f *testing.F) {
	for _, text := range seeds {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode(data)
		want, wantErr := decodeText(data)
		if (err == nil) != (wantErr == nil) || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, %v; jsontext has %v, %v", got, err, want, wantErr)
		}
	})
}

func BenchmarkDecodeJSONText(b *testing.B) {
	measure(b, bodies(b), func(data []byte) bool { _, err := decodeText(data); return err == nil })
}

func BenchmarkReadJSONText(b *testing.B) {
	measure(b, document(), func(data []byte) bool { _, err := readText(data); return err == nil })
}
