package main

import (
	"context"

	"comeback/commerce"
	"comeback/service"
)

// reach opens the database, or, where a running service holds the embedded
// one, finds that service: one of the two is returned. Data stored by older
// versions is brought up before.
func (p *program) reach(ctx context.Context, c service.Config) (*service.Database, *service.Client, error) {
	log := service.NewLogger(c.Logs, p.stderr)
	db, err := service.OpenDatabase(ctx, c.Storage, p.process(), log)
	if err == nil {
		return db, nil, db.BringUp(ctx, log)
	}
	if c.Storage.MongoURI != "" || commerce.CodeOf(err) != commerce.Conflict {
		return nil, nil, err
	}
	a, err := service.Announced(c.Storage.Data)
	return nil, service.NewClient(a, nil), err
}
