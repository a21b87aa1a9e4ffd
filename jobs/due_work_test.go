package jobs_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"comeback/commerce"
	"comeback/jobs"
)

// dueWork stores due work and next due times in memory, with the same
// compare-and-set as the store.
type dueWork struct {
	mu    sync.Mutex
	due   map[string]*commerce.Due
	work  map[string]int // units of work due
	slots map[string]int // taken
	now   func() time.Time
}

func newDueWork(now func() time.Time) *dueWork {
	return &dueWork{due: map[string]*commerce.Due{}, work: map[string]int{}, slots: map[string]int{}, now: now}
}

// add writes due work, then the next due time.
func (b *dueWork) add(shop string, units int) {
	b.mu.Lock()
	b.work[shop] += units
	b.mu.Unlock()
	_ = b.MarkDue(context.Background(), shop, b.now())
}

func (b *dueWork) MarkDue(_ context.Context, shop string, at time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.due[shop]
	if w == nil {
		w = &commerce.Due{Shop: shop}
		b.due[shop] = w
	}
	if w.NextDue.IsZero() || at.Before(w.NextDue) {
		w.NextDue = at
	}
	w.Rev++
	return nil
}

func (b *dueWork) DueShops(_ context.Context, now time.Time, _ int) ([]commerce.Due, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var due []commerce.Due
	for _, w := range b.due {
		if !w.NextDue.IsZero() && !w.NextDue.After(now) {
			due = append(due, *w)
		}
	}
	return due, nil
}

func (b *dueWork) DueOf(_ context.Context, shop string) (commerce.Due, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return *b.due[shop], nil
}

func (b *dueWork) Settle(_ context.Context, shop string, rev int64) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.due[shop]
	if w.Rev != rev || b.work[shop] > 0 {
		return false, nil
	}
	w.NextDue = time.Time{}
	return true, nil
}

func (b *dueWork) TakeSlot(_ context.Context, shop string) (int, string, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.slots[shop] == 4 {
		return 0, "", false, nil
	}
	b.slots[shop]++
	if w := b.due[shop]; w != nil {
		w.ServedAt = b.now()
	}
	return b.slots[shop], "holder", true, nil
}

func (b *dueWork) RenewSlot(context.Context, string, int, string) (bool, error) { return true, nil }

func (b *dueWork) FreeSlot(_ context.Context, shop string, _ int, _ string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slots[shop]--
	return nil
}

// take does one unit of the shop's work, if any is left, and returns the number done.
func (b *dueWork) take(shop string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.work[shop] == 0 {
		return 0
	}
	b.work[shop]--
	return 1
}

// stage is a Stage made of a function.
type stage func(ctx context.Context, shop string) (int, error)

// Shared: several workers are in it at once.
func (stage) Shared() int { return 8 }

func (s stage) Work(ctx context.Context, shop string) (int, error) { return s(ctx, shop) }

// clock is a settable clock, safe for concurrent use.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: noon()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// eachRedis runs a test on the embedded queue and on a real Redis, each empty.
func eachRedis(t *testing.T, run func(t *testing.T, uri string)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		run(t, "redis://"+miniredis.RunT(t).Addr())
	})
	t.Run("redis", func(t *testing.T) {
		address := os.Getenv("COMEBACK_TEST_REDIS_ADDR")
		if address == "" && os.Getenv("COMEBACK_TEST_SERVICES") == "required" {
			t.Fatal("COMEBACK_TEST_REDIS_ADDR names no server")
		}
		if address == "" {
			t.Skip("COMEBACK_TEST_REDIS_ADDR names no server")
		}
		run(t, "redis://"+address+"/9")
	})
}

func openRedis(t *testing.T, uri string) *jobs.Redis {
	t.Helper()
	r, err := jobs.OpenRedis(uri)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// serve runs a server over b until the test ends.
func serve(t *testing.T, r *jobs.Redis, b *dueWork, c *clock, workers int, work stage) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	advance := jobs.NewAdvancer(b, []jobs.Stage{work}, c.now, c.now, silent)
	var running sync.WaitGroup
	running.Go(func() {
		if err := jobs.NewServer(r, advance, workers, silent).Run(ctx); err != nil {
			t.Errorf("server: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// await waits for a signal that must come.
func await[T any](t *testing.T, what string, c <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-c:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: did not happen", what)
	}
	return value
}
