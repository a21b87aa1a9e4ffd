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
	sweptAtOnce = 2 // shops: a sweep uses all processors by itself

	markBack  = 30 * time.Second // clocks may differ, and writes may take long
	activeFor = 40 * time.Second // after a change: its commit may take long
	wholeFor  = checkEvery       // the latest time for a sweep that reads the store
)

// Run sweeps the shops that are this worker's until ctx ends.
func (s *Segments) Run(ctx context.Context) error {
	every(ctx, time.Second, s.Tick)
	return nil
}

// Tick sweeps those of this worker's shops whose turn it is. Run calls it each
// second. Calls must not overlap.
func (s *Segments) Tick(ctx context.Context) {
	if age := s.wall().Sub(s.listed); age < 0 || age >= listEvery {
		list, err := s.list(ctx)
		if err != nil {
			s.warn(ctx, "", err)
			return
		}
		s.all, s.listed = list, s.wall()
	}
	if err := s.readMarks(ctx); err != nil {
		s.warn(ctx, "", err)
		return
	}
	var group errgroup.Group
	group.SetLimit(sweptAtOnce)
	for _, shop := range s.all {
		group.Go(func() error {
			s.serve(ctx, shop)
			return nil
		})
	}
	_ = group.Wait()
}

// readMarks reads which shops had changes since it was called last. Nothing else is
// read of a shop without any.
func (s *Segments) readMarks(ctx context.Context) error {
	began, since := s.wall(), time.Time{}
	if !s.marked.IsZero() {
		since = s.marked.Add(-markBack)
	}
	list, err := s.shops.MarkedShops(ctx, since)
	if err != nil {
		return err
	}
	for _, m := range list {
		s.marks[m.Shop] = m.Rev
	}
	s.marked = began
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
	for id := range s.byShop {
		if !slices.ContainsFunc(shops, func(shop commerce.Shop) bool { return shop.ID == id }) {
			delete(s.byShop, id)
		}
	}
	return shops, nil
}

// serve sweeps and reconciles a shop where that is due.
func (s *Segments) serve(ctx context.Context, shop commerce.Shop) {
	d := s.duty(shop.ID)
	due, on, err := s.due(ctx, d, shop)
	if err != nil {
		s.warn(ctx, shop.ID, err)
	}
	if !due || s.still(d, shop.ID, on) {
		return
	}
	began := s.wall()
	if _, err := s.Sweep(ctx, shop.ID); err != nil {
		s.warn(ctx, shop.ID, err)
	} else {
		d.mu.Lock()
		d.basis, d.stored = on, began
		d.mu.Unlock()
	}
	if err := s.reconcile(ctx, d, shop.ID); err != nil {
		s.warn(ctx, shop.ID, err)
	}
}

// still evaluates the segments of a shop without changes in memory alone. It
// reports whether all members are those that are stored.
func (s *Segments) still(d *duty, shop string, on basis) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	age := s.wall().Sub(d.stored)
	if !d.inUse || d.failed || d.again || d.basis != on || s.active(d) || age < 0 || age >= wholeFor {
		return false
	}
	held := s.indexes.Current(shop)
	if held == nil {
		return false
	}
	defer held.Close()
	if held.State != d.state {
		return false
	}
	for i, k := range s.evaluate(d, held, s.now().UTC().Truncate(time.Millisecond)) {
		known := d.known[k.Segment]
		if known == nil {
			return false
		}
		subtract(d.sets[i], known.members, &d.entered)
		subtract(known.members, d.sets[i], &d.left)
		if d.entered.Count()+d.left.Count() > 0 {
			return false
		}
	}
	d.at = s.wall()
	return true
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

// due reports whether this worker must sweep the shop now, and on which basis. A
// shop without segments in use is only scored.
func (s *Segments) due(ctx context.Context, d *duty, shop commerce.Shop) (due bool, on basis, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !s.duties.Owns(shop.ID) {
		d.leave()
		return false, on, nil
	}
	if rev := s.marks[shop.ID]; rev != d.marks {
		d.marks, d.markedAt = rev, s.wall()
	}
	on = s.basisNow(d, shop)
	if err := s.readInUse(ctx, d, shop); err != nil {
		return false, on, err
	}
	age := s.wall().Sub(d.at)
	late := age < 0 || age >= sweepEvery || d.failed && age >= sweepFailed
	switch {
	case !d.inUse:
		return late && (d.failed || d.basis != on), on, nil
	case late || d.failed || age < max(sweepAfter, restTimes*d.cost):
		return late, on, nil
	case !d.again && !s.active(d) && d.basis == on:
		return false, on, nil
	}
	due, err = s.changed(ctx, d, shop.ID)
	return due, on, err
}

// active reports whether the shop may have changes that its index has not read.
func (s *Segments) active(d *duty) bool {
	age := s.wall().Sub(d.markedAt)
	return age < 0 || age < activeFor
}

func (s *Segments) basisNow(d *duty, shop commerce.Shop) basis {
	return basis{
		marks: d.marks, rev: shop.SegmentsRev, zone: shop.Zone, currency: shop.Currency, trade: shop.Trade,
		day: s.now().In(shop.Location()).Format(time.DateOnly),
	}
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

// leave forgets a shop that another worker sweeps: its members change without this
// worker.
func (d *duty) leave() {
	d.known, d.sets, d.looked, d.at = map[string]*roster{}, nil, false, time.Time{}
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

func (s *Segments) warn(ctx context.Context, shop string, err error) {
	if ctx.Err() == nil {
		s.log.Warn("sweep segments", "shop", shop, "error", err)
	}
}
