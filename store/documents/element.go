package documents

import (
	"bytes"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Element is one field of a stored document, in place: key and value are parts
// of the document's bytes.
type Element struct {
	Kind       bson.Type
	Key, Value []byte
}

// Elements reads the fields of one document or list in sequence, without a
// copy. Broken reports that the bytes are no whole document.
type Elements struct {
	doc     []byte
	at, end int
	Broken  bool
}

// ElementsOf starts at the first field of doc.
func ElementsOf(doc []byte) Elements {
	if len(doc) < 5 || int(binary.LittleEndian.Uint32(doc)) != len(doc) || doc[len(doc)-1] != 0 {
		return Elements{Broken: true}
	}
	return Elements{doc: doc, at: 4, end: len(doc) - 1}
}

// Next is the next field; ok is false at the end. It writes no pointer, because
// a pointer write costs most while garbage is collected.
func (w *Elements) Next() (e Element, ok bool) {
	if w.at >= w.end {
		return e, false
	}
	rest := w.doc[w.at+1 : w.end]
	k := keyLength(rest)
	if k < 0 {
		w.Broken, w.at = true, w.end
		return e, false
	}
	e.Kind, e.Key, rest = bson.Type(w.doc[w.at]), rest[:k], rest[k+1:]
	n := valueLength(e.Kind, rest)
	if n < 0 || n > len(rest) {
		w.Broken, w.at = true, w.end
		return Element{}, false
	}
	e.Value = rest[:n]
	w.at += k + 2 + n
	return e, true
}

// keyLength is where the name ends, below 0 if nowhere. Names are usually
// short.
func keyLength(rest []byte) int {
	for i, c := range rest[:min(len(rest), 8)] {
		if c == 0 {
			return i
		}
	}
	return bytes.IndexByte(rest, 0)
}

// RawValue is the value of the field, in place.
func (e Element) RawValue() bson.RawValue { return bson.RawValue{Type: e.Kind, Value: e.Value} }

func (e Element) appendTo(dst []byte) []byte {
	dst = append(append(dst, byte(e.Kind)), e.Key...)
	return append(append(dst, 0), e.Value...)
}

// valueLength is the number of bytes of a value. It is -1 for an unknown type, and for
// a value that is cut off.
func valueLength(kind bson.Type, at []byte) int {
	switch kind {
	case bson.TypeDouble, bson.TypeDateTime, bson.TypeInt64, bson.TypeTimestamp:
		return 8
	case bson.TypeInt32:
		return 4
	case bson.TypeBoolean:
		return 1
	case bson.TypeNull, bson.TypeUndefined, bson.TypeMinKey, bson.TypeMaxKey:
		return 0
	case bson.TypeRegex:
		return patternLength(at)
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
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
		if n < 1 || n > len(at)-4 {
			return -1
		}
		return n + 4
	case bson.TypeEmbeddedDocument, bson.TypeArray, bson.TypeCodeWithScope:
		return n
	case bson.TypeDBPointer:
		return n + 16
	case bson.TypeBinary:
		return n + 5
	}
	return -1
}

// patternLength is the length of a pattern and its options, both up to a NUL.
func patternLength(at []byte) int {
	pattern := bytes.IndexByte(at, 0)
	options := bytes.IndexByte(at[pattern+1:], 0)
	if pattern < 0 || options < 0 {
		return -1
	}
	return pattern + options + 2
}
