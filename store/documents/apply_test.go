package documents_test

import (
	"testing"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func mustMarshal(t testing.TB, doc any) bson.Raw {
	t.Helper()
	raw, err := documents.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// MongoDB refuses or matches these corner cases, and the server that the tests
// use answers them differently. The embedded driver answers as MongoDB does.
func TestCornerCasesMatchMongoDB(t *testing.T) {
	t.Parallel()
	doc := mustMarshal(t, bson.D{
		{Key: "null", Value: nil}, {Key: "empty", Value: bson.A{}}, {Key: "numbers", Value: bson.A{1, nil}},
		{Key: "docs", Value: bson.A{bson.D{{Key: "p", Value: 1}}, bson.D{}}},
	})
	for path, want := range map[string]bool{"null.p": true, "empty.p": false, "numbers.p": false, "docs.p": true,
		"numbers": true, "absent.p": true} {
		m, err := documents.CheckFilter(bson.D{{Key: path, Value: nil}})
		if err != nil || m.Match(doc) != want {
			t.Errorf("%s equals null: got %v (%v), want %v", path, m.Match(doc), err, want)
		}
	}
	exists, err := documents.CheckFilter(bson.D{{Key: "docs.p", Value: bson.D{{Key: "$exists", Value: false}}}})
	if err != nil || exists.Match(doc) {
		t.Errorf("a field of one element: got absent (%v), want present", err)
	}
	for name, update := range map[string]bson.D{
		"$push to null":         {{Key: "$push", Value: bson.D{{Key: "null", Value: 1}}}},
		"$addToSet to null":     {{Key: "$addToSet", Value: bson.D{{Key: "null", Value: 1}}}},
		"$set below null":       {{Key: "$set", Value: bson.D{{Key: "null.p", Value: 1}}}},
		"$pull below a list":    {{Key: "$pull", Value: bson.D{{Key: "docs.p", Value: 1}}}},
		"$inc beyond 64 bits":   {{Key: "$inc", Value: bson.D{{Key: "full", Value: 1}}}},
		"$set below many lists": {{Key: "$set", Value: bson.D{{Key: "docs.p.q", Value: 1}}}},
	} {
		full := mustMarshal(t, append(bson.D{{Key: "full", Value: int64(1<<63 - 1)}}, mustElements(t, doc)...))
		c, err := documents.CheckUpdate(update)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := c.Apply(full, false); commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
}

func mustElements(t testing.TB, raw bson.Raw) (doc bson.D) {
	t.Helper()
	if err := bson.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// No filter or update brings the store down: it is refused, or it works on any
// document.
func FuzzFilterAndUpdate(f *testing.F) {
	f.Add([]byte(mustMarshal(f, bson.D{{Key: "a.b", Value: bson.D{{Key: "$in", Value: bson.A{1, nil}}}}})),
		[]byte(mustMarshal(f, bson.D{{Key: "a", Value: bson.A{bson.D{{Key: "b", Value: 1}}}}})))
	f.Add([]byte(mustMarshal(f, bson.D{{Key: "$set", Value: bson.D{{Key: "a.c", Value: 1}}}})),
		[]byte(mustMarshal(f, bson.D{{Key: "a", Value: bson.D{}}})))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if bson.Raw(a).Validate() != nil || bson.Raw(b).Validate() != nil {
			return
		}
		var given bson.D
		if bson.Unmarshal(a, &given) != nil {
			return
		}
		if m, err := documents.CheckFilter(given); err == nil {
			m.Match(b)
		}
		if c, err := documents.CheckUpdate(given); err == nil {
			if out, err := c.Apply(b, true); err == nil && out.Validate() != nil {
				t.Errorf("update %v of %v made no document", given, bson.Raw(b))
			}
		}
	})
}
