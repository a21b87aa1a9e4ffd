// Package embedded stores documents in one SQLite file, so that a newcomer
// needs nothing but Go. One goroutine writes: it takes all waiting operations,
// carries them out in one transaction, commits with synchronous=FULL, and
// answers after the commit (group commit). Reads run beside it on other
// connections. documents.Schema checks every call. The package imports
// store/documents, commerce, bson and SQLite.
package embedded

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// DB is an open data directory. It is a documents.Database.
type DB struct {
	schema  *documents.Schema
	tables  map[string]*table
	changes changes // of the indexes, when it was opened
	lock    *conn
	writer  *writer
	readers *pool
	closing sync.Once
	closed  error
}

// Open opens the database in dir and makes the missing tables and indexes of
// colls. It makes dir its owner's alone (0700, its files 0600), also where
// others could read it before. A new index on a large table takes time. A dir
// that another process has open is Conflict.
func Open(ctx context.Context, dir string, colls []documents.Collection) (*DB, error) {
	schema, err := documents.NewSchema(colls)
	if err != nil {
		return nil, err
	}
	if err := private(dir); err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	lock, err := acquire(filepath.Join(dir, "lock.db"))
	if err != nil {
		return nil, err
	}
	db := &DB{schema: schema, lock: lock}
	if err := db.open(ctx, filepath.Join(dir, "comeback.db")); err != nil {
		lock.close()
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, path string) error {
	c, err := connect(path, writerPragmas)
	if err != nil {
		return err
	}
	if db.tables, db.changes, err = migrate(ctx, c, db.schema); err != nil {
		c.close()
		return err
	}
	db.writer = startWriter(c)
	db.readers = newPool(path)
	return nil
}

// IndexChanges are the indexes that Open built and dropped, such as "messages.due".
func (db *DB) IndexChanges() (built, dropped []string) { return db.changes.built, db.changes.dropped }

// Codec is that of the collections.
func (db *DB) Codec() *documents.Codec { return db.schema.Codec() }

// SpareMemory makes reading need little memory from now on. It takes twice the time.
func (db *DB) SpareMemory() { db.readers.unmapped() }

// acquire keeps a second process out by SQLite's exclusive lock on a file of
// its own. The kernel releases the lock however the process ends.
func acquire(path string) (*conn, error) {
	c, err := connect(path, []string{"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA busy_timeout=0"})
	if err != nil {
		return nil, err
	}
	if _, err := c.exec("BEGIN EXCLUSIVE"); err != nil {
		c.close()
		return nil, commerce.Errorf(commerce.Conflict, "data directory %s: in use by another process", filepath.Dir(path))
	}
	return c, nil
}

// Insert stores doc unless its _id is taken.
func (db *DB) Insert(ctx context.Context, coll string, doc any) (inserted bool, err error) {
	t, err := db.do(ctx, coll, documents.InsertOp(doc))
	return t.result.Inserted, err
}

// Update changes the one document that filter selects.
func (db *DB) Update(ctx context.Context, coll string, filter, update bson.D) (matched bool, err error) {
	t, err := db.do(ctx, coll, documents.UpdateOp(filter, update))
	return t.matched, err
}

// Upsert changes or creates a document.
func (db *DB) Upsert(ctx context.Context, coll, shop, id string, update bson.D) (inserted bool, err error) {
	t, err := db.do(ctx, coll, documents.UpsertOp(shop, id, update))
	return t.result.Upserted, err
}

// Delete removes one document.
func (db *DB) Delete(ctx context.Context, coll, shop, id string) (deleted bool, err error) {
	t, err := db.do(ctx, coll, documents.DeleteOp(shop, id))
	return t.deleted, err
}

func (db *DB) do(ctx context.Context, coll string, op documents.Op) (task, error) {
	tasks, err := db.tasks(coll, []documents.Op{op})
	if err != nil {
		return task{}, err
	}
	if err := db.writer.submit(ctx, tasks); err != nil {
		return task{}, err
	}
	return tasks[0], tasks[0].result.Err
}

// InsertMany stores those of docs whose _id is free.
func (db *DB) InsertMany(ctx context.Context, coll string, docs []any) (inserted []bool, err error) {
	return documents.InsertMany(ctx, db, coll, docs)
}

// Bulk does many writes. It sends them to the writer in portions, so that other
// callers' writes come in between.
func (db *DB) Bulk(ctx context.Context, coll string, ops []documents.Op) (totals documents.Totals, results []documents.Result, err error) {
	tasks, err := db.tasks(coll, ops)
	if err != nil {
		return totals, nil, err
	}
	if err := db.writer.submit(ctx, tasks); err != nil {
		return totals, nil, err
	}
	results = make([]documents.Result, len(tasks))
	for i := range tasks {
		t := &tasks[i]
		results[i] = t.result
		totals.Inserted += count(t.result.Inserted)
		totals.Upserted += count(t.result.Upserted)
		totals.Matched += count(t.matched)
		totals.Deleted += count(t.deleted)
	}
	return totals, results, nil
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (db *DB) tasks(coll string, ops []documents.Op) ([]task, error) {
	writes, err := db.schema.Ops(coll, ops)
	if err != nil {
		return nil, err
	}
	tasks := make([]task, len(writes))
	for i := range writes {
		t := &tasks[i]
		t.table, t.Write = db.tables[coll], writes[i]
		if t.Kind == documents.Inserting {
			t.keys = t.table.keys(t.Doc)
		}
	}
	return tasks, nil
}

// Ping reads, and lets the writer commit an empty transaction.
func (db *DB) Ping(ctx context.Context) error {
	c, err := db.readers.get(ctx)
	if err != nil {
		return err
	}
	defer db.readers.put(c)
	if err := c.each(ctx, "SELECT 1", func(result) (bool, error) { return true, nil }); err != nil {
		return err
	}
	return db.writer.submit(ctx, []task{{}})
}

// Close waits for the writes under way and releases the directory.
func (db *DB) Close() error {
	db.closing.Do(func() {
		db.closed = db.writer.stop()
		db.readers.close()
		db.lock.close()
	})
	return db.closed
}
