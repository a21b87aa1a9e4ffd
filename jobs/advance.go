package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"comeback/commerce"
)

// Advancer works on one shop until nothing is due or quantum has passed. It takes
// one of the shop's worker slots. A shop with a million items due therefore
// occupies only as many workers as it has slots, each for about quantum.
type Advancer struct {
	due    dueWork
	stages []Stage
	now    func() time.Time
	wall   func() time.Time
	log    *slog.Logger
}

// Stage is one kind of work. Work does one batch of the shop's due work and returns
// the number of items done. After an error the rest is done in the next round.
type Stage interface {
	Work(ctx context.Context, shop string) (done int, err error)
}

type dueWork interface {
	slots
	dueTimes
}

type slots interface {
	TakeSlot(ctx context.Context, shop string) (slot int, holder string, ok bool, err error)
	RenewSlot(ctx context.Context, shop string, slot int, holder string) (renewed bool, err error)
	FreeSlot(ctx context.Context, shop string, slot int, holder string) error
}

type dueTimes interface {
	MarkDue(ctx context.Context, shop string, at time.Time) error
	DueOf(ctx context.Context, shop string) (commerce.Due, error)
	Settle(ctx context.Context, shop string, rev int64) (settled bool, err error)
}

// NewAdvancer makes an advancer. It runs the stages in their order, because each
// makes work for the next. now is the clock of due times, wall that of quantum.
func NewAdvancer(due dueWork, stages []Stage, now, wall func() time.Time, log *slog.Logger) *Advancer {
	return &Advancer{due: due, stages: stages, now: now, wall: wall, log: log}
}

// Run works on shop. It enqueues no notification: work that is left stays due, and
// the dispatcher finds it. Run does nothing where all slots are taken.
func (a *Advancer) Run(ctx context.Context, shop string) error {
	slot, holder, ok, err := a.due.TakeSlot(ctx, shop)
	if err != nil || !ok {
		return err
	}
	renew := func(ctx context.Context) bool { return a.renew(ctx, shop, slot, holder) }
	err = underLease(ctx, renew, func(ctx context.Context) error { return a.work(ctx, shop) })
	if freed := a.due.FreeSlot(context.WithoutCancel(ctx), shop, slot, holder); err == nil {
		err = freed
	}
	return err
}

// work runs rounds of all stages until nothing is due. Another round finds work
// that was written after rev was read. The dispatcher's next notification is for
// the rest: work that another worker has, and work written when quantum is over.
func (a *Advancer) work(ctx context.Context, shop string) error {
	over := a.wall().Add(quantum)
	for idle := 0; idle < 2 && ctx.Err() == nil; idle++ {
		due, err := a.due.DueOf(ctx, shop)
		if err != nil {
			return err
		}
		done, failed := a.round(ctx, shop, over)
		if failed != nil || a.wall().After(over) {
			return failed
		}
		if done > 0 {
			idle = -1
			continue
		}
		settled, err := a.due.Settle(ctx, shop, due.Rev)
		if err != nil || settled {
			return err
		}
	}
	return nil
}

func (a *Advancer) round(ctx context.Context, shop string, over time.Time) (done int, err error) {
	for _, stage := range a.stages {
		for {
			n, failed := stage.Work(ctx, shop)
			done += n
			if n > 0 || failed != nil {
				failed = errors.Join(failed, a.markDue(ctx, shop))
			}
			if failed != nil && err == nil {
				err = failed
			}
			if n == 0 || failed != nil || a.wall().After(over) || ctx.Err() != nil {
				break
			}
		}
	}
	return done, err
}

// markDue raises the revision of the shop's due time after a batch, which may have
// written due work. A worker that saw nothing due before the batch then cannot
// settle the shop.
func (a *Advancer) markDue(ctx context.Context, shop string) error {
	return a.due.MarkDue(context.WithoutCancel(ctx), shop, a.now())
}

// renew renews the lease of the worker slot; false when it was lost.
func (a *Advancer) renew(ctx context.Context, shop string, slot int, holder string) bool {
	ours, err := a.due.RenewSlot(ctx, shop, slot, holder)
	if err != nil || ours {
		return true
	}
	a.log.Warn("worker slot lost", "shop", shop)
	return false
}
