package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// Product reads one product; NotFound when there is none.
func (s *Store) Product(ctx context.Context, shop, id string) (commerce.Product, error) {
	p, found, err := get[commerce.Product](ctx, s, colProducts, shop, id)
	if err == nil && !found {
		err = missing("product", id)
	}
	return p.Whole(), err
}

// ProductsByID reads products; those that do not exist are left out.
func (s *Store) ProductsByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Product, error) {
	list, err := byIDs(ctx, s, colProducts, shop, ids, func(p commerce.Product) string { return p.ID })
	for id, p := range list {
		list[id] = p.Whole()
	}
	return list, err
}

// Products lists a shop's products by id.
func (s *Store) Products(ctx context.Context, shop string, after *documents.Cursor, limit int) ([]commerce.Product, error) {
	q := documents.Query{Filter: of(shop), Sort: []string{"_id"}, After: after, Limit: limit}
	list, err := find[commerce.Product](ctx, s, colProducts, q)
	for i := range list {
		list[i] = list[i].Whole()
	}
	return list, err
}

// optionalOfProducts are the fields that a product may lack.
func optionalOfProducts() []string {
	return []string{"deleted_at", "deleted", "received", "stock", "in_stock", "holds_unpaid", "imported", "past"}
}

// SaveProduct stores the newest record of a product.
func (s *Store) SaveProduct(ctx context.Context, shop string, in commerce.Product) error {
	in.Shop = shop
	for {
		before, found, err := get[commerce.Product](ctx, s, colProducts, shop, in.ID)
		if err != nil {
			return err
		}
		after := commerce.MergeProduct(before, in)
		if !found {
			after.Rev = 1
			inserted, err := s.docs.Insert(ctx, colProducts, after)
			if err != nil || inserted {
				return err
			}
			continue
		}
		same, err := s.equalDocs(before, after)
		if err != nil || same {
			return err
		}
		after.Rev = before.Rev + 1
		update, err := s.replacing(after, optionalOfProducts()...)
		if err != nil {
			return err
		}
		saved, err := s.docs.Update(ctx, colProducts, byID(shop, in.ID, bson.E{Key: "rev", Value: before.Rev}), update)
		if err != nil || saved {
			return err
		}
	}
}
