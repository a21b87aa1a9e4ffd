package documents

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Marshal encodes a document as both drivers store it: nil slices as [], nil
// maps as {}, times as UTC milliseconds. Finer parts of a time are cut off.
func (c *Codec) Marshal(doc any) (bson.Raw, error) {
	var raw []byte
	var err error
	switch doc := doc.(type) {
	case bson.Raw:
		return doc, nil
	case bson.D:
		raw, err = c.appendDocument(make([]byte, 0, 256), doc)
	default:
		raw, err = c.encode(doc)
	}
	if err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "document %T: %w", doc, err)
	}
	return raw, nil
}

func (c *Codec) encode(doc any) ([]byte, error) {
	v := addressable(reflect.ValueOf(doc))
	if c == nil || !v.IsValid() || v.Kind() != reflect.Struct {
		return encode(doc)
	}
	s := c.shape(v.Type())
	if s.kind != record {
		return encode(doc)
	}
	return s.appendRecord(make([]byte, 0, 512), v)
}

// appendOther encodes any value.
func (c *Codec) appendOther(dst []byte, key string, value any) ([]byte, error) {
	v := reflect.ValueOf(value)
	if c == nil || !v.IsValid() || v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface || strings.IndexByte(key, 0) >= 0 {
		return appendOther(dst, key, value)
	}
	return c.shape(v.Type()).append(dst, key, addressable(v))
}

// addressable is what v is, or points to, in a place that has an address: so methods are called
// without a copy of each value.
func addressable(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer {
		return v.Elem()
	}
	if !v.IsValid() {
		return v
	}
	place := reflect.New(v.Type()).Elem()
	place.Set(v)
	return place
}

func (s *shape) appendRecord(dst []byte, v reflect.Value) (_ []byte, err error) {
	start, dst := bsoncore.AppendDocumentStart(dst)
	for i := range s.members {
		m := &s.members[i]
		value := m.of(v)
		if m.omitEmpty && m.empty(value) {
			continue
		}
		if dst, err = m.shape.append(dst, m.name, value); err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

func (m *member) empty(v reflect.Value) bool {
	if m.shape.kind == instant {
		return v.Addr().Interface().(*time.Time).IsZero()
	}
	switch kind := v.Kind(); {
	case m.judges && kind == reflect.Pointer:
		return v.IsNil() || v.Interface().(bson.Zeroer).IsZero()
	case m.judges:
		return v.Addr().Interface().(bson.Zeroer).IsZero()
	}
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func (s *shape) append(dst []byte, key string, v reflect.Value) ([]byte, error) {
	switch s.kind {
	case text:
		return bsoncore.AppendStringElement(dst, key, v.String()), nil
	case truth:
		return bsoncore.AppendBooleanElement(dst, key, v.Bool()), nil
	case narrow:
		return bsoncore.AppendInt32Element(dst, key, int32(v.Int())), nil
	case whole:
		if n := v.Int(); n == int64(int32(n)) {
			return bsoncore.AppendInt32Element(dst, key, int32(n)), nil
		}
		return bsoncore.AppendInt64Element(dst, key, v.Int()), nil
	case wide:
		return bsoncore.AppendInt64Element(dst, key, v.Int()), nil
	case natural:
		return bsoncore.AppendInt32Element(dst, key, int32(v.Uint())), nil
	case large:
		if v.Uint() > math.MaxInt64 {
			return appendOther(dst, key, v.Interface()) // refuses it
		}
		return bsoncore.AppendInt64Element(dst, key, int64(v.Uint())), nil
	case decimal:
		return bsoncore.AppendDoubleElement(dst, key, v.Float()), nil
	case instant:
		at := v.Addr().Interface().(*time.Time)
		return bsoncore.AppendDateTimeElement(dst, key, int64(bson.NewDateTimeFromTime(*at))), nil
	case blob:
		return bsoncore.AppendBinaryElement(dst, key, bson.TypeBinaryGeneric, v.Bytes()), nil
	}
	return s.appendParts(dst, key, v)
}

// appendParts is append for values that consist of others.
func (s *shape) appendParts(dst []byte, key string, v reflect.Value) ([]byte, error) {
	switch s.kind {
	case pointer:
		if v.IsNil() {
			return bsoncore.AppendNullElement(dst, key), nil
		}
		return s.elem.append(dst, key, v.Elem())
	case list:
		return s.appendList(bsoncore.AppendHeader(dst, bsoncore.TypeArray, key), v)
	case table:
		return s.appendTable(bsoncore.AppendHeader(dst, bsoncore.TypeEmbeddedDocument, key), v)
	case record:
		return s.appendRecord(bsoncore.AppendHeader(dst, bsoncore.TypeEmbeddedDocument, key), v)
	case own:
		kind, data, err := v.Addr().Interface().(bson.ValueMarshaler).MarshalBSONValue()
		return append(bsoncore.AppendHeader(dst, bsoncore.Type(kind), key), data...), err
	}
	return appendOther(dst, key, v.Interface())
}

func (s *shape) appendList(dst []byte, v reflect.Value) (_ []byte, err error) {
	start, dst := bsoncore.AppendArrayStart(dst)
	for i := range v.Len() {
		if dst, err = s.elem.append(dst, strconv.Itoa(i), v.Index(i)); err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendArrayEnd(dst, start)
}

func (s *shape) appendTable(dst []byte, v reflect.Value) (_ []byte, err error) {
	start, dst := bsoncore.AppendDocumentStart(dst)
	place := reflect.New(s.of).Elem()
	for items := v.MapRange(); items.Next(); {
		key := items.Key().String()
		if strings.IndexByte(key, 0) >= 0 {
			return nil, invalid("a name contains NUL: %q", key)
		}
		place.Set(items.Value())
		if dst, err = s.elem.append(dst, key, place); err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}
