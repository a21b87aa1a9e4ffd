package embedded

import (
	"slices"
	"strings"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// covers reports whether the index alone answers the search: it has all the
// requested fields, and no document has to be matched.
func (p plan) covers(s *documents.Search) bool {
	return p.index != nil && p.exact && len(s.Fields) > 0 && !slices.ContainsFunc(s.Fields, func(f string) bool {
		return strings.Contains(f, ".") || f != "_id" && !slices.Contains(p.index.Fields, f)
	})
}

// covered appends the document that an entry of the index shows: _id and the
// requested fields.
func (p plan) covered(dst []byte, s *documents.Search, id string, key []byte) (bson.Raw, error) {
	start, dst := bsoncore.AppendDocumentStart(dst)
	dst = bsoncore.AppendStringElement(dst, "_id", id)
	for _, f := range p.index.Fields {
		if slices.Contains(s.Fields, f) {
			dst, key = documents.AppendField(dst, f, key)
		} else {
			key = key[documents.KeyLength(key, 1):]
		}
	}
	dst, err := bsoncore.AppendDocumentEnd(dst, start)
	return dst, err
}
