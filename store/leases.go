package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
)

// mark is a piece of shop-wide work that was done once.
type mark struct {
	ID   string    `bson:"_id"`
	Shop string    `bson:"shop"`
	At   time.Time `bson:"at"`
}

// Reconciled tells whether the shop's work of that name was done.
func (s *Store) Reconciled(ctx context.Context, shop, name string) (bool, error) {
	var m mark
	return s.docs.Get(ctx, colLeases, shop, commerce.Key(shop, "done", name), &m)
}

// SetReconciled notes that the shop's work of that name is done.
func (s *Store) SetReconciled(ctx context.Context, shop, name string) error {
	_, err := s.docs.Insert(ctx, colLeases, mark{ID: commerce.Key(shop, "done", name), Shop: shop, At: s.wall()})
	return err
}

// EachShop walks all shops, oldest first.
func (s *Store) EachShop(ctx context.Context, each func(commerce.Shop) error) error {
	var after *Cursor
	for {
		page, err := s.Shops(ctx, after, 200)
		if err != nil {
			return err
		}
		for _, shop := range page {
			if err := each(shop); err != nil {
				return err
			}
		}
		if len(page) < 200 {
			return nil
		}
		if after, err = CursorOf([]string{"created_at"}, page[len(page)-1]); err != nil {
			return err
		}
	}
}

// EachBuyer walks the shop's customers with a paid order, by its time.
func (s *Store) EachBuyer(ctx context.Context, shop string, each func(commerce.Customer) error) error {
	paid := bson.E{Key: "history.figures.last_at", Value: bson.D{{Key: "$gt", Value: time.Unix(0, 0)}}}
	var after *Cursor
	sort := []string{"history.figures.last_at"}
	for {
		page, err := find[commerce.Customer](ctx, s, colCustomers, Query{Filter: of(shop, paid), Sort: sort, After: after, Limit: 500})
		if err != nil {
			return err
		}
		for _, c := range page {
			if err := each(c); err != nil {
				return err
			}
		}
		if len(page) < 500 {
			return nil
		}
		if after, err = CursorOf(sort, page[len(page)-1]); err != nil {
			return err
		}
	}
}
