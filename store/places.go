package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// Places lists all places of an address that were ever taken.
func (s *Store) Places(ctx context.Context, shop string, address commerce.AddressHash) ([]campaigns.Place, error) {
	ids := make(bson.A, campaigns.AddressLimit)
	for n := range ids {
		ids[n] = campaigns.PlaceID(shop, address, n)
	}
	return find[campaigns.Place](ctx, s, colPlaces,
		documents.Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}})})
}

// TakePlace takes one of an address's places for a service message, for as long
// as an address must wait for the next. taken is false when all are taken:
// decide again about the message. Taking again for the same message is taking
// once.
func (s *Store) TakePlace(ctx context.Context, shop string, address commerce.AddressHash, message string) (taken bool, err error) {
	for n := range campaigns.AddressLimit {
		mine := campaigns.Place{ID: campaigns.PlaceID(shop, address, n), Shop: shop, Message: message, At: s.now()}
		if taken, err = s.docs.Insert(ctx, colPlaces, mine); err != nil || taken {
			return taken, err
		}
		known, _, err := get[campaigns.Place](ctx, s, colPlaces, shop, mine.ID)
		if err != nil {
			return false, err
		}
		if !known.Free(message, mine.At) {
			continue
		}
		taken, err = s.docs.Update(ctx, colPlaces,
			byID(shop, mine.ID, bson.E{Key: "message", Value: known.Message}, bson.E{Key: "at", Value: known.At}),
			bson.D{set(bson.E{Key: "message", Value: message}, bson.E{Key: "at", Value: mine.At})})
		if err != nil || taken {
			return taken, err
		}
	}
	return false, nil
}
