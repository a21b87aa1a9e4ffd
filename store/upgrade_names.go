package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// upgradeNames stores the keys by which customers are found by name.
func (s *Store) upgradeNames(ctx context.Context, shop string) error {
	return s.rewrite(ctx, shop, colCustomers, bson.D{absent("names")}, func(raw bson.Raw) (bson.D, error) {
		var c struct {
			Attributes commerce.Attributes `bson:"attributes"`
		}
		if err := documents.Unmarshal(raw, &c); err != nil {
			return nil, err
		}
		return bson.D{set(bson.E{Key: "names", Value: commerce.NameKeysOf(c.Attributes)})}, nil
	})
}
