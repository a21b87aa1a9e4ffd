package store

import (
	"context"
	"crypto/rand"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
)

// previousFor is how long the secret before still signs after a rotation.
const previousFor = 24 * time.Hour

// callSecret is the secret that signs the calls of a shop, sealed. There is one document a shop.
type callSecret struct {
	ID        string    `bson:"_id"` // Key(shop, "calls")
	Shop      string    `bson:"shop"`
	Secret    []byte    `bson:"secret"`
	Previous  []byte    `bson:"previous,omitempty"`
	CreatedAt time.Time `bson:"created_at"` // of Secret
	Rev       int64     `bson:"rev"`
}

const callsField = "calls"

// CallSecret reads the secret that signs the calls of a shop, and makes it the first time.
func (s *Store) CallSecret(ctx context.Context, shop string) (campaigns.CallSecret, error) {
	for {
		known, found, err := get[callSecret](ctx, s, colCallSecrets, shop, commerce.Key(shop, callsField))
		if err != nil {
			return campaigns.CallSecret{}, err
		}
		if found {
			return s.openCallSecret(known)
		}
		fresh, err := s.freshCallSecret(shop)
		if err == nil {
			_, err = s.docs.Insert(ctx, colCallSecrets, fresh)
		}
		if err != nil {
			return campaigns.CallSecret{}, err
		}
	}
}

func (s *Store) freshCallSecret(shop string) (callSecret, error) {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand)
	sealed, err := s.seal(shop, callsField, key[:])
	return callSecret{ID: commerce.Key(shop, callsField), Shop: shop, Secret: sealed, CreatedAt: s.wall(), Rev: 1}, err
}

// openCallSecret opens a secret. The one before it counts for a day.
func (s *Store) openCallSecret(k callSecret) (x campaigns.CallSecret, err error) {
	x.CreatedAt = k.CreatedAt
	if x.Key, err = s.open(k.Shop, callsField, k.Secret); err != nil {
		return x, err
	}
	if until := k.CreatedAt.Add(previousFor); len(k.Previous) > 0 && until.After(s.wall()) {
		x.PreviousUntil = until
		x.Previous, err = s.open(k.Shop, callsField, k.Previous)
	}
	return x, err
}

// RotateCallSecret makes a new secret. The one before signs for another day too.
func (s *Store) RotateCallSecret(ctx context.Context, shop string) (campaigns.CallSecret, error) {
	for {
		if _, err := s.CallSecret(ctx, shop); err != nil {
			return campaigns.CallSecret{}, err
		}
		known, _, err := get[callSecret](ctx, s, colCallSecrets, shop, commerce.Key(shop, callsField))
		if err != nil {
			return campaigns.CallSecret{}, err
		}
		next, err := s.freshCallSecret(shop)
		if err != nil {
			return campaigns.CallSecret{}, err
		}
		next.Previous, next.Rev = known.Secret, known.Rev+1
		saved, err := s.swap(ctx, colCallSecrets, byID(shop, known.ID, bson.E{Key: "rev", Value: known.Rev}), false, next, nil)
		if err != nil {
			return campaigns.CallSecret{}, err
		}
		if saved {
			return s.openCallSecret(next)
		}
	}
}
