package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// Checkout reads one checkout; NotFound when there is none.
func (s *Store) Checkout(ctx context.Context, shop, id string) (commerce.Checkout, error) {
	c, found, err := get[commerce.Checkout](ctx, s, colCheckouts, shop, id)
	if err == nil && !found {
		err = missing("checkout", id)
	}
	return c, err
}

// Checkouts lists a shop's checkouts, the latest started first; customer ""
// means any. Those known only by their order come last.
func (s *Store) Checkouts(ctx context.Context, shop, customer string, after *documents.Cursor, limit int) ([]commerce.Checkout, error) {
	if customer != "" {
		filter := of(shop, bson.E{Key: "customer", Value: customer})
		return find[commerce.Checkout](ctx, s, colCheckouts, documents.Query{Filter: filter, Sort: []string{"_id"}, After: after, Limit: limit})
	}
	return find[commerce.Checkout](ctx, s, colCheckouts,
		documents.Query{Filter: of(shop), Sort: []string{"-started_at"}, After: after, Limit: limit})
}

// SaveCheckout is SaveOrder for checkouts.
func (s *Store) SaveCheckout(ctx context.Context, shop string, in commerce.Checkout) (commerce.Checkout, error) {
	for {
		before, after, err := s.mergedCheckout(ctx, shop, in)
		if err != nil {
			return after, err
		}
		same, err := equalDocs(before, after)
		if err != nil || same {
			return after, err
		}
		after.Shop, after.Pending, after.Rev = shop, true, before.Rev+1
		saved, err := s.swapCheckout(ctx, before, after)
		if err != nil {
			return after, err
		}
		if saved {
			return after, s.finishCheckout(ctx, after)
		}
	}
}

func (s *Store) mergedCheckout(ctx context.Context, shop string, in commerce.Checkout) (before, after commerce.Checkout, err error) {
	before, found, err := get[commerce.Checkout](ctx, s, colCheckouts, shop, in.ID)
	if err != nil {
		return before, after, err
	}
	if found && before.Pending {
		if err := s.finishCheckout(ctx, before); err != nil {
			return before, after, err
		}
		before.Pending, before.Outbox, before.Former = false, nil, ""
	}
	after = commerce.MergeCheckout(before, in)
	w, err := s.buyerOf(ctx, shop, whose{before.Home, before.Customer}, after.Connection, after.Buyer, in.Buyer)
	if err != nil {
		return before, after, err
	}
	after.Customer, after.Home = w.customer, w.ownHome()
	if after.Customer != before.Customer {
		after.Former = before.Customer
	}
	if !in.Imported { // history fires nothing, also where it adds to a live record
		for _, e := range commerce.CheckoutEvents(before, after) {
			after.Outbox = append(after.Outbox, e.ID)
		}
	}
	return before, after, nil
}

func (s *Store) swapCheckout(ctx context.Context, before, after commerce.Checkout) (saved bool, err error) {
	if before.ID == "" {
		return s.docs.Insert(ctx, colCheckouts, after)
	}
	update, err := replacing(after, "customer", "home", "former", "deleted_at", "deleted")
	if err != nil {
		return false, err
	}
	return s.docs.Update(ctx, colCheckouts, byID(after.Shop, after.ID, bson.E{Key: "rev", Value: before.Rev}), update)
}

// finishCheckout is finishOrder for checkouts.
func (s *Store) finishCheckout(ctx context.Context, c commerce.Checkout) error {
	root, err := s.followMerge(ctx, colCheckouts, c.Shop, c.ID, whose{c.Home, c.Customer})
	if err != nil {
		return err
	}
	if err := s.raise(ctx, c.Shop, c.Customer, c.Former, root); err != nil {
		return err
	}
	if len(c.Outbox) > 0 {
		if err := s.addEvents(ctx, c.Shop, commerce.CheckoutEvents(commerce.Checkout{}, c), nil, c.Rev); err != nil {
			return err
		}
	}
	done := bson.D{set(bson.E{Key: "pending", Value: false}, bson.E{Key: "outbox", Value: bson.A{}}),
		{Key: "$unset", Value: bson.D{{Key: "former", Value: ""}}}}
	_, err = s.docs.Update(ctx, colCheckouts, byID(c.Shop, c.ID, bson.E{Key: "rev", Value: c.Rev}), done)
	return err
}

// FinishCheckouts finishes up to limit checkouts that a dead process left unfinished.
func (s *Store) FinishCheckouts(ctx context.Context, shop string, limit int) (finished int, err error) {
	list, err := find[commerce.Checkout](ctx, s, colCheckouts,
		documents.Query{Filter: of(shop, bson.E{Key: "pending", Value: true}), Limit: limit})
	for _, c := range list {
		if err := s.finishCheckout(ctx, c); err != nil {
			return finished, err
		}
		finished++
	}
	return finished, err
}
