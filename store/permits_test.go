package store_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// Workers that count at the same time lose no mail and no bounce, and one of them sees the
// breaker open.
func TestBreakerIsCountedExactlyOverWorkers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		var mu sync.Mutex
		var workers sync.WaitGroup
		opened := 0
		for range 8 {
			workers.Go(func() {
				for range 10 {
					before, after, err := s.ChangePermit(t.Context(), "s", func(p campaigns.Permit) campaigns.Permit {
						return p.With(p.Breaker.Counted(25, []int{3}, clock.now()))
					})
					must(t, err)
					if mu.Lock(); after.Breaker.Open && !before.Breaker.Open {
						opened++
					}
					mu.Unlock()
				}
			})
		}
		workers.Wait()
		p, err := s.Permit(t.Context(), "s")
		must(t, err)
		mails, bounces, _ := p.Breaker.Figures()
		if p.Breaker.Mails != 8*10*25 || mails != 1000 || bounces != 40 || opened != 1 {
			t.Errorf("got %d mails, %d bounces of the last %d, opened %d times; want 2000, 40 of 1000, once", p.Breaker.Mails, bounces, mails,
				opened)
		}
		held, err := s.HeldShops(t.Context())
		must(t, err)
		if d := cmp.Diff([]string{"s"}, held); d != "" {
			t.Error(d)
		}
		if other, err := s.Permit(t.Context(), "z"); err != nil || other.Held {
			t.Errorf("another shop: got %+v, %v", other, err)
		}
	})
}

// A stop keeps the breaker, and the end of it too.
func TestStopAndResumeKeepTheBreaker(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		change := func(with func(campaigns.Permit) campaigns.Permit) campaigns.Permit {
			_, after, err := s.ChangePermit(t.Context(), commerce.Installation, with)
			must(t, err)
			return after
		}
		change(func(p campaigns.Permit) campaigns.Permit { return p.With(p.Breaker.Counted(7, nil, clock.now())) })
		p := change(func(p campaigns.Permit) campaigns.Permit { return p.Stop("why", clock.now()) })
		if !p.Stopped || !p.Held || p.Breaker.Mails != 7 {
			t.Errorf("stopped: got %+v", p)
		}
		change(campaigns.Permit.Resume)
		stored, err := s.Permit(t.Context(), commerce.Installation)
		must(t, err)
		if stored.Stopped || stored.Held || stored.StopReason != "" || stored.Breaker.Mails != 7 {
			t.Errorf("resumed: got %+v", stored)
		}
	})
}
