package jobs

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/commerce"
)

// A shop is swept at the latest after sweepEvery, because conditions depend on the
// time. After a change of customers or segments it is swept as soon as sweepAfter
// has passed since the last sweep. It rests restTimes as long as its evaluation
// took, so evaluation takes at most a tenth of the machine. Work done once, such
// as building the index after a start, does not lengthen the rest. A failed sweep
// is tried again after sweepFailed.
const (
	sweepEvery  = time.Minute
	sweepAfter  = 2 * time.Second
	sweepFailed = 15 * time.Second
	restTimes   = 9

	reconcileEvery = 24 * time.Hour

	listEvery   = 5 * time.Second
	sweeping    = "sweep" // the name of the lease
	sweptAtOnce = 2       // shops: a sweep uses all processors by itself
)

// Run sweeps the shops whose lease this process has, and takes the leases that no
// process has, until ctx ends. Then it releases them.
func (s *Segments) Run(ctx context.Context) error {
	var shops []commerce.Shop
	var listed time.Time
	every(ctx, time.Second, func(ctx context.Context) {
		if s.wall().Sub(listed) >= listEvery {
			list, err := s.list(ctx)
			if err != nil {
				s.warn(ctx, "", err)
				return
			}
			shops, listed = list, s.wall()
		}
		var group errgroup.Group
		group.SetLimit(sweptAtOnce)
		for _, shop := range shops {
			group.Go(func() error {
				s.serve(ctx, shop)
				return nil
			})
		}
		_ = group.Wait()
	})
	s.releaseAll(context.WithoutCancel(ctx))
	return nil
}

// list returns all shops, and forgets what is known of deleted ones.
func (s *Segments) list(ctx context.Context) ([]commerce.Shop, error) {
	var shops []commerce.Shop
	err := s.shops.EachShop(ctx, func(shop commerce.Shop) error {
		shops = append(shops, shop)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.duties {
		if !slices.ContainsFunc(shops, func(shop commerce.Shop) bool { return shop.ID == id }) {
			delete(s.duties, id)
		}
	}
	return shops, nil
}

// serve sweeps and reconciles a shop where that is due.
func (s *Segments) serve(ctx context.Context, shop commerce.Shop) {
	d := s.duty(shop.ID)
	due, err := s.due(ctx, d, shop)
	if err != nil {
		s.warn(ctx, shop.ID, err)
	}
	if !due {
		return
	}
	renew := func(ctx context.Context) bool { return s.renew(ctx, shop.ID) }
	_ = underLease(ctx, renew, func(ctx context.Context) error {
		if _, err := s.Sweep(ctx, shop.ID); err != nil {
			s.warn(ctx, shop.ID, err)
		}
		if err := s.reconcile(ctx, d, shop.ID); err != nil {
			s.warn(ctx, shop.ID, err)
		}
		return nil
	})
}

// reconcile compares the shop's index with all stored customers once a day, for
// the first time one day after the first sweep, which built the index.
func (s *Segments) reconcile(ctx context.Context, d *duty, shop string) error {
	d.mu.Lock()
	age := s.wall().Sub(d.whole)
	first := d.whole.IsZero()
	if first || age >= reconcileEvery {
		d.whole = s.wall()
	}
	d.mu.Unlock()
	if first || age < reconcileEvery {
		return nil
	}
	differences, err := s.indexes.Reconcile(ctx, shop)
	if differences > 0 {
		s.log.Warn("customers differed from their index, which is corrected", "shop", shop, "customers", differences)
	}
	return err
}

// due reports whether this process must sweep the shop now. A shop without segments
// in use is only scored, and needs no lease.
func (s *Segments) due(ctx context.Context, d *duty, shop commerce.Shop) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := s.readInUse(ctx, d, shop); err != nil {
		return false, err
	}
	age := s.wall().Sub(d.at)
	late := age < 0 || age >= sweepEvery || d.failed && age >= sweepFailed
	if !d.inUse {
		return late, nil
	}
	if ours, err := s.acquire(ctx, d, shop.ID); err != nil || !ours {
		return false, err
	}
	if late || d.failed || age < max(sweepAfter, restTimes*d.cost) {
		return late, nil
	}
	return s.changed(ctx, d, shop.ID)
}

// readInUse reads whether the shop has segments in use, once for each SegmentsRev.
func (s *Segments) readInUse(ctx context.Context, d *duty, shop commerce.Shop) error {
	if d.looked && d.rev == shop.SegmentsRev {
		return nil
	}
	kept, _, err := s.shops.SegmentsInUse(ctx, shop.ID)
	if err == nil {
		d.looked, d.rev, d.inUse = true, shop.SegmentsRev, len(kept) > 0
	}
	return err
}

// acquire takes or renews the lease. It forgets the members of a shop that another
// process sweeps: they change without this process.
func (s *Segments) acquire(ctx context.Context, d *duty, shop string) (bool, error) {
	if age := s.wall().Sub(d.asked); age >= 0 && age < renewEvery {
		return d.ours, nil
	}
	ours, err := s.shops.Hold(ctx, shop, sweeping, s.holder)
	if err != nil {
		return false, err
	}
	if d.asked, d.ours = s.wall(), ours; !ours {
		d.known, d.sets = map[string]*roster{}, nil
	}
	return ours, nil
}

// changed reports whether a sweep would see data that the last did not.
func (s *Segments) changed(ctx context.Context, d *duty, shop string) (bool, error) {
	if d.again {
		return true, nil
	}
	held, err := s.indexes.Open(ctx, shop)
	if err != nil {
		return false, err
	}
	defer held.Close()
	return held.State != d.state, nil
}

// renew renews the lease during a sweep; false when another process has it.
func (s *Segments) renew(ctx context.Context, shop string) bool {
	ours, err := s.shops.Hold(ctx, shop, sweeping, s.holder)
	if err != nil || ours {
		return true
	}
	s.log.Warn("lease of a sweep lost", "shop", shop)
	return false
}

// releaseAll releases all leases, so that other processes need not wait for their
// end.
func (s *Segments) releaseAll(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for shop, d := range s.duties {
		if !d.ours {
			continue
		}
		if err := s.shops.Release(ctx, shop, sweeping, s.holder); err != nil {
			s.warn(ctx, shop, err)
		}
	}
}

func (s *Segments) warn(ctx context.Context, shop string, err error) {
	if ctx.Err() == nil {
		s.log.Warn("sweep segments", "shop", shop, "error", err)
	}
}
