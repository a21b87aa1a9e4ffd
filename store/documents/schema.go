package documents

import (
	"slices"
	"strings"

	"comeback/commerce"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Schema is the declared collections in checked form. Both drivers check every
// call with it, so they refuse the same calls with the same text.
type Schema struct {
	codec *Codec
	colls map[string]*Collection
	names []string
}

// NewSchema checks the declarations.
func NewSchema(colls []Collection) (*Schema, error) {
	s := &Schema{codec: &Codec{}, colls: map[string]*Collection{}}
	for _, coll := range colls {
		c := &coll
		if !plainName(c.Name) || s.colls[c.Name] != nil {
			return nil, invalid("collection %q: declared twice or not of [a-z_]", c.Name)
		}
		if err := c.check(); err != nil {
			return nil, err
		}
		c.scalars = c.declared()
		c.tree = treeOf(c.scalars)
		s.colls[c.Name] = c
		s.names = append(s.names, c.Name)
	}
	return s, nil
}

// Codec encodes and decodes the documents.
func (s *Schema) Codec() *Codec { return s.codec }

// Names lists the collections in the order of their declaration.
func (s *Schema) Names() []string { return s.names }

// Collection is the declaration of a name; an undeclared one is Invalid.
func (s *Schema) Collection(name string) (*Collection, error) {
	c := s.colls[name]
	if c == nil {
		return nil, invalid("collection %q: not declared", name)
	}
	return c, nil
}

func plainName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == ""
}

// maxIndexes is the number of indexes that a collection may have, in MongoDB and here.
const maxIndexes = 63

func (c *Collection) check() error {
	if len(c.Indexes) > maxIndexes {
		return invalid("collection %s: %d indexes, at most %d", c.Name, len(c.Indexes), maxIndexes)
	}
	names := map[string]bool{}
	for _, x := range c.Indexes {
		if !plainName(x.Name) || names[x.Name] || len(x.Fields) == 0 {
			return invalid("collection %s: index %q: named twice, without fields, or not of [a-z_]", c.Name, x.Name)
		}
		names[x.Name] = true
		for _, f := range x.Fields {
			if f == "_id" || f == "shop" {
				return invalid("collection %s: index %s: shop and _id are in every index, leave them out", c.Name, x.Name)
			}
		}
		if err := x.Only.check(); err != nil {
			return invalid("collection %s: index %s: %v", c.Name, x.Name, err)
		}
	}
	for _, x := range c.Retired {
		if !plainName(x.Name) || len(x.Fields) == 0 || slices.ContainsFunc(c.Indexes, x.same) {
			return invalid("collection %s: retired index %q: without fields, not of [a-z_], or still declared", c.Name, x.Name)
		}
	}
	for _, f := range c.declared() {
		if err := checkPath("collection "+c.Name, f); err != nil {
			return err
		}
	}
	return nil
}

// same reports whether both are one index under one name.
func (x Index) same(y Index) bool {
	return x.Name == y.Name && slices.Equal(x.Fields, y.Fields) && x.Global == y.Global && x.Only == y.Only
}

// declared lists the fields that contain scalars only, each once.
func (c *Collection) declared() []string {
	list := slices.Clone(c.Scalars)
	for _, x := range c.Indexes {
		list = append(list, x.Fields...)
		if !x.Only.IsZero() {
			list = append(list, x.Only.Field)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (c *Collection) declares(field string) bool {
	return field == "_id" || slices.Contains(c.scalars, field)
}

// CheckScalars refuses a document in which a declared field contains a list or
// a document, or lies below a list.
func (c *Collection) CheckScalars(raw bson.Raw) error { return c.tree.check(raw, "") }

// checkChange is CheckScalars for the parts that an update shows.
func (c *Collection) checkChange(change *Change) error {
	for _, leaf := range change.leaves {
		below, declared := c.tree.at(leaf.path)
		if !declared || leaf.op == "$unset" {
			continue
		}
		for _, f := range c.scalars {
			if err := leaf.checkDeclared(f); err != nil {
				return err
			}
		}
		if len(below) > 0 {
			if err := below.checkValue(leaf.value, leaf.path+"."); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *edit) checkDeclared(f string) error {
	if isBelow(n.path, f) {
		return invalid("update: %s: %s would become a document, but is declared as a scalar", n.path, f)
	}
	below := isBelow(f, n.path)
	if n.path != f && !below {
		return nil
	}
	if n.op == "$push" || n.op == "$addToSet" || n.op == "$pull" {
		return invalid("update: %s: %s: %s is declared as a scalar", n.op, n.path, f)
	}
	if !below && !isScalar(n.value) {
		return invalid("update: %s: contains %s, but is declared as a scalar", f, TypeName(n.value))
	}
	return nil
}

// checkTarget refuses a write or read that does not name shop and _id.
func checkTarget(shop, id string) error {
	if shop == "" || id == "" {
		return invalid("shop and _id: name both")
	}
	if prefix := commerce.Key(shop); id != prefix && !strings.HasPrefix(id, prefix+":") {
		return invalid("_id %q: starts with its shop, %q (see commerce.Key)", id, prefix)
	}
	return nil
}
