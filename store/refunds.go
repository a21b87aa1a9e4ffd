package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// SaveLooseRefund merges a record of a refund that names no order into the
// stored one, and counts it in the money of the customer it names.
func (s *Store) SaveLooseRefund(ctx context.Context, shop string, in commerce.LooseRefund) error {
	in.Shop = shop
	for {
		before, _, err := get[commerce.LooseRefund](ctx, s, colRefunds, shop, in.ID)
		if err != nil {
			return err
		}
		after := commerce.MergeLoose(before, in)
		w, err := s.buyerOf(ctx, shop, whose{before.Home, before.Customer}, after.Connection, after.Buyer, after.Buyer)
		if err != nil {
			return err
		}
		after.Customer, after.Home = w.customer, w.ownHome()
		after.Rev = before.Rev
		same, err := s.equalDocs(before, after)
		if err != nil {
			return err
		}
		saved := same
		if !same {
			after.Rev++
			stored := byID(shop, in.ID, bson.E{Key: "rev", Value: before.Rev})
			saved, err = s.swap(ctx, colRefunds, stored, before.ID == "", after, []string{"customer", "home", "imported", "received"})
		}
		if err != nil {
			return err
		}
		if saved { // raised also if it was stored: the process that did so may have died before
			root, err := s.followMerge(ctx, colRefunds, shop, after.ID, whose{after.Home, after.Customer})
			if err != nil {
				return err
			}
			return s.raise(ctx, shop, before.Customer, after.Customer, root)
		}
	}
}

// looseRefunds are refunds without an order, by customer, in the shop's currency; others
// are left out.
func (s *Store) looseRefunds(ctx context.Context, shop string, filter bson.D) (map[string][]commerce.RefundFact, error) {
	settings, err := s.settings(ctx, shop)
	if err != nil {
		return nil, err
	}
	list, err := find[commerce.LooseRefund](ctx, s, colRefunds, documents.Query{Filter: filter})
	facts := map[string][]commerce.RefundFact{}
	for _, r := range list {
		if r.Refund.Amount.Currency == settings.Currency && !r.Refund.RefundedAt.IsZero() {
			facts[r.Customer] = append(facts[r.Customer], commerce.RefundFact{ID: r.ID, At: r.Refund.RefundedAt, Amount: r.Refund.Amount.Minor})
		}
	}
	return facts, err
}
