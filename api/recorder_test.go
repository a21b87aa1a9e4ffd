package api_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/campaigns"
	"comeback/commerce"
)

func touchOf(shop string, n int) campaigns.Touch {
	return campaigns.Touch{ID: fmt.Sprintf("%s:t%d", shop, n), Shop: shop, Kind: campaigns.Clicked, Agent: campaigns.HumanAgent}
}

// recording is a recorder that runs over a fake store, in the time of a synctest bubble.
type recording struct {
	*api.Recorder
	store   *fakeStore
	marks   *marks
	metrics *prometheus.Registry
	end     func() error
}

func record(t *testing.T) *recording {
	r := &recording{store: newFakeStore(), marks: &marks{shops: map[string]int{}}, metrics: prometheus.NewRegistry()}
	r.Recorder = api.NewRecorder(r.store, r.marks, time.Now, r.metrics, quiet())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	synctest.Wait()
	r.end = func() error { stop(); return <-ended }
	return r
}

// pass lets time go by, and all that is due then happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// Touches of some milliseconds form one group, also where they come during a write. A
// group is retried while the store does not answer. Waiting touches are stored at the end.
func TestTouchesAreStoredInGroups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t)
		for n := range 500 {
			r.Add(t.Context(), touchOf("one", n))
			r.Add(t.Context(), touchOf("two", n))
			r.Add(t.Context(), touchOf("one", n)) // the same touch
		}
		pass(api.TouchWindow)
		if len(r.store.touches) != 1000 || r.store.batches != 2 || r.marks.shops["two"] != 1 {
			t.Errorf("got %d touches in %d batches, marks %v; want 1000 in 2", len(r.store.touches), r.store.batches, r.marks.shops)
		}
		r.store.breakWith(commerce.Errorf(commerce.Unavailable, "away"))
		r.Add(t.Context(), touchOf("one", 500))
		pass(api.TouchWindow)
		r.store.breakWith(nil)
		r.Add(t.Context(), touchOf("one", 501))
		pass(2 * time.Second)
		r.Add(t.Context(), touchOf("one", 500)) // is stored
		r.Add(t.Context(), touchOf("one", 502))
		if err := r.end(); err != nil || len(r.store.touches) != 1003 || r.Waiting() != 0 {
			t.Errorf("got %d touches, %d waiting, %v, want 1003", len(r.store.touches), r.Waiting(), err)
		}
	})
}

// Whatever comes and however slow the store is: the touches that were answered and are not
// stored came within TouchWindow. A crash at any moment loses no others.
func TestACrashLosesTheTouchesOfTenMillisecondsAtMost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random, of := rand.New(rand.NewPCG(seed, 10)), rand.New(rand.NewPCG(seed, 20))
			r := record(t)
			var mu sync.Mutex
			answered := map[string]time.Time{} // when the touch came
			r.store.slow = func() { <-time.After(time.Duration(of.IntN(60)) * time.Millisecond) }
			var clients sync.WaitGroup
			for n := range 400 {
				pass(time.Duration(random.IntN(3000)) * time.Microsecond)
				clients.Go(func() {
					came, touch := time.Now(), touchOf("one", n)
					r.Add(t.Context(), touch)
					mu.Lock()
					answered[touch.ID] = came
					mu.Unlock()
				})
				synctest.Wait()
				mu.Lock()
				if first, last := unstored(r.store, answered); last.Sub(first) >= api.TouchWindow {
					t.Fatalf("seed %d: a crash would lose the touches of %v", seed, last.Sub(first))
				}
				mu.Unlock()
			}
			clients.Wait()
			if err := r.end(); err != nil || len(r.store.touches) != 400 {
				t.Errorf("got %d touches, %v, want all 400", len(r.store.touches), err)
			}
		})
	}
}

// unstored is when the first and the last of the answered touches came that the store does
// not have.
func unstored(store *fakeStore, answered map[string]time.Time) (first, last time.Time) {
	store.mu.Lock()
	defer store.mu.Unlock()
	for _, t := range store.touches {
		delete(answered, t.ID)
	}
	for _, came := range answered {
		if first.IsZero() || came.Before(first) {
			first = came
		}
		if came.After(last) {
			last = came
		}
	}
	return first, last
}

// A store that fails delays no answer. Touches wait in memory up to a number; further ones
// are dropped and counted. When the store is back, those that waited are stored.
func TestTouchesDoNotGrowWithoutBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t)
		r.store.breakWith(commerce.Errorf(commerce.Unavailable, "away"))
		r.Add(t.Context(), touchOf("one", 0))
		pass(20 * time.Millisecond)
		began := time.Now()
		for n := range 20_000 {
			r.Add(t.Context(), touchOf("one", 1+n))
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("answers waited %v for a store that fails", took)
		}
		waiting := r.Waiting()
		if waiting > 16_384 || dropped(t, r.metrics) != float64(20_001-waiting) {
			t.Errorf("got %d waiting and %v dropped of 20001", waiting, dropped(t, r.metrics))
		}
		r.store.breakWith(nil)
		if err := r.end(); err != nil || len(r.store.touches) != int(waiting) {
			t.Errorf("got %d stored (%v), want %d", len(r.store.touches), err, waiting)
		}
	})
}

func dropped(t *testing.T, metrics *prometheus.Registry) (n float64) {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "comeback_touches_dropped_total" {
			n = f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return n
}

// Touches that cannot be stored at the end are reported. A touch that the store
// will never accept delays no others.
func TestLostTouchesAreReported(t *testing.T) {
	t.Parallel()
	for code, want := range map[commerce.Code]bool{commerce.Unavailable: true, commerce.Invalid: false} {
		store := newFakeStore()
		store.breakWith(commerce.Errorf(code, "no"))
		r := api.NewRecorder(store, &marks{shops: map[string]int{}}, time.Now, prometheus.NewRegistry(), quiet())
		r.Add(t.Context(), touchOf("one", 0))
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := r.Run(ctx); (err != nil) != want {
			t.Errorf("%s: got %v, want an error %v", code, err, want)
		}
	}
}
