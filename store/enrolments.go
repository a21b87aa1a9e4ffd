package store

import (
	"context"
	"slices"
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

// EnrolmentsByID reads enrolments; those that do not exist are left out.
func (s *Store) EnrolmentsByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Enrolment, error) {
	return byIDs(ctx, s, colEnrolments, shop, ids, func(e campaigns.Enrolment) string { return e.ID })
}

// SaveEnrolments stores decisions: a new enrolment unless its id exists, else by
// compare-and-set on its Rev and, when it was claimed, on its claim. The claim ends with
// it. Where results count something new of it (Recount), the same write marks it. saved is
// false when another process decided: read again. It may also be false of a saved one where
// another of the list was not saved.
func (s *Store) SaveEnrolments(ctx context.Context, shop string, list []campaigns.Enrolment) (saved []bool, err error) {
	ops := make([]documents.Op, len(list))
	for i, e := range list {
		if ops[i], err = s.saveOp(shop, e); err != nil {
			return nil, err
		}
	}
	totals, results, err := s.bulkResults(ctx, colEnrolments, ops)
	if err != nil {
		return nil, err
	}
	saved = make([]bool, len(list))
	all := totals.Inserted+totals.Matched == len(list)
	for i := range list {
		saved[i] = all || results[i].Inserted
	}
	return saved, nil
}

func (s *Store) saveOp(shop string, e campaigns.Enrolment) (documents.Op, error) {
	claim, rev := e.Claim, e.Rev
	e.Shop, e.Claim, e.LeaseUntil, e.Rev = shop, "", time.Time{}, rev+1
	if rev == 0 {
		return documents.InsertOp(struct {
			campaigns.Enrolment `bson:",inline"`
			Homes               []string `bson:"homes"` // see marked
		}{e, []string{e.Customer}}), nil
	}
	update, err := s.replacing(e, "due_at", "ended_at", "converted_at", "claim", "lease_until", "reason", "order", "checkout",
		"heard_at", "backfill", "sending", "took_at", "called", "late", "past", "past_open", "by_shop")
	filter := byID(shop, e.ID, bson.E{Key: "rev", Value: rev})
	if claim != "" {
		filter = append(filter, bson.E{Key: "claim", Value: claim})
	}
	if e.Recount {
		update = append(update, bson.E{Key: "$inc", Value: bson.D{{Key: "recount_rev", Value: int64(1)}}})
	}
	return documents.UpdateOp(filter, update), err
}

// Reacting lists the enrolments that may react to events of any of the orders, checkouts and
// customers.
func (s *Store) Reacting(ctx context.Context, shop string, orders, checkouts, customers []string) ([]campaigns.Enrolment, error) {
	open := bson.A{}
	for _, state := range campaigns.ReceivingStates() {
		open = append(open, string(state))
	}
	states := bson.E{Key: "$or", Value: bson.A{bson.D{{Key: "state", Value: bson.D{{Key: "$in", Value: open}}}},
		bson.D{{Key: "past_open", Value: true}}}}
	seen := map[string]bool{}
	var all []campaigns.Enrolment
	for field, ids := range map[string][]string{"order": orders, "checkout": checkouts, "customer": customers} {
		for chunk := range slices.Chunk(ids, inChunk) {
			list, err := find[campaigns.Enrolment](ctx, s, colEnrolments, documents.Query{Filter: of(shop, among(field, chunk), states)})
			if err != nil {
				return nil, err
			}
			for _, e := range list {
				if !seen[e.ID] {
					seen[e.ID] = true
					all = append(all, e)
				}
			}
		}
	}
	return all, nil
}

// Siblings lists the enrolments of any of the customers in any of the campaigns.
func (s *Store) Siblings(ctx context.Context, shop string, slugs, customers []string) (all []campaigns.Enrolment, err error) {
	for chunk := range slices.Chunk(customers, inChunk) {
		list, err := find[campaigns.Enrolment](ctx, s, colEnrolments,
			documents.Query{Filter: of(shop, among("customer", chunk), among("campaign", slugs))})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// Enrolments lists a campaign's enrolments, the newest first.
func (s *Store) Enrolments(ctx context.Context, shop, campaign string, after *documents.Cursor, limit int) ([]campaigns.Enrolment, error) {
	return find[campaigns.Enrolment](ctx, s, colEnrolments,
		documents.Query{Filter: of(shop, bson.E{Key: "campaign", Value: campaign}), Sort: []string{"-entered_at"}, After: after, Limit: limit})
}

// Running reports whether an enrolment still runs on a version of a campaign.
func (s *Store) Running(ctx context.Context, shop, campaign string, version int) (bool, error) {
	found, err := s.findIDs(ctx, colEnrolments, of(shop, bson.E{Key: "campaign", Value: campaign},
		bson.E{Key: "version", Value: version}, bson.E{Key: "state", Value: string(campaigns.Enrolled)}), 1)
	return len(found) > 0, err
}

// ClaimEnrolments takes up to limit due enrolments, except those of the paused
// campaigns.
func (s *Store) ClaimEnrolments(ctx context.Context, shop string, paused []string, limit int) ([]campaigns.Enrolment, error) {
	return claimDue[campaigns.Enrolment](ctx, s, shop, colEnrolments, paused, limit)
}
