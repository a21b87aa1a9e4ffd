package jobs

import (
	"context"
	"log/slog"
	"time"

	"comeback/commerce"
)

// Sweeper completes each minute the work of processes that died: unfinished
// outboxes, and due work whose next due time was lost. It goes shop by shop. Any
// number of processes may run one.
type Sweeper struct {
	shops shopWalker
	left  leftovers
	old   expiredRecords
	wall  func() time.Time
	log   *slog.Logger
}

// repliesFor is how long a request may be sent again under its Idempotency-Key.
const repliesFor = 24 * time.Hour

type shopWalker interface {
	EachShop(ctx context.Context, each func(commerce.Shop) error) error
}

type leftovers interface {
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
	leftovers
	expiredRecords
}

// NewSweeper makes a sweeper; wall is the clock of replies to repeated requests.
func NewSweeper(shops shopWalker, left sweepStore, wall func() time.Time, log *slog.Logger) *Sweeper {
	return &Sweeper{shops: shops, left: left, old: left, wall: wall, log: log}
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

// Round sweeps every shop once. After a step that fails it goes on with the next.
func (s *Sweeper) Round(ctx context.Context) error {
	if err := s.replies(ctx, commerce.Installation); err != nil {
		return err
	}
	return s.shops.EachShop(ctx, func(shop commerce.Shop) error {
		for _, sweep := range []func(context.Context, string) error{
			s.orders, s.checkouts, s.imports, s.review, s.replies, s.tombstones, s.left.LowerDue,
		} {
			if err := sweep(ctx, shop.ID); err != nil {
				s.log.Warn("sweep", "shop", shop.ID, "error", err)
			}
		}
		return ctx.Err()
	})
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
