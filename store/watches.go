package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
)

// PutWatch keeps a time trigger for a customer, unless one of the same cause
// is kept already: that one may have been answered. One that waits for longer
// than w, as under an older version, is brought forward.
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
func (s *Store) ClaimWatches(ctx context.Context, shop string, held []string, limit int) ([]campaigns.Watch, error) {
	return claimDue[campaigns.Watch](ctx, s, shop, colWatches, held, limit)
}

// SaveWatch stores what became of a claimed watch. A claim that was lost, or a
// watch that moved meanwhile, saves nothing: who holds it decides.
func (s *Store) SaveWatch(ctx context.Context, shop string, w campaigns.Watch) error {
	held, rev := w.Claim, w.Rev
	w.Claim, w.LeaseUntil, w.Rev = "", time.Time{}, rev+1
	update, err := replacing(w, "due_at", "claim", "lease_until", "heard_at", "outcome", "reason")
	if err != nil {
		return err
	}
	_, err = s.docs.Update(ctx, colWatches, byID(shop, w.ID, bson.E{Key: "rev", Value: rev}, bson.E{Key: "claim", Value: held}), update)
	return err
}

// Watch reads one time trigger or held cause; the zero value where there is none.
func (s *Store) Watch(ctx context.Context, shop, id string) (campaigns.Watch, error) {
	w, _, err := get[campaigns.Watch](ctx, s, colWatches, shop, id)
	return w, err
}
