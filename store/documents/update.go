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
	room              []edit // of the leaves, if they fit
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
	n := fieldsOf(update)
	change := &Change{Raw: raw, always: &edit{}, inserting: &edit{}, leaves: make([]*edit, 0, n), room: make([]edit, 0, n)}
	walk := ElementsOf(raw)
	for i := 0; ; i++ {
		e, ok := walk.Next()
		if !ok {
			break
		}
		fields, _ := update[i].Value.(bson.D)
		if err := change.addOperator(update[i].Key, e.RawValue(), fields); err != nil {
			return nil, err
		}
	}
	if walk.Broken || len(change.leaves) == 0 {
		return nil, invalid("update: changes nothing, name an operator such as $set")
	}
	return change, nil
}

// fieldsOf is the number of fields that an update names.
func fieldsOf(update bson.D) (n int) {
	for _, e := range update {
		fields, _ := e.Value.(bson.D)
		n += len(fields)
	}
	return n
}

// addOperator adds the fields of an operator; named is nil, or has them.
func (c *Change) addOperator(op string, v bson.RawValue, named bson.D) error {
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
		leaf, err := newEdit(op, nameOf(named, len(c.leaves)-before, e.Key), e.RawValue())
		if err != nil {
			return err
		}
		if err := c.addLeaf(c.placed(leaf)); err != nil {
			return err
		}
	}
	if walk.Broken || len(c.leaves) == before {
		return invalid("update: %s names no field", op)
	}
	return nil
}

// placed gives an edit a place in the room of all.
func (c *Change) placed(e edit) *edit {
	if len(c.room) == cap(c.room) {
		return &e
	}
	c.room = append(c.room, e)
	return &c.room[len(c.room)-1]
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

func newEdit(op, path string, v bson.RawValue) (e edit, err error) {
	if err := checkPath(op, path); err != nil {
		return e, invalid("update: %w", err)
	}
	top, _, _ := strings.Cut(path, ".")
	if top == "_id" || top == "shop" {
		return e, invalid("update: %s: shop and _id never change", op)
	}
	e = edit{key: path[strings.LastIndexByte(path, '.')+1:], path: path, op: op, value: v}
	switch op {
	case "$unset":
		return e, nil
	case "$pull":
		e.pulls, err = pulled(path, v)
		return e, err
	}
	if class(v) == classNull {
		return e, invalid("update: %s: %s: null is never stored, absent is $unset", op, path)
	}
	switch op {
	case "$inc":
		if class(v) != classNumber || isNaN(v) {
			return e, invalid("update: $inc: %s: wants a number, not %s", path, TypeName(v))
		}
	case "$min", "$max":
		if !ordered(v) {
			return e, invalid("update: %s: %s: wants a number, string or time, not %s", op, path, TypeName(v))
		}
	case "$push", "$addToSet":
		if v.Type == bson.TypeArray {
			return e, invalid("update: %s: %s: a list of lists is not in the subset of the store", op, path)
		}
	}
	if v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray {
		if err := checkKeys(v.Value, path); err != nil {
			return e, invalid("update: %s: %w", op, err)
		}
	}
	return e, nil
}

// pulled reads which elements are removed: those that equal the operand, or that it selects
// as a filter.
func pulled(path string, operand bson.RawValue) (func(bson.RawValue) bool, error) {
	if operand.Type != bson.TypeEmbeddedDocument {
		if !isScalar(operand) || class(operand) == classNull {
			return nil, invalid("update: $pull: %s: wants a scalar or a filter, not %s", path, TypeName(operand))
		}
		return func(v bson.RawValue) bool { return Compare(v, operand) == 0 }, nil
	}
	test, err := newTest(path, "$elemMatch", operand)
	if err != nil {
		return nil, err
	}
	return test.elementMatches, nil
}
