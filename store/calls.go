package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store/documents"
)

// PlanCalls stores calls that are not stored yet. A stored one was planned before: that is success.
func (s *Store) PlanCalls(ctx context.Context, shop string, list []campaigns.Call) error {
	docs := make([]any, len(list))
	for i, k := range list {
		k.Shop, k.Rev = shop, 1
		docs[i] = k
	}
	if len(docs) == 0 {
		return nil
	}
	_, err := s.docs.InsertMany(ctx, colCalls, docs)
	return err
}

// CallsByID reads calls; those that do not exist are left out.
func (s *Store) CallsByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Call, error) {
	return byIDs(ctx, s, colCalls, shop, ids, func(k campaigns.Call) string { return k.ID })
}

// ClaimCalls takes up to limit calls that are due, except those of the paused campaigns. Of a call
// that has ended, only the enrolment does not know yet.
func (s *Store) ClaimCalls(ctx context.Context, shop string, paused []string, limit int) ([]campaigns.Call, error) {
	return claimDue[campaigns.Call](ctx, s, shop, colCalls, paused, limit)
}

// NoteCalls stores what became of claimed calls, under their claims. The claim of one that has ended
// and is still due stays.
func (s *Store) NoteCalls(ctx context.Context, shop string, list []campaigns.Call) error {
	ops := make([]documents.Op, len(list))
	for i, k := range list {
		filter := byID(shop, k.ID, bson.E{Key: "claim", Value: k.Claim}, bson.E{Key: "fence", Value: k.Fence})
		k.Shop, k.Rev = shop, k.Rev+1
		if !k.Ended() || k.DueAt.IsZero() {
			k.Claim, k.LeaseUntil = "", time.Time{}
		}
		update, err := s.replacing(k, "reason", "status", "due_at", "tried_at", "ended_at", "claim", "lease_until")
		if err != nil {
			return err
		}
		ops[i] = documents.UpdateOp(filter, update)
	}
	return s.bulk(ctx, colCalls, ops)
}

// WakeEnrolments makes enrolments due at once that wait at these steps. A worker that has claimed one
// has decided on older facts: its decision is not stored.
func (s *Store) WakeEnrolments(ctx context.Context, shop string, list []campaigns.Wake) error {
	ops := make([]documents.Op, len(list))
	for i, w := range list {
		waits := byID(shop, w.Enrolment, bson.E{Key: "state", Value: string(campaigns.Enrolled)},
			bson.E{Key: "entry", Value: w.Entry}, bson.E{Key: "called", Value: w.Step})
		ops[i] = documents.UpdateOp(waits, bson.D{
			set(bson.E{Key: "due_at", Value: s.now()}),
			{Key: "$unset", Value: bson.D{{Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}}},
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
		})
	}
	return s.bulk(ctx, colEnrolments, ops)
}

// CancelCalls ends the calls of entries that nobody is making.
func (s *Store) CancelCalls(ctx context.Context, shop string, list []campaigns.Cancel) error {
	enrolments := make([]string, len(list))
	for i, c := range list {
		enrolments[i] = c.Enrolment
	}
	open := bson.E{Key: "state", Value: string(campaigns.CallPlanned)}
	var ops []documents.Op
	for chunk := range slices.Chunk(distinct(enrolments), inChunk) {
		found, err := find[campaigns.Call](ctx, s, colCalls, documents.Query{
			Filter: of(shop, among("enrolment", chunk), open), Fields: []string{"enrolment", "entry", "rev", "lease_until"},
		})
		if err != nil {
			return err
		}
		for _, k := range found {
			i := slices.IndexFunc(list, func(c campaigns.Cancel) bool { return c.Enrolment == k.Enrolment && c.Entry == k.Entry })
			if i < 0 || k.LeaseUntil.After(s.wall()) { // who makes it asks the enrolment before the next attempt
				continue
			}
			ops = append(ops, documents.UpdateOp(byID(shop, k.ID, open, bson.E{Key: "rev", Value: k.Rev}), s.cancelledCall(list[i].Reason)))
		}
	}
	return s.bulk(ctx, colCalls, ops)
}

func (s *Store) cancelledCall(why string) bson.D {
	return bson.D{
		set(bson.E{Key: "state", Value: string(campaigns.CallCancelled)}, bson.E{Key: "reason", Value: why},
			bson.E{Key: "ended_at", Value: s.now()}),
		{Key: "$unset", Value: bson.D{{Key: "due_at", Value: ""}, {Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}}},
		{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
	}
}

// MailedNotices counts the notifications that were mailed since a time, up to limit.
func (s *Store) MailedNotices(ctx context.Context, shop string, since time.Time, limit int) (int, error) {
	found, err := s.findIDs(ctx, colCalls, of(shop, bson.E{Key: "kind", Value: string(campaigns.CallMail)},
		bson.E{Key: "state", Value: string(campaigns.CallDone)}, bson.E{Key: "ended_at", Value: bson.D{{Key: "$gt", Value: since}}}), limit)
	return len(found), err
}

// EnrolmentCalls lists the calls of an enrolment, in the order in which they were planned.
func (s *Store) EnrolmentCalls(ctx context.Context, shop, enrolment string) ([]campaigns.Call, error) {
	list, err := find[campaigns.Call](ctx, s, colCalls, documents.Query{Filter: of(shop, bson.E{Key: "enrolment", Value: enrolment})})
	slices.SortFunc(list, func(a, b campaigns.Call) int {
		return cmp.Or(a.PlannedAt.Compare(b.PlannedAt), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

// ListCalls lists the calls of a campaign in a state ("": any), the newest first.
func (s *Store) ListCalls(
	ctx context.Context, shop, campaign string, state campaigns.CallState, after string, limit int,
) (list []campaigns.Call, next string, err error) {
	filter := of(shop, bson.E{Key: "campaign", Value: campaign})
	if state != "" {
		filter = append(filter, bson.E{Key: "state", Value: string(state)})
	}
	sort := []string{"-planned_at"}
	return listPage(sort, after, limit, func(c *documents.Cursor, n int) ([]campaigns.Call, error) {
		return find[campaigns.Call](ctx, s, colCalls, documents.Query{Filter: filter, Sort: sort, After: c, Limit: n})
	})
}

// callsFor is how long calls that have ended are stored.
const callsFor = 30 * 24 * time.Hour

// removeCalls deletes up to limit calls that ended long ago.
func (s *Store) removeCalls(ctx context.Context, shop string, limit int) (int, error) {
	over := bson.E{Key: "ended_at", Value: bson.D{{Key: "$lt", Value: s.now().Add(-callsFor)}}}
	list, err := find[candidate](ctx, s, colCalls, documents.Query{
		Filter: of(shop, over, absent("due_at")), Fields: []string{"state"}, Sort: []string{"ended_at"}, Limit: limit,
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	ops := make([]documents.Op, len(list))
	for i, k := range list {
		ops[i] = documents.DeleteIfOp(byID(shop, k.ID, over, absent("due_at")))
	}
	totals, err := s.bulkTotals(ctx, colCalls, ops)
	return totals.Deleted, err
}
