package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// AddDelivery stores a delivery before it is answered. first is false if it is
// stored already.
func (s *Store) AddDelivery(ctx context.Context, shop string, d commerce.Delivery) (first bool, err error) {
	d.Shop, d.State = shop, commerce.Unread
	return s.docs.Insert(ctx, colDeliveries, d)
}

// ClaimDeliveries takes up to limit unread deliveries, oldest first.
func (s *Store) ClaimDeliveries(ctx context.Context, shop string, limit int) ([]commerce.Delivery, error) {
	return claim[commerce.Delivery](ctx, s, shop, claiming{
		coll: colDeliveries, open: string(commerce.Unread), claimed: string(commerce.Reading), due: "received_at", limit: limit,
	})
}

// FinishDelivery records the outcome of a claimed delivery. It does nothing
// when the claim was lost: the new holder records it.
func (s *Store) FinishDelivery(ctx context.Context, shop string, d commerce.Delivery, at time.Time) error {
	return s.FinishDeliveries(ctx, shop, []commerce.Delivery{d}, at)
}

// FinishDeliveries is FinishDelivery for many.
func (s *Store) FinishDeliveries(ctx context.Context, shop string, list []commerce.Delivery, at time.Time) error {
	ops := make([]documents.Op, len(list))
	for i, d := range list {
		fields := bson.D{{Key: "state", Value: string(d.State)}, {Key: "read_at", Value: at}, {Key: "subjects", Value: stringsOf(d.Subjects)}}
		if d.Reason != "" {
			fields = append(fields, bson.E{Key: "reason", Value: d.Reason})
		}
		if d.Erased {
			fields = append(fields, bson.E{Key: "erased", Value: true}, bson.E{Key: "body", Value: []byte{}})
		}
		ops[i] = documents.UpdateOp(byID(shop, d.ID, bson.E{Key: "claim", Value: d.Holder}, bson.E{Key: "fence", Value: d.Fence}),
			bson.D{{Key: "$set", Value: fields}, {Key: "$unset", Value: bson.D{{Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}}}})
	}
	return s.bulk(ctx, colDeliveries, ops)
}

// Delivery reads one delivery; NotFound when there is none.
func (s *Store) Delivery(ctx context.Context, shop, id string) (commerce.Delivery, error) {
	d, found, err := get[commerce.Delivery](ctx, s, colDeliveries, shop, id)
	if err == nil && !found {
		err = missing("delivery", id)
	}
	return d, err
}

// Deliveries lists a shop's deliveries, the newest first, without their
// bodies; state "" means any.
func (s *Store) Deliveries(
	ctx context.Context, shop string, state commerce.DeliveryState, after *documents.Cursor, limit int,
) ([]commerce.Delivery, error) {
	filter := of(shop)
	if state != "" {
		filter = append(filter, bson.E{Key: "state", Value: string(state)})
	}
	fields := []string{"shop", "connection", "platform", "topic", "received_at", "state", "reason", "subjects", "read_at", "fence"}
	return find[commerce.Delivery](ctx, s, colDeliveries,
		documents.Query{Filter: filter, Fields: fields, Sort: []string{"-received_at"}, After: after, Limit: limit})
}

// ReplayDelivery makes a quarantined or ignored delivery unread again. One in
// another state is a Conflict.
func (s *Store) ReplayDelivery(ctx context.Context, shop, id string) error {
	again := bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{string(commerce.Quarantined), string(commerce.Ignored)}}}}
	update := bson.D{set(bson.E{Key: "state", Value: string(commerce.Unread)}),
		{Key: "$unset", Value: bson.D{{Key: "reason", Value: ""}, {Key: "read_at", Value: ""}}}}
	matched, err := s.docs.Update(ctx, colDeliveries, byID(shop, id, again, absent("erased"), absent("removed")), update)
	if err != nil || matched {
		return err
	}
	d, err := s.Delivery(ctx, shop, id)
	if err != nil {
		return err
	}
	if d.Erased {
		return commerce.Errorf(commerce.Conflict,
			"delivery %q is about a person whose data was erased: its body is deleted, so it cannot be replayed", id)
	}
	if d.Removed {
		return commerce.Errorf(commerce.Conflict,
			"delivery %q is too old: its body is deleted, so it cannot be replayed; ask the platform to send it again", id)
	}
	return commerce.Errorf(commerce.Conflict, "delivery %q is %s: only quarantined and ignored ones are replayed", id, d.State)
}

// bulk runs ops and returns the first failure of any.
func (s *Store) bulk(ctx context.Context, coll string, ops []documents.Op) error {
	_, err := s.bulkTotals(ctx, coll, ops)
	return err
}

// bulkTotals is bulk with the totals.
func (s *Store) bulkTotals(ctx context.Context, coll string, ops []documents.Op) (documents.Totals, error) {
	totals, _, err := s.bulkResults(ctx, coll, ops)
	return totals, err
}

// bulkResults is bulk with the totals and the results.
func (s *Store) bulkResults(ctx context.Context, coll string, ops []documents.Op) (documents.Totals, []documents.Result, error) {
	if len(ops) == 0 {
		return documents.Totals{}, nil, nil
	}
	totals, results, err := s.docs.Bulk(ctx, coll, ops)
	for _, r := range results {
		if err == nil {
			err = r.Err
		}
	}
	return totals, results, err
}

func stringsOf(list []string) bson.A {
	array := make(bson.A, len(list))
	for i, text := range list {
		array[i] = text
	}
	return array
}
