package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Ringer rings for shops that have just been given work, at most every 50 ms:
// a webhook marks its shop after it is stored, and neither the wake nor Redis
// is on its way to the answer. A mark that is lost with its process is found
// by the sweeper.
type Ringer struct {
	wakes  waker
	bell   ringing
	now    func() time.Time
	log    *slog.Logger
	mu     sync.Mutex
	marked map[string]bool
}

type waker interface {
	Wake(ctx context.Context, shop string, at time.Time) error
}

type ringing interface {
	Ring(ctx context.Context, shop string, slots int) error
}

// NewRinger makes a ringer; Run must be running for marks to be rung.
func NewRinger(wakes waker, bell ringing, now func() time.Time, log *slog.Logger) *Ringer {
	return &Ringer{wakes: wakes, bell: bell, now: now, log: log, marked: map[string]bool{}}
}

// Mark notes that the shop has work due now.
func (r *Ringer) Mark(shop string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marked[shop] = true
}

// Run rings until ctx ends, and once more for what is marked then.
func (r *Ringer) Run(ctx context.Context) error {
	every(ctx, 50*time.Millisecond, r.Flush)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	r.Flush(last)
	return nil
}

// Flush writes the marked shops' wakes and rings for them.
func (r *Ringer) Flush(ctx context.Context) {
	r.mu.Lock()
	marked := r.marked
	r.marked = map[string]bool{}
	r.mu.Unlock()
	for shop := range marked {
		if err := r.wakes.Wake(ctx, shop, r.now()); err != nil {
			r.log.Warn("wake", "shop", shop, "error", err)
			r.Mark(shop)
			continue
		}
		if err := r.bell.Ring(ctx, shop, 1); err != nil {
			r.log.Warn("ring", "shop", shop, "error", err) // the dispatcher rings again
		}
	}
}
