package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// reconcileEvery is how often shop-wide work is repeated; reconcileLease is how
// long one process has it alone.
const (
	reconcileEvery = 24 * time.Hour
	reconcileLease = 10 * time.Minute
)

// dailyWork is a piece of shop-wide work that is done daily.
type dailyWork struct {
	ID   string    `bson:"_id"`
	Shop string    `bson:"shop"`
	Next time.Time `bson:"next"` // wall clock
}

// BeginReconcile reports whether the caller is to do the shop's work of that
// name; no other process does it meanwhile. Work that is not ended in time is
// begun again.
func (s *Store) BeginReconcile(ctx context.Context, shop, name string) (ours bool, err error) {
	id, until := commerce.Key(shop, "chore", name), s.wall().Add(reconcileLease)
	known, found, err := get[dailyWork](ctx, s, colLeases, shop, id)
	switch {
	case err != nil || found && known.Next.After(s.wall()):
		return false, err
	case !found:
		return s.docs.Insert(ctx, colLeases, dailyWork{ID: id, Shop: shop, Next: until})
	}
	return s.docs.Update(ctx, colLeases, byID(shop, id, bson.E{Key: "next", Value: known.Next}),
		bson.D{set(bson.E{Key: "next", Value: until})})
}

// EndReconcile records that the shop's work of that name is done for a day.
func (s *Store) EndReconcile(ctx context.Context, shop, name string) error {
	next := set(bson.E{Key: "next", Value: s.wall().Add(reconcileEvery)})
	_, err := s.docs.Update(ctx, colLeases, byID(shop, commerce.Key(shop, "chore", name)), bson.D{next})
	return err
}

// duty is a duty that one process has for as long as it lives.
type duty struct {
	ID     string    `bson:"_id"`
	Shop   string    `bson:"shop"`
	Holder string    `bson:"holder"`
	Until  time.Time `bson:"until"` // wall clock
	Doing  string    `bson:"doing,omitempty"`
}

// Hold takes the shop's duty of that name, or renews it, for LeaseFor from now;
// ours is false while another holder has it.
func (s *Store) Hold(ctx context.Context, shop, name, holder string) (ours bool, err error) {
	id, wall := commerce.Key(shop, name), s.wall()
	known, found, err := get[duty](ctx, s, colLeases, shop, id)
	switch {
	case err != nil || found && known.Holder != holder && known.Until.After(wall):
		return false, err
	case !found:
		return s.docs.Insert(ctx, colLeases, duty{ID: id, Shop: shop, Holder: holder, Until: wall.Add(LeaseFor)})
	}
	mine := set(bson.E{Key: "holder", Value: holder}, bson.E{Key: "until", Value: wall.Add(LeaseFor)})
	return s.docs.Update(ctx, colLeases,
		byID(shop, id, bson.E{Key: "holder", Value: known.Holder}, bson.E{Key: "until", Value: known.Until}), bson.D{mine})
}

// Release releases a duty at once, so that another process need not wait for it.
func (s *Store) Release(ctx context.Context, shop, name, holder string) error {
	_, err := s.docs.Update(ctx, colLeases, byID(shop, commerce.Key(shop, name), bson.E{Key: "holder", Value: holder}),
		bson.D{set(bson.E{Key: "until", Value: time.Unix(1, 0)})})
	return err
}

// SetDoing shows the other processes what the holder of a duty does.
func (s *Store) SetDoing(ctx context.Context, shop, name, holder, doing string) error {
	_, err := s.docs.Update(ctx, colLeases, byID(shop, commerce.Key(shop, name), bson.E{Key: "holder", Value: holder}),
		bson.D{set(bson.E{Key: "doing", Value: doing})})
	return err
}

// Doing is what the holder of a duty does; empty where it has not said so.
func (s *Store) Doing(ctx context.Context, shop, name string) (string, error) {
	known, _, err := get[duty](ctx, s, colLeases, shop, commerce.Key(shop, name))
	return known.Doing, err
}

// shopsPage is how many shops are read at once.
const shopsPage = 1000

// EachShop passes all shops to each, oldest first.
func (s *Store) EachShop(ctx context.Context, each func(commerce.Shop) error) error {
	var after *documents.Cursor
	for {
		page, err := s.Shops(ctx, after, shopsPage)
		if err != nil {
			return err
		}
		for _, shop := range page {
			if err := each(shop); err != nil {
				return err
			}
		}
		if len(page) < shopsPage {
			return nil
		}
		if after, err = documents.CursorOf([]string{"created_at"}, page[len(page)-1]); err != nil {
			return err
		}
	}
}

// EachBuyer passes the shop's customers with a paid order to each, by its time.
func (s *Store) EachBuyer(ctx context.Context, shop string, each func(commerce.Customer) error) error {
	paid := bson.E{Key: "history.figures.last_at", Value: bson.D{{Key: "$gt", Value: time.Unix(0, 0)}}}
	var after *documents.Cursor
	sort := []string{"history.figures.last_at"}
	for {
		page, err := find[commerce.Customer](ctx, s, colCustomers, documents.Query{Filter: of(shop, paid), Sort: sort, After: after, Limit: 500})
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
		if after, err = documents.CursorOf(sort, page[len(page)-1]); err != nil {
			return err
		}
	}
}
