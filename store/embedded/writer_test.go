package embedded

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func mustOpen(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), t.TempDir(),
		[]documents.Collection{{Name: "things", Indexes: []documents.Index{{Name: "x", Fields: []string{"x"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func pragma(t *testing.T, c *conn, name string) (value string) {
	t.Helper()
	err := c.each(t.Context(), "PRAGMA "+name, func(v result) (bool, error) {
		value = fmt.Sprint(v.text(0))
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// An answered write survives a loss of power: SQLite syncs each commit.
func TestACommitIsOnDisk(t *testing.T) {
	t.Parallel()
	db := mustOpen(t)
	if mode, sync := pragma(t, db.writer.conn, "journal_mode"), pragma(t, db.writer.conn, "synchronous"); mode != "wal" || sync != "2" {
		t.Errorf("got journal %s, synchronous %s, want wal, 2 (FULL)", mode, sync)
	}
}

// A full disk fails the writes that do not fit and loses no answered one. The
// store continues when there is room again.
func TestAFullDiskIsUnavailable(t *testing.T) {
	t.Parallel()
	db := mustOpen(t)
	room := func(pages int) {
		if _, err := db.writer.conn.exec(fmt.Sprintf("PRAGMA max_page_count=%d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	insert := func(i int) error {
		_, err := db.Insert(t.Context(), "things",
			bson.D{{Key: "_id", Value: fmt.Sprint("s:", i)}, {Key: "shop", Value: "s"}, {Key: "x", Value: strings.Repeat("x", 3000)}})
		return err
	}
	room(100)
	stored, err := 0, error(nil)
	for err = insert(0); err == nil; err = insert(stored) {
		stored++
	}
	if commerce.CodeOf(err) != commerce.Unavailable || stored < 10 {
		t.Fatalf("got %v after %d, want unavailable after a few", err, stored)
	}
	room(100_000)
	if err := insert(stored); err != nil {
		t.Errorf("with room: %v", err)
	}
	if n, err := db.Count(t.Context(), "things", bson.D{{Key: "shop", Value: "s"}}); int(n) != stored+1 || err != nil {
		t.Errorf("got %d documents (%v), want %d", n, err, stored+1)
	}
}

// A caller that gives up before the writer has begun gets an error, and its
// write is never done.
func TestAnAbandonedWriteIsNotDone(t *testing.T) {
	t.Parallel()
	w := &writer{queue: make(chan *request, 1)} // no writer takes from the queue
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.submit(ctx, []task{{}}); commerce.CodeOf(err) != commerce.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
	select {
	case r := <-w.queue:
		if !r.taken.Load() {
			t.Error("the writer may still begin it")
		}
	default:
	}
}

// Statements that fail by themselves leave the transaction of their neighbours
// whole.
func TestLocalErrors(t *testing.T) {
	t.Parallel()
	db := mustOpen(t)
	if _, err := db.writer.conn.exec(`INSERT INTO things (shop, id) VALUES (NULL, NULL)`); !local(err) {
		t.Errorf("a broken constraint: got %v to end the transaction", err)
	}
	if err := unavailable(context.Canceled); local(err) {
		t.Errorf("%v: got local", err)
	}
	if err := commerce.Errorf(commerce.Invalid, "x"); !local(err) {
		t.Errorf("%v: got not local", err)
	}
}
