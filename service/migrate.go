package service

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"comeback/store/embedded"
)

// Migration is what a migration of the database did.
type Migration struct {
	Built, Dropped []string // indexes, such as "messages.by_due"
	Upgraded       []string // names of upgrades of stored data
	Rebuilt        bool     // the embedded file was written anew
	Bytes, Before  int64    // size of the embedded file now and before; 0 with MongoDB
}

// Nothing reports that nothing was to do.
func (m Migration) Nothing() bool {
	return len(m.Built)+len(m.Dropped)+len(m.Upgraded) == 0 && !m.Rebuilt
}

// Migrate brings the database up to this version and returns when all is done: it
// builds indexes, drops those of older versions, upgrades stored data, and writes an
// embedded file anew where it has much free room or never shrinks by itself. Then it
// closes the database.
func Migrate(ctx context.Context, c Storage, p Process, log *slog.Logger) (m Migration, err error) {
	file := filepath.Join(c.Data, "comeback.db")
	if c.MongoURI == "" {
		m.Before = sizeOf(file)
	}
	d, err := OpenDatabase(ctx, c, p, log)
	if err != nil {
		return m, err
	}
	err = d.migrate(ctx, &m, log)
	if closed := d.Close(); err == nil {
		err = closed
	}
	if c.MongoURI == "" {
		m.Bytes = sizeOf(file)
	}
	return m, err
}

func (d *Database) migrate(ctx context.Context, m *Migration, log *slog.Logger) error {
	x := d.indexing(log)
	if err := x.Run(ctx); err != nil {
		return err
	}
	m.Built, m.Dropped = x.Built, x.Dropped
	file, embedded := d.docs.(*embedded.DB)
	if embedded {
		m.Built, m.Dropped = file.IndexChanges()
	}
	var err error
	if m.Upgraded, err = d.upgrade(ctx, log); err == nil && embedded {
		m.Rebuilt, err = file.Rebuild(ctx)
	}
	return err
}

// sizeOf is the size of a file; 0 where there is none.
func sizeOf(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return info.Size()
}
