package store

import (
	"comeback/store/documents"
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// claiming is how documents of one collection are claimed: those in state open
// by order of due (at most until, when it is set), and those in state claimed
// whose lease ran out.
type claiming struct {
	coll          string
	open, claimed string
	due           string
	until         time.Time
	limit         int
}

// candidate is the part of a document that claiming reads.
type candidate struct {
	ID    string `bson:"_id"`
	State string `bson:"state"`
	Fence int64  `bson:"fence"`
}

// claim takes up to c.limit documents for a fresh holder and reads them back.
// It finds candidates by index, updates them in one conditional bulk by {shop,
// _id, state, fence}, then reads those with the new holder. Each document goes
// to one claimer only.
func claim[T any](ctx context.Context, s *Store, shop string, c claiming) (docs []T, holder string, err error) {
	candidates, err := s.candidates(ctx, shop, c)
	if err != nil || len(candidates) == 0 {
		return nil, "", err
	}
	holder = token()
	ops := make([]documents.Op, len(candidates))
	ids := make(bson.A, len(candidates))
	for i, d := range candidates {
		ids[i] = d.ID
		ops[i] = documents.UpdateOp(
			byID(shop, d.ID, bson.E{Key: "state", Value: d.State}, bson.E{Key: "fence", Value: d.Fence}),
			bson.D{set(bson.E{Key: "state", Value: c.claimed}, bson.E{Key: "claim", Value: holder},
				bson.E{Key: "fence", Value: d.Fence + 1}, bson.E{Key: "lease_until", Value: s.wall().Add(LeaseFor)})})
	}
	if _, _, err := s.docs.Bulk(ctx, c.coll, ops); err != nil {
		return nil, "", err
	}
	docs, err = find[T](ctx, s, c.coll,
		documents.Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, bson.E{Key: "claim", Value: holder})})
	return docs, holder, err
}

func (s *Store) candidates(ctx context.Context, shop string, c claiming) ([]candidate, error) {
	filter := of(shop, bson.E{Key: "state", Value: c.open})
	if !c.until.IsZero() {
		filter = append(filter, bson.E{Key: c.due, Value: bson.D{{Key: "$lte", Value: c.until}}})
	}
	fields := []string{"state", "fence"}
	list, err := find[candidate](ctx, s, c.coll, documents.Query{Filter: filter, Fields: fields, Sort: []string{c.due}, Limit: c.limit})
	if err != nil || len(list) >= c.limit {
		return list, err
	}
	left, err := find[candidate](ctx, s, c.coll, documents.Query{
		Filter: of(shop, bson.E{Key: "state", Value: c.claimed}, bson.E{Key: "lease_until", Value: bson.D{{Key: "$lt", Value: s.wall()}}}),
		Fields: fields, Sort: []string{"lease_until"}, Limit: c.limit - len(list),
	})
	return append(list, left...), err
}
