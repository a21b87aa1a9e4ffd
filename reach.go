package main

import (
	"context"

	"comeback/commerce"
)

// reach opens the database, or, where a running service holds the embedded
// one, finds that service: one of the two is returned. Data stored by older
// versions is brought up before.
func (p *program) reach(ctx context.Context, c Config) (*database, *client, error) {
	log := newLogger(c.Logs, p.stderr)
	db, err := openDatabase(ctx, c.Storage, p.process(), log)
	if err == nil {
		return db, nil, db.bringUp(ctx, log)
	}
	if c.Storage.MongoURI != "" || commerce.CodeOf(err) != commerce.Conflict {
		return nil, nil, err
	}
	a, err := announced(c.Storage.Data)
	return nil, newClient(a, nil), err
}
