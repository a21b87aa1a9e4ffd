// Package indexcache caches the segment indexes of the shops in use, within a
// budget of memory, and applies the changes in the store to them.
package indexcache

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// largeFor is how long a shop that did not fit is not read again.
const largeFor = time.Minute

// Cache stores the indexes of the shops in use within a budget of memory. It
// builds an index when its shop is opened, and applies the shop's changes while
// it is used. It evicts the least recently used index for another, but never an
// open one. Made by New; all methods may be called concurrently.
type Cache struct {
	source Source
	budget int64
	wall   func() time.Time

	mu    sync.Mutex
	shops map[string]*shopIndex
	uses  uint64
	large map[string]time.Time // when a shop did not fit alone

	states  atomic.Uint64
	differs atomic.Int64
}

// New makes an empty cache. budget is in bytes (COMEBACK_SEGMENT_MEMORY). wall is
// the clock that stamps changes in the store.
func New(source Source, budget int64, wall func() time.Time) *Cache {
	return &Cache{source: source, budget: budget, wall: wall, shops: map[string]*shopIndex{}, large: map[string]time.Time{}}
}

// Handle is an open index with the settings of its shop, all of one moment. Close
// returns it to the cache; its content does not change.
type Handle struct {
	Shop     commerce.Shop
	Index    *segments.Index
	Params   segments.Params
	Set      *segments.Set
	Segments []segments.Stored         // in use: the source of Set
	Lists    map[string]segments.Lists // by segment
	State    uint64                    // differs from an earlier Handle of the shop where customers or settings do
	close    func()
}

// Close returns the index to the cache. A second Close does nothing.
func (h *Handle) Close() { h.close() }

// Open returns the index of a shop, at most 250 ms behind the store. It finds a
// change whose commit took long within 5 s. It builds the index where there is
// none. A build continues when ctx ends, for the next caller. A shop whose index
// does not fit into the budget is TooLarge: query the database then.
func (s *Cache) Open(ctx context.Context, shop string) (*Handle, error) {
	b := s.take(shop)
	if err := b.refresh(ctx); err != nil {
		s.put(b)
		return nil, err
	}
	handle := *b.current.Load()
	handle.close = sync.OnceFunc(func() { s.put(b) })
	return &handle, nil
}

// Current is the index of a shop as it was read last, without a request; nil where
// there is none. Close it as one of Open.
func (s *Cache) Current(shop string) *Handle {
	b := s.take(shop)
	current := b.current.Load()
	if current == nil {
		s.put(b)
		return nil
	}
	handle := *current
	handle.close = sync.OnceFunc(func() { s.put(b) })
	return &handle
}

// CatchUp applies all changes committed before the call to the shop's index, where
// there is one.
func (s *Cache) CatchUp(ctx context.Context, shop string) error {
	b := s.take(shop)
	defer s.put(b)
	if b.current.Load() == nil {
		return nil
	}
	return b.exclusively(ctx, b.catchUp)
}

// Reconcile compares the shop's index, where there is one, with the store, and
// repairs it. It returns how many customers differed although they changed long
// enough ago to be known: a metric that should be 0.
func (s *Cache) Reconcile(ctx context.Context, shop string) (differences int, err error) {
	b := s.take(shop)
	defer s.put(b)
	if b.current.Load() == nil {
		return 0, nil
	}
	err = b.exclusively(ctx, func(ctx context.Context) error {
		if err := b.catchUp(ctx); err != nil {
			return err
		}
		differences, err = b.reconcile(ctx)
		s.differs.Add(int64(differences))
		return err
	})
	return differences, err
}

// Differences is how many customers of all shops Reconcile found to differ: a
// metric that should be 0.
func (s *Cache) Differences() int64 { return s.differs.Load() }

// Memory is the bytes the indexes of the cache take.
func (s *Cache) Memory() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.others(nil)
}

// take returns the index of the shop, in use until put.
func (s *Cache) take(shop string) *shopIndex {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.shops[shop]
	if b == nil {
		b = &shopIndex{cache: s, shop: shop, turn: make(chan struct{}, 1)}
		s.shops[shop] = b
	}
	s.uses++
	b.open, b.used = b.open+1, s.uses
	return b
}

// put ends a use. A shop without an index is removed.
func (s *Cache) put(b *shopIndex) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.open--
	if b.open == 0 && (b.bytes == 0 || s.others(nil) > s.budget) {
		s.drop(b)
	}
}

// drop evicts an index. Open handles remain valid.
func (s *Cache) drop(b *shopIndex) {
	delete(s.shops, b.shop)
	b.bytes = 0
}

// others is the size of the indexes of all shops but one.
func (s *Cache) others(but *shopIndex) (bytes int64) {
	for _, b := range s.shops {
		if b != but {
			bytes += b.bytes
		}
	}
	return bytes
}

// reserve makes room for b by evicting the least recently used indexes. It returns
// the room: want, or less where there is no more.
func (s *Cache) reserve(b *shopIndex, want int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	room := s.budget - s.others(b)
	for room < want {
		oldest := s.oldest(b)
		if oldest == nil {
			break
		}
		s.drop(oldest)
		room = s.budget - s.others(b)
	}
	b.bytes = max(0, min(room, want))
	return b.bytes
}

// oldest is the least recently used index that is not open.
func (s *Cache) oldest(but *shopIndex) (oldest *shopIndex) {
	for _, b := range s.shops {
		if b != but && b.open == 0 && (oldest == nil || b.used < oldest.used) {
			oldest = b
		}
	}
	return oldest
}

// settle records the size of b.
func (s *Cache) settle(b *shopIndex, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.bytes = bytes
	for s.others(nil) > s.budget {
		oldest := s.oldest(b)
		if oldest == nil {
			return
		}
		s.drop(oldest)
	}
}

// tooLarge is the error of a shop that does not fit. One that does not fit alone
// is not read again for largeFor.
func (s *Cache) tooLarge(shop string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	others := ""
	if taken := s.others(s.shops[shop]); taken > 0 {
		others = fmt.Sprintf(", of which other shops in use have %d MB", taken/1e6)
	} else if _, known := s.large[shop]; !known {
		s.large[shop] = s.wall()
	}
	return commerce.Errorf(commerce.TooLarge,
		"the segments of shop %q take more memory than there is: COMEBACK_SEGMENT_MEMORY is %d MB%s; raise it",
		shop, s.budget/1e6, others)
}

// fits reports whether the shop may fit: it was not too large within largeFor.
func (s *Cache) fits(shop string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, large := s.large[shop]
	if age := s.wall().Sub(found); large && (age < 0 || age >= largeFor) {
		delete(s.large, shop)
		return true
	}
	return !large
}
