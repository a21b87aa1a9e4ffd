package store

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Project keeps the searched fields of a document, and _id, in lists those of
// every document in them. It is valid until the next call: a search projects
// one document after the other into the same bytes.
func (s *Search) Project(raw bson.Raw) (bson.Raw, error) {
	if len(s.Fields) == 0 {
		return raw, nil
	}
	if s.kept == nil {
		s.kept = append([]string{"_id"}, s.Fields...)
	}
	doc, err := keep(s.projected[:0], raw, s.kept, false)
	s.projected = doc
	return doc, err
}

func keep(dst, doc []byte, fields []string, list bool) (_ []byte, err error) {
	start, dst := bsoncore.AppendDocumentStart(dst)
	walk := elementsOf(doc)
	for e, ok := walk.next(); ok; e, ok = walk.next() {
		if list {
			dst, err = keepBelow(dst, e, fields)
		} else {
			dst, err = keepField(dst, e, fields)
		}
		if err != nil {
			return nil, err
		}
	}
	if walk.broken {
		return nil, invalid("stored document: not whole")
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

func keepField(dst []byte, e element, fields []string) ([]byte, error) {
	var below []string
	for _, f := range fields {
		if f == string(e.key) {
			dst = append(append(dst, byte(e.kind)), e.key...)
			return append(append(dst, 0), e.value...), nil
		}
		if len(f) > len(e.key) && f[len(e.key)] == '.' && f[:len(e.key)] == string(e.key) {
			below = append(below, f[len(e.key)+1:])
		}
	}
	if below == nil {
		return dst, nil
	}
	return keepBelow(dst, e, below)
}

// keepBelow descends into a document or list; anything else has no fields.
func keepBelow(dst []byte, e element, fields []string) ([]byte, error) {
	if e.kind != bson.TypeEmbeddedDocument && e.kind != bson.TypeArray {
		return dst, nil
	}
	return keep(bsoncore.AppendHeader(dst, bsoncore.Type(e.kind), string(e.key)), e.value, fields, e.kind == bson.TypeArray)
}
