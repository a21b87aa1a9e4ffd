package mongodb_test

import (
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"comeback/commerce"
	"comeback/store/documents"
	"comeback/store/mongodb"
	"comeback/store/storetest"
)

// things is a collection of an older version that has another version now.
func things() []documents.Collection {
	return []documents.Collection{{
		Name: "things",
		Indexes: []documents.Index{
			{Name: "waiting", Fields: []string{"due_at"}, Only: documents.Only{Field: "due_at"}},
			{Name: "feed", Fields: []string{"at", "gone_at"}},
		},
		Retired: []documents.Index{
			{Name: "due", Fields: []string{"due_at"}},
			{Name: "feed", Fields: []string{"at", "gone"}},
			{Name: "lease", Fields: []string{"lease_until"}},
		},
	}}
}

// server is the collection of a database as its operator sees it.
func server(t *testing.T, uri, name string) *mongo.Collection {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(t.Context()) })
	return client.Database(name).Collection("things")
}

func makeIndex(t *testing.T, coll *mongo.Collection, name string, fields ...string) {
	t.Helper()
	keys := bson.D{}
	for _, f := range fields {
		keys = append(keys, bson.E{Key: f, Value: 1})
	}
	if _, err := coll.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: keys, Options: options.Index().SetName(name)}); err != nil {
		t.Fatal(err)
	}
}

// indexesOf are the names and fields of the indexes on the server, sorted.
func indexesOf(t *testing.T, coll *mongo.Collection) (list []string) {
	t.Helper()
	specs, err := coll.Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range specs {
		keys, err := s.KeysDocument.Elements()
		if err != nil {
			t.Fatal(err)
		}
		line := s.Name
		for _, k := range keys {
			line += " " + k.Key()
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list
}

// Indexes of older versions are dropped once their successors are there, also those
// whose name the successor has. An operator's own indexes stay, also under a name
// that Comeback once used. A second build finds nothing to do.
func TestRetiredIndexesAreDroppedAndOthersStay(t *testing.T) {
	t.Parallel()
	uri, name := storetest.Database(t)
	coll := server(t, uri, name)
	makeIndex(t, coll, "by_due", "shop", "due_at", "_id")
	makeIndex(t, coll, "by_feed", "shop", "at", "gone", "_id")
	makeIndex(t, coll, "by_lease", "shop", "owner") // an operator's own
	makeIndex(t, coll, "reports", "shop", "country")
	db, err := mongodb.Open(t.Context(), uri, name, things())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var begun []string
	built, dropped, err := db.BuildIndexes(t.Context(), func(what string) { begun = append(begun, what) })
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "begun", begun, "things: shop, by_waiting, by_feed")
	equal(t, "built", built, "things.shop", "things.by_waiting", "things.by_feed")
	equal(t, "dropped", dropped, "things.by_feed", "things.by_due")
	equal(t, "indexes", indexesOf(t, coll), "_id_ _id", "by_feed shop at gone_at _id", "by_lease shop owner",
		"by_waiting shop due_at _id", "reports shop country", "shop shop _id")
	if built, dropped, err = db.BuildIndexes(t.Context(), func(what string) { t.Errorf("built again: %s", what) }); err != nil {
		t.Fatal(err)
	}
	equal(t, "the second time", append(built, dropped...))
}

// An index of somebody else under a name that Comeback needs is reported with the
// remedy and stays. The other indexes are built. One with the same fields serves,
// whatever its name.
func TestForeignIndexOfADeclaredNameIsReported(t *testing.T) {
	t.Parallel()
	uri, name := storetest.Database(t)
	coll := server(t, uri, name)
	makeIndex(t, coll, "by_feed", "shop", "country")
	makeIndex(t, coll, "mine", "shop", "_id")
	db, err := mongodb.Open(t.Context(), uri, name, things())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, _, err = db.BuildIndexes(t.Context(), func(string) {})
	if commerce.CodeOf(err) != commerce.Conflict || !strings.Contains(err.Error(), `db.things.dropIndex("by_feed")`) {
		t.Errorf("got %v, want a conflict that names the remedy", err)
	}
	equal(t, "indexes", indexesOf(t, coll), "_id_ _id", "by_feed shop country", "by_waiting shop due_at _id", "mine shop _id")
}

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
