package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// AddShop stores a new shop; an id that is taken is a Conflict.
func (s *Store) AddShop(ctx context.Context, shop commerce.Shop) error {
	shop.Shop, shop.Rev = shop.ID, 1
	inserted, err := s.docs.Insert(ctx, colShops, shop)
	if err == nil && !inserted {
		return commerce.Errorf(commerce.Conflict, "shop %q: the id is taken", shop.ID)
	}
	return err
}

// Shop reads one shop; NotFound when there is none.
func (s *Store) Shop(ctx context.Context, id string) (commerce.Shop, error) {
	shop, found, err := get[commerce.Shop](ctx, s, colShops, id, id)
	if err == nil && !found {
		err = missing("shop", id)
	}
	return shop, err
}

// Shops lists all shops, oldest first, from behind after, at most limit.
func (s *Store) Shops(ctx context.Context, after *documents.Cursor, limit int) ([]commerce.Shop, error) {
	return find[commerce.Shop](ctx, s, colShops, documents.Query{Global: true, Sort: []string{"created_at"}, Limit: limit, After: after})
}

// SaveShop changes a shop's settings if its rev is still shop.Rev, else it is a
// Conflict. campaigns_rev and segments_rev are no settings and stay.
func (s *Store) SaveShop(ctx context.Context, shop commerce.Shop) error {
	old := shop.Rev
	shop.Rev++
	shop.Shop = shop.ID
	update, err := s.replacing(shop, "country", "soft_opt_in_since")
	if err != nil {
		return err
	}
	fields := update[0].Value.(bson.D)
	kept := bson.D{}
	for _, f := range fields {
		if f.Key != "campaigns_rev" && f.Key != "segments_rev" && f.Key != "created_at" {
			kept = append(kept, f)
		}
	}
	update = append(bson.D{{Key: "$set", Value: kept}}, update[1:]...)
	matched, err := s.docs.Update(ctx, colShops, byID(shop.ID, shop.ID, bson.E{Key: "rev", Value: old}), update)
	if err == nil && !matched {
		return commerce.Errorf(commerce.Conflict, "shop %q: changed meanwhile, read it again", shop.ID)
	}
	s.shops.drop(shop.ID)
	if err != nil {
		return err
	}
	return s.retrySender(ctx, shop.ID)
}

// BumpCampaigns notifies every process that the shop's active campaigns
// changed.
func (s *Store) BumpCampaigns(ctx context.Context, shop string) error {
	return s.bump(ctx, shop, "campaigns_rev")
}

// bumpSegments notifies every process that the inputs of segments changed: a
// segment in use, its lists, the scoring of customers.
func (s *Store) bumpSegments(ctx context.Context, shop string) error {
	return s.bump(ctx, shop, "segments_rev")
}

func (s *Store) bump(ctx context.Context, shop, rev string) error {
	_, err := s.docs.Update(ctx, colShops, byID(shop, shop), bson.D{{Key: "$inc", Value: bson.D{{Key: rev, Value: int64(1)}}}})
	s.shops.drop(shop)
	return err
}

// settings is the shop as of at most 2 s ago, for money and time rules that a
// fresher reading would not change.
func (s *Store) settings(ctx context.Context, id string) (commerce.Shop, error) {
	if shop, fresh := s.shops.get(id, s.wall()); fresh {
		return shop, nil
	}
	shop, err := s.Shop(ctx, id)
	if err == nil {
		s.shops.put(id, shop, s.wall())
	}
	return shop, err
}
