package store

import (
	"bytes"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// element is one field of a stored document, in place: key and value are parts
// of the document's bytes.
type element struct {
	kind       bson.Type
	key, value []byte
}

// elements walks the fields of one document or list, one after the other,
// without a copy. broken tells that the bytes are no whole document.
type elements struct {
	rest   []byte
	broken bool
}

func elementsOf(doc []byte) elements {
	if len(doc) < 5 || int(binary.LittleEndian.Uint32(doc)) != len(doc) || doc[len(doc)-1] != 0 {
		return elements{broken: true}
	}
	return elements{rest: doc[4 : len(doc)-1]}
}

func (w *elements) next(e *element) bool {
	if len(w.rest) == 0 {
		return false
	}
	end := bytes.IndexByte(w.rest, 0)
	if end < 1 {
		w.broken = true
		return false
	}
	e.kind, e.key = bson.Type(w.rest[0]), w.rest[1:end]
	rest := w.rest[end+1:]
	n := valueLength(e.kind, rest)
	if n < 0 || n > len(rest) {
		w.broken = true
		return false
	}
	e.value, w.rest = rest[:n], rest[n:]
	return true
}

// valueLength is how many bytes a value takes, -1 where that is not known: of a
// type nobody stores, or of one that is cut off.
func valueLength(kind bson.Type, at []byte) int {
	switch kind {
	case bson.TypeDouble, bson.TypeDateTime, bson.TypeInt64, bson.TypeTimestamp:
		return 8
	case bson.TypeInt32:
		return 4
	case bson.TypeBoolean:
		return 1
	case bson.TypeNull, bson.TypeUndefined:
		return 0
	case bson.TypeObjectID:
		return 12
	case bson.TypeDecimal128:
		return 16
	}
	if len(at) < 4 {
		return -1
	}
	n := int(binary.LittleEndian.Uint32(at))
	switch kind {
	case bson.TypeString:
		if n < 1 || n > len(at)-4 {
			return -1
		}
		return n + 4
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return n
	case bson.TypeBinary:
		return n + 5
	}
	return -1
}
