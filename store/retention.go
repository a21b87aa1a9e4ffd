package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// Keep sets how long old data is stored. Call it before the store is used. Without
// it, everything is stored for ever.
func (s *Store) Keep(r commerce.Retention) { s.retention = r }

// over is the time before which data of an age is not stored any more; ok is false
// where it is stored for ever.
func (s *Store) over(age time.Duration) (before time.Time, ok bool) {
	return s.now().Add(-age), age > 0
}

// Remove deletes up to limit old things of one kind, the oldest first, and returns
// how many. What is counted does not change.
func (s *Store) Remove(ctx context.Context, shop string, kind commerce.OldData, limit int) (removed int, err error) {
	switch kind {
	case commerce.OldBodies:
		return s.removeBodies(ctx, shop, s.retention.Bodies, bson.A{string(commerce.Read), string(commerce.Ignored)}, limit)
	case commerce.OldQuarantined:
		return s.removeBodies(ctx, shop, s.retention.Quarantined, bson.A{string(commerce.Quarantined)}, limit)
	case commerce.OldDeliveries:
		done := bson.A{string(commerce.Read), string(commerce.Ignored), string(commerce.Quarantined)}
		return s.removeDone(ctx, shop, colDeliveries, "received_at", done, limit)
	case commerce.OldEvents:
		return s.removeDone(ctx, shop, colEvents, "at", bson.A{string(commerce.Handled)}, limit)
	case commerce.OldReports:
		return s.removeReceipts(ctx, shop, limit)
	case commerce.OldTouches:
		return s.sumTouches(ctx, shop, limit)
	case commerce.OldCalls:
		return s.removeCalls(ctx, shop, limit)
	case commerce.OldDomains:
		return s.removeDomains(ctx, shop, limit)
	}
	return 0, commerce.Errorf(commerce.Internal, "old data of kind %q", kind)
}

// removeBodies deletes the bodies and headers of deliveries in the given states.
// The delivery stays, so that a repetition of it is recognised.
func (s *Store) removeBodies(ctx context.Context, shop string, age time.Duration, states bson.A, limit int) (int, error) {
	before, ok := s.over(age)
	if !ok {
		return 0, nil
	}
	done := bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: states}}}
	raw := bson.E{Key: "body", Value: bson.D{{Key: "$exists", Value: true}}}
	old := bson.E{Key: "received_at", Value: bson.D{{Key: "$lt", Value: before}}}
	list, err := find[candidate](ctx, s, colDeliveries, documents.Query{
		Filter: of(shop, done, raw, old), Fields: []string{"state", "received_at"}, Sort: []string{"received_at"}, Limit: limit,
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	ops := make([]documents.Op, len(list))
	for i, d := range list {
		ops[i] = documents.UpdateOp(byID(shop, d.ID, bson.E{Key: "state", Value: d.State}, raw), bson.D{
			set(bson.E{Key: "headers", Value: bson.A{}}, bson.E{Key: "removed", Value: true}),
			{Key: "$unset", Value: bson.D{{Key: "body", Value: ""}}},
		})
	}
	totals, _, err := s.docs.Bulk(ctx, colDeliveries, ops)
	return totals.Matched, err
}

// removeDone deletes old documents in the given states.
func (s *Store) removeDone(ctx context.Context, shop, coll, field string, states bson.A, limit int) (int, error) {
	before, ok := s.over(s.retention.Events)
	if !ok {
		return 0, nil
	}
	old := bson.E{Key: field, Value: bson.D{{Key: "$lt", Value: before}}}
	list, err := find[candidate](ctx, s, coll, documents.Query{
		Filter: of(shop, bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: states}}}, old),
		Fields: []string{"state", field}, Sort: []string{field}, Limit: limit,
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	ops := make([]documents.Op, len(list))
	for i, d := range list {
		ops[i] = documents.DeleteIfOp(byID(shop, d.ID, bson.E{Key: "state", Value: d.State}, old))
	}
	totals, _, err := s.docs.Bulk(ctx, coll, ops)
	return totals.Deleted, err
}
