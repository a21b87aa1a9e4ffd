package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
)

// Busy names one thing that a shop still has to do now, empty without any: a
// delivery unread, an outbox, a dirty profile, an event unhandled, a segment's
// change not emitted, a message claimed or handing over, the shop due. The
// stepping demo and tests call it instead of pausing.
func (s *Store) Busy(ctx context.Context, shop string) (what string, err error) {
	for _, w := range []struct {
		coll, field string
		values      bson.A
	}{
		{colDeliveries, "state", bson.A{string(commerce.Unread), string(commerce.Reading)}},
		{colOrders, "pending", bson.A{true}},
		{colCheckouts, "pending", bson.A{true}},
		{colCustomers, "dirty", bson.A{true}},
		{colEvents, "state", bson.A{string(commerce.Unhandled), string(commerce.Handling)}},
		{colMemberships, "emitted", bson.A{false}},
		{colMessages, "touched", bson.A{true}},
		{colEnrolments, "recount", bson.A{true}},
		{colMessages, "state", bson.A{string(campaigns.Claimed), string(campaigns.HandingOver)}},
	} {
		n, err := s.docs.Count(ctx, w.coll, of(shop, bson.E{Key: w.field, Value: bson.D{{Key: "$in", Value: w.values}}}))
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
