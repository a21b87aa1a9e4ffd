package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
)

// Busy names what a shop is still to do at this moment, empty when nothing is:
// no delivery unread, no outbox, no dirty profile, no event unhandled, no
// change of a segment untold, no message claimed or handing over, no shop due. The stepping demo and tests ask
// it instead of pausing.
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
