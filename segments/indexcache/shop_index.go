package indexcache

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// shopIndex is the index of one shop and the changes applied to it. The lock of the
// cache guards open, used and bytes. current may be read at any time. The turn
// guards the rest.
type shopIndex struct {
	cache *Cache
	shop  string
	open  int
	used  uint64
	bytes int64 // of the index, or reserved for it; 0: there is none

	turn    chan struct{}
	current atomic.Pointer[Handle]
	polled  atomic.Int64 // when the last reading of changes began, milliseconds

	progress progress

	at       time.Time // likewise
	deep     time.Time // when the last deep reading began
	seen     time.Time // stamp of the last change known
	settings settings
}

// Intervals of the readings. A change is stamped before its commit, so it may
// appear after others that are stamped later: by the deadline of a write (5 s)
// and the allowed difference of clocks (2 s, either way). Changes older than the
// start of a reading less unseen are not read again.
const (
	pollEvery = 250 * time.Millisecond
	deepEvery = 5 * time.Second
	pollBack  = 2 * time.Second
	deepBack  = 30 * time.Second
	unseen    = 10 * time.Second
	aheadMost = 2 * time.Second
	staleMost = time.Second        // an older index waits for the caller that reads changes
	forgotten = 6 * 24 * time.Hour // tombstones are stored for 7 days
	batchMost = 4096               // changed customers applied at once
)

// What an index takes at least and, at a guess, at most, for a customer.
const (
	leastBytes = 16
	usualBytes = 512
)

// refresh brings the index up to date, and builds it where there is none. While
// another caller does so, a recent index is good enough.
func (b *shopIndex) refresh(ctx context.Context) error {
	for {
		if b.fresh(pollEvery) {
			return nil
		}
		select {
		case b.turn <- struct{}{}:
			return b.detached(ctx, b.catchUp)
		default:
		}
		if b.fresh(staleMost) {
			return nil
		}
		select {
		case b.turn <- struct{}{}:
			<-b.turn
		case <-ctx.Done():
			return b.waited(ctx)
		}
	}
}

func (b *shopIndex) fresh(within time.Duration) bool {
	age := b.cache.wall().Sub(time.UnixMilli(b.polled.Load()))
	return b.current.Load() != nil && age >= 0 && age < within
}

// exclusively runs work while it has the turn.
func (b *shopIndex) exclusively(ctx context.Context, work func(context.Context) error) error {
	select {
	case b.turn <- struct{}{}:
		return b.detached(ctx, work)
	case <-ctx.Done():
		return b.waited(ctx)
	}
}

// detached completes the work even if ctx ends: else a build would never complete
// where all callers have short deadlines. It returns the turn.
func (b *shopIndex) detached(ctx context.Context, work func(context.Context) error) error {
	b.cache.take(b.shop) // it is in use until the work is done
	done := make(chan error, 1)
	go func() {
		err := work(context.WithoutCancel(ctx))
		<-b.turn
		b.cache.put(b)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return b.waited(ctx)
	}
}

// catchUp applies the changes since the last call.
func (b *shopIndex) catchUp(ctx context.Context) error {
	at := b.cache.wall()
	handle := b.current.Load()
	if handle == nil || at.Sub(b.at) > forgotten {
		return b.build(ctx, at)
	}
	back := pollBack
	if deep := at.Sub(b.deep); deep >= deepEvery || deep < 0 {
		back = deepBack
	}
	ix := handle.Index
	changedSettings, err := b.settings.load(ctx, b.cache.source, b.shop, back == deepBack)
	if err != nil {
		return err
	}
	changed, err := b.follow(ctx, ix, b.high().Add(-back))
	if commerce.CodeOf(err) == commerce.TooLarge {
		b.cache.settle(b, 0)
		b.current.Store(nil)
		return b.cache.tooLarge(b.shop)
	}
	if err != nil {
		return err
	}
	if b.done(at); back == deepBack {
		b.deep = at
	}
	if changedSettings {
		ix.Use(b.settings.handle.Params)
		ix.List(b.settings.handle.Lists)
	}
	if changedSettings || changed > 0 {
		b.publish(ix)
	}
	return nil
}

