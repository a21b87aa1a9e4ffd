package service

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"

	"comeback/jobs"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/embedded"
	"comeback/store/mongodb"
)

// Database is an open store with the keys that it was made with.
type Database struct {
	*store.Store
	keys keyring
	docs documents.Database
}

// OpenDatabase opens MongoDB where it is configured, else the embedded file. It
// refuses a master key that is not the database's, and data of a newer version.
// An embedded file that another process has open is a Conflict.
func OpenDatabase(ctx context.Context, c Storage, p Process, log *slog.Logger) (*Database, error) {
	keys, err := openKeyring(c)
	if err != nil {
		return nil, err
	}
	docs, err := openDocuments(ctx, c)
	if err != nil {
		return nil, err
	}
	d := &Database{keys: keys, docs: docs}
	d.Store = store.New(docs, store.Keys{Identity: keys.key(forIdentity), Secrets: keys.key(forSecrets)}, p.Now, p.Wall, log)
	d.Keep(c.retention())
	err = d.CheckFingerprint(ctx, keys.fingerprint())
	if err == nil {
		err = d.CheckSchema(ctx, Version())
	}
	if err != nil {
		return nil, errors.Join(err, docs.Close())
	}
	return d, nil
}

func openDocuments(ctx context.Context, c Storage) (documents.Database, error) {
	if c.MongoURI != "" {
		return mongodb.Open(ctx, c.MongoURI, c.mongoDatabase(), store.Collections())
	}
	return embedded.Open(ctx, filepath.Clean(c.Data), store.Collections())
}

// Close waits for running writes, then closes the database.
func (d *Database) Close() error { return d.docs.Close() }

// SpareMemory makes an embedded database need little memory, for a command that reads
// much and has other use for it.
func (d *Database) SpareMemory() {
	if e, ok := d.docs.(*embedded.DB); ok {
		e.SpareMemory()
	}
}

// indexing builds the indexes of MongoDB. An embedded database has them when it is open.
func (d *Database) indexing(log *slog.Logger) *jobs.Indexing {
	if m, ok := d.docs.(*mongodb.DB); ok {
		return jobs.NewIndexing(m, d.Store, rand.Text(), log)
	}
	return jobs.NewIndexing(nil, d.Store, "", log)
}

// BringUp builds missing indexes and upgrades data stored by older versions, before a
// command uses it. It does not wait for indexes that another process builds. It closes
// the database where it fails or ctx ends.
func (d *Database) BringUp(ctx context.Context, log *slog.Logger) error {
	_, err := d.indexing(log).Try(ctx)
	if err == nil {
		_, err = d.upgrade(ctx, log)
	}
	if err != nil {
		return errors.Join(err, d.Close())
	}
	return nil
}

// upgrade upgrades data stored by older versions, and returns the names of the upgrades.
func (d *Database) upgrade(ctx context.Context, log *slog.Logger) (names []string, err error) {
	u, err := jobs.NewUpgrader(ctx, d.Store, rand.Text(), log)
	if err == nil {
		err = u.Run(ctx)
	}
	if err == nil {
		err = ctx.Err()
	}
	return u.Names, err
}
