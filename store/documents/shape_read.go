package documents

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Unmarshal decodes a stored document into a struct pointer, or copies its bytes into a
// *bson.Raw. Times come back in UTC.
func (c *Codec) Unmarshal(raw bson.Raw, into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
		return Unmarshal(raw, into)
	}
	s := c.shape(v.Type().Elem())
	if s.kind != record || !s.readRecord(v.Elem(), raw) {
		return Unmarshal(raw, into) // also for its errors
	}
	return nil
}

// read sets v to a stored value. It fails where the value is of another type than v is stored
// as.
func (s *shape) read(v reflect.Value, e Element) bool {
	switch s.kind {
	case text:
		if e.Kind != bson.TypeString || e.Value[len(e.Value)-1] != 0 {
			return false
		}
		v.SetString(string(e.Value[4 : len(e.Value)-1]))
	case truth:
		if e.Kind != bson.TypeBoolean || e.Value[0] > 1 {
			return false
		}
		v.SetBool(e.Value[0] == 1)
	case narrow, whole, wide, natural, large, decimal:
		return s.readNumber(v, e)
	case instant:
		if e.Kind != bson.TypeDateTime {
			return false
		}
		*v.Addr().Interface().(*time.Time) = time.UnixMilli(int64(binary.LittleEndian.Uint64(e.Value))).UTC()
	case blob:
		if e.Kind != bson.TypeBinary || e.Value[4] != bson.TypeBinaryGeneric {
			return false
		}
		v.SetBytes(append(make([]byte, 0, len(e.Value)-5), e.Value[5:]...))
	case pointer:
		return s.readPointer(v, e)
	case list:
		return e.Kind == bson.TypeArray && s.readList(v, e.Value)
	case table:
		return e.Kind == bson.TypeEmbeddedDocument && s.readTable(v, e.Value)
	case record:
		return e.Kind == bson.TypeEmbeddedDocument && s.readRecord(v, e.Value)
	case own:
		return e.Kind != bson.TypeNull && v.Addr().Interface().(bson.ValueUnmarshaler).UnmarshalBSONValue(byte(e.Kind), e.Value) == nil
	default:
		return bson.UnmarshalValue(e.Kind, e.Value, v.Addr().Interface()) == nil
	}
	return true
}

func (s *shape) readNumber(v reflect.Value, e Element) bool {
	if s.kind == decimal && e.Kind == bson.TypeDouble {
		v.SetFloat(math.Float64frombits(binary.LittleEndian.Uint64(e.Value)))
		return true
	}
	n, ok := Integer(e.RawValue())
	if !ok {
		return false
	}
	switch s.kind {
	case decimal:
		v.SetFloat(float64(n))
	case natural, large:
		if n < 0 || v.OverflowUint(uint64(n)) {
			return false
		}
		v.SetUint(uint64(n))
	default:
		if v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
	}
	return true
}

func (s *shape) readPointer(v reflect.Value, e Element) bool {
	if e.Kind == bson.TypeNull || e.Kind == bson.TypeUndefined {
		v.SetZero()
		return true
	}
	if v.IsNil() {
		v.Set(reflect.New(s.of))
	}
	return s.elem.read(v.Elem(), e)
}

func (s *shape) readList(v reflect.Value, array []byte) bool {
	n := 0
	walk := ElementsOf(array)
	for _, ok := walk.Next(); ok; _, ok = walk.Next() {
		n++
	}
	if walk.Broken {
		return false
	}
	items := reflect.MakeSlice(v.Type(), n, n)
	walk = ElementsOf(array)
	for i := range n {
		if e, _ := walk.Next(); !s.elem.read(items.Index(i), e) {
			return false
		}
	}
	v.Set(items)
	return true
}

func (s *shape) readTable(v reflect.Value, doc []byte) bool {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	walk := ElementsOf(doc)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		item := reflect.New(s.of).Elem()
		if !s.elem.read(item, e) {
			return false
		}
		v.SetMapIndex(reflect.ValueOf(string(e.Key)).Convert(v.Type().Key()), item)
	}
	return !walk.Broken
}

// readRecord expects the fields in the order of storing; others are looked up. Fields that the
// struct lacks are left out.
func (s *shape) readRecord(v reflect.Value, doc []byte) bool {
	walk, next := ElementsOf(doc), 0
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		for next < len(s.members) && s.members[next].omitEmpty && s.members[next].name != string(e.Key) {
			next++
		}
		if next >= len(s.members) || s.members[next].name != string(e.Key) {
			at, known := s.places[string(e.Key)]
			if !known && lowerCase(e.Key) {
				continue
			}
			if !known {
				return false // package bson compares without regard to case
			}
			next = at
		}
		m := &s.members[next]
		if !m.shape.read(m.of(v), e) {
			return false
		}
		next++
	}
	return !walk.Broken
}

func (m *member) of(v reflect.Value) reflect.Value {
	if len(m.index) == 1 {
		return v.Field(m.index[0])
	}
	return v.FieldByIndex(m.index)
}

// lowerCase reports whether a key has no upper case.
func lowerCase(key []byte) bool {
	for _, c := range key {
		if c >= 'A' && c <= 'Z' || c >= 0x80 {
			return false
		}
	}
	return true
}
