package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"comeback/commerce"
)

// Advancer works on one shop until nothing is due or its time is over. It
// takes one of the shop's slots, so a shop with a million things due holds at
// most that many workers, each for at most quantum at a time.
type Advancer struct {
	duties duties
	stages []Stage
	now    func() time.Time
	wall   func() time.Time
	log    *slog.Logger
}

// Stage is one kind of work. Work does a batch of what is due for the shop and
// says how much it did; an error leaves the rest for the next round.
type Stage interface {
	Work(ctx context.Context, shop string) (done int, err error)
}

type duties interface {
	slots
	dueTimes
}

type slots interface {
	TakeSlot(ctx context.Context, shop string) (slot int, holder string, ok bool, err error)
	KeepSlot(ctx context.Context, shop string, slot int, holder string) (kept bool, err error)
	FreeSlot(ctx context.Context, shop string, slot int, holder string) error
}

type dueTimes interface {
	MarkDue(ctx context.Context, shop string, at time.Time) error
	DueOf(ctx context.Context, shop string) (commerce.Due, error)
	Settle(ctx context.Context, shop string, rev int64) (settled bool, err error)
}

// NewAdvancer makes an advancer that works through stages in their order, for
// each makes work for the next.
func NewAdvancer(duties duties, stages []Stage, now, wall func() time.Time, log *slog.Logger) *Advancer {
	return &Advancer{duties: duties, stages: stages, now: now, wall: wall, log: log}
}

// Run works on shop. It notifies nobody: what is left when its time is over is due
// still, and the dispatcher sees that.
func (a *Advancer) Run(ctx context.Context, shop string) error {
	slot, holder, ok, err := a.duties.TakeSlot(ctx, shop)
	if err != nil || !ok {
		return err
	}
	held, lost := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() { a.keep(held, lost, shop, slot, holder) })
	err = a.work(held, shop)
	lost()
	keeper.Wait()
	if freed := a.duties.FreeSlot(context.WithoutCancel(ctx), shop, slot, holder); err == nil {
		err = freed
	}
	return err
}

// work goes round the stages until nothing is due. Work written after rev was
// read is found by another round; what is due but in other hands (a lease that
// is just over, a neighbour's batch) is left to the dispatcher's next notification, and
// so is what a worker whose time is over has written.
func (a *Advancer) work(ctx context.Context, shop string) error {
	over := a.wall().Add(quantum)
	for idle := 0; idle < 2 && ctx.Err() == nil; idle++ {
		due, err := a.duties.DueOf(ctx, shop)
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
		settled, err := a.duties.Settle(ctx, shop, due.Rev)
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

// markDue lets the shop's other workers know that a batch has written what may be due:
// one that saw nothing due before it must not put the shop to sleep.
func (a *Advancer) markDue(ctx context.Context, shop string) error {
	return a.duties.MarkDue(context.WithoutCancel(ctx), shop, a.now())
}

// keep renews the slot's lease while the work runs, and stops it when the
// lease was lost.
func (a *Advancer) keep(ctx context.Context, lost context.CancelFunc, shop string, slot int, holder string) {
	every(ctx, 15*time.Second, func(ctx context.Context) {
		kept, err := a.duties.KeepSlot(ctx, shop, slot, holder)
		if err == nil && !kept {
			a.log.Warn("slot lost", "shop", shop)
			lost()
		}
	})
}
