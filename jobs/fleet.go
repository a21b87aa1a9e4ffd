package jobs

import (
	"context"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"
)

// Fleet are the workers that live. It gives each duty to one of them by a hash of
// both, so that workers agree without a message. When a worker joins or ends, only
// its share of the duties moves. For some seconds two workers may think that a
// duty is theirs: a duty is something that two may do at once.
type Fleet struct {
	store  workers
	worker string
	wall   func() time.Time
	log    *slog.Logger

	mu     sync.Mutex
	others []string
	joined chan struct{} // closed when the others are known
	shown  time.Time     // wall clock, when this worker was recorded last
}

type workers interface {
	BeWorker(ctx context.Context, worker string, until time.Time) error
	NoWorker(ctx context.Context, worker string) error
	Workers(ctx context.Context) ([]string, error)
}

// A worker is recorded each showEvery, and dead workerFor after that. Each reads the
// others at every round. So the duties of a dead worker move within 35 s.
const (
	fleetEvery = 5 * time.Second
	showEvery  = 10 * time.Second
	workerFor  = 30 * time.Second
)

// NewFleet makes the fleet as one worker sees it; worker names it, unlike any other.
func NewFleet(store workers, worker string, wall func() time.Time, log *slog.Logger) *Fleet {
	return &Fleet{store: store, worker: worker, wall: wall, log: log, joined: make(chan struct{})}
}

// Run takes part in the fleet until ctx ends. Then others take over at once.
func (f *Fleet) Run(ctx context.Context) error {
	round := func(ctx context.Context) {
		if err := f.Round(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("read the living workers", "error", err)
		}
	}
	round(ctx)
	every(ctx, fleetEvery, round)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := f.store.NoWorker(last, f.worker); err != nil {
		f.log.Warn("leave the workers", "error", err) // the others notice it within 35 s
	}
	return nil
}

// Round records that this worker lives, and reads which others do. Run calls it
// each 5 s.
func (f *Fleet) Round(ctx context.Context) error {
	if age := f.wall().Sub(f.shown); age < 0 || age >= showEvery {
		if err := f.store.BeWorker(ctx, f.worker, f.wall().Add(workerFor)); err != nil {
			return err
		}
		f.shown = f.wall()
	}
	alive, err := f.store.Workers(ctx)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.others = alive
	if !f.Joined() {
		close(f.joined)
	}
	return nil
}

// Joined reports whether this worker has read the others.
func (f *Fleet) Joined() bool {
	select {
	case <-f.joined:
		return true
	default:
		return false
	}
}

// Wait waits for Joined; false when ctx ends before.
func (f *Fleet) Wait(ctx context.Context) bool {
	select {
	case <-f.joined:
		return true
	case <-ctx.Done():
		return false
	}
}

// Owns reports whether a duty is this worker's. Nothing is before Joined.
func (f *Fleet) Owns(duty string) bool {
	if !f.Joined() {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	mine := weight(f.worker, duty)
	for _, other := range f.others {
		w := weight(other, duty)
		if other != f.worker && (w > mine || w == mine && other > f.worker) {
			return false
		}
	}
	return true
}

// Size is the number of living workers as last read, this one included.
func (f *Fleet) Size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(1, len(f.others))
}

func weight(worker, duty string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(worker + "\x00" + duty)) // never fails
	mixed := h.Sum64()
	mixed ^= mixed >> 33 // FNV alone gives similar names similar weights
	mixed *= 0xff51afd7ed558ccd
	mixed ^= mixed >> 33
	return mixed
}

// Alone is the fleet of a process that has no other beside it: every duty is its own.
type Alone struct{}

// Owns is always true.
func (Alone) Owns(string) bool { return true }

type duties interface {
	Owns(duty string) bool
}
