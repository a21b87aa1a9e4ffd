package store

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// project keeps _id and the named dotted fields, in lists those of every
// document in them.
func project(raw bson.Raw, fields []string) (bson.Raw, error) {
	return keep(make([]byte, 0, 256), raw, append([]string{"_id"}, fields...), false)
}

func keep(dst, doc []byte, fields []string, list bool) ([]byte, error) {
	start, dst := bsoncore.AppendDocumentStart(dst)
	elements, err := bson.Raw(doc).Elements()
	if err != nil {
		return nil, invalid("stored document: not whole")
	}
	for _, e := range elements {
		if list {
			dst, err = keepElement(dst, bsoncore.Element(e), e.Value(), fields)
		} else {
			dst, err = keepField(dst, bsoncore.Element(e), e.Value(), fields)
		}
		if err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

func keepField(dst []byte, e bsoncore.Element, v bson.RawValue, fields []string) ([]byte, error) {
	if slices.Contains(fields, e.Key()) {
		return append(dst, e...), nil
	}
	var below []string
	for _, f := range fields {
		if rest, ok := strings.CutPrefix(f, e.Key()+"."); ok {
			below = append(below, rest)
		}
	}
	if below == nil {
		return dst, nil
	}
	return keepElement(dst, e, v, below)
}

// keepElement descends into a document or list; anything else has no fields.
func keepElement(dst []byte, e bsoncore.Element, v bson.RawValue, fields []string) ([]byte, error) {
	if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
		return dst, nil
	}
	return keep(bsoncore.AppendHeader(dst, bsoncore.Type(v.Type), e.Key()), v.Value, fields, v.Type == bson.TypeArray)
}
