package documents

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Change is a checked update. Drivers pass Raw to the server or call Apply.
type Change struct {
	// Raw is the update, encoded.
	Raw bson.Raw
	// Guarded are the paths of $inc, $min and $max. Their fields must not
	// contain null.
	Guarded []string

	always, inserting *edit
	leaves            []*edit
}

// edit is a node of the tree of paths that an update touches: a leaf with an
// operator, or a name with nodes below it.
type edit struct {
	key, path, op string
	value         bson.RawValue
	pulls         func(bson.RawValue) bool
	below         []*edit
}

// CheckUpdate refuses an update outside the subset that both drivers apply alike:
//
//	$set $setOnInsert (any value but null: absent is $unset), $unset,
//	$inc (number), $min $max (number, string or time), $push $addToSet (one
//	value but null or a list), $pull (a scalar, operators on the element, or a
//	filter of the element's fields)
//
// Paths lead through documents only. shop and _id never change. $inc, $min and
// $max of a field with null are Invalid when the update runs, and so is an
// operator that meets a value it cannot work on.
func (c *Codec) CheckUpdate(update bson.D) (*Change, error) {
	raw, err := c.Marshal(update)
	if err != nil {
		return nil, err
	}
	change := &Change{Raw: raw, always: &edit{}, inserting: &edit{}}
	walk := ElementsOf(raw)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		if err := change.addOperator(string(e.Key), e.RawValue()); err != nil {
			return nil, err
		}
	}
	if walk.Broken || len(change.leaves) == 0 {
		return nil, invalid("update: changes nothing, name an operator such as $set")
	}
	return change, nil
}

func (c *Change) addOperator(op string, v bson.RawValue) error {
	if !strings.HasPrefix(op, "$") {
		return invalid("update: %s is no operator, write {$set: {%s: ...}}", op, op)
	}
	switch op {
	case "$set", "$unset", "$inc", "$max", "$min", "$push", "$addToSet", "$pull", "$setOnInsert":
	default:
		return invalid("update: %s is not in the subset of the store", op)
	}
	if v.Type != bson.TypeEmbeddedDocument {
		return invalid("update: %s wants a document of fields", op)
	}
	before := len(c.leaves)
	walk := ElementsOf(v.Value)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		leaf, err := newEdit(op, string(e.Key), e.RawValue())
		if err != nil {
			return err
		}
		if err := c.addLeaf(leaf); err != nil {
			return err
		}
	}
	if walk.Broken || len(c.leaves) == before {
		return invalid("update: %s names no field", op)
	}
	return nil
}

// overlap reports whether two paths are one, or one lies below the other.
func overlap(a, b string) bool { return a == b || isBelow(a, b) || isBelow(b, a) }

// isBelow reports whether a path lies below another.
func isBelow(path, above string) bool {
	return len(path) > len(above) && path[len(above)] == '.' && path[:len(above)] == above
}

// addLeaf refuses two operators on one field, or on a field and one below it.
func (c *Change) addLeaf(leaf *edit) error {
	for _, other := range c.leaves {
		if overlap(leaf.path, other.path) {
			return invalid("update: %s and %s conflict, name a field once", other.path, leaf.path)
		}
	}
	c.leaves = append(c.leaves, leaf)
	if leaf.op == "$inc" || leaf.op == "$min" || leaf.op == "$max" {
		c.Guarded = append(c.Guarded, leaf.path)
	}
	if leaf.op != "$setOnInsert" {
		c.always.add(leaf)
	}
	c.inserting.add(leaf)
	return nil
}

func (n *edit) add(leaf *edit) {
	for at := 0; ; {
		point := strings.IndexByte(leaf.path[at:], '.')
		if point < 0 {
			break
		}
		part := leaf.path[at : at+point]
		next := n.child(part)
		if next == nil {
			next = &edit{key: part, path: leaf.path[:at+point]}
			n.below = append(n.below, next)
		}
		n, at = next, at+point+1
	}
	n.below = append(n.below, leaf)
}

func (n *edit) child(key string) *edit {
	for _, e := range n.below {
		if e.key == key {
			return e
		}
	}
	return nil
}

func newEdit(op, path string, v bson.RawValue) (*edit, error) {
	if err := checkPath("update: "+op, path); err != nil {
		return nil, err
	}
	top, _, _ := strings.Cut(path, ".")
	if top == "_id" || top == "shop" {
		return nil, invalid("update: %s: shop and _id never change", op)
	}
	e := &edit{key: path[strings.LastIndexByte(path, '.')+1:], path: path, op: op, value: v}
	switch op {
	case "$unset":
		return e, nil
	case "$pull":
		return e, e.parsePull()
	}
	if class(v) == classNull {
		return nil, invalid("update: %s: %s: null is never stored, absent is $unset", op, path)
	}
	switch op {
	case "$inc":
		if class(v) != classNumber || isNaN(v) {
			return nil, invalid("update: $inc: %s: wants a number, not %s", path, TypeName(v))
		}
	case "$min", "$max":
		if !ordered(v) {
			return nil, invalid("update: %s: %s: wants a number, string or time, not %s", op, path, TypeName(v))
		}
	case "$push", "$addToSet":
		if v.Type == bson.TypeArray {
			return nil, invalid("update: %s: %s: a list of lists is not in the subset of the store", op, path)
		}
	}
	if v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray {
		return e, checkKeys(v.Value, "update: "+op+": "+path)
	}
	return e, nil
}

// parsePull reads which elements are removed: equal ones, or those that a
// filter selects.
func (e *edit) parsePull() error {
	if e.value.Type != bson.TypeEmbeddedDocument {
		if !isScalar(e.value) || class(e.value) == classNull {
			return invalid("update: $pull: %s: wants a scalar or a filter, not %s", e.path, TypeName(e.value))
		}
		e.pulls = func(v bson.RawValue) bool { return Compare(v, e.value) == 0 }
		return nil
	}
	test, err := newTest(e.path, "$elemMatch", e.value)
	if err != nil {
		return err
	}
	e.pulls = test.elementMatches
	return nil
}
