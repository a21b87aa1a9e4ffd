package jobs

import (
	"context"

	"comeback/commerce"
)

// Recount computes the profiles of customers whose records or orders changed.
type Recount struct {
	profiles profiles
	watcher  Watcher
}

type profiles interface {
	Dirty(ctx context.Context, shop string, limit int) ([]string, error)
	Recompute(ctx context.Context, shop, id string) (c commerce.Customer, changed bool, err error)
	RecomputeMany(ctx context.Context, shop string, ids []string) (changed []commerce.Customer, err error)
}

// Watcher receives every changed profile and updates its time triggers.
type Watcher interface {
	ProfileChanged(ctx context.Context, shop string, c commerce.Customer) error
}

// NewRecount makes the stage.
func NewRecount(profiles profiles, watcher Watcher) *Recount {
	return &Recount{profiles: profiles, watcher: watcher}
}

// Work recomputes one batch of profiles. Two workers may compute the same
// profile; the result of the later read is stored.
func (r *Recount) Work(ctx context.Context, shop string) (done int, err error) {
	ids, err := r.profiles.Dirty(ctx, shop, 256)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	changed, err := r.profiles.RecomputeMany(ctx, shop, ids)
	if err != nil { // about one of them, it may be: the others go on
		return len(ids), r.oneByOne(ctx, shop, ids)
	}
	return len(ids), each(ctx, changed, func(ctx context.Context, c commerce.Customer) error { return r.watch(ctx, shop, c) })
}

func (r *Recount) oneByOne(ctx context.Context, shop string, ids []string) error {
	return each(ctx, ids, func(ctx context.Context, id string) error {
		c, changed, err := r.profiles.Recompute(ctx, shop, id)
		if err != nil || !changed {
			return err
		}
		return r.watch(ctx, shop, c)
	})
}

func (r *Recount) watch(ctx context.Context, shop string, c commerce.Customer) error {
	if c.MergedInto != "" {
		return nil
	}
	return r.watcher.ProfileChanged(ctx, shop, c)
}
