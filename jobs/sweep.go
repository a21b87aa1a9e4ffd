package jobs

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"time"

	"comeback/commerce"
)

// Sweeper completes the work of processes that died: unfinished outboxes, and due
// work whose next due time was lost. Each minute it asks for the shops with
// unfinished work, all in one call a kind, so that an idle shop costs nothing.
// Each shop has a check of its own four times an hour. Of several workers each
// sweeps its share of the shops.
type Sweeper struct {
	shops  shopWalker
	left   leftovers
	old    expiredRecords
	duties duties
	wall   func() time.Time
	log    *slog.Logger
	next   map[string]time.Time // wall clock, of each shop's own check
}

const (
	// repliesFor is how long a request may be sent again under its Idempotency-Key.
	repliesFor = 24 * time.Hour
	// checkEvery is how often each shop has a check of its own.
	checkEvery = 15 * time.Minute
)

type shopWalker interface {
	EachShop(ctx context.Context, each func(commerce.Shop) error) error
}

type leftovers interface {
	Unfinished(ctx context.Context) (commerce.Unfinished, error)
	FinishOrders(ctx context.Context, shop string, limit int) (finished int, err error)
	FinishCheckouts(ctx context.Context, shop string, limit int) (finished int, err error)
	FinishImports(ctx context.Context, shop string) (finished int, err error)
	ReviewOrders(ctx context.Context, shop string) (reviewed int, err error)
	LowerDue(ctx context.Context, shop string) error
}

type expiredRecords interface {
	ForgetReplies(ctx context.Context, shop string, before time.Time, limit int) (forgotten int, err error)
	PurgeTombstones(ctx context.Context, shop string, limit int) (purged int, err error)
}

// sweepStore is the part of the store that a sweep needs.
type sweepStore interface {
	shopWalker
	leftovers
	expiredRecords
}

// NewSweeper makes a sweeper of the shops whose duty it owns; wall is the clock of
// replies to repeated requests and of checks.
func NewSweeper(store sweepStore, duties duties, wall func() time.Time, log *slog.Logger) *Sweeper {
	return &Sweeper{shops: store, left: store, old: store, duties: duties, wall: wall, log: log, next: map[string]time.Time{}}
}

// Run sweeps once at the start, then each minute, until ctx ends.
func (s *Sweeper) Run(ctx context.Context) error {
	round := func(ctx context.Context) {
		if err := s.Round(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("sweep", "error", err)
		}
	}
	round(ctx)
	every(ctx, time.Minute, round)
	return nil
}

// Round finishes what is unfinished, and checks the shops whose turn it is. After
// a step that fails it goes on with the next. Run calls it each minute.
func (s *Sweeper) Round(ctx context.Context) error {
	return errors.Join(s.finish(ctx), s.checks(ctx))
}

// finish does the unfinished work of all shops. An outbox that is finished makes
// work, so its shop is due afterwards too.
func (s *Sweeper) finish(ctx context.Context) error {
	u, err := s.left.Unfinished(ctx)
	if err != nil {
		return err
	}
	s.each(ctx, u.Outboxes, s.orders, s.checkouts, s.left.LowerDue)
	s.each(ctx, u.Reviews, s.review)
	s.each(ctx, u.Work, s.left.LowerDue)
	return ctx.Err()
}

// checks does for each shop what finish cannot find, the first time at once and
// then every checkEvery. The second check comes earlier by a hash of the shop, so that the
// checks spread over the time.
func (s *Sweeper) checks(ctx context.Context) error {
	if s.duties.Owns(commerce.Installation) && s.isDue(commerce.Installation) {
		s.each(ctx, []string{commerce.Installation}, s.replies)
	}
	return s.shops.EachShop(ctx, func(shop commerce.Shop) error {
		switch {
		case !s.duties.Owns(shop.ID):
			delete(s.next, shop.ID)
		case s.isDue(shop.ID):
			s.each(ctx, []string{shop.ID}, s.imports, s.replies, s.tombstones, s.left.LowerDue)
		}
		return ctx.Err()
	})
}

// isDue reports whether a shop's check is due, and sets the time of the next one.
func (s *Sweeper) isDue(shop string) bool {
	at, known := s.next[shop]
	now := s.wall()
	if early := at.Sub(now); known && early > 0 && early <= checkEvery {
		return false
	}
	wait := checkEvery
	if !known {
		h := fnv.New32a()
		_, _ = h.Write([]byte(shop)) // never fails
		wait = time.Minute * time.Duration(1+h.Sum32()%uint32(checkEvery/time.Minute))
	}
	s.next[shop] = now.Add(wait)
	return true
}

// each does the steps for those of the shops that are this worker's.
func (s *Sweeper) each(ctx context.Context, shops []string, steps ...func(context.Context, string) error) {
	for _, shop := range shops {
		if !s.duties.Owns(shop) {
			continue
		}
		for _, step := range steps {
			if err := step(ctx, shop); err != nil && ctx.Err() == nil {
				s.log.Warn("sweep", "shop", shop, "error", err)
			}
		}
	}
}

func (s *Sweeper) orders(ctx context.Context, shop string) error {
	for {
		n, err := s.left.FinishOrders(ctx, shop, 100)
		if err != nil || n < 100 {
			return err
		}
	}
}

func (s *Sweeper) checkouts(ctx context.Context, shop string) error {
	for {
		n, err := s.left.FinishCheckouts(ctx, shop, 100)
		if err != nil || n < 100 {
			return err
		}
	}
}

func (s *Sweeper) imports(ctx context.Context, shop string) error {
	_, err := s.left.FinishImports(ctx, shop)
	return err
}

// review applies the present payment terms of a connection to its open orders.
func (s *Sweeper) review(ctx context.Context, shop string) error {
	_, err := s.left.ReviewOrders(ctx, shop)
	return err
}

func (s *Sweeper) replies(ctx context.Context, shop string) error {
	_, err := s.old.ForgetReplies(ctx, shop, s.wall().Add(-repliesFor), 1000)
	return err
}

func (s *Sweeper) tombstones(ctx context.Context, shop string) error {
	_, err := s.old.PurgeTombstones(ctx, shop, 1000)
	return err
}
