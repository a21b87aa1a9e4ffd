package documents

import (
	"bytes"
	"cmp"
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Compare orders two values as both drivers sort them: absent and null first,
// then numbers, strings, documents, arrays, binaries, booleans, times. Within a
// class the values decide. Numbers of any width compare exactly; NaN is the
// smallest number.
func Compare(a, b bson.RawValue) int {
	if c := cmp.Compare(class(a), class(b)); c != 0 {
		return c
	}
	switch class(a) {
	case classNumber:
		return compareNumbers(a, b)
	case classString:
		return bytes.Compare(textOf(a), textOf(b))
	case classTime:
		return cmp.Compare(a.DateTime(), b.DateTime())
	case classBinary:
		return cmp.Or(cmp.Compare(len(a.Value), len(b.Value)), bytes.Compare(a.Value, b.Value))
	case classDocument, classArray:
		return compareDocuments(a.Value, b.Value)
	}
	return bytes.Compare(a.Value, b.Value)
}

const (
	classNull = iota + 1
	classNumber
	classString
	classDocument
	classArray
	classBinary
	classBool
	classTime
	classOther
)

func class(v bson.RawValue) int {
	switch v.Type {
	case 0, bson.TypeNull, bson.TypeUndefined:
		return classNull
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble:
		return classNumber
	case bson.TypeString:
		return classString
	case bson.TypeEmbeddedDocument:
		return classDocument
	case bson.TypeArray:
		return classArray
	case bson.TypeBinary:
		return classBinary
	case bson.TypeBoolean:
		return classBool
	case bson.TypeDateTime:
		return classTime
	}
	return classOther + int(v.Type)
}

// isScalar reports whether v may be an operand, or the value of a declared
// field.
func isScalar(v bson.RawValue) bool {
	c := class(v)
	return c != classDocument && c != classArray && c < classOther
}

// ordered reports whether v may be the operand of $gt, $gte, $lt, $lte, $min,
// $max.
func ordered(v bson.RawValue) bool {
	c := class(v)
	return c == classString || c == classTime || c == classNumber && !isNaN(v)
}

func isNaN(v bson.RawValue) bool { return v.Type == bson.TypeDouble && math.IsNaN(v.Double()) }

// Integer is v as an int64. ok is false unless v is an integer of any BSON
// width.
func Integer(v bson.RawValue) (n int64, ok bool) {
	switch v.Type {
	case bson.TypeInt32:
		return int64(v.Int32()), true
	case bson.TypeInt64:
		return v.Int64(), true
	}
	return 0, false
}

func compareNumbers(a, b bson.RawValue) int {
	x, xInt := Integer(a)
	y, yInt := Integer(b)
	switch {
	case xInt && yInt:
		return cmp.Compare(x, y)
	case xInt:
		return compareMixed(x, b.Double())
	case yInt:
		return -compareMixed(y, a.Double())
	}
	return cmp.Compare(a.Double(), b.Double())
}

// compareMixed compares exactly: the rounding of n to a float is monotone, so
// only a tie needs a second look.
func compareMixed(n int64, f float64) int {
	if c := cmp.Compare(float64(n), f); c != 0 {
		return c
	}
	if f >= math.MaxInt64 {
		return -1
	}
	return cmp.Compare(n, int64(f))
}

func compareDocuments(a, b []byte) int {
	x, _ := bson.Raw(a).Elements()
	y, _ := bson.Raw(b).Elements()
	for i := range min(len(x), len(y)) {
		if c := cmp.Compare(class(x[i].Value()), class(y[i].Value())); c != 0 {
			return c
		}
		if c := strings.Compare(x[i].Key(), y[i].Key()); c != 0 {
			return c
		}
		if c := Compare(x[i].Value(), y[i].Value()); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}

// field finds one field of a document; absent is the zero RawValue.
func field(doc []byte, key string) bson.RawValue {
	walk := ElementsOf(doc)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		if string(e.Key) == key {
			return e.RawValue()
		}
	}
	return bson.RawValue{}
}

// ScalarAt is the value of a dotted field, null where it is absent or lies
// below a value that is not a document. Declared fields contain nothing else.
func ScalarAt(raw bson.Raw, path string) bson.RawValue {
	v := at(raw, path)
	if v.Type == 0 {
		v.Type = bson.TypeNull
	}
	return v
}

// at is the value of a dotted field through documents; absent is the zero RawValue.
func at(raw bson.Raw, path string) bson.RawValue {
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: raw}
	for more := true; more; {
		var key string
		key, path, more = strings.Cut(path, ".")
		if v.Type != bson.TypeEmbeddedDocument {
			return bson.RawValue{}
		}
		v = field(v.Value, key)
	}
	return v
}
