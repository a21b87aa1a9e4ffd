package store

import (
	"context"
	"slices"

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

// CheckoutsByID reads checkouts; those that do not exist are left out.
func (s *Store) CheckoutsByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Checkout, error) {
	return byIDs(ctx, s, colCheckouts, shop, ids, func(c commerce.Checkout) string { return c.ID })
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
	return outboxedCheckouts().save(ctx, s, shop, in)
}

// outboxedCheckouts is how checkouts are saved.
func outboxedCheckouts() outboxed[commerce.Checkout] {
	return outboxed[commerce.Checkout]{
		coll:     colCheckouts,
		optional: []string{"customer", "home", "former", "became", "deleted_at", "deleted"},
		fields: func(c commerce.Checkout) outboxFields {
			return outboxFields{shop: c.Shop, id: c.ID, connection: c.Connection, customer: c.Customer, home: c.Home,
				former: c.Former, buyer: c.Buyer, outbox: c.Outbox, pending: c.Pending, rev: c.Rev}
		},
		with: func(c commerce.Checkout, f outboxFields) commerce.Checkout {
			c.Shop, c.Customer, c.Home, c.Former, c.Rev = f.shop, f.customer, f.home, f.former, f.rev
			c.Outbox, c.Pending = f.outbox, f.pending
			return c
		},
		merge: func(_ context.Context, _ string, before, in commerce.Checkout) (after, record commerce.Checkout, err error) {
			return commerce.MergeCheckout(before, in), in, nil
		},
		derive: deriveCheckout,
		news:   func(c commerce.Checkout) commerce.Checkout { return c },
		events: func(c commerce.Checkout) []commerce.Event {
			all := commerce.CheckoutEvents(commerce.Checkout{}, c)
			return slices.DeleteFunc(all, func(e commerce.Event) bool { return !slices.Contains(c.Outbox, e.ID) })
		},
	}
}

// deriveCheckout sets the outbox of a checkout.
func deriveCheckout(_ context.Context, _ string, before, record, after commerce.Checkout) (commerce.Checkout, error) {
	if record.Imported { // history makes no events, also where it adds to a live record
		return after, nil
	}
	for _, e := range commerce.CheckoutEvents(before, after) {
		after.Outbox = append(after.Outbox, e.ID)
	}
	return after, nil
}

// FinishCheckouts finishes up to limit checkouts that a dead process left
// unfinished.
func (s *Store) FinishCheckouts(ctx context.Context, shop string, limit int) (finished int, err error) {
	return outboxedCheckouts().finishAll(ctx, s, shop, limit)
}
