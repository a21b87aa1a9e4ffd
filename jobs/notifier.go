package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Notifier enqueues notifications for shops with new work, at most every 50 ms. A
// webhook marks its shop after it is stored; its answer waits neither for the
// write of the next due time nor for Redis. The sweeper finds the work of a mark
// that was lost with its process.
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

// NewNotifier makes a notifier; nothing is enqueued before Run or Flush.
func NewNotifier(due dueMarker, queue enqueuer, now func() time.Time, log *slog.Logger) *Notifier {
	return &Notifier{due: due, queue: queue, now: now, log: log, marked: map[string]bool{}}
}

// Mark records that the shop has work due now. Any goroutine may call it.
func (n *Notifier) Mark(shop string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.marked[shop] = true
}

// Run flushes every 50 ms until ctx ends, and once more after.
func (n *Notifier) Run(ctx context.Context) error {
	every(ctx, 50*time.Millisecond, n.Flush)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	n.Flush(last)
	return nil
}

// Flush writes the next due times of the marked shops and enqueues a notification
// for each. A shop whose due time cannot be written stays marked.
func (n *Notifier) Flush(ctx context.Context) {
	n.mu.Lock()
	marked := n.marked
	n.marked = map[string]bool{}
	n.mu.Unlock()
	for shop := range marked {
		if err := n.due.MarkDue(ctx, shop, n.now()); err != nil {
			n.log.Warn("mark due", "shop", shop, "error", err)
			n.Mark(shop)
			continue
		}
		if err := n.queue.Enqueue(ctx, shop, 1); err != nil {
			n.log.Warn("notify", "shop", shop, "error", err) // the dispatcher enqueues it again
		}
	}
}
