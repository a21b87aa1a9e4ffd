package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// eraseCalls cancels the person's calls, and removes the words about them. A call contains nothing
// else of a person.
func (s *Store) eraseCalls(ctx context.Context, shop string, p person, _ *commerce.Erased) error {
	if len(p.customers) == 0 {
		return nil
	}
	list, err := find[campaigns.Call](ctx, s, colCalls, documents.Query{Filter: of(shop, among("customer", p.ids()))})
	if err != nil {
		return err
	}
	var ops []documents.Op
	for _, k := range list {
		switch {
		case k.Ended() && k.Reason == erasedNote && k.DueAt.IsZero():
		case k.Ended():
			ops = append(ops, documents.UpdateOp(byID(shop, k.ID), bson.D{
				set(bson.E{Key: "reason", Value: erasedNote}),
				{Key: "$unset", Value: bson.D{{Key: "due_at", Value: ""}, {Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}}},
			}))
		default:
			ops = append(ops, documents.UpdateOp(byID(shop, k.ID), s.cancelledCall(erasedNote)))
		}
	}
	return s.bulk(ctx, colCalls, ops)
}
