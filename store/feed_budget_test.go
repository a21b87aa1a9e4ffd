package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/segments"
	"comeback/segments/indexcache"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// twoShops are shops whose indexes have one size, and that size.
func twoShops(t testing.TB, docs documents.Database) (s *cached, size int64) {
	t.Helper()
	s = cachedAt(t, docs)
	must(t, s.AddShop(t.Context(), commerce.Shop{ID: "z", Currency: "EUR", Zone: "UTC", CreatedAt: noon}))
	s.customers(t, "s", 1, 3000)
	s.customers(t, "z", 1, 3000)
	s.open(t, "s").Close()
	return s, s.indexes.Memory()
}

// If memory has room for one of two shops, they take turns: the least recently
// used one is dropped. The answers stay the same.
func TestShopsTakeTurnsInMemory(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, size := twoShops(t, docs)
		s.indexes = indexcache.New(s, size*3/2, s.clock.now)
		for round := range 3 {
			s.clock.step(time.Minute)
			s.move(t, s.clock.now(), "Cologne", 100+round, 200+round)
			wantCount(t, "the shop that changes", s.count(t, "s", inCologne), 2*(round+1))
			wantCount(t, "the other", s.count(t, "z", everybody), 3000)
			if taken := s.indexes.Memory(); taken > size*3/2 || taken < size/2 {
				t.Errorf("got %d bytes in the cache, want one index of %d", taken, size)
			}
		}
	})
}

// An open index is not dropped for another one. A caller that needs too much
// gets an error that names the setting, and is served when there is room again.
func TestAnOpenIndexIsNotDropped(t *testing.T) {
	t.Parallel()
	s, size := twoShops(t, storetest.Embedded(t, store.Collections()))
	s.indexes = indexcache.New(s, size*3/2, s.clock.now)
	held := s.open(t, "s")
	_, err := s.indexes.Open(t.Context(), "z")
	if commerce.CodeOf(err) != commerce.TooLarge || !strings.Contains(err.Error(), "COMEBACK_SEGMENT_MEMORY") ||
		!strings.Contains(err.Error(), "other shops") {
		t.Errorf("beside an open one: got %v, want too large, naming the setting and the other shops", err)
	}
	wantCount(t, "the open one", held.Index.Count(nil, noon), 3000)
	held.Close()
	held.Close()
	wantCount(t, "the other, after that", s.count(t, "z", everybody), 3000)
}

// counting counts how often a shop was read whole.
type counting struct {
	*store.Store
	mu    sync.Mutex
	known int64 // the stated number of customers; 0: the real one
	reads int
}

func (c *counting) Known(ctx context.Context, shop string) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads++; c.known > 0 {
		return c.known, nil
	}
	return c.Store.Known(ctx, shop)
}

// A shop too large for memory is refused, before it is read if its size alone
// shows that. It is tried again only after a minute.
func TestAShopTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	s, size := twoShops(t, storetest.Embedded(t, store.Collections()))
	for known, budget := range map[int64]int64{0: size / 2, 1e9: size} {
		source := &counting{Store: s.Store, known: known}
		s.indexes = indexcache.New(source, budget, s.clock.now)
		for range 3 {
			_, err := s.indexes.Open(t.Context(), "s")
			if commerce.CodeOf(err) != commerce.TooLarge || !strings.Contains(err.Error(), "COMEBACK_SEGMENT_MEMORY") {
				t.Errorf("got %v, want too large, naming the setting", err)
			}
		}
		wantCount(t, "tries", source.reads, 1)
		s.clock.step(time.Minute)
		_, _ = s.indexes.Open(t.Context(), "s")
		wantCount(t, "tries a minute later", source.reads, 2)
		if taken := s.indexes.Memory(); taken != 0 {
			t.Errorf("got %d bytes in the cache, want none", taken)
		}
	}
}

// Concurrent callers for one shop wait for a single reading of it.
func TestAShopIsReadOnce(t *testing.T) {
	t.Parallel()
	s, _ := twoShops(t, storetest.Embedded(t, store.Collections()))
	source := &counting{Store: s.Store}
	s.indexes = indexcache.New(source, plenty, s.clock.now)
	var group errgroup.Group
	for range 16 {
		group.Go(func() error {
			h, err := s.indexes.Open(t.Context(), "s")
			if err != nil {
				return err
			}
			defer h.Close()
			if n := h.Index.Count(nil, noon); n != 3000 {
				return fmt.Errorf("got %d customers, want 3000", n)
			}
			return nil
		})
	}
	must(t, group.Wait())
	wantCount(t, "readings", source.reads, 1)
}

