package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Notifier notifies workers of shops that have just been given work, at most
// every 50 ms: a webhook marks its shop after it is stored, and its answer waits
// neither for the next due time nor for Redis. The sweeper finds the work of a
// mark that was lost with its process.
type Notifier struct {
	due    dueMarker
	queue  enqueuer
	now    func() time.Time
	log    *slog.Logger
	mu     sync.Mutex
	marked map[string]bool
}

type dueMarker interface {
	MarkDue(ctx context.Context, shop string, at time.Time) error
}

type enqueuer interface {
	Enqueue(ctx context.Context, shop string, slots int) error
}

// NewNotifier makes a notifier; marks wait for Run.
func NewNotifier(due dueMarker, queue enqueuer, now func() time.Time, log *slog.Logger) *Notifier {
	return &Notifier{due: due, queue: queue, now: now, log: log, marked: map[string]bool{}}
}

// Mark notes that the shop has work due now.
func (r *Notifier) Mark(shop string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marked[shop] = true
}

// Run notifies until ctx ends, and once more of what is marked then.
func (r *Notifier) Run(ctx context.Context) error {
	every(ctx, 50*time.Millisecond, r.Flush)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	r.Flush(last)
	return nil
}

// Flush writes the marked shops' next due times and notifies of them.
func (r *Notifier) Flush(ctx context.Context) {
	r.mu.Lock()
	marked := r.marked
	r.marked = map[string]bool{}
	r.mu.Unlock()
	for shop := range marked {
		if err := r.due.MarkDue(ctx, shop, r.now()); err != nil {
			r.log.Warn("mark due", "shop", shop, "error", err)
			r.Mark(shop)
			continue
		}
		if err := r.queue.Enqueue(ctx, shop, 1); err != nil {
			r.log.Warn("notify", "shop", shop, "error", err) // the dispatcher notifies again
		}
	}
}
