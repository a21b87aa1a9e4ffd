package jobs

import (
	"context"
	"sync"
	"time"

	"comeback/campaigns"
)

// Migrate moves customers who are under way on old versions of a campaign to the version that a
// person activated, where that person asked for it. Each is moved by compare-and-set, so the work of
// a process that died is done again and changes nothing twice.
type Migrate struct {
	store migrations
	cache *CampaignCache
	now   func() time.Time

	mu    sync.Mutex
	pages map[string]passed // by shop, campaign and time of activation
}

// passed is how far a migration has passed the enrolments.
type passed struct {
	last campaigns.Enrolment // the last one that was looked at
	all  bool                // once; they are looked at again when the migration settles
}

type migrations interface {
	RunningOnOthers(
		ctx context.Context, shop, slug string, version int, after campaigns.Enrolment, limit int,
	) ([]campaigns.Enrolment, error)
	EnrolmentsByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Enrolment, error)
	SaveEnrolments(ctx context.Context, shop string, list []campaigns.Enrolment) (saved []bool, err error)
	EndMigration(ctx context.Context, shop, slug string, m campaigns.Migration) error
}

// NewMigrate makes the stage; now is the clock of due times.
func NewMigrate(store migrations, cache *CampaignCache, now func() time.Time) *Migrate {
	return &Migrate{store: store, cache: cache, now: now, pages: map[string]passed{}}
}

// Work looks at one batch of enrolments of each migration that is under way.
func (w *Migrate) Work(ctx context.Context, shop string) (done int, err error) {
	p, err := w.cache.Of(ctx, shop)
	if err != nil {
		return 0, err
	}
	for _, c := range p.Active {
		if c.Migration == nil {
			continue
		}
		n, err := w.page(ctx, shop, c)
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

// page moves one page of enrolments. The last page ends the migration once it settles; before, all
// are looked at again then.
func (w *Migrate) page(ctx context.Context, shop string, c *campaigns.Campaign) (done int, err error) {
	key := shop + " " + c.ID + " " + c.Migration.At.String()
	settles := !c.Migration.Settles().After(w.now())
	w.mu.Lock()
	before := w.pages[key]
	w.mu.Unlock()
	if before.all && !settles {
		return 0, nil
	}
	list, err := w.store.RunningOnOthers(ctx, shop, c.ID, c.Version, before.last, batchSize)
	if err == nil {
		err = w.move(ctx, shop, c, list)
	}
	ends := len(list) < batchSize && settles
	if err == nil && ends {
		err = w.store.EndMigration(ctx, shop, c.ID, *c.Migration)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil:
		return 0, err
	case ends:
		delete(w.pages, key)
		return len(list) + 1, nil
	case len(list) < batchSize:
		w.pages[key] = passed{all: true}
	default:
		w.pages[key] = passed{last: list[len(list)-1]}
	}
	return len(list), nil
}

// move moves enrolments. It starts over with those that another worker decided meanwhile.
func (w *Migrate) move(ctx context.Context, shop string, c *campaigns.Campaign, list []campaigns.Enrolment) error {
	for len(list) > 0 {
		var moved []campaigns.Enrolment
		for _, e := range list {
			if next, moves := c.Migration.Move(c, unclaimed(e), w.now()); moves {
				moved = append(moved, next)
			}
		}
		if len(moved) == 0 {
			return nil
		}
		saved, err := w.store.SaveEnrolments(ctx, shop, moved)
		if err != nil {
			return err
		}
		var lost []string
		for i, e := range moved {
			if !saved[i] {
				lost = append(lost, e.ID)
			}
		}
		known, err := w.store.EnrolmentsByID(ctx, shop, lost)
		if err != nil {
			return err
		}
		list = list[:0]
		for _, e := range known {
			list = append(list, e)
		}
	}
	return nil
}
