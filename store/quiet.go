package store

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
)

// Busy names one thing that a shop still has to do now, empty without any: a
// delivery unread, an outbox, a dirty profile, an event unhandled, touches packed, a segment's
// change not emitted, a call under way, a message claimed or handing over, the shop due. The
// stepping demo and tests call it instead of pausing.
func (s *Store) Busy(ctx context.Context, shop string) (what string, err error) {
	held := bson.E{Key: "lease_until", Value: bson.D{{Key: "$gt", Value: time.Time{}}}}
	for _, w := range []struct {
		coll string
		is   bson.D
	}{
		{colDeliveries, bson.D{{Key: "state", Value: string(commerce.Unread)}}},
		{colDeliveries, bson.D{{Key: "state", Value: string(commerce.Reading)}, held}},
		{colOrders, bson.D{{Key: "pending", Value: true}}},
		{colCheckouts, bson.D{{Key: "pending", Value: true}}},
		{colCustomers, bson.D{{Key: "dirty", Value: true}}},
		{colEvents, bson.D{{Key: "state", Value: string(commerce.Unhandled)}}},
		{colEvents, bson.D{{Key: "state", Value: string(commerce.Handling)}, held}},
		{colMemberships, bson.D{{Key: "emitted", Value: false}}},
		{colTouchGroups, bson.D{{Key: "waiting", Value: true}}},
		{colMessages, bson.D{{Key: "touched", Value: true}}},
		{colEnrolments, bson.D{{Key: "recount", Value: true}}},
		{colCalls, bson.D{{Key: "due_at", Value: bson.D{{Key: "$gt", Value: time.Time{}}}}, held}},
		{colMessages, bson.D{{Key: "state", Value: string(campaigns.Claimed)}, held}},
		{colMessages, bson.D{{Key: "state", Value: string(campaigns.HandingOver)}, held}},
	} {
		n, err := s.docs.Count(ctx, w.coll, of(shop, w.is...))
		if err != nil {
			return "", err
		}
		if n > 0 {
			return fmt.Sprintf("%d %s", n, w.coll), nil
		}
	}
	wake, err := s.DueOf(ctx, shop)
	if err == nil && !wake.NextDue.IsZero() && !wake.NextDue.After(s.now()) {
		what = "a next due time is due"
	}
	return what, err
}