// high is the time up to which changes are known. The clock advances it where
// nothing changes, and limits it where a stamp is in the future.
func (b *shopIndex) high() time.Time {
	high := b.at.Add(-unseen)
	if b.seen.After(high) {
		high = b.seen
	}
	if most := b.at.Add(aheadMost); high.After(most) {
		high = most
	}
	return high
}

func (b *shopIndex) done(at time.Time) {
	b.at = at
	b.polled.Store(at.UnixMilli())
}

// publish makes the index and its settings visible to Open.
func (b *shopIndex) publish(ix *segments.Index) {
	handle := b.settings.handle
	handle.Index, handle.State = ix, b.cache.states.Add(1)
	b.current.Store(&handle)
	b.cache.settle(b, ix.Memory())
}

// follow applies the changes stored since from that are not in the index.
func (b *shopIndex) follow(ctx context.Context, ix *segments.Index, from time.Time) (changed int, err error) {
	var open []Change
	for c, err := range b.cache.source.Revisions(ctx, b.shop, from) {
		if err != nil {
			return changed, err
		}
		if c.At.After(b.seen) {
			b.seen = c.At
		}
		if !ix.Lacks(c.N, c.Rev) {
			continue
		}
		if open = append(open, c); len(open) == batchMost {
			if err := b.apply(ctx, ix, open); err != nil {
				return changed, err
			}
			changed, open = changed+len(open), open[:0]
		}
	}
	return changed + len(open), b.apply(ctx, ix, open)
}

// apply reads changed customers anew.
func (b *shopIndex) apply(ctx context.Context, ix *segments.Index, changes []Change) error {
	var rows []*segments.Row
	var ids []string
	for _, c := range changes {
		if c.Gone {
			rows = append(rows, &segments.Row{N: c.N, ID: c.ID, Rev: c.Rev, Gone: true})
			continue
		}
		ids = append(ids, c.ID)
	}
	if len(ids) > 0 {
		read, err := b.cache.source.RowsOf(ctx, b.shop, ids)
		if err != nil {
			return err
		}
		rows = append(rows, read...)
	}
	if len(rows) == 0 {
		return nil
	}
	return ix.Apply(rows)
}

// build reads the whole shop, then the changes made meanwhile.
func (b *shopIndex) build(ctx context.Context, at time.Time) error {
	b.current.Store(nil)
	b.progress.start(at)
	defer b.progress.end()
	if !b.cache.fits(b.shop) {
		return b.cache.tooLarge(b.shop)
	}
	if _, err := b.settings.load(ctx, b.cache.source, b.shop, true); err != nil {
		return err
	}
	ix, err := b.filled(ctx)
	if err == nil {
		b.at, b.deep, b.seen = at, at, time.Time{}
		_, err = b.follow(ctx, ix, b.high().Add(-deepBack))
	}
	if err != nil {
		b.cache.settle(b, 0)
		if commerce.CodeOf(err) == commerce.TooLarge {
			return b.cache.tooLarge(b.shop)
		}
		return err
	}
	ix.List(b.settings.handle.Lists)
	b.publish(ix)
	b.done(at)
	return nil
}

// filled is an index of all stored customers. It reserves the room that such a
// shop usually needs. Where that is not enough it reserves the whole budget: then
// every index that is not open is evicted.
func (b *shopIndex) filled(ctx context.Context) (ix *segments.Index, err error) {
	count, err := b.cache.source.Known(ctx, b.shop)
	if err != nil {
		return nil, err
	}
	b.progress.known.Store(count)
	if count*leastBytes > b.cache.budget {
		return nil, commerce.Errorf(commerce.TooLarge, "%s", commerce.Count(count, "customer"))
	}
	usual := min(b.cache.budget, count*usualBytes+1<<20)
	for _, want := range slices.Compact([]int64{usual, b.cache.budget}) {
		room := b.cache.reserve(b, want)
		if room == 0 {
			return nil, commerce.Errorf(commerce.TooLarge, "no room")
		}
		ix = segments.NewIndex(b.settings.handle.Params)
		ix.Limit(room)
		b.progress.read.Store(0)
		if err = ix.Build(b.progress.counted(b.cache.source.Rows(ctx, b.shop))); commerce.CodeOf(err) != commerce.TooLarge {
			break
		}
	}
	ix.Limit(b.cache.budget)
	return ix, err
}
