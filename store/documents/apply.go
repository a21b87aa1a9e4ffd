package documents

import (
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Apply makes the document that results of the change. Untouched fields keep
// their bytes. inserting means that raw is a new document of shop and _id, so
// that $setOnInsert counts. raw is not written to.
func (c *Change) Apply(raw bson.Raw, inserting bool) (bson.Raw, error) {
	root := c.always
	if inserting {
		root = c.inserting
	}
	out, err := root.document(make([]byte, 0, len(raw)+len(c.Raw)), raw)
	if err != nil {
		return nil, err
	}
	return out, checkSize(out)
}

// document appends doc with the edits below n made; a nil doc is an empty one.
func (n *edit) document(dst, doc []byte) ([]byte, error) {
	start, dst := bsoncore.AppendDocumentStart(dst)
	seen := make([]bool, len(n.below))
	var walk Elements
	if doc != nil {
		walk = ElementsOf(doc)
	}
	var err error
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		i := n.index(e.Key)
		if i < 0 {
			dst = e.appendTo(dst)
			continue
		}
		seen[i] = true
		if dst, err = n.below[i].existing(dst, e); err != nil {
			return nil, err
		}
	}
	if walk.Broken {
		return nil, invalid("stored document: not whole")
	}
	for i, b := range n.below {
		if seen[i] {
			continue
		}
		if dst, err = b.missing(dst); err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

func (n *edit) index(key []byte) int {
	for i, b := range n.below {
		if b.key == string(key) {
			return i
		}
	}
	return -1
}

// existing appends the new form of a field that the document has.
func (n *edit) existing(dst []byte, e Element) ([]byte, error) {
	old := e.RawValue()
	if n.op != "" {
		v, err := n.result(old)
		if err != nil || v.Type == 0 {
			return dst, err
		}
		return appendValue(dst, n.key, v), nil
	}
	if old.Type != bson.TypeEmbeddedDocument {
		if n.onlyUnsets() {
			return e.appendTo(dst), nil
		}
		return nil, invalid("update: %s contains %s, fields below it cannot be written", n.path, TypeName(old))
	}
	return n.document(bsoncore.AppendHeader(dst, bsoncore.TypeEmbeddedDocument, n.key), old.Value)
}

// missing appends the new form of a field that the document lacks.
func (n *edit) missing(dst []byte) ([]byte, error) {
	if n.op != "" {
		v, err := n.result(bson.RawValue{})
		if err != nil || v.Type == 0 {
			return dst, err
		}
		return appendValue(dst, n.key, v), nil
	}
	if n.onlyRemoves() {
		return dst, nil
	}
	return n.document(bsoncore.AppendHeader(dst, bsoncore.TypeEmbeddedDocument, n.key), nil)
}

func (n *edit) onlyUnsets() bool { return n.all(func(op string) bool { return op == "$unset" }) }
func (n *edit) onlyRemoves() bool {
	return n.all(func(op string) bool { return op == "$unset" || op == "$pull" })
}

func (n *edit) all(is func(op string) bool) bool {
	if n.op != "" {
		return is(n.op)
	}
	for _, b := range n.below {
		if !b.all(is) {
			return false
		}
	}
	return true
}

// result is the new value of a field; the zero value where it is to be absent.
func (n *edit) result(old bson.RawValue) (bson.RawValue, error) {
	switch n.op {
	case "$set", "$setOnInsert":
		return n.value, nil
	case "$unset":
		return bson.RawValue{}, nil
	case "$inc":
		return n.sum(old)
	case "$min", "$max":
		return n.extreme(old)
	}
	return n.list(old)
}

func (n *edit) sum(old bson.RawValue) (bson.RawValue, error) {
	if old.Type == 0 {
		return n.value, nil
	}
	if class(old) == classNull {
		return old, NullError([]string{n.path})
	}
	if class(old) != classNumber {
		return old, invalid("update: $inc: %s contains %s, not a number", n.path, TypeName(old))
	}
	a, aInt := Integer(old)
	b, bInt := Integer(n.value)
	if !aInt || !bInt {
		return numberValue(bson.TypeDouble, math.Float64bits(float(old)+float(n.value))), nil
	}
	total := a + b
	if (total > a) != (b > 0) && b != 0 {
		return old, invalid("update: $inc: %s: %d + %d does not fit", n.path, a, b)
	}
	narrow := old.Type == bson.TypeInt32 && n.value.Type == bson.TypeInt32
	if narrow && total == int64(int32(total)) {
		return bson.RawValue{Type: bson.TypeInt32, Value: bsoncore.AppendInt32(nil, int32(total))}, nil
	}
	return numberValue(bson.TypeInt64, uint64(total)), nil
}

func (n *edit) extreme(old bson.RawValue) (bson.RawValue, error) {
	if old.Type == 0 {
		return n.value, nil
	}
	if class(old) == classNull {
		return old, NullError([]string{n.path})
	}
	c := Compare(n.value, old)
	if n.op == "$min" && c < 0 || n.op == "$max" && c > 0 {
		return n.value, nil
	}
	return old, nil
}

// NullFound is in the chain of the error of a $inc, $min or $max that met null.
type NullFound struct{ Paths []string }

// Error names the fields and the remedy.
func (e *NullFound) Error() string {
	return strings.Join(e.Paths, " or ") + " contains null: absent is $unset, never null"
}

// NullError is the error of both drivers where $inc, $min or $max met null in
// one of paths.
func NullError(paths []string) error {
	return invalid("update: $inc, $min or $max: %w", &NullFound{Paths: paths})
}

// list does $push, $addToSet and $pull.
func (n *edit) list(old bson.RawValue) (bson.RawValue, error) {
	if old.Type == 0 && n.op == "$pull" {
		return old, nil
	}
	if old.Type != 0 && old.Type != bson.TypeArray {
		return old, invalid("update: %s: %s contains %s, not a list", n.op, n.path, TypeName(old))
	}
	var items []bson.RawValue
	found := false
	eachElement(old.Value, func(v bson.RawValue) bool {
		found = found || n.op == "$addToSet" && Compare(v, n.value) == 0
		if n.op != "$pull" || !n.pulls(v) {
			items = append(items, v)
		}
		return false
	})
	if found {
		return old, nil
	}
	if n.op != "$pull" {
		items = append(items, n.value)
	}
	return arrayValue(items), nil
}

func arrayValue(items []bson.RawValue) bson.RawValue {
	b := bsoncore.NewArrayBuilder()
	for _, v := range items {
		b.AppendValue(bsoncore.Value{Type: bsoncore.Type(v.Type), Data: v.Value})
	}
	return bson.RawValue{Type: bson.TypeArray, Value: b.Build()}
}

func numberValue(t bson.Type, bits uint64) bson.RawValue {
	return bson.RawValue{Type: t, Value: bsoncore.AppendInt64(nil, int64(bits))}
}

func float(v bson.RawValue) float64 {
	if n, ok := Integer(v); ok {
		return float64(n)
	}
	return v.Double()
}

func appendValue(dst []byte, key string, v bson.RawValue) []byte {
	return bsoncore.AppendValueElement(dst, key, bsoncore.Value{Type: bsoncore.Type(v.Type), Data: v.Value})
}
