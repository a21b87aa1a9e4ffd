package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store/documents"
)

// PutWatches stores time triggers, unless one of the same cause is stored: that one may have
// been answered. One that waits longer, as under an older version, is brought forward. Where
// the cause was answered and the next one is waited for, the one after it is stored. A watch
// that is Late only brings one forward. A customer and campaign is named once. It needs one read and one bulk, and both again where
// another process writes one of them.
func (s *Store) PutWatches(ctx context.Context, shop string, list []campaigns.Watch) error {
	ids := make([]string, len(list))
	for i, w := range list {
		ids[i] = w.ID
	}
	for {
		known, err := byIDs(ctx, s, colWatches, shop, ids, func(w campaigns.Watch) string { return w.ID })
		if err != nil {
			return err
		}
		ops, err := s.watchOps(shop, list, known)
		if err != nil {
			return err
		}
		totals, err := s.bulkTotals(ctx, colWatches, ops)
		if err != nil || totals.Inserted+totals.Matched == len(ops) {
			return err
		}
	}
}

func (s *Store) watchOps(shop string, list []campaigns.Watch, known map[string]campaigns.Watch) (ops []documents.Op, err error) {
	for _, w := range list {
		old, found := known[w.ID]
		if found && w.Next != nil && old.Decided == w.Cause {
			w = *w.Next
		}
		answered := found && old.Decided == w.Cause && w.Cause != ""
		if answered || found && old.Cause == w.Cause && !w.DueAt.Before(old.DueAt) || w.Late && old.Cause != w.Cause {
			continue
		}
		w.Decided, w.Outcome, w.Reason = old.Decided, old.Outcome, old.Reason
		if w.Shop, w.Rev = shop, old.Rev+1; !found {
			ops = append(ops, documents.InsertOp(w))
			continue
		}
		w.Fence = old.Fence
		update, err := s.replacing(w, "due_at", "claim", "lease_until", "decided", "outcome", "reason")
		if err != nil {
			return nil, err
		}
		ops = append(ops, documents.UpdateOp(byID(shop, w.ID, bson.E{Key: "rev", Value: old.Rev}), update))
	}
	return ops, nil
}

// ClaimWatches takes up to limit time triggers that are due.
func (s *Store) ClaimWatches(ctx context.Context, shop string, paused []string, limit int) ([]campaigns.Watch, error) {
	return claimDue[campaigns.Watch](ctx, s, shop, colWatches, paused, limit)
}

// SaveWatches stores the outcomes of claimed watches. It saves nothing of one whose claim
// was lost or that moved meanwhile: the new holder decides.
func (s *Store) SaveWatches(ctx context.Context, shop string, list []campaigns.Watch) error {
	ops := make([]documents.Op, len(list))
	for i, w := range list {
		claim, rev := w.Claim, w.Rev
		w.Claim, w.LeaseUntil, w.Rev = "", time.Time{}, rev+1
		update, err := s.replacing(w, "due_at", "claim", "lease_until", "heard_at", "decided", "outcome", "reason")
		if err != nil {
			return err
		}
		ops[i] = documents.UpdateOp(byID(shop, w.ID, bson.E{Key: "rev", Value: rev}, bson.E{Key: "claim", Value: claim}), update)
	}
	return s.bulk(ctx, colWatches, ops)
}

// Watch reads one time trigger, or an event on hold; the zero value where there is
// none.
func (s *Store) Watch(ctx context.Context, shop, id string) (campaigns.Watch, error) {
	w, _, err := get[campaigns.Watch](ctx, s, colWatches, shop, id)
	return w, err
}
