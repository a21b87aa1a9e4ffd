package documents

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// One walk finds what a search for each field finds.
func TestOneWalkFindsEveryField(t *testing.T) {
	t.Parallel()
	paths := []string{"a", "b", "a.b", "a.b.c", "客户", "客户.a", "x", "a"}
	f := NewFields(paths)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	found := 0
	for range 5000 {
		doc, err := Marshal(randomFields(random, 3))
		if err != nil {
			t.Fatal(err)
		}
		values := f.Read(doc, nil)
		for _, path := range paths {
			got, want := values[f.Place(path)], at(doc, path)
			if got.Type != want.Type || !bytes.Equal(got.Value, want.Value) {
				t.Fatalf("seed %d: %s of %v: got %v, want %v", seed, path, doc, got, want)
			}
			if want.Type != 0 {
				found++
			}
		}
	}
	if found == 0 {
		t.Error("no document has any of the fields")
	}
}

func randomFields(random *rand.Rand, depth int) bson.D {
	doc := bson.D{}
	for _, i := range random.Perm(5)[:random.IntN(6)] {
		key, value := []string{"a", "b", "c", "客户", "y"}[i], any(i)
		switch n := random.IntN(4); {
		case n == 0 && depth > 0:
			value = randomFields(random, depth-1)
		case n == 1 && depth > 0:
			value = bson.A{randomFields(random, depth-1)}
		case n == 2:
			value = nil
		}
		doc = append(doc, bson.E{Key: key, Value: value})
	}
	return doc
}
