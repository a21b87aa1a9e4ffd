package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
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

	waiting atomic.Int32 // workers that wait for others

	mu     sync.Mutex
	busy   map[stageOf]int          // workers in it
	moved  map[string]chan struct{} // of shops for which workers wait: closed when another worker has done something
	served map[stageOf]time.Time    // when patient stages were done last
}

// mostWaiting is how many workers of a process wait for others at once.
const mostWaiting = 2

// stageOf is a stage, by its place, of one shop.
type stageOf struct {
	shop  string
	stage int
}

// Stage is one kind of work. Work does one batch of the shop's due work and returns
// the number of items done. After an error the rest is done in the next round. In one
// process a stage is done by one worker of a shop at a time, unless it is a Shared one.
type Stage interface {
	Work(ctx context.Context, shop string) (done int, err error)
}

// Patient is a stage that waits while the stages before it have work, but not longer than its
// patience. Much that comes to it in that time is one piece of work then.
type Patient interface{ Patience() time.Duration }

// Shared is a stage that so many workers of a process may do at once for one shop.
type Shared interface{ Shared() int }

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
	return &Advancer{
		due: due, stages: stages, now: now, wall: wall, log: log, busy: map[stageOf]int{},
		moved: map[string]chan struct{}{}, served: map[stageOf]time.Time{},
	}
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
	a.signal(shop)
	if freed := a.due.FreeSlot(context.WithoutCancel(ctx), shop, slot, holder); err == nil {
		err = freed
	}
	return err
}

// work runs rounds of the stages until nothing is due. Another round finds work
// that was written after rev was read. A worker that has nothing to do but what other
// workers of this process are doing waits for them. The dispatcher's next notification is
// for the rest: work that other processes have, and work written when quantum is over.
func (a *Advancer) work(ctx context.Context, shop string) error {
	over := a.wall().Add(quantum)
	empty := make([]bool, len(a.stages))
	for idle := 0; idle < 2 && ctx.Err() == nil; idle++ {
		moved := a.await(shop)
		due, err := a.due.DueOf(ctx, shop)
		if err != nil {
			return err
		}
		done, busy, failed := a.round(ctx, shop, empty)
		if failed != nil || a.wall().After(over) {
			return failed
		}
		if done == 0 && busy {
			if !a.waited(ctx, moved) {
				return nil
			}
			clear(empty)
		}
		if done > 0 || busy {
			idle = -1
			continue
		}
		settled, err := a.due.Settle(ctx, shop, due.Rev)
		if err != nil || settled {
			return err
		}
		clear(empty)
	}
	return nil
}

// round runs one batch of each stage. So what a batch makes for the later stages is done
// before the next one, however much waits: the last stage is as fast with a backlog as
// without. A stage that was empty is left out until a stage before it has done something. busy
// reports whether a stage was left to other workers.
func (a *Advancer) round(ctx context.Context, shop string, empty []bool) (done int, busy bool, err error) {
	for i := range a.stages {
		if empty[i] || ctx.Err() != nil || done > 0 && a.waits(shop, i) {
			continue
		}
		if !a.enter(stageOf{shop, i}) {
			busy = true
			continue
		}
		n, failed := a.stages[i].Work(ctx, shop)
		a.leave(stageOf{shop, i}, n)
		done += n
		err = errors.Join(err, failed)
		if empty[i] = n == 0; n > 0 {
			clear(empty[i+1:])
		}
	}
	if done > 0 || err != nil {
		err = errors.Join(err, a.markDue(ctx, shop))
	}
	return done, busy, err
}

// waits reports whether a patient stage waits until the others have done their work.
func (a *Advancer) waits(shop string, i int) bool {
	p, patient := a.stages[i].(Patient)
	if !patient {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now, own := a.wall(), stageOf{shop, i}
	last, known := a.served[own]
	if age := now.Sub(last); known && age >= 0 && age < p.Patience() {
		return true
	}
	a.served[own] = now
	return !known
}

// enter begins a stage, unless other workers of this process are at it.
func (a *Advancer) enter(own stageOf) bool {
	most := 1
	if s, shared := a.stages[own.stage].(Shared); shared {
		most = s.Shared()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy[own] == most {
		return false
	}
	a.busy[own]++
	return true
}

func (a *Advancer) leave(own stageOf, done int) {
	a.mu.Lock()
	if a.busy[own]--; a.busy[own] == 0 {
		delete(a.busy, own)
	}
	a.mu.Unlock()
	if done > 0 {
		a.signal(own.shop)
	}
}

// await is closed when a worker of this process has next done something for the shop.
func (a *Advancer) await(shop string) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.moved[shop] == nil {
		a.moved[shop] = make(chan struct{})
	}
	return a.moved[shop]
}

func (a *Advancer) signal(shop string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if moved := a.moved[shop]; moved != nil {
		close(moved)
		delete(a.moved, shop)
	}
}

// waited waits until moved is closed, for quantum at most. Where enough workers wait, it does
// not: other shops need them.
func (a *Advancer) waited(ctx context.Context, moved <-chan struct{}) bool {
	if a.waiting.Add(1) > mostWaiting {
		a.waiting.Add(-1)
		return false
	}
	defer a.waiting.Add(-1)
	most, end := context.WithTimeout(ctx, quantum)
	defer end()
	select {
	case <-moved:
		return true
	case <-most.Done():
		return false
	}
}

// markDue raises the revision of the shop's due time after a round, which may have
// written due work. A worker that saw nothing due before the round then cannot
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
