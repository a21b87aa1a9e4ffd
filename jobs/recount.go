package jobs

import (
	"context"
	"slices"

	"comeback/commerce"
)

// Recount computes the profiles of customers whose records or orders changed.
type Recount struct {
	profiles profiles
	watcher  Watcher
}

type profiles interface {
	Dirty(ctx context.Context, shop string, limit int) ([]string, error)
	RecomputeMany(ctx context.Context, shop string, ids []string) (changed []commerce.Customer, err error)
}

// Watcher receives the changed profiles and updates their time triggers.
type Watcher interface {
	ProfilesChanged(ctx context.Context, shop string, list []commerce.Customer) error
}

// NewRecount makes the stage.
func NewRecount(profiles profiles, watcher Watcher) *Recount {
	return &Recount{profiles: profiles, watcher: watcher}
}

// Work recomputes one batch of profiles. Two workers may compute the same
// profile; the result of the later read is stored.
func (r *Recount) Work(ctx context.Context, shop string) (done int, err error) {
	ids, err := r.profiles.Dirty(ctx, shop, batchSize)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return len(ids), apart(ctx, ids, func(ctx context.Context, some []string) error {
		changed, err := r.profiles.RecomputeMany(ctx, shop, some)
		if err != nil {
			return err
		}
		changed = slices.DeleteFunc(changed, func(c commerce.Customer) bool { return c.MergedInto != "" })
		return r.watcher.ProfilesChanged(ctx, shop, changed)
	})
}
