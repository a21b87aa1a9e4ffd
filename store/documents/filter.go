package documents

import (
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Matcher is a checked filter. Drivers pass Raw to the server or plan by Tests;
// Match judges one document.
type Matcher struct {
	// Raw is the filter, encoded.
	Raw bson.Raw
	// Tests must all match; a top-level $and is already dissolved in them.
	Tests []Test
}

// Test is one condition of a filter.
type Test struct {
	// Field is the dotted path; empty for $and, $or and $nor.
	Field string
	// Op is the operator; plain equality is $eq.
	Op string
	// Value is the operand of $eq, $ne, $gt, $gte, $lt, $lte, $exists.
	Value bson.RawValue
	// List are the operands of $in and $nin.
	List []bson.RawValue
	// Inner are the branches of $and, $or and $nor, or the one filter of $elemMatch.
	Inner []*Matcher

	path []string
	keys *lookup // of a long List
}

// lookup finds a value among many.
type lookup struct {
	once sync.Once
	keys map[string]bool // see AppendKey
}

// has makes the keys first where they are missing: most searches read only what an index finds.
func (l *lookup) has(v bson.RawValue, list []bson.RawValue) bool {
	var key [64]byte
	l.once.Do(func() {
		l.keys = make(map[string]bool, len(list))
		for _, item := range list {
			l.keys[string(AppendKey(key[:0], item))] = true
		}
	})
	return l.keys[string(AppendKey(key[:0], v))]
}

// longList is the number of operands above which values are looked up.
const longList = 16

// CheckFilter refuses a filter outside the subset that both drivers answer alike:
//
//	{field: scalar}, {field: {op: operand, ...}} with $eq $ne $in $nin (scalars
//	and null), $gt $gte $lt $lte (numbers, strings, times), $exists (boolean),
//	$elemMatch (such a filter of the element's fields, or operators on the
//	element itself); {$and|$or|$nor: [filter, ...]}
//
// Scalars are null, booleans, numbers but NaN, strings, times, binaries. Order
// operators match values of the same type only, never null or absent ones;
// $eq null matches absent; $ne and $nin match absent; a path through an array
// means any element, under $ne and $nin none.
func CheckFilter(filter bson.D) (*Matcher, error) {
	raw, err := Marshal(filter)
	if err != nil {
		return nil, err
	}
	return parseFilter(raw, filter)
}

// nameOf is the name of field i of a document, which named may have as a string already.
func nameOf(named bson.D, i int, key []byte) string {
	if i < len(named) {
		return named[i].Key
	}
	return string(key)
}

// parseFilter reads a filter; named is nil, or has its fields.
func parseFilter(raw bson.Raw, named bson.D) (*Matcher, error) {
	m := &Matcher{Raw: raw, Tests: make([]Test, 0, 4)}
	walk := ElementsOf(raw)
	var room [8]string
	seen := room[:0]
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		key := nameOf(named, len(seen), e.Key)
		if slices.Contains(seen, key) {
			return nil, invalid("filter: %s is named twice, write one list of operators or $and", key)
		}
		seen = append(seen, key)
		var err error
		if m.Tests, err = appendTests(m.Tests, key, e.RawValue()); err != nil {
			return nil, err
		}
	}
	if walk.Broken {
		return nil, invalid("filter: not a BSON document")
	}
	return m, nil
}

func appendTests(tests []Test, key string, v bson.RawValue) ([]Test, error) {
	switch key {
	case "$and", "$or", "$nor":
		inner, err := parseBranches(key, v)
		return append(tests, inner...), err
	}
	if err := checkPath("filter", key); err != nil {
		return nil, err
	}
	if v.Type == bson.TypeEmbeddedDocument {
		return appendOperators(tests, key, v.Value)
	}
	t, err := newTest(key, "$eq", v)
	return append(tests, t), err
}

func parseBranches(op string, v bson.RawValue) ([]Test, error) {
	items, err := arrayOf(v)
	if err != nil || len(items) == 0 {
		return nil, invalid("filter: %s wants a list of one filter or more", op)
	}
	test := Test{Op: op}
	var flat []Test
	for _, item := range items {
		if item.Type != bson.TypeEmbeddedDocument {
			return nil, invalid("filter: %s wants a list of filters", op)
		}
		m, err := parseFilter(item.Document(), nil)
		if err != nil {
			return nil, err
		}
		test.Inner = append(test.Inner, m)
		flat = append(flat, m.Tests...)
	}
	if op == "$and" {
		return flat, nil
	}
	return []Test{test}, nil
}

