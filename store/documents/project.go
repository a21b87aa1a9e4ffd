package documents

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
	walk := ElementsOf(doc)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		if list {
			dst, err = keepBelow(dst, e, fields)
		} else {
			dst, err = keepField(dst, e, fields)
		}
		if err != nil {
			return nil, err
		}
	}
	if walk.Broken {
		return nil, invalid("stored document: not whole")
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

func keepField(dst []byte, e Element, fields []string) ([]byte, error) {
	var below []string
	for _, f := range fields {
		if f == string(e.Key) {
			dst = append(append(dst, byte(e.Kind)), e.Key...)
			return append(append(dst, 0), e.Value...), nil
		}
		if len(f) > len(e.Key) && f[len(e.Key)] == '.' && f[:len(e.Key)] == string(e.Key) {
			below = append(below, f[len(e.Key)+1:])
		}
	}
	if below == nil {
		return dst, nil
	}
	return keepBelow(dst, e, below)
}

// keepBelow descends into a document or list; anything else has no fields.
func keepBelow(dst []byte, e Element, fields []string) ([]byte, error) {
	if e.Kind != bson.TypeEmbeddedDocument && e.Kind != bson.TypeArray {
		return dst, nil
	}
	return keep(bsoncore.AppendHeader(dst, bsoncore.Type(e.Kind), string(e.Key)), e.Value, fields, e.Kind == bson.TypeArray)
}
