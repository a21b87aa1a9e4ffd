package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// Upgrading is the duty of upgrading a shop's stored data: see Hold.
const Upgrading = "upgrade"

// leasedWork are the collections with leased documents, and the state of these ("":
// any with a lease).
var leasedWork = []struct{ coll, state string }{
	{colDeliveries, string(commerce.Reading)},
	{colEvents, string(commerce.Handling)},
	{colMessages, string(campaigns.Claimed)},
	{colMessages, string(campaigns.HandingOver)},
	{colEnrolments, ""},
	{colWatches, ""},
	{colRuns, ""},
	{colCalls, ""},
	{colRedactions, ""},
}

// EndLeases ends all leases of a shop. Call it only when no other process
// exists: a service that has just opened the embedded database knows that all
// holders are dead. So work is found at once, not at the end of the leases.
func (s *Store) EndLeases(ctx context.Context, shop string) error {
	for _, w := range leasedWork {
		for {
			n, err := s.endLeases(ctx, shop, w.coll, w.state)
			if err != nil {
				return err
			}
			if n < 500 {
				break
			}
		}
	}
	if _, err := s.docs.Update(ctx, colLeases, byID(shop, commerce.Key(shop, Upgrading)),
		bson.D{set(bson.E{Key: "until", Value: time.Unix(1, 0)})}); err != nil {
		return err
	}
	if err := s.endProbes(ctx, shop); err != nil {
		return err
	}
	free := bson.D{}
	for slot := range Slots {
		free = append(free, bson.E{Key: slotField(slot), Value: ""}, bson.E{Key: slotHolder(slot), Value: ""})
	}
	_, err := s.docs.Update(ctx, colDue, byID(shop, shop), bson.D{{Key: "$unset", Value: free}})
	return err
}

// endLeases ends up to 500 leases of one kind. It sets them to 1970, so that the
// usual index finds the work.
func (s *Store) endLeases(ctx context.Context, shop, coll, state string) (int, error) {
	filter := of(shop)
	if state != "" {
		filter = append(filter, bson.E{Key: "state", Value: state})
	} else {
		filter = append(filter, bson.E{Key: "due_at", Value: bson.D{{Key: "$gt", Value: time.Unix(0, 0)}}})
	}
	filter = append(filter, bson.E{Key: "lease_until", Value: bson.D{{Key: "$gt", Value: time.Unix(1, 0)}}})
	list, err := find[candidate](ctx, s, coll, documents.Query{Filter: filter, Fields: []string{"fence"}, Limit: 500})
	if err != nil {
		return 0, err
	}
	ops := make([]documents.Op, len(list))
	for i, d := range list {
		ops[i] = documents.UpdateOp(byID(shop, d.ID, bson.E{Key: "fence", Value: d.Fence}),
			bson.D{set(bson.E{Key: "lease_until", Value: time.Unix(1, 0)})})
	}
	return len(list), s.bulk(ctx, coll, ops)
}

// candidate is the part of a document that changes of its claim read.
type candidate struct {
	ID    string `bson:"_id"`
	State string `bson:"state"`
	Fence int64  `bson:"fence"`
}
