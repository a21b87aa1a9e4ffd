package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store/documents"
)

// Enrolment reads one enrolment; the zero value when there is none.
func (s *Store) Enrolment(ctx context.Context, shop, id string) (campaigns.Enrolment, error) {
	e, _, err := get[campaigns.Enrolment](ctx, s, colEnrolments, shop, id)
	return e, err
}

// SaveEnrolment stores a decision: a new enrolment unless its id exists, else
// by compare-and-set on e.Rev and, when it was claimed, on its claim. The claim
// ends with it. saved is false when another process decided: read again. If
// results count something new of it (e.Recount), the same write marks it.
func (s *Store) SaveEnrolment(ctx context.Context, shop string, e campaigns.Enrolment) (saved bool, err error) {
	claim := e.Claim
	rev := e.Rev
	e.Shop, e.Claim, e.LeaseUntil, e.Rev = shop, "", time.Time{}, rev+1
	if rev == 0 {
		return s.docs.Insert(ctx, colEnrolments, struct {
			campaigns.Enrolment `bson:",inline"`
			Homes               []string `bson:"homes"` // see marked
		}{e, []string{e.Customer}})
	}
	update, err := replacing(e, "due_at", "ended_at", "converted_at", "claim", "lease_until", "reason", "order", "checkout",
		"heard_at", "backfill", "sending", "took_at", "late", "past", "past_open")
	if err != nil {
		return false, err
	}
	filter := byID(shop, e.ID, bson.E{Key: "rev", Value: rev})
	if claim != "" {
		filter = append(filter, bson.E{Key: "claim", Value: claim})
	}
	if e.Recount {
		update = append(update, bson.E{Key: "$inc", Value: bson.D{{Key: "recount_rev", Value: int64(1)}}})
	}
	return s.docs.Update(ctx, colEnrolments, filter, update)
}

// Reacting lists the enrolments that may react to events of an order (or
// checkout) or of its customers.
func (s *Store) Reacting(ctx context.Context, shop, order string, customers []string) ([]campaigns.Enrolment, error) {
	open := bson.A{}
	for _, state := range campaigns.ReceivingStates() {
		open = append(open, string(state))
	}
	states := bson.E{Key: "$or", Value: bson.A{bson.D{{Key: "state", Value: bson.D{{Key: "$in", Value: open}}}},
		bson.D{{Key: "past_open", Value: true}}}}
	choices := bson.A{bson.D{{Key: "order", Value: order}}, bson.D{{Key: "checkout", Value: order}}}
	seen := map[string]bool{}
	var all []campaigns.Enrolment
	collect := func(filter bson.D) error {
		list, err := find[campaigns.Enrolment](ctx, s, colEnrolments, documents.Query{Filter: filter})
		for _, e := range list {
			if !seen[e.ID] {
				seen[e.ID] = true
				all = append(all, e)
			}
		}
		return err
	}
	for _, w := range choices {
		if err := collect(append(of(shop, states), w.(bson.D)...)); err != nil {
			return nil, err
		}
	}
	if len(customers) > 0 {
		if err := collect(of(shop, bson.E{Key: "customer", Value: bson.D{{Key: "$in", Value: stringsOf(customers)}}}, states)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Siblings lists a campaign's enrolments of any of the customers.
func (s *Store) Siblings(ctx context.Context, shop, campaign string, customers []string) ([]campaigns.Enrolment, error) {
	return find[campaigns.Enrolment](ctx, s, colEnrolments, documents.Query{
		Filter: of(shop, bson.E{Key: "customer", Value: bson.D{{Key: "$in", Value: stringsOf(customers)}}},
			bson.E{Key: "campaign", Value: campaign}),
	})
}

// Enrolments lists a campaign's enrolments, the newest first.
func (s *Store) Enrolments(ctx context.Context, shop, campaign string, after *documents.Cursor, limit int) ([]campaigns.Enrolment, error) {
	return find[campaigns.Enrolment](ctx, s, colEnrolments,
		documents.Query{Filter: of(shop, bson.E{Key: "campaign", Value: campaign}), Sort: []string{"-entered_at"}, After: after, Limit: limit})
}

// ClaimEnrolments takes up to limit due enrolments, except those of the paused
// campaigns.
func (s *Store) ClaimEnrolments(ctx context.Context, shop string, paused []string, limit int) ([]campaigns.Enrolment, error) {
	return claimDue[campaigns.Enrolment](ctx, s, shop, colEnrolments, paused, limit)
}

// claimDue takes documents that are due by due_at and not leased, by a
// conditional update on their fence.
func claimDue[T any](ctx context.Context, s *Store, shop, coll string, paused []string, limit int) ([]T, error) {
	running, err := s.running(ctx, shop, paused)
	if err != nil {
		return nil, err
	}
	list, err := find[candidate](ctx, s, coll,
		documents.Query{Filter: append(s.unleased(shop), running...), Fields: []string{"fence"}, Sort: []string{"due_at"}, Limit: limit})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	holder := token()
	ids, ops := make(bson.A, len(list)), make([]documents.Op, len(list))
	for i, d := range list {
		ids[i] = d.ID
		ops[i] = documents.UpdateOp(byID(shop, d.ID, bson.E{Key: "fence", Value: d.Fence}), bson.D{
			set(bson.E{Key: "claim", Value: holder}, bson.E{Key: "fence", Value: d.Fence + 1},
				bson.E{Key: "lease_until", Value: s.wall().Add(LeaseFor)}),
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
		})
	}
	if err := s.bulk(ctx, coll, ops); err != nil {
		return nil, err
	}
	return find[T](ctx, s, coll,
		documents.Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, bson.E{Key: "claim", Value: holder})})
}

// unleased selects the documents that are due and that no worker has.
func (s *Store) unleased(shop string) bson.D {
	return of(shop, bson.E{Key: "due_at", Value: bson.D{{Key: "$lte", Value: s.now()}}}, bson.E{Key: "$or", Value: bson.A{
		bson.D{{Key: "lease_until", Value: bson.D{{Key: "$exists", Value: false}}}},
		bson.D{{Key: "lease_until", Value: bson.D{{Key: "$lt", Value: s.wall()}}}},
	}})
}
