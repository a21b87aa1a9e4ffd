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

// database is an open store with the keys it was made with.
type Database struct {
	*store.Store
	keys keyring
	docs documents.Database
}

// openDatabase opens MongoDB where it is configured, else the embedded file,
// and refuses a master key that is not the database's own, and data that this
// version cannot use.
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

// Close waits for the writes under way.
func (d *Database) Close() error { return d.docs.Close() }

// bringUp brings stored data up for a command, and closes the database where it
// cannot.
func (d *Database) BringUp(ctx context.Context, log *slog.Logger) error {
	u, err := jobs.NewUpgrader(ctx, d.Store, rand.Text(), log)
	if err == nil {
		err = u.Run(ctx)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return errors.Join(err, d.Close())
	}
	return nil
}
