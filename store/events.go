package store

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// addEvents stores events that are not stored yet. For a repeated event it
// updates the time, and the event is handled again. rev, the revision of its
// order, stops a slow process from overwriting a later time. An event that was
// live once stays live. An event so old that it would be deleted is left out: it may
// have been handled before it was.
func (s *Store) addEvents(ctx context.Context, shop string, events []commerce.Event, repeated []string, rev int64) error {
	ops := make([]documents.Op, 0, len(events))
	before, limited := s.over(s.retention.Events)
	for _, e := range events {
		if limited && e.At.Before(before) {
			continue
		}
		fresh := bson.D{
			{Key: "kind", Value: string(e.Kind)}, {Key: "subject", Value: e.Subject}, {Key: "cause", Value: e.Cause}, {Key: "at", Value: e.At},
			{Key: "state", Value: string(commerce.Unhandled)}, {Key: "fence", Value: int64(0)}, {Key: "telling", Value: rev},
		}
		if e.Customer != "" {
			fresh = append(fresh, bson.E{Key: "customer", Value: e.Customer})
		}
		if len(e.Properties) > 0 {
			fresh = append(fresh, bson.E{Key: "properties", Value: e.Properties})
		}
		if e.Historic {
			fresh = append(fresh, bson.E{Key: "historic", Value: true})
		}
		ops = append(ops, documents.UpsertOp(shop, e.ID, bson.D{{Key: "$setOnInsert", Value: fresh}}))
		if slices.Contains(repeated, e.ID) {
			ops = append(ops, repeat(shop, e, rev))
		}
	}
	return s.bulk(ctx, colEvents, ops)
}

func repeat(shop string, e commerce.Event, rev int64) documents.Op {
	gone := bson.D{{Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}}
	if !e.Historic {
		gone = append(gone, bson.E{Key: "historic", Value: ""})
	}
	older := byID(shop, e.ID, bson.E{Key: "telling", Value: bson.D{{Key: "$lt", Value: rev}}})
	return documents.UpdateOp(older, bson.D{
		set(bson.E{Key: "at", Value: e.At}, bson.E{Key: "state", Value: string(commerce.Unhandled)}, bson.E{Key: "telling", Value: rev}),
		{Key: "$unset", Value: gone},
	})
}

// ClaimEvents takes up to limit unhandled events, the oldest first.
func (s *Store) ClaimEvents(ctx context.Context, shop string, limit int) ([]commerce.Event, error) {
	return claim[commerce.Event](ctx, s, shop, claiming{
		coll: colEvents, open: string(commerce.Unhandled), claimed: string(commerce.Handling), due: "at", limit: limit,
		same: []string{"telling"},
	})
}

// HandledEvents marks claimed events handled, once their effects are stored. A
// lost claim marks nothing.
func (s *Store) HandledEvents(ctx context.Context, shop string, events []commerce.Event, at time.Time) error {
	handled := bson.D{
		set(bson.E{Key: "state", Value: string(commerce.Handled)}, bson.E{Key: "handled_at", Value: at}),
		{Key: "$unset", Value: bson.D{{Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}}},
	}
	ops := make([]documents.Op, len(events))
	for i, e := range events {
		ops[i] = documents.UpdateOp(byID(shop, e.ID, bson.E{Key: "claim", Value: e.Holder}, bson.E{Key: "fence", Value: e.Fence}), handled)
	}
	return s.bulk(ctx, colEvents, ops)
}

// EventsOf lists the events of one order or checkout, oldest first.
func (s *Store) EventsOf(ctx context.Context, shop, subject string) ([]commerce.Event, error) {
	return find[commerce.Event](ctx, s, colEvents,
		documents.Query{Filter: of(shop, bson.E{Key: "subject", Value: subject}), Sort: []string{"at"}})
}

// EventsByID reads events by their ids. Those that do not exist are left out.
func (s *Store) EventsByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Event, error) {
	return byIDs(ctx, s, colEvents, shop, ids, func(e commerce.Event) string { return e.ID })
}

// CustomersEvents lists events of some kinds of many customers, after a time, in no order.
func (s *Store) CustomersEvents(
	ctx context.Context, shop string, customers []string, kinds []commerce.EventKind, after time.Time,
) (list []commerce.Event, err error) {
	wanted := bson.A{}
	for _, k := range kinds {
		wanted = append(wanted, string(k))
	}
	for chunk := range slices.Chunk(customers, inChunk) {
		found, err := find[commerce.Event](ctx, s, colEvents, documents.Query{
			Filter: of(shop, among("customer", chunk), bson.E{Key: "at", Value: bson.D{{Key: "$gt", Value: after}}},
				bson.E{Key: "kind", Value: bson.D{{Key: "$in", Value: wanted}}}),
		})
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// LatestEvents lists events of some kinds of some customers, the latest first, at most
// limit.
func (s *Store) LatestEvents(
	ctx context.Context, shop string, customers []string, kinds []commerce.EventKind, limit int,
) (list []commerce.Event, err error) {
	wanted := bson.A{}
	for _, k := range kinds {
		wanted = append(wanted, string(k))
	}
	for _, customer := range customers { // a customer and its aliases
		found, err := find[commerce.Event](ctx, s, colEvents, documents.Query{
			Filter: of(shop, bson.E{Key: "customer", Value: customer}, bson.E{Key: "kind", Value: bson.D{{Key: "$in", Value: wanted}}}),
			Sort:   []string{"-at"}, Limit: limit,
		})
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	slices.SortStableFunc(list, func(a, b commerce.Event) int { return b.At.Compare(a.At) })
	return list[:min(len(list), limit)], nil
}

// CustomerEvents lists a customer's events after a time, oldest first, at most limit.
func (s *Store) CustomerEvents(ctx context.Context, shop, customer string, after time.Time, limit int) ([]commerce.Event, error) {
	return find[commerce.Event](ctx, s, colEvents, documents.Query{
		Filter: of(shop, bson.E{Key: "customer", Value: customer}, bson.E{Key: "at", Value: bson.D{{Key: "$gt", Value: after}}}),
		Sort:   []string{"at"}, Limit: limit,
	})
}
