package documents

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Project returns the document with the searched fields and _id only; in lists,
// with those of every document in them. It is valid until the next call: a
// search projects all its documents into the same bytes.
func (s *Search) Project(raw bson.Raw) (bson.Raw, error) {
	if len(s.Fields) == 0 {
		return raw, nil
	}
	if s.returned == nil {
		s.returned = append([]string{"_id"}, s.Fields...)
	}
	doc, err := projectFields(s.projected[:0], raw, s.returned, false)
	s.projected = doc
	return doc, err
}

func projectFields(dst, doc []byte, fields []string, list bool) (_ []byte, err error) {
	start, dst := bsoncore.AppendDocumentStart(dst)
	walk := ElementsOf(doc)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		if list {
			dst, err = projectBelow(dst, e, fields)
		} else {
			dst, err = projectField(dst, e, fields)
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

func projectField(dst []byte, e Element, fields []string) ([]byte, error) {
	var below []string
	for _, f := range fields {
		if f == string(e.Key) {
			return e.appendTo(dst), nil
		}
		if len(f) > len(e.Key) && f[len(e.Key)] == '.' && f[:len(e.Key)] == string(e.Key) {
			below = append(below, f[len(e.Key)+1:])
		}
	}
	if below == nil {
		return dst, nil
	}
	return projectBelow(dst, e, below)
}

// projectBelow descends into a document or list; anything else has no fields.
func projectBelow(dst []byte, e Element, fields []string) ([]byte, error) {
	if e.Kind != bson.TypeEmbeddedDocument && e.Kind != bson.TypeArray {
		return dst, nil
	}
	return projectFields(bsoncore.AppendHeader(dst, bsoncore.Type(e.Kind), string(e.Key)), e.Value, fields, e.Kind == bson.TypeArray)
}
