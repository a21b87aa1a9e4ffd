package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
)

// SaveLooseRefund keeps a refund that names no order, and counts it in the
// money of the customer it names.
func (s *Store) SaveLooseRefund(ctx context.Context, shop string, r commerce.LooseRefund) error {
	var err error
	if r.Customer, err = s.customerOf(ctx, shop, r.Connection, r.Buyer); err != nil {
		return err
	}
	r.Shop, r.Rev = shop, 1
	if _, err := s.docs.Insert(ctx, colRefunds, r); err != nil {
		return err
	}
	root, err := s.followMerge(ctx, colRefunds, shop, r.ID, r.Customer)
	if err != nil {
		return err
	}
	return s.raise(ctx, shop, r.Customer, root)
}

// looseRefunds are a customer's refunds without an order, in the shop's
// currency; those in another are left out.
func (s *Store) looseRefunds(ctx context.Context, shop, customer string) ([]commerce.RefundFact, error) {
	settings, err := s.settings(ctx, shop)
	if err != nil {
		return nil, err
	}
	list, err := find[commerce.LooseRefund](ctx, s, colRefunds, Query{Filter: of(shop, bson.E{Key: "customer", Value: customer})})
	var facts []commerce.RefundFact
	for _, r := range list {
		if r.Refund.Amount.Currency == settings.Currency && !r.Refund.RefundedAt.IsZero() {
			facts = append(facts, commerce.RefundFact{ID: r.ID, At: r.Refund.RefundedAt, Amount: r.Refund.Amount.Minor})
		}
	}
	return facts, err
}
