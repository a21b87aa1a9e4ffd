package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// workerKind begins the name of the lease by which a worker shows that it lives.
const workerKind = "worker"

// BeWorker records that a worker lives until a time of the wall clock.
func (s *Store) BeWorker(ctx context.Context, worker string, until time.Time) error {
	id := commerce.Key(commerce.Installation, workerKind, worker)
	_, err := s.docs.Upsert(ctx, colLeases, commerce.Installation, id, bson.D{
		set(bson.E{Key: workerKind, Value: worker}, bson.E{Key: "until", Value: until}),
	})
	return err
}

// NoWorker removes a worker that ends, or has ended.
func (s *Store) NoWorker(ctx context.Context, worker string) error {
	_, err := s.docs.Delete(ctx, colLeases, commerce.Installation, commerce.Key(commerce.Installation, workerKind, worker))
	return err
}

// Workers lists the workers that live now. It removes those that died an hour ago.
func (s *Store) Workers(ctx context.Context) (alive []string, err error) {
	type row struct {
		Worker string    `bson:"worker"`
		Until  time.Time `bson:"until"`
	}
	list, err := find[row](ctx, s, colLeases, documents.Query{Filter: of(commerce.Installation), Fields: []string{workerKind, "until"}})
	for _, w := range list {
		switch age := s.wall().Sub(w.Until); {
		case w.Worker == "":
		case age < 0:
			alive = append(alive, w.Worker)
		case age > time.Hour:
			if err := s.NoWorker(ctx, w.Worker); err != nil {
				return nil, err
			}
		}
	}
	return alive, err
}
