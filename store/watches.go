package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
)

// PutWatch stores a time trigger for a customer, unless one of the same cause
// is stored: that one may have been answered. One that waits longer than w, as
// under an older version, is brought forward.
func (s *Store) PutWatch(ctx context.Context, shop string, w campaigns.Watch) error {
	for {
		old, found, err := get[campaigns.Watch](ctx, s, colWatches, shop, w.ID)
		waits := w.DueAt.Before(old.DueAt)
		if err != nil || found && old.Cause == w.Cause && !waits {
			return err
		}
		w.Shop, w.Rev = shop, old.Rev+1
		if !found {
			inserted, err := s.docs.Insert(ctx, colWatches, w)
			if err != nil || inserted {
				return err
			}
			continue
		}
		w.Fence = old.Fence
		update, err := replacing(w, "due_at", "claim", "lease_until")
		if err != nil {
			return err
		}
		saved, err := s.docs.Update(ctx, colWatches, byID(shop, w.ID, bson.E{Key: "rev", Value: old.Rev}), update)
		if err != nil || saved {
			return err
		}
	}
}

// ClaimWatches takes up to limit time triggers that are due.
func (s *Store) ClaimWatches(ctx context.Context, shop string, paused []string, limit int) ([]campaigns.Watch, error) {
	return claimDue[campaigns.Watch](ctx, s, shop, colWatches, paused, limit)
}

// SaveWatch stores the outcome of a claimed watch. It saves nothing if the
// claim was lost or the watch moved meanwhile: the new holder decides.
func (s *Store) SaveWatch(ctx context.Context, shop string, w campaigns.Watch) error {
	claim, rev := w.Claim, w.Rev
	w.Claim, w.LeaseUntil, w.Rev = "", time.Time{}, rev+1
	update, err := replacing(w, "due_at", "claim", "lease_until", "heard_at", "outcome", "reason")
	if err != nil {
		return err
	}
	_, err = s.docs.Update(ctx, colWatches, byID(shop, w.ID, bson.E{Key: "rev", Value: rev}, bson.E{Key: "claim", Value: claim}), update)
	return err
}

// Watch reads one time trigger, or an event on hold; the zero value where there is
// none.
func (s *Store) Watch(ctx context.Context, shop, id string) (campaigns.Watch, error) {
	w, _, err := get[campaigns.Watch](ctx, s, colWatches, shop, id)
	return w, err
}
