package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// upgradeConsents asks for every profile anew: consents are of an address now,
// and unsubscribes and suppressions decide about them, too.
func (s *Store) upgradeConsents(ctx context.Context, shop string) error {
	return s.rewrite(ctx, shop, colCustomers, bson.D{absent("gone_at")}, func(bson.Raw) (bson.D, error) {
		return bson.D{{Key: "$inc", Value: bson.D{{Key: "want", Value: int64(1)}}}, set(bson.E{Key: "dirty", Value: true})}, nil
	})
}
