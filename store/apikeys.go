package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// AddAPIKey stores a new key.
func (s *Store) AddAPIKey(ctx context.Context, shop string, k commerce.APIKey) error {
	k.Shop = shop
	inserted, err := s.docs.Insert(ctx, colKeys, k)
	if err == nil && !inserted {
		err = commerce.Errorf(commerce.Conflict, "key %q: exists", k.ID)
	}
	return err
}

// APIKey reads one key, revoked or not; NotFound when there is none.
func (s *Store) APIKey(ctx context.Context, shop, id string) (commerce.APIKey, error) {
	k, found, err := get[commerce.APIKey](ctx, s, colKeys, shop, commerce.Key(shop, id))
	if err == nil && !found {
		err = missing("key", id)
	}
	return k, err
}

// APIKeys lists a shop's keys, the oldest first.
func (s *Store) APIKeys(ctx context.Context, shop string) ([]commerce.APIKey, error) {
	return find[commerce.APIKey](ctx, s, colKeys, documents.Query{Filter: of(shop), Sort: []string{"created_at"}})
}

// RevokeAPIKey ends a key for good; one that ended before stays unchanged.
func (s *Store) RevokeAPIKey(ctx context.Context, shop, id string, at time.Time) error {
	matched, err := s.docs.Update(ctx, colKeys, byID(shop, commerce.Key(shop, id)),
		bson.D{{Key: "$min", Value: bson.D{{Key: "revoked_at", Value: at}}}})
	if err == nil && !matched {
		err = missing("key", id)
	}
	return err
}

// UsedAPIKey records when a key was used; the latest time counts.
func (s *Store) UsedAPIKey(ctx context.Context, shop, id string, at time.Time) error {
	_, err := s.docs.Update(ctx, colKeys, byID(shop, commerce.Key(shop, id)),
		bson.D{{Key: "$max", Value: bson.D{{Key: "last_used_at", Value: at}}}})
	return err
}
