package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"comeback/commerce"
	"comeback/jobs"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/embedded"
	"comeback/store/mongodb"
)

// logger writes what happens to stderr: JSON for machines, text for a terminal.
func (p *program) logger(l Logs) *slog.Logger {
	level, _ := l.level() // checked with the settings
	options := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "text" || l.LogFormat == "auto" && isTerminal(p.stderr) {
		return slog.New(slog.NewTextHandler(p.stderr, options))
	}
	return slog.New(slog.NewJSONHandler(p.stderr, options))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// database is an open store with the keys it was made with.
type database struct {
	*store.Store
	keys keyring
	docs documents.Database
}

// openDatabase opens MongoDB where it is configured, else the embedded file,
// and refuses a master key that is not the database's own, and data that this
// version cannot use.
func (p *program) openDatabase(ctx context.Context, c Storage, log *slog.Logger) (*database, error) {
	keys, err := openKeyring(c)
	if err != nil {
		return nil, err
	}
	docs, err := openDocuments(ctx, c)
	if err != nil {
		return nil, err
	}
	d := &database{keys: keys, docs: docs}
	d.Store = store.New(docs, store.Keys{Identity: keys.key(forIdentity), Secrets: keys.key(forSecrets)}, p.now, p.wall, log)
	err = d.CheckFingerprint(ctx, keys.fingerprint())
	if err == nil {
		err = d.CheckSchema(ctx, buildVersion())
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
func (d *database) Close() error { return d.docs.Close() }

// reach opens the database, or, where a running service holds the embedded
// one, finds that service: one of the two is returned. Data stored by older
// versions is brought up before.
func (p *program) reach(ctx context.Context, c Config) (*database, *client, error) {
	log := p.logger(c.Logs)
	db, err := p.openDatabase(ctx, c.Storage, log)
	if err == nil {
		return db, nil, db.bringUp(ctx, log)
	}
	if c.Storage.MongoURI != "" || commerce.CodeOf(err) != commerce.Conflict {
		return nil, nil, err
	}
	a, err := announced(c.Storage.Data)
	return nil, &client{announcement: a}, err
}

// bringUp brings stored data up for a command, and closes the database where it
// cannot.
func (d *database) bringUp(ctx context.Context, log *slog.Logger) error {
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
