package documents

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// appendDocument encodes as encode does, without reflection for the values that filters
// and updates mostly have. Without a Codec the rest is left to package bson.
func (c *Codec) appendDocument(dst []byte, doc bson.D) (_ []byte, err error) {
	start, dst := bsoncore.AppendDocumentStart(dst)
	for _, e := range doc {
		if dst, err = c.appendElement(dst, e.Key, e.Value); err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

func (c *Codec) appendElement(dst []byte, key string, value any) ([]byte, error) {
	if strings.IndexByte(key, 0) >= 0 {
		return c.appendOther(dst, key, value) // refuses it
	}
	switch v := value.(type) {
	case nil:
		return bsoncore.AppendNullElement(dst, key), nil
	case string:
		return bsoncore.AppendStringElement(dst, key, v), nil
	case bool:
		return bsoncore.AppendBooleanElement(dst, key, v), nil
	case int:
		if int(int32(v)) == v {
			return bsoncore.AppendInt32Element(dst, key, int32(v)), nil
		}
		return bsoncore.AppendInt64Element(dst, key, int64(v)), nil
	case int64:
		return bsoncore.AppendInt64Element(dst, key, v), nil
	case float64:
		return bsoncore.AppendDoubleElement(dst, key, v), nil
	case time.Time:
		return bsoncore.AppendDateTimeElement(dst, key, int64(bson.NewDateTimeFromTime(v))), nil
	case bson.RawValue:
		if v.Type != 0 && valueLength(v.Type, v.Value) == len(v.Value) {
			return appendValue(dst, key, v), nil
		}
	case bson.D:
		return c.appendDocument(bsoncore.AppendHeader(dst, bsoncore.TypeEmbeddedDocument, key), v)
	case bson.A:
		return c.appendArray(bsoncore.AppendHeader(dst, bsoncore.TypeArray, key), v)
	}
	return c.appendOther(dst, key, value)
}

func (c *Codec) appendArray(dst []byte, list bson.A) (_ []byte, err error) {
	start, dst := bsoncore.AppendArrayStart(dst)
	for i, item := range list {
		if dst, err = c.appendElement(dst, strconv.Itoa(i), item); err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendArrayEnd(dst, start)
}

// appendOther leaves a value to package bson.
func appendOther(dst []byte, key string, value any) ([]byte, error) {
	raw, err := encode(bson.D{{Key: key, Value: value}})
	if err != nil {
		return nil, err
	}
	return append(dst, raw[4:len(raw)-1]...), nil
}

func encode(doc any) ([]byte, error) {
	var buf bytes.Buffer
	enc := bson.NewEncoder(bson.NewDocumentWriter(&buf))
	enc.NilSliceAsEmpty()
	enc.NilMapAsEmpty()
	enc.NilByteSliceAsEmpty()
	err := enc.Encode(doc)
	return buf.Bytes(), err
}
