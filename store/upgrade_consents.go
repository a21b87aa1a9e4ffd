package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// upgradeConsents requests every profile again: a consent is now of an address,
// and unsubscribes and suppressions decide about it, too.
func (s *Store) upgradeConsents(ctx context.Context, shop string) error {
	return s.rewrite(ctx, shop, colCustomers, bson.D{absent("gone_at")}, func(bson.Raw) (bson.D, error) {
		return bson.D{{Key: "$inc", Value: bson.D{{Key: "want", Value: int64(1)}}}, set(bson.E{Key: "dirty", Value: true})}, nil
	})
}
