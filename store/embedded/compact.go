package embedded

import (
	"context"
	"fmt"
)

// A compaction moves compactPages at once, some milliseconds of work. It leaves a
// twentieth of the file free, which new documents take.
const (
	compactPages = 500
	freeShare    = 20
)

// Compact returns up to 2 MB of free room to the file system; more is true where
// there is more. A file of before incremental compaction never shrinks by this: see
// Rebuild.
func (db *DB) Compact(ctx context.Context) (more bool, err error) {
	if gradual, err := db.figure(ctx, "auto_vacuum"); err != nil || gradual != 2 {
		return false, err
	}
	free, pages, err := db.Room(ctx)
	if err != nil || free*freeShare <= pages {
		return false, err
	}
	step := func(c *conn) error {
		return c.each(context.Background(), fmt.Sprintf("PRAGMA incremental_vacuum(%d)", compactPages), everyRow)
	}
	return true, db.writer.submit(ctx, []task{{work: step}})
}

// Room is the number of free pages of the file, and of all.
func (db *DB) Room(ctx context.Context) (free, pages int64, err error) {
	if free, err = db.figure(ctx, "freelist_count"); err != nil {
		return 0, 0, err
	}
	pages, err = db.figure(ctx, "page_count")
	return free, pages, err
}

// figure reads a pragma that is a number.
func (db *DB) figure(ctx context.Context, pragma string) (n int64, err error) {
	err = db.read(ctx, func(c *conn) error {
		return c.each(ctx, "PRAGMA "+pragma, func(v result) (bool, error) {
			n = v.number(0)
			return true, nil
		})
	})
	return n, err
}

func everyRow(result) (stop bool, err error) { return false, nil }
