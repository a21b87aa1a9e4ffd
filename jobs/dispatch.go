package jobs

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"comeback/commerce"
)

// Dispatcher notifies each second of every shop with work due, the longest
// unserved first. Any number may run: two notifications of one second are one.
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

// NewDispatcher makes a dispatcher that asks for up to slots workers a shop.
func NewDispatcher(shops dueShops, queue enqueuer, slots int, now func() time.Time, log *slog.Logger) *Dispatcher {
	return &Dispatcher{shops: shops, queue: queue, now: now, slots: slots, log: log}
}

// Run notifies until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) error {
	every(ctx, time.Second, func(ctx context.Context) {
		if err := d.Round(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn("dispatch", "error", err)
		}
	})
	return nil
}

// Round notifies once of every shop due now.
func (d *Dispatcher) Round(ctx context.Context) error {
	due, err := d.shops.DueShops(ctx, d.now(), 10_000)
	if err != nil {
		return err
	}
	slices.SortStableFunc(due, func(a, b commerce.Due) int { return a.ServedAt.Compare(b.ServedAt) })
	slots := d.slots
	if len(due) > 1 {
		slots = 1 // everybody first gets one worker
	}
	for _, w := range due {
		if err := d.queue.Enqueue(ctx, w.Shop, slots); err != nil {
			return err
		}
	}
	return nil
}
