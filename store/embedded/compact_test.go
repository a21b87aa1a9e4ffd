package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/store/documents"
)

// The room of deleted documents goes back to the file system in small steps, and
// at most a tenth of the file stays free. The others are still there.
func TestFileShrinksAfterDocumentsAreDeleted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := Open(t.Context(), dir, []documents.Collection{{Name: "things"}})
	if err != nil {
		t.Fatal(err)
	}
	const all, left = 3000, 100
	docs := make([]any, all)
	for i := range docs {
		docs[i] = bson.D{{Key: "_id", Value: fmt.Sprintf("s:%04d", i)}, {Key: "shop", Value: "s"}, {Key: "x", Value: strings.Repeat("x", 3000)}}
	}
	if _, err := db.InsertMany(t.Context(), "things", docs); err != nil {
		t.Fatal(err)
	}
	ops := make([]documents.Op, 0, all)
	for i := left; i < all; i++ {
		ops = append(ops, documents.DeleteOp("s", fmt.Sprintf("s:%04d", i)))
	}
	if _, _, err := db.Bulk(t.Context(), "things", ops); err != nil {
		t.Fatal(err)
	}
	before, pages, err := db.Room(t.Context())
	if err != nil || before*2 < pages {
		t.Fatalf("%d of %d pages are free, %v; want most", before, pages, err)
	}
	steps := 0
	for more := true; more; steps++ {
		if more, err = db.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	free, pages, err := db.Room(t.Context())
	if err != nil || free*10 > pages || steps < 3 {
		t.Errorf("%d of %d pages are free after %d steps, %v; want a tenth at most, in small steps", free, pages, steps, err)
	}
	if n, err := db.Count(t.Context(), "things", bson.D{{Key: "shop", Value: "s"}}); n != left || err != nil {
		t.Errorf("got %d documents, %v; want %d", n, err, left)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "comeback.db"))
	if err != nil || info.Size() > (left+50)*4096 {
		t.Errorf("the file has %d bytes, %v; want about %d", info.Size(), err, left*4096)
	}
}
