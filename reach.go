package main

import (
	"context"

	"comeback/commerce"
	"comeback/service"
)

// reach opens the database, and upgrades data of older versions. Where a running
// service has the embedded database open, it returns a client of that service
// instead.
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
