package jobs

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"comeback/commerce"
)

// Dispatcher enqueues a notification each second for every shop with work due,
// first for the shop that has waited longest. Any number of processes may run one:
// two notifications of one second are one.
type Dispatcher struct {
	shops dueShops
	queue enqueuer
	now   func() time.Time
	slots int
	log   *slog.Logger
}

type dueShops interface {
	DueShops(ctx context.Context, now time.Time, limit int) ([]commerce.Due, error)
}

// NewDispatcher makes a dispatcher. It asks for up to slots workers a shop, but for
// one when several shops are due.
func NewDispatcher(shops dueShops, queue enqueuer, slots int, now func() time.Time, log *slog.Logger) *Dispatcher {
	return &Dispatcher{shops: shops, queue: queue, now: now, slots: slots, log: log}
}

// Run dispatches each second until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) error {
	every(ctx, time.Second, func(ctx context.Context) {
		if err := d.Round(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn("dispatch", "error", err)
		}
	})
	return nil
}

// Round enqueues once for every shop due now.
func (d *Dispatcher) Round(ctx context.Context) error {
	due, err := d.shops.DueShops(ctx, d.now(), 10_000)
	if err != nil {
		return err
	}
	slices.SortStableFunc(due, func(a, b commerce.Due) int { return a.ServedAt.Compare(b.ServedAt) })
	slots := d.slots
	if len(due) > 1 {
		slots = 1 // every shop gets one worker first
	}
	for _, w := range due {
		if err := d.queue.Enqueue(ctx, w.Shop, slots); err != nil {
			return err
		}
	}
	return nil
}
