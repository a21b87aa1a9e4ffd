package embedded

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func openThings(t *testing.T, n int) *DB {
	t.Helper()
	db, err := Open(t.Context(), t.TempDir(), []documents.Collection{{Name: "things"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for i := range n {
		if _, err := db.Insert(t.Context(), "things", bson.D{{Key: "_id", Value: fmt.Sprint("s:", i)}, {Key: "shop", Value: "s"}}); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func searchThings(ctx context.Context, db *DB, each func() error) error {
	q := documents.Query{Filter: bson.D{{Key: "shop", Value: "s"}}}
	return db.Find(ctx, "things", q, func(bson.Raw) error { return each() })
}

// A callback may search, also where more searches are under way than connections are
// kept; and each of these too.
func TestSearchesWithinSearchesFinish(t *testing.T) {
	t.Parallel()
	db := openThings(t, 1)
	var group sync.WaitGroup
	var found atomic.Int64
	all := make(chan struct{})
	var begun atomic.Int64
	for range 2 * keptReaders {
		group.Go(func() {
			err := searchThings(t.Context(), db, func() error {
				if begun.Add(1) == 2*keptReaders {
					close(all)
				}
				<-all // every search has its connection now
				return searchThings(t.Context(), db, func() error {
					return searchThings(t.Context(), db, func() error { found.Add(1); return nil })
				})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if found.Load() != 2*keptReaders {
		t.Errorf("got %d documents, want %d", found.Load(), 2*keptReaders)
	}
	if n := len(db.readers.idle); n > keptReaders || len(db.readers.lent) != 0 {
		t.Errorf("%d connections are kept and %d lent, want at most %d and none", n, len(db.readers.lent), keptReaders)
	}
}

// Reading opens no connection where enough are kept already.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	db := openThings(t, 1)
	db.readers.patience = time.Hour
	var seen sync.Map
	var opened atomic.Int64
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for range 50 {
				err := db.read(t.Context(), func(c *conn) error {
					if _, known := seen.LoadOrStore(c, true); !known {
						opened.Add(1)
					}
					runtime.Gosched() // the others read meanwhile
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if opened.Load() > keptReaders {
		t.Errorf("%d connections were opened, want at most %d", opened.Load(), keptReaders)
	}
}

// A caller whose context ends waits no longer for a connection.
func TestWaitingForAConnectionEndsWithTheContext(t *testing.T) {
	t.Parallel()
	db := openThings(t, 0)
	for range keptReaders {
		c, err := db.readers.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer db.readers.put(c)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Time{})
	defer cancel()
	_, err := db.readers.get(ctx)
	if commerce.CodeOf(err) != commerce.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want unavailable because of the context", err)
	}
}
