package store

import (
	"bytes"
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/store/documents"
)

// claiming is how documents of one collection are claimed: those in state open
// by order of due, and those in state claimed whose lease ran out. A document whose same
// fields have changed since it was found is left to the next claim.
type claiming struct {
	coll          string
	open, claimed string
	due           string
	same          []string
	limit         int
}

// claim takes up to c.limit documents for a fresh holder.
func claim[T any](ctx context.Context, s *Store, shop string, c claiming) (docs []T, err error) {
	c.same = append([]string{"state", "fence"}, c.same...)
	found, err := s.claimable(ctx, shop, c)
	if err != nil {
		return nil, err
	}
	return take[T](ctx, s, shop, c.coll, found, c.same, bson.D{set(bson.E{Key: "state", Value: c.claimed})})
}

func (s *Store) claimable(ctx context.Context, shop string, c claiming) ([]bson.Raw, error) {
	found, err := s.findRaw(ctx, c.coll, documents.Query{
		Filter: of(shop, bson.E{Key: "state", Value: c.open}), Sort: []string{c.due}, Limit: c.limit,
	})
	if err != nil || len(found) >= c.limit {
		return found, err
	}
	left, err := s.findRaw(ctx, c.coll, documents.Query{
		Filter: of(shop, bson.E{Key: "state", Value: c.claimed}, bson.E{Key: "lease_until", Value: bson.D{{Key: "$lt", Value: s.wall()}}}),
		Sort:   []string{"lease_until"}, Limit: c.limit - len(found),
	})
	return append(found, left...), err
}

// claimDue takes documents that are due by due_at and not leased.
func claimDue[T any](ctx context.Context, s *Store, shop, coll string, paused []string, limit int) ([]T, error) {
	running, err := s.running(ctx, shop, paused)
	if err != nil {
		return nil, err
	}
	same := []string{"fence", "rev"}
	found, err := s.findRaw(ctx, coll, documents.Query{Filter: append(s.unleased(shop), running...), Sort: []string{"due_at"}, Limit: limit})
	if err != nil {
		return nil, err
	}
	return take[T](ctx, s, shop, coll, found, same, bson.D{{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}}})
}

// unleased selects the documents that are due and that no worker has.
func (s *Store) unleased(shop string) bson.D {
	return of(shop, bson.E{Key: "due_at", Value: bson.D{{Key: "$lte", Value: s.now()}}}, bson.E{Key: "$or", Value: bson.A{
		bson.D{{Key: "lease_until", Value: bson.D{{Key: "$exists", Value: false}}}},
		bson.D{{Key: "lease_until", Value: bson.D{{Key: "$lt", Value: s.wall()}}}},
	}})
}

func (s *Store) findRaw(ctx context.Context, coll string, q documents.Query) (list []bson.Raw, err error) {
	err = s.docs.Find(ctx, coll, q, func(raw bson.Raw) error {
		list = append(list, bytes.Clone(raw))
		return nil
	})
	return list, err
}

// take claims found documents for a fresh holder, with what more says. It updates them in one
// bulk, each only if its same fields are as they were found. So each document goes to one
// claimer only. If all were updated, they are what the update made of the found ones; else
// those with the new holder are read.
func take[T any](ctx context.Context, s *Store, shop, coll string, found []bson.Raw, same []string, more bson.D) ([]T, error) {
	if len(found) == 0 {
		return nil, nil
	}
	holder, until := token(), s.wall().Add(LeaseFor)
	ids, ops, update := make([]string, len(found)), make([]documents.Op, len(found)), withClaim(more, holder, until)
	for i, raw := range found {
		ids[i] = raw.Lookup("_id").StringValue()
		ops[i] = documents.UpdateOp(byID(shop, ids[i], unchanged(raw, same)...), update)
	}
	totals, err := s.bulkTotals(ctx, coll, ops)
	if err != nil {
		return nil, err
	}
	if totals.Matched < len(ops) {
		return find[T](ctx, s, coll, documents.Query{Filter: of(shop, among("_id", ids), bson.E{Key: "claim", Value: holder})})
	}
	change, err := s.docs.Codec().CheckUpdate(update)
	if err != nil {
		return nil, err
	}
	docs := make([]T, len(found))
	for i, raw := range found {
		taken, err := change.Apply(raw, false)
		if err != nil {
			return nil, err
		}
		if err := s.docs.Codec().Unmarshal(taken, &docs[i]); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// withClaim is the update that claims a document.
func withClaim(more bson.D, holder string, until time.Time) bson.D {
	fields := bson.D{{Key: "claim", Value: holder}, {Key: "lease_until", Value: until}}
	counts, others := bson.D{{Key: "fence", Value: int64(1)}}, bson.D{}
	for _, e := range more {
		switch e.Key {
		case "$set":
			fields = append(fields, e.Value.(bson.D)...)
		case "$inc":
			counts = append(counts, e.Value.(bson.D)...)
		default:
			others = append(others, e)
		}
	}
	return append(bson.D{{Key: "$set", Value: fields}, {Key: "$inc", Value: counts}}, others...)
}

// unchanged tests that fields are as in raw.
func unchanged(raw bson.Raw, fields []string) []bson.E {
	tests := make([]bson.E, len(fields))
	for i, f := range fields {
		if v, err := raw.LookupErr(f); err != nil {
			tests[i] = absent(f)
		} else {
			tests[i] = bson.E{Key: f, Value: v}
		}
	}
	return tests
}
