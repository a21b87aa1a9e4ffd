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

// board is a next due time board in memory: what the store keeps of due work, with the
// same compare-and-set.
type board struct {
	mu    sync.Mutex
	wakes map[string]*commerce.Due
	work  map[string]int // units of work due
	slots map[string]int // taken
	now   func() time.Time
}

func newBoard(now func() time.Time) *board {
	return &board{wakes: map[string]*commerce.Due{}, work: map[string]int{}, slots: map[string]int{}, now: now}
}

// give writes due work, then the next due time.
func (b *board) give(shop string, units int) {
	b.mu.Lock()
	b.work[shop] += units
	b.mu.Unlock()
	_ = b.MarkDue(context.Background(), shop, b.now())
}

func (b *board) MarkDue(_ context.Context, shop string, at time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.wakes[shop]
	if w == nil {
		w = &commerce.Due{Shop: shop}
		b.wakes[shop] = w
	}
	if w.NextDue.IsZero() || at.Before(w.NextDue) {
		w.NextDue = at
	}
	w.Rev++
	return nil
}

func (b *board) DueShops(_ context.Context, now time.Time, _ int) ([]commerce.Due, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var due []commerce.Due
	for _, w := range b.wakes {
		if !w.NextDue.IsZero() && !w.NextDue.After(now) {
			due = append(due, *w)
		}
	}
	return due, nil
}

func (b *board) DueOf(_ context.Context, shop string) (commerce.Due, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return *b.wakes[shop], nil
}

func (b *board) Settle(_ context.Context, shop string, rev int64) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.wakes[shop]
	if w.Rev != rev || b.work[shop] > 0 {
		return false, nil
	}
	w.NextDue = time.Time{}
	return true, nil
}

func (b *board) TakeSlot(_ context.Context, shop string) (int, string, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.slots[shop] == 4 {
		return 0, "", false, nil
	}
	b.slots[shop]++
	if w := b.wakes[shop]; w != nil {
		w.ServedAt = b.now()
	}
	return b.slots[shop], "holder", true, nil
}

func (b *board) KeepSlot(context.Context, string, int, string) (bool, error) { return true, nil }

func (b *board) FreeSlot(_ context.Context, shop string, _ int, _ string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slots[shop]--
	return nil
}

// take does one unit of the shop's work, if any is left.
func (b *board) take(shop string) int {
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

// eachRedis runs a test on the embedded doorbell and on a real Redis, each
// empty.
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

// serve runs a server over the board until the test ends.
func serve(t *testing.T, r *jobs.Redis, b *board, c *clock, workers int, work stage) {
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
