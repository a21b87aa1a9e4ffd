package embedded_test

import (
	"fmt"
	"testing"

	"comeback/commerce"
	"comeback/store/documents"
	"comeback/store/embedded"
	"comeback/store/storetest"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// The embedded driver passes the suite of all drivers.
func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Embedded)
}

func mustOpen(t *testing.T, dir string, indexes ...documents.Index) *embedded.DB {
	t.Helper()
	db, err := embedded.Open(t.Context(), dir, []documents.Collection{{Name: "things", Indexes: indexes}})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func mustClose(t *testing.T, db *embedded.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// Two processes on one data directory would each miss the other's writes. So
// the second gets an error, and may open it once the first has closed it.
func TestASecondProcessIsKeptOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := mustOpen(t, dir)
	if _, err := embedded.Open(t.Context(), dir, nil); commerce.CodeOf(err) != commerce.Conflict {
		t.Errorf("second: got %v, want a conflict", err)
	}
	mustClose(t, first)
	mustClose(t, mustOpen(t, dir))
}

// A new version of the program may search by fields that have no index in older
// documents, and by other fields under an old index name.
func TestALaterIndexFindsOlderDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := mustOpen(t, dir, documents.Index{Name: "a", Fields: []string{"x"}})
	docs := make([]any, 2500)
	for i := range docs {
		docs[i] = bson.D{{Key: "_id", Value: fmt.Sprintf("s:%04d", i)}, {Key: "shop", Value: "s"}, {Key: "x", Value: i % 10},
			{Key: "y", Value: 2500 - i}}
	}
	if _, err := db.InsertMany(t.Context(), "things", docs); err != nil {
		t.Fatal(err)
	}
	mustClose(t, db)
	for _, fields := range [][]string{{"y"}, {"x", "y"}, {"y"}} {
		db := mustOpen(t, dir, documents.Index{Name: "a", Fields: fields}, documents.Index{Name: "b", Fields: fields, Global: true})
		q := documents.Query{Filter: bson.D{{Key: "shop", Value: "s"}, {Key: "x", Value: 3},
			{Key: "y", Value: bson.D{{Key: "$lte", Value: 27}}}}, Sort: []string{"y"}}
		got, err := documents.FindAll[struct {
			Y int `bson:"y"`
		}](t.Context(), db, "things", q)
		if diff := cmp.Diff("[{7} {17} {27}] <nil>", fmt.Sprint(got, err)); diff != "" {
			t.Errorf("index on %v: got %v %v, want 7, 17, 27", fields, got, err)
		}
		mustClose(t, db)
	}
}

// An answered write is stored also after the process has ended without closing.
func TestAnswersSurvive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := mustOpen(t, dir)
	for i := range 100 {
		if inserted, err := db.Insert(t.Context(), "things",
			bson.D{{Key: "_id", Value: fmt.Sprint("s:", i)}, {Key: "shop", Value: "s"}}); !inserted || err != nil {
			t.Fatalf("insert: %v %v", inserted, err)
		}
	}
	mustClose(t, db)
	db = mustOpen(t, dir)
	defer mustClose(t, db)
	if n, err := db.Count(t.Context(), "things", bson.D{{Key: "shop", Value: "s"}}); n != 100 || err != nil {
		t.Errorf("got %d documents (%v), want 100", n, err)
	}
}
