package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
)

// Suppress keeps an address from being written to. Saying it again keeps the
// first time and message, and notes the last time.
func (s *Store) Suppress(ctx context.Context, shop string, x commerce.Suppression) (first bool, err error) {
	if x.Address.IsZero() || x.Scope == "" || x.Reason == "" {
		return false, commerce.Errorf(commerce.Invalid, "suppression: needs an address, a scope and a reason")
	}
	once := bson.D{
		{Key: "address", Value: x.Address}, {Key: "scope", Value: string(x.Scope)}, {Key: "reason", Value: string(x.Reason)},
		{Key: "created_at", Value: x.CreatedAt},
	}
	if x.Message != "" {
		once = append(once, bson.E{Key: "message", Value: x.Message})
	}
	return s.docs.Upsert(ctx, colSuppress, shop, commerce.SuppressionID(shop, x.Address, x.Scope, x.Reason), bson.D{
		{Key: "$setOnInsert", Value: once}, {Key: "$max", Value: bson.D{{Key: "last_at", Value: x.CreatedAt}}},
	})
}

// Unsuppress lets an address be written to again, whatever the reasons were.
// removed is false when it was not suppressed in that scope.
func (s *Store) Unsuppress(ctx context.Context, shop string, address commerce.AddressHash, scope commerce.SuppressionScope) (removed bool, err error) {
	list, err := s.SuppressionsOf(ctx, shop, address)
	if err != nil {
		return false, err
	}
	var ops []Op
	for _, x := range list {
		if x.Scope == scope {
			ops = append(ops, DeleteOp(shop, x.ID))
		}
	}
	return len(ops) > 0, s.bulk(ctx, colSuppress, ops)
}

// SuppressionsOf lists why an address is not written to: one for each scope and
// reason, none where it may be.
func (s *Store) SuppressionsOf(ctx context.Context, shop string, address commerce.AddressHash) ([]commerce.Suppression, error) {
	if address.IsZero() {
		return nil, nil
	}
	return find[commerce.Suppression](ctx, s, colSuppress, Query{Filter: of(shop, bson.E{Key: "address", Value: address.String()})})
}

// ListSuppressions lists a shop's suppressions, the oldest first.
func (s *Store) ListSuppressions(ctx context.Context, shop, after string, limit int) (list []commerce.Suppression, next string, err error) {
	return listPage([]string{"created_at"}, after, limit, func(c *Cursor, n int) ([]commerce.Suppression, error) {
		return find[commerce.Suppression](ctx, s, colSuppress, Query{Filter: of(shop), Sort: []string{"created_at"}, After: c, Limit: n})
	})
}
