package jobs

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"comeback/commerce"
)

// Dispatcher rings each second for every shop with work due, the longest
// unserved first. Any number may run: a bell rung twice is rung once.
type Dispatcher struct {
	wakes dueWakes
	bell  ringing
	now   func() time.Time
	slots int
	log   *slog.Logger
}

type dueWakes interface {
	Wakes(ctx context.Context, now time.Time, limit int) ([]commerce.Wake, error)
}

// NewDispatcher makes a dispatcher that rings for up to slots workers a shop.
func NewDispatcher(wakes dueWakes, bell ringing, slots int, now func() time.Time, log *slog.Logger) *Dispatcher {
	return &Dispatcher{wakes: wakes, bell: bell, now: now, slots: slots, log: log}
}

// Run rings until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) error {
	every(ctx, time.Second, func(ctx context.Context) {
		if err := d.Round(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn("dispatch", "error", err)
		}
	})
	return nil
}

// Round rings once for every shop due now.
func (d *Dispatcher) Round(ctx context.Context) error {
	due, err := d.wakes.Wakes(ctx, d.now(), 10_000)
	if err != nil {
		return err
	}
	slices.SortStableFunc(due, func(a, b commerce.Wake) int { return a.ServedAt.Compare(b.ServedAt) })
	slots := d.slots
	if len(due) > 1 {
		slots = 1 // everybody first gets one worker
	}
	for _, w := range due {
		if err := d.bell.Ring(ctx, w.Shop, slots); err != nil {
			return err
		}
	}
	return nil
}
