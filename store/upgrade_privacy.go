package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// upgradePrivacyRequests puts requests that were only stored, by versions that
// read none of them, among those to be carried out.
func (s *Store) upgradePrivacyRequests(ctx context.Context, shop string) error {
	waiting := bson.D{set(bson.E{Key: "state", Value: "waiting"}, bson.E{Key: "fence", Value: int64(0)})}
	return s.rewrite(ctx, shop, colRedactions, bson.D{absent("state")}, func(bson.Raw) (bson.D, error) { return waiting, nil })
}
