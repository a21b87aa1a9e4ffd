package documents

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Kind is the kind of a write.
type Kind int

// The four writes.
const (
	// Inserting adds a document unless its id exists.
	Inserting Kind = iota + 1
	// Updating changes the document that a filter finds.
	Updating
	// Upserting changes the document of an id, or adds it.
	Upserting
	// Deleting removes the document that a filter finds.
	Deleting
)

// Write is a checked op, ready for a driver to carry out.
type Write struct {
	Kind     Kind
	Shop, ID string
	// Doc is the document of an insert. For an upsert that finds none, it is
	// the one of shop and _id that Change starts from.
	Doc bson.Raw
	// Match is the filter of an update, and of a delete that has one.
	Match *Matcher
	// Change is the update of an update or upsert.
	Change *Change
}

// Op checks one write to a declared collection.
func (s *Schema) Op(coll string, op Op) (Write, error) {
	c, err := s.Collection(coll)
	if err != nil {
		return Write{}, err
	}
	w := Write{Kind: op.kind, Shop: op.shop, ID: op.id}
	switch op.kind {
	case Inserting:
		err = w.insert(c, s.codec, op)
	case Updating:
		err = w.update(c, s.codec, op)
	case Upserting:
		err = w.upsert(c, s.codec, op)
	case Deleting:
		err = w.remove(c, op)
	default:
		err = invalid("bulk: an op made by no constructor")
	}
	if err == nil {
		err = checkTarget(w.Shop, w.ID)
	}
	return w, err
}

// Ops checks the writes of a bulk; one refused op refuses the bulk.
func (s *Schema) Ops(coll string, ops []Op) ([]Write, error) {
	writes := make([]Write, len(ops))
	var before Op
	for i, op := range ops {
		if sameUpdate(op, before) {
			op.change = before.change
		}
		w, err := s.Op(coll, op)
		if err != nil {
			return nil, err
		}
		before, writes[i] = op, w
		before.change = w.Change
	}
	return writes, nil
}

// sameUpdate reports whether two ops have one update, not only an equal one. Many documents
// are often changed in the same way.
func sameUpdate(a, b Op) bool {
	return a.kind == b.kind && len(a.update) > 0 && len(a.update) == len(b.update) && &a.update[0] == &b.update[0]
}

// Target checks the names of one document, and that its collection is declared.
func (s *Schema) Target(coll, shop, id string) error {
	if _, err := s.Collection(coll); err != nil {
		return err
	}
	return checkTarget(shop, id)
}

func (w *Write) insert(c *Collection, codec *Codec, op Op) (err error) {
	if w.Doc, err = codec.Marshal(op.doc); err != nil {
		return err
	}
	if err := checkKeys(w.Doc, c.Name); err != nil {
		return err
	}
	w.Shop, _ = field(w.Doc, "shop").StringValueOK()
	w.ID, _ = field(w.Doc, "_id").StringValueOK()
	if err := c.CheckScalars(w.Doc); err != nil {
		return err
	}
	return checkSize(w.Doc)
}

func (w *Write) update(c *Collection, codec *Codec, op Op) (err error) {
	if w.Match, err = CheckFilter(op.filter); err != nil {
		return err
	}
	if err := c.checkRanges(w.Match); err != nil {
		return err
	}
	w.Shop, w.ID = w.Match.equal("shop"), w.Match.equal("_id")
	return w.change(c, codec, op)
}

func (w *Write) remove(c *Collection, op Op) (err error) {
	if op.filter == nil {
		return nil
	}
	if w.Match, err = CheckFilter(op.filter); err != nil {
		return err
	}
	w.Shop, w.ID = w.Match.equal("shop"), w.Match.equal("_id")
	return c.checkRanges(w.Match)
}

func (w *Write) upsert(c *Collection, codec *Codec, op Op) (err error) {
	w.Doc, err = Marshal(bson.D{{Key: "_id", Value: op.id}, {Key: "shop", Value: op.shop}})
	if err != nil {
		return err
	}
	return w.change(c, codec, op)
}

func (w *Write) change(c *Collection, codec *Codec, op Op) (err error) {
	if op.change != nil {
		w.Change = op.change
		return nil
	}
	if w.Change, err = codec.CheckUpdate(op.update); err != nil {
		return err
	}
	return c.checkChange(w.Change)
}

// equal is the string that a top-level equality names, "" without one.
func (m *Matcher) equal(field string) string {
	for _, t := range m.Tests {
		if t.Field == field && t.Op == "$eq" {
			text, _ := t.Value.StringValueOK()
			return text
		}
	}
	return ""
}
