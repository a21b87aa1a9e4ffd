// Package indexcache keeps the segment indexes of the shops in use in memory,
// within a budget, and has them follow the changes in the store.
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

// largeFor is how long a shop that did not fit is taken not to.
const largeFor = time.Minute

// Cache holds the indexes of the shops in use within a budget of memory. An
// index is built when somebody asks for its shop, follows the shop's changes
// while it is asked, and is given up for another, the least recently used first;
// one that is open is never. Made by New; all methods may be called
// concurrently.
type Cache struct {
	source Source
	budget int64
	wall   func() time.Time

	mu    sync.Mutex
	shops map[string]*shopIndex
	uses  uint64
	large map[string]time.Time // when a shop was found not to fit, alone

	states  atomic.Uint64
	differs atomic.Int64
}

// New makes an empty cache. budget is in bytes (COMEBACK_SEGMENT_MEMORY),
// wall the clock that stamps changes in the store.
func New(source Source, budget int64, wall func() time.Time) *Cache {
	return &Cache{source: source, budget: budget, wall: wall, shops: map[string]*shopIndex{}, large: map[string]time.Time{}}
}

// Held is an open index with what its shop's customers are judged by, all of
// one moment. Close gives it back; what was read from it stays true.
type Handle struct {
	Shop     commerce.Shop
	Index    *segments.Index
	Params   segments.Params
	Set      *segments.Set
	Segments []segments.Stored         // in use: what Set was read of
	Lists    map[string]segments.Lists // by segment
	State    uint64                    // another one where customers or settings are, than in an earlier Held of the shop
	close    func()
}

// Close gives the index back. A second Close does nothing.
func (h *Handle) Close() { h.close() }

// Open gives the index of a shop, no older than 250 ms but for a change whose
// commit took long, which is found within 5 s. It builds the index where there
// is none; builds go on when ctx ends, for who asks next. A shop whose index
// does not fit into the budget is TooLarge: ask the database then.
func (s *Cache) Open(ctx context.Context, shop string) (*Handle, error) {
	b := s.take(shop)
	if err := b.refresh(ctx); err != nil {
		s.put(b)
		return nil, err
	}
	held := *b.current.Load()
	held.close = sync.OnceFunc(func() { s.put(b) })
	return &held, nil
}

// CatchUp applies what was changed to the shop's index, where there is one: all
// that was committed before it is called, however lately the index was read.
func (s *Cache) CatchUp(ctx context.Context, shop string) error {
	b := s.take(shop)
	defer s.put(b)
	if b.current.Load() == nil {
		return nil
	}
	return b.exclusively(ctx, b.catchUp)
}

// Reconcile compares the shop's index, where there is one, with all that is
// stored, and repairs it. It returns how many customers differed although they
// changed long enough ago to be known: a metric that stays 0.
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

// Differences is how many customers Reconcile found to differ, of all shops
// together: a metric that stays 0.
func (s *Cache) Differences() int64 { return s.differs.Load() }

// Memory is the bytes the indexes of the cache take.
func (s *Cache) Memory() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.others(nil)
}

// take is the index of the shop, in use until put.
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

// put ends a use. A shop without an index is not kept.
func (s *Cache) put(b *shopIndex) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.open--
	if b.open == 0 && (b.bytes == 0 || s.others(nil) > s.budget) {
		s.drop(b)
	}
}

// drop gives an index up. Who holds it may go on.
func (s *Cache) drop(b *shopIndex) {
	delete(s.shops, b.shop)
	b.bytes = 0
}

// others is what the indexes of all shops but one take.
func (s *Cache) others(but *shopIndex) (bytes int64) {
	for _, b := range s.shops {
		if b != but {
			bytes += b.bytes
		}
	}
	return bytes
}

// reserve makes room for b, giving up what was not used longest, and returns
// how much it may take: want, or less where there is no more.
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

// oldest is the index used longest ago of those that nobody has open.
func (s *Cache) oldest(but *shopIndex) (oldest *shopIndex) {
	for _, b := range s.shops {
		if b != but && b.open == 0 && (oldest == nil || b.used < oldest.used) {
			oldest = b
		}
	}
	return oldest
}

// settle notes what b takes now.
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

// tooLarge is the answer for a shop that memory does not hold. One that does not
// fit alone is not read again soon.
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

// fits tells whether the shop may fit: it was not found too large lately.
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
