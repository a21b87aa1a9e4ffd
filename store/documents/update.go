package documents

import (
	"slices"
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
func CheckUpdate(update bson.D) (*Change, error) {
	raw, err := Marshal(update)
	if err != nil {
		return nil, err
	}
	elements, err := raw.Elements()
	if err != nil || len(elements) == 0 {
		return nil, invalid("update: changes nothing, name an operator such as $set")
	}
	c := &Change{Raw: raw, always: &edit{}, inserting: &edit{}}
	for _, e := range elements {
		if err := c.addOperator(e.Key(), e.Value()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Change) addOperator(op string, v bson.RawValue) error {
	if !strings.HasPrefix(op, "$") {
		return invalid("update: %s is no operator, write {$set: {%s: ...}}", op, op)
	}
	if !slices.Contains([]string{"$set", "$unset", "$inc", "$max", "$min", "$push", "$addToSet", "$pull", "$setOnInsert"}, op) {
		return invalid("update: %s is not in the subset of the store", op)
	}
	if v.Type != bson.TypeEmbeddedDocument {
		return invalid("update: %s wants a document of fields", op)
	}
	elements, err := v.Document().Elements()
	if err != nil || len(elements) == 0 {
		return invalid("update: %s names no field", op)
	}
	for _, e := range elements {
		leaf, err := newEdit(op, e.Key(), e.Value())
		if err != nil {
			return err
		}
		if err := c.addLeaf(leaf); err != nil {
			return err
		}
	}
	return nil
}

// addLeaf refuses two operators on one field, or on a field and one below it.
func (c *Change) addLeaf(leaf *edit) error {
	for _, other := range c.leaves {
		if leaf.path == other.path || strings.HasPrefix(leaf.path, other.path+".") || strings.HasPrefix(other.path, leaf.path+".") {
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
	parts := strings.Split(leaf.path, ".")
	for i, part := range parts[:len(parts)-1] {
		next := n.child(part)
		if next == nil {
			next = &edit{key: part, path: strings.Join(parts[:i+1], ".")}
			n.below = append(n.below, next)
		}
		n = next
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