// While orders and merges are written, readers see whole numbers of customers,
// never too few. In the end they see the stored ones.
func TestReadersBesideWriters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := cachedAt(t, docs)
		s.customers(t, "s", 1000, 500)
		const people = 40
		done := make(chan struct{})
		var writers, readers errgroup.Group
		for w := range 2 {
			writers.Go(func() error {
				for n := w; n < people; n += 2 {
					if _, err := s.SaveOrder(t.Context(), "s", paidOrder(n+1, commerce.Buyer{Email: fmt.Sprintf("%d@example.com", n)})); err != nil {
						return err
					}
					if err := recomputeShop(t.Context(), s.Store, "s"); err != nil {
						return err
					}
					s.clock.step(100 * time.Millisecond)
				}
				return nil
			})
		}
		condition := conditionOf(t, buyers, nil)
		for range 3 {
			readers.Go(func() error {
				for least := 0; ; {
					h, err := s.indexes.Open(t.Context(), "s")
					if err != nil {
						return err
					}
					n := h.Index.Count(condition, noon)
					h.Close()
					if n < least || n > people {
						return fmt.Errorf("got %d buyers after %d", n, least)
					}
					least = n
					select {
					case <-done:
						return nil
					default:
					}
				}
			})
		}
		err := writers.Wait()
		close(done)
		must(t, err)
		must(t, readers.Wait())
		s.clock.step(5 * time.Second)
		wantCount(t, "in the end", s.count(t, "s", buyers), people)
	})
}

// An index follows the inputs of its conditions: the shop's zone and currency,
// its segments and lists at once, the categories of products within 5 s.
func TestSettingsAreFollowed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := cachedAt(t, docs)
		ctx := t.Context()
		s.customers(t, "s", 1, 10)
		seen := s.open(t, "s").State
		fresh := func(what string, wait time.Duration) *indexcache.Handle {
			s.clock.step(wait)
			h := s.open(t, "s")
			if h.State == seen {
				t.Errorf("%s: got the same state, want another", what)
			}
			seen = h.State
			return h
		}
		shop, err := s.Shop(ctx, "s")
		must(t, err)
		shop.Zone, shop.Currency = "Asia/Shanghai", "CNY"
		must(t, s.SaveShop(ctx, shop))
		if h := fresh("settings", time.Second); h.Params.Currency != "CNY" || h.Params.Zone.String() != "Asia/Shanghai" {
			t.Errorf("got %s, %s", h.Params.Currency, h.Params.Zone)
		}
		createSegment(t, s.Store, "vip", `"condition": `+inCologne)
		must(t, s.SaveFitted(ctx, "s", &segments.Fitted{At: noon}, ""))
		if h := fresh("a segment", time.Second); h.Set.Segment("vip") == nil || len(h.Segments) != 1 || h.Params.Fitted == nil {
			t.Errorf("got %v, %v, want vip", h.Set.IDs(), h.Segments)
		}
		_, err = s.SaveListed(ctx, "s", []segments.Listed{{Segment: "vip", Customer: "s:email:000003", Included: true, At: noon}})
		must(t, err)
		fresh("a list", time.Second)
		wantCount(t, "listed", s.count(t, "s", `{"segment": "vip"}`), 1)
		must(t, s.SaveProduct(ctx, "s", commerce.Product{ID: "s:c:p", Version: noon, Categories: [][]string{{"Hats", "Red"}}}))
		if paths := fresh("a category", 5*time.Second).Params.Categories("s:c:p"); len(paths) != 1 || len(paths[0]) != 2 {
			t.Errorf("got categories %v", paths)
		}
		must(t, s.SaveProduct(ctx, "s",
			commerce.Product{ID: "s:c:p", Version: noon.Add(1e9), Title: "Hat", Categories: [][]string{{"Hats", "Red"}}}))
		if title := fresh("a title", 5*time.Second).Params.Titles("s:c:p"); title != "Hat" {
			t.Errorf("got title %q", title)
		}
		must(t, s.SaveProduct(ctx, "s", commerce.Product{
			ID: "s:c:p", Version: noon.Add(2e9), Title: "Hat", Brand: "Acme", Categories: [][]string{{"Hats", "Red"}},
		}))
		s.clock.step(5 * time.Second)
		if h := s.open(t, "s"); h.State != seen {
			t.Error("a product's brand: got another state, want the same")
		}
	})
}
