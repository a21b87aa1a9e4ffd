package documents

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Match reports whether the filter selects a document. raw must be a whole BSON
// document.
func (m *Matcher) Match(raw bson.Raw) bool {
	for i := range m.Tests {
		if !m.Tests[i].matches(raw) {
			return false
		}
	}
	return true
}

func (t *Test) matches(doc []byte) bool {
	switch t.Op {
	case "$or":
		return t.anyBranch(doc)
	case "$nor":
		return !t.anyBranch(doc)
	case "$ne", "$nin":
		return !visit(doc, t.path, true, t.equals)
	case "$exists":
		present := visit(doc, t.path, false, func(v bson.RawValue) bool { return v.Type != 0 })
		return present == t.Value.Boolean()
	case "$elemMatch":
		return visit(doc, t.path, false, t.anyElement)
	}
	return visit(doc, t.path, true, t.accepts)
}

func (t *Test) anyBranch(doc []byte) bool {
	for _, m := range t.Inner {
		if m.Match(doc) {
			return true
		}
	}
	return false
}

// accepts judges one value by a test that looks for any value.
func (t *Test) accepts(v bson.RawValue) bool {
	switch t.Op {
	case "$eq", "$in":
		return t.equals(v)
	}
	if class(v) != class(t.Value) || isNaN(v) {
		return false
	}
	c := Compare(v, t.Value)
	switch t.Op {
	case "$gt":
		return c > 0
	case "$gte":
		return c >= 0
	case "$lt":
		return c < 0
	}
	return c <= 0
}

// equals reports whether v is the operand or one of them; absent is null.
func (t *Test) equals(v bson.RawValue) bool {
	if t.Op == "$eq" || t.Op == "$ne" {
		return Compare(v, t.Value) == 0
	}
	if t.keys != nil {
		return (v.Type == 0 || isScalar(v)) && t.keys.has(v, t.List)
	}
	for _, item := range t.List {
		if Compare(v, item) == 0 {
			return true
		}
	}
	return false
}

func (t *Test) anyElement(v bson.RawValue) bool {
	if v.Type != bson.TypeArray {
		return false
	}
	return eachElement(v.Value, t.elementMatches)
}

func (t *Test) elementMatches(v bson.RawValue) bool {
	inner := t.Inner[0]
	if len(inner.Tests) == 0 || inner.Tests[0].path != nil || inner.Tests[0].Field == "" {
		return v.Type == bson.TypeEmbeddedDocument && inner.Match(v.Value)
	}
	for i := range inner.Tests {
		it := &inner.Tests[i]
		negative := it.Op == "$ne" || it.Op == "$nin"
		if negative && it.equals(v) || !negative && !it.accepts(v) {
			return false
		}
	}
	return true
}

// visit passes the values at the end of a path to see, until it returns true.
// Through an array it passes those of every document in it; for an absent
// field, the zero value. leaves also passes the elements of an array at the
// path's end.
func visit(doc []byte, path []string, leaves bool, see func(bson.RawValue) bool) bool {
	v := field(doc, path[0])
	if len(path) == 1 {
		if leaves && v.Type == bson.TypeArray && eachElement(v.Value, see) {
			return true
		}
		return see(v)
	}
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return visit(v.Value, path[1:], leaves, see)
	case bson.TypeArray:
		return eachElement(v.Value, func(item bson.RawValue) bool {
			return item.Type == bson.TypeEmbeddedDocument && visit(item.Value, path[1:], leaves, see)
		})
	}
	return see(bson.RawValue{})
}

// eachElement passes the elements of an array to see until it returns true.
func eachElement(array []byte, see func(bson.RawValue) bool) bool {
	walk := ElementsOf(array)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		if see(e.RawValue()) {
			return true
		}
	}
	return false
}
