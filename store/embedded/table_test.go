package embedded

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// An update writes the keys of the indexes whose values it changes. No other key changes
// by it.
func TestKeysChangeOnlyWithTheValues(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	table := newTable(&documents.Collection{Name: "things", Indexes: []documents.Index{
		{Name: "plain", Fields: []string{"a"}}, {Name: "below", Fields: []string{"d.e", "b"}}, {Name: "deep", Fields: []string{"d.f.g"}},
		{Name: "has", Fields: []string{"b"}, Only: documents.Only{Field: "c"}},
		{Name: "is", Fields: []string{"a"}, Only: documents.Only{Field: "d.h", Value: true}},
	}})
	paths := []string{"a", "b", "c", "d", "d.e", "d.f", "d.f.g", "d.h", "other"}
	change := func() *documents.Change {
		value := []any{1, true, "x", bson.D{{Key: "e", Value: 2}, {Key: "h", Value: true}}}[random.IntN(4)]
		update := bson.D{{Key: []string{"$set", "$unset"}[random.IntN(2)], Value: bson.D{{Key: paths[random.IntN(len(paths))], Value: value}}}}
		c, err := documents.CheckUpdate(update)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	written, changed := 0, 0
	doc, err := documents.Marshal(bson.D{{Key: "_id", Value: "s:1"}, {Key: "shop", Value: "s"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 5000 {
		c := change()
		next, err := c.Apply(doc, false)
		if err != nil {
			continue // below a scalar
		}
		before, after := table.fields.Read(doc, nil), table.fields.Read(next, nil)
		for i := range table.indexes {
			x := &table.indexes[i]
			same := bytes.Equal(table.keys(doc)[i], table.keys(next)[i])
			if !same && !x.differs(before, after) {
				t.Fatalf("seed %d: %v changes the key %s of %v", seed, c.Raw, x.Name, doc)
			}
			written, changed = written+count(x.differs(before, after)), changed+count(!same)
		}
		doc = next
	}
	if changed == 0 || written > 4*5000 {
		t.Errorf("%d keys were written and %d changed of 25000, the test shows nothing", written, changed)
	}
}
