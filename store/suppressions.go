package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
)

// Suppress keeps an address from being written to. The first reason stays.
// x.Address is the address's HMAC, as Address makes it.
func (s *Store) Suppress(ctx context.Context, shop string, x commerce.Suppression) (first bool, err error) {
	if x.Address == "" || x.Scope == "" {
		return false, commerce.Errorf(commerce.Invalid, "suppression: needs an address and a scope")
	}
	x.ID, x.Shop = suppressionID(shop, x.Address, x.Scope), shop
	return s.docs.Insert(ctx, colSuppress, x)
}

// Unsuppress lets an address be written to again. removed is false when it
// was not suppressed in that scope.
func (s *Store) Unsuppress(ctx context.Context, shop, address string, scope commerce.SuppressionScope) (removed bool, err error) {
	return s.docs.Delete(ctx, colSuppress, shop, suppressionID(shop, address, scope))
}

// SuppressedFor tells why a message of a class may not go to an address; empty
// when it may. Who is suppressed for all mail gets no marketing either.
func (s *Store) SuppressedFor(ctx context.Context, shop, address string, class campaigns.Class) (reason string, err error) {
	if address == "" {
		return "", nil
	}
	ids := bson.A{suppressionID(shop, address, commerce.SuppressAll)}
	if class == campaigns.Marketing {
		ids = append(ids, suppressionID(shop, address, commerce.SuppressMarketing))
	}
	list, err := find[commerce.Suppression](ctx, s, colSuppress, Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}), Limit: 1})
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0].Reason, nil
}

// SuppressAddress keeps every mail from an address that is dead, or whose owner
// complained.
func (s *Store) SuppressAddress(ctx context.Context, shop, address, reason string) error {
	_, err := s.Suppress(ctx, shop, commerce.Suppression{Address: address, Scope: commerce.SuppressAll, Reason: reason, CreatedAt: s.now()})
	return err
}

// ListSuppressions lists a shop's suppressions, the oldest first.
func (s *Store) ListSuppressions(ctx context.Context, shop, after string, limit int) (list []commerce.Suppression, next string, err error) {
	return listPage([]string{"created_at"}, after, limit, func(c *Cursor, n int) ([]commerce.Suppression, error) {
		return find[commerce.Suppression](ctx, s, colSuppress, Query{Filter: of(shop), Sort: []string{"created_at"}, After: c, Limit: n})
	})
}

func suppressionID(shop, address string, scope commerce.SuppressionScope) string {
	return commerce.Key(shop, address, string(scope))
}
