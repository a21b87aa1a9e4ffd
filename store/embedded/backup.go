package embedded

import (
	"context"

	"comeback/commerce"
)

// Backup writes a copy of the database, as of one moment, to a new file. Writers go
// on meanwhile.
func (db *DB) Backup(ctx context.Context, file string) error {
	c, err := connect(db.readers.path, []string{"PRAGMA busy_timeout=5000"})
	if err != nil {
		return err
	}
	defer c.close()
	if err := create(file); err != nil { // SQLite would make it readable by all
		return err
	}
	if _, err := c.exec("VACUUM INTO ?", file); err != nil {
		return err
	}
	return ctx.Err()
}

// Check reads the whole file and returns an error where it is damaged.
func (db *DB) Check(ctx context.Context) error {
	return db.read(ctx, func(c *conn) error {
		return c.each(ctx, "PRAGMA integrity_check(1)", func(v result) (bool, error) {
			if text := v.text(0); text != "ok" {
				return true, commerce.Errorf(commerce.Invalid, "database: damaged: %s", text)
			}
			return false, nil
		})
	})
}

// Rebuild writes the whole file anew, without free room, where it does not shrink by
// Compact or more than a tenth of it is free. From then on it shrinks, once it is
// opened again. It takes as much room again meanwhile, and no write is done.
func (db *DB) Rebuild(ctx context.Context) (rebuilt bool, err error) {
	gradual, err := db.figure(ctx, "auto_vacuum")
	if err != nil {
		return false, err
	}
	if free, pages, err := db.Room(ctx); err != nil || gradual == 2 && free*10 <= pages {
		return false, err
	}
	return true, db.rebuild()
}

func (db *DB) rebuild() error {
	c, err := connect(db.readers.path, []string{"PRAGMA busy_timeout=60000", "PRAGMA auto_vacuum=INCREMENTAL"})
	if err != nil {
		return err
	}
	defer c.close()
	_, err = c.exec("VACUUM")
	return err
}
