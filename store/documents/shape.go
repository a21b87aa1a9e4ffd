package documents

import (
	"encoding"
	"reflect"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Codec encodes and decodes documents as package bson does, and remembers how each type is
// made up. Package bson finds that out for every value, in most of the time and memory of a
// batch. What a Codec does not know, or finds to be of another type, it leaves to package bson.
type Codec struct {
	shapes sync.Map // *shape by reflect.Type
}

// shape is how the values of one type are stored.
type shape struct {
	kind kind

	elem *shape       // of a pointer, list or table
	of   reflect.Type // type of elem

	members []member // of a record, in the order of storing
	places  map[string]int
}

type kind int

const (
	other   kind = iota // left to package bson
	text                // any type of string
	truth               // bool
	narrow              // int8, int16, int32: stored as int32
	whole               // int: stored as int32 if it fits
	wide                // int64
	natural             // uint8, uint16: stored as int32
	large               // uint, uint32, uint64: stored as int64
	decimal             // float64
	instant             // time.Time
	blob                // []byte
	pointer
	list
	table  // a map with strings as keys
	record // a struct
	own    // writes and reads its value itself
)

// member is a field of a record, also one of a struct inline in it.
type member struct {
	name      string
	index     []int
	omitEmpty bool
	judges    bool // whether it is zero
	shape     *shape
}

// shape finds out how values of a type are stored, once for each type.
func (c *Codec) shape(t reflect.Type) *shape {
	if known, ok := c.shapes.Load(t); ok {
		return known.(*shape)
	}
	s := newShape(t, map[reflect.Type]*shape{})
	c.shapes.Store(t, s)
	return s
}

// newShape takes types that it has begun from begun, because a type may contain itself.
func newShape(t reflect.Type, begun map[reflect.Type]*shape) *shape {
	if s := begun[t]; s != nil {
		return s
	}
	s := &shape{kind: kindOf(t)}
	begun[t] = s
	switch s.kind {
	case pointer, list, table:
		s.of = t.Elem()
		s.elem = newShape(s.of, begun)
	case record:
		if !s.describe(t, begun) {
			*s = shape{}
		}
	}
	return s
}

func kindOf(t reflect.Type) kind {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return instant
	case t == reflect.TypeFor[[]byte]():
		return blob
	case t.Implements(reflect.TypeFor[bson.ValueMarshaler]()) && reflect.PointerTo(t).Implements(reflect.TypeFor[bson.ValueUnmarshaler]()):
		return own
	case special(t):
		return other
	}
	switch t.Kind() {
	case reflect.String:
		return text
	case reflect.Bool:
		return truth
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return narrow
	case reflect.Int:
		return whole
	case reflect.Int64:
		return wide
	case reflect.Uint8, reflect.Uint16:
		return natural
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return large
	case reflect.Float64:
		return decimal
	case reflect.Pointer:
		return pointer
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 && !t.ConvertibleTo(reflect.TypeFor[bson.D]()) {
			return list
		}
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !special(t.Key()) {
			return table
		}
	case reflect.Struct:
		return record
	}
	return other
}

// special reports whether package bson treats a type in a way of its own: one with methods
// for its encoding, and all types of package bson.
func special(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	for _, method := range []reflect.Type{
		reflect.TypeFor[bson.ValueMarshaler](), reflect.TypeFor[bson.ValueUnmarshaler](),
		reflect.TypeFor[bson.Marshaler](), reflect.TypeFor[bson.Unmarshaler](),
		reflect.TypeFor[bson.KeyUnmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	} {
		if p.Implements(method) {
			return true
		}
	}
	foreign := !strings.HasPrefix(t.PkgPath(), "comeback/")
	return t.PkgPath() != "" && foreign
}

// describe lists the members of a struct. It fails where the struct uses more of package
// bson's tags than the tags of stored types do.
func (s *shape) describe(t reflect.Type, begun map[reflect.Type]*shape) bool {
	s.places = map[string]int{}
	return s.addFields(t, nil, begun)
}

func (s *shape) addFields(t reflect.Type, above []int, begun map[reflect.Type]*shape) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("bson")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case f.PkgPath != "" || tag == "-":
			continue
		case !tagged && f.Tag != "":
			return false
		}
		index := append(above[:len(above):len(above)], i)
		if options == "inline" {
			if f.Type.Kind() != reflect.Struct || !s.addFields(f.Type, index, begun) {
				return false
			}
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		_, twice := s.places[name]
		if twice || options != "" && options != "omitempty" {
			return false
		}
		s.places[name] = len(s.members)
		s.members = append(s.members, member{
			name: name, index: index, omitEmpty: options == "omitempty", judges: f.Type.Implements(reflect.TypeFor[bson.Zeroer]()),
			shape: newShape(f.Type, begun),
		})
	}
	return true
}
