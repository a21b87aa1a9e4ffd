package documents

import (
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// scalarTree is the declared fields by the parts of their paths. So a document
// is walked once for any number of fields. A field that is a scalar has no
// tree.
type scalarTree map[string]scalarTree

func treeOf(fields []string) scalarTree {
	root := scalarTree{}
	for _, f := range fields {
		at := root
		for part := range strings.SplitSeq(f, ".") {
			if at[part] == nil {
				at[part] = scalarTree{}
			}
			at = at[part]
		}
	}
	return root
}

// at is the declared fields below a path. declared is true if the path, or a part of it, or
// something below it is declared.
func (t scalarTree) at(path string) (below scalarTree, declared bool) {
	for part, more := "", true; more; {
		part, path, more = strings.Cut(path, ".")
		next, known := t[part]
		if !known {
			return nil, false
		}
		if t = next; len(t) == 0 {
			return nil, true
		}
	}
	return t, true
}

// check refuses a document in which a declared field contains no scalar; before
// is the path to the document, with its point.
func (t scalarTree) check(doc []byte, before string) error {
	walk := ElementsOf(doc)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		below, declared := t[string(e.Key)]
		if !declared {
			continue
		}
		v := e.RawValue()
		if len(below) == 0 && !isScalar(v) {
			return invalid("field %s%s: contains %s, but is declared as a scalar", before, e.Key, TypeName(v))
		}
		if len(below) > 0 && (v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray) {
			if err := below.checkValue(v, before+string(e.Key)+"."); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkValue is check for a value that may be no document.
func (t scalarTree) checkValue(v bson.RawValue, before string) error {
	switch v.Type {
	case bson.TypeArray:
		return invalid("field %s%s: lies below a list, but is declared as a scalar", before, t.first())
	case bson.TypeEmbeddedDocument:
		return t.check(v.Value, before)
	}
	return nil
}

// first is the first of the fields by name.
func (t scalarTree) first() string {
	name := slices.Min(slices.Collect(maps.Keys(t)))
	if below := t[name]; len(below) > 0 {
		name += "." + below.first()
	}
	return name
}
