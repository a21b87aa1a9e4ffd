package jobs

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/commerce"
)

// When a shop is swept: at the latest after sweepEvery, for time passes; after
// a change of customers or segments as soon as sweepAfter has passed since the
// last sweep, and restTimes as long as its evaluation took, so that evaluating
// takes at most a tenth of the machine. What is done once, such as building the
// index after a start or telling who entered, delays nothing. A sweep that
// failed is tried again after sweepFailed.
const (
	sweepEvery  = time.Minute
	sweepAfter  = 2 * time.Second
	sweepFailed = 15 * time.Second
	restTimes   = 9

	reconcileEvery = 24 * time.Hour

	listEvery   = 5 * time.Second
	renewEvery  = 15 * time.Second
	sweeping    = "sweep" // the name of the duty
	sweptAtOnce = 2       // shops: a sweep uses all processors by itself
)

// Run sweeps the shops whose duty this process has, and takes those nobody has,
// until ctx ends; then it gives them back.
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
	s.letGo(context.WithoutCancel(ctx))
	return nil
}

// list is all shops. What is known of those that are no more is forgotten.
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

// serve does what is due for a shop.
func (s *Segments) serve(ctx context.Context, shop commerce.Shop) {
	d := s.duty(shop.ID)
	due, err := s.due(ctx, d, shop)
	if err != nil {
		s.warn(ctx, shop.ID, err)
	}
	if !due {
		return
	}
	held, lost := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() { s.keep(held, lost, shop.ID) })
	if _, err := s.Sweep(held, shop.ID); err != nil {
		s.warn(held, shop.ID, err)
	}
	if err := s.reconcile(held, d, shop.ID); err != nil {
		s.warn(held, shop.ID, err)
	}
	lost()
	keeper.Wait()
}

// reconcile compares the shop's index with all that is stored once a day, from
// the day after the first sweep on: before that, it was just built.
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
		s.log.Warn("customers differed from their index, which is right again", "shop", shop, "customers", differences)
	}
	return err
}

// due tells whether a sweep is to begin, by this process. Of a shop without
// segments in use the customers are scored, nothing else, and nobody has the
// duty.
func (s *Segments) due(ctx context.Context, d *duty, shop commerce.Shop) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := s.look(ctx, d, shop); err != nil {
		return false, err
	}
	age := s.wall().Sub(d.at)
	late := age < 0 || age >= sweepEvery || d.failed && age >= sweepFailed
	if !d.inUse {
		return late, nil
	}
	if ours, err := s.ours(ctx, d, shop.ID); err != nil || !ours {
		return false, err
	}
	if late || d.failed || age < max(sweepAfter, restTimes*d.cost) {
		return late, nil
	}
	return s.changed(ctx, d, shop.ID)
}

// look finds out whether the shop has segments in use.
func (s *Segments) look(ctx context.Context, d *duty, shop commerce.Shop) error {
	if d.looked && d.rev == shop.SegmentsRev {
		return nil
	}
	kept, _, err := s.shops.SegmentsInUse(ctx, shop.ID)
	if err == nil {
		d.looked, d.rev, d.inUse = true, shop.SegmentsRev, len(kept) > 0
	}
	return err
}

// ours takes or keeps the duty. What is known of a shop that another sweeps is
// forgotten: its members change without this process.
func (s *Segments) ours(ctx context.Context, d *duty, shop string) (bool, error) {
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

// changed tells whether a sweep would see anything that the last did not.
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

// keep renews the duty while a sweep runs, and stops it when another has it.
func (s *Segments) keep(ctx context.Context, lost context.CancelFunc, shop string) {
	every(ctx, renewEvery, func(ctx context.Context) {
		ours, err := s.shops.Hold(ctx, shop, sweeping, s.holder)
		if err == nil && !ours {
			s.log.Warn("sweep lost", "shop", shop)
			lost()
		}
	})
}

// letGo gives all duties back, so that others need not wait for the lease.
func (s *Segments) letGo(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for shop, d := range s.duties {
		if !d.ours {
			continue
		}
		if err := s.shops.LetGo(ctx, shop, sweeping, s.holder); err != nil {
			s.warn(ctx, shop, err)
		}
	}
}

func (s *Segments) warn(ctx context.Context, shop string, err error) {
	if ctx.Err() == nil {
		s.log.Warn("sweep segments", "shop", shop, "error", err)
	}
}