func appendOperators(tests []Test, field string, doc []byte) ([]Test, error) {
	before := len(tests)
	walk := ElementsOf(doc)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		if len(e.Key) == 0 || e.Key[0] != '$' {
			return nil, invalid("filter: %s: compares with a document, name its fields as %s.%s", field, field, e.Key)
		}
		t, err := newTest(field, operator(e.Key), e.RawValue())
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	if walk.Broken || len(tests) == before {
		return nil, invalid("filter: %s: compares with an empty document, name an operator", field)
	}
	return tests, nil
}

// operator is the name of an operator of filters; a known one takes no memory.
func operator(key []byte) string {
	for _, known := range [...]string{"$in", "$lte", "$exists", "$lt", "$gte", "$gt", "$ne", "$nin", "$eq"} {
		if string(key) == known {
			return known
		}
	}
	return string(key)
}

func newTest(field, op string, v bson.RawValue) (Test, error) {
	t := Test{Field: field, Op: op, Value: v, path: strings.Split(field, ".")}
	switch op {
	case "$eq", "$ne":
		if !isScalar(v) || isNaN(v) {
			return t, invalid("filter: %s: %s cannot compare with %s, only with scalars", field, op, TypeName(v))
		}
	case "$gt", "$gte", "$lt", "$lte":
		if !ordered(v) {
			return t, invalid("filter: %s: %s cannot compare with %s, only with numbers, strings and times", field, op, TypeName(v))
		}
	case "$exists":
		if v.Type != bson.TypeBoolean {
			return t, invalid("filter: %s: $exists wants true or false", field)
		}
	case "$in", "$nin":
		return listTest(t)
	case "$elemMatch":
		return elementTest(t)
	default:
		return t, invalid("filter: %s: %s is not in the subset of the store", field, op)
	}
	return t, nil
}

func listTest(t Test) (Test, error) {
	items, err := arrayOf(t.Value)
	if err != nil {
		return t, invalid("filter: %s: %s wants a list", t.Field, t.Op)
	}
	for _, item := range items {
		if !isScalar(item) || isNaN(item) {
			return t, invalid("filter: %s: %s cannot contain %s, only scalars", t.Field, t.Op, TypeName(item))
		}
	}
	t.List = items
	if len(items) > longList {
		t.keys = &lookup{}
	}
	return t, nil
}

// elementTest reads the operand of $elemMatch. Operators on the element itself
// become tests without a path.
func elementTest(t Test) (Test, error) {
	if t.Value.Type != bson.TypeEmbeddedDocument {
		return t, invalid("filter: %s: $elemMatch wants a filter", t.Field)
	}
	elements, err := t.Value.Document().Elements()
	if err != nil || len(elements) == 0 {
		return t, invalid("filter: %s: $elemMatch wants a filter that is not empty", t.Field)
	}
	first := elements[0].Key()
	if !strings.HasPrefix(first, "$") || first == "$and" || first == "$or" || first == "$nor" {
		m, err := parseFilter(t.Value.Document(), nil)
		t.Inner = []*Matcher{m}
		return t, err
	}
	m := &Matcher{Raw: t.Value.Document()}
	for _, e := range elements {
		inner, err := newTest(t.Field, e.Key(), e.Value())
		if err != nil {
			return t, err
		}
		if inner.Op == "$exists" || inner.Op == "$elemMatch" {
			return t, invalid("filter: %s: %s on the elements themselves is not in the subset of the store", t.Field, inner.Op)
		}
		inner.path = nil
		m.Tests = append(m.Tests, inner)
	}
	t.Inner = []*Matcher{m}
	return t, nil
}

func arrayOf(v bson.RawValue) ([]bson.RawValue, error) {
	if v.Type != bson.TypeArray {
		return nil, invalid("not a list")
	}
	walk := ElementsOf(v.Value)
	list := make([]bson.RawValue, 0, len(v.Value)/16)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		list = append(list, e.RawValue())
	}
	if walk.Broken {
		return nil, invalid("not a list")
	}
	return list, nil
}

// TypeName is the type of a value, as errors show it.
func TypeName(v bson.RawValue) string {
	if isNaN(v) {
		return "NaN"
	}
	return "a value of type " + v.Type.String()
}
