package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// upgradeTerms has the open orders of every connection reviewed, so that their
// customers' profiles show the meaning of their payment methods and when they
// are closed. The sweeper does it; decisions read it from the orders before.
func (s *Store) upgradeTerms(ctx context.Context, shop string) error {
	again := bson.D{set(bson.E{Key: "review_at", Value: s.wall()})}
	return s.rewrite(ctx, shop, colConnections, nil, func(bson.Raw) (bson.D, error) { return again, nil })
}
