package indexcache

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// shopIndex is the index of one shop and how far it has followed the shop's changes.
// open, used and bytes belong to the lock of the cache; current is read by anybody;
// the rest belongs to who has the turn.
type shopIndex struct {
	cache *Cache
	shop  string
	open  int
	used  uint64
	bytes int64 // that the index takes or is promised; 0: there is none

	turn    chan struct{}
	current atomic.Pointer[Handle]
	polled  atomic.Int64 // when the last reading of changes began, milliseconds

	at       time.Time // likewise
	deep     time.Time // when the last began that went back far
	seen     time.Time // the last change known
	settings settings
}

// How changes are followed. A change is stamped before its commit, so it may
// show behind others that are stamped later: as late as the deadline of a
// write (5 s) and the clocks allowed to differ (2 s, either way). What a reading
// found unchanged by its own clock less unseen is not read again.
const (
	pollEvery = 250 * time.Millisecond
	deepEvery = 5 * time.Second
	pollBack  = 2 * time.Second
	deepBack  = 30 * time.Second
	unseen    = 10 * time.Second
	aheadMost = 2 * time.Second
	staleMost = time.Second        // who may not poll waits for who does, if it is older
	forgotten = 6 * 24 * time.Hour // tombstones are kept for 7 days
	batchMost = 4096               // changed customers applied at once
)

// What an index takes at least and, at a guess, at most, for a customer.
const (
	leastBytes = 16
	usualBytes = 512
)

// refresh brings the index up to date, which it builds where there is none.
// While somebody else does, what there is is good enough if it is recent.
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
			return commerce.Errorf(commerce.Unavailable, "segments of shop %q: %w", b.shop, ctx.Err())
		}
	}
}

func (b *shopIndex) fresh(within time.Duration) bool {
	age := b.cache.wall().Sub(time.UnixMilli(b.polled.Load()))
	return b.current.Load() != nil && age >= 0 && age < within
}

// exclusively does work in turn.
func (b *shopIndex) exclusively(ctx context.Context, work func(context.Context) error) error {
	select {
	case b.turn <- struct{}{}:
		return b.detached(ctx, work)
	case <-ctx.Done():
		return commerce.Errorf(commerce.Unavailable, "segments of shop %q: %w", b.shop, ctx.Err())
	}
}

// detached does work to its end, even if nobody waits any more: a build would
// never be done by callers who are all in a hurry. It gives the turn back.
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
		return commerce.Errorf(commerce.Unavailable, "segments of shop %q are being read, ask again: %w", b.shop, ctx.Err())
	}
}

// catchUp applies what was changed since it was called last.
func (b *shopIndex) catchUp(ctx context.Context) error {
	at := b.cache.wall()
	held := b.current.Load()
	if held == nil || at.Sub(b.at) > forgotten {
		return b.build(ctx, at)
	}
	back := pollBack
	if deep := at.Sub(b.deep); deep >= deepEvery || deep < 0 {
		back = deepBack
	}
	ix := held.Index
	judged, err := b.settings.load(ctx, b.cache.source, b.shop, back == deepBack)
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
	if judged {
		ix.Use(b.settings.held.Params)
		ix.List(b.settings.held.Lists)
	}
	if judged || changed > 0 {
		b.publish(ix)
	}
	return nil
}

// high is up to when changes are known. The clock moves it along where nothing
// changes, and holds it back where a stamp lies in the future.
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

// publish shows the index and its settings to who opens from now on.
func (b *shopIndex) publish(ix *segments.Index) {
	held := b.settings.held
	held.Index, held.State = ix, b.cache.states.Add(1)
	b.current.Store(&held)
	b.cache.settle(b, ix.Memory())
}

// follow applies the changes stored since from that the index does not hold.
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

// build reads the whole shop. The changes made meanwhile are found behind it.
func (b *shopIndex) build(ctx context.Context, at time.Time) error {
	b.current.Store(nil)
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
	ix.List(b.settings.held.Lists)
	b.publish(ix)
	b.done(at)
	return nil
}

// filled is an index of all customers stored. It has the room that such a shop
// usually needs, and where that is not enough all there is: then every index
// that nobody has open is given up.
func (b *shopIndex) filled(ctx context.Context) (ix *segments.Index, err error) {
	count, err := b.cache.source.Known(ctx, b.shop)
	if err != nil {
		return nil, err
	}
	if count*leastBytes > b.cache.budget {
		return nil, commerce.Errorf(commerce.TooLarge, "%d customers", count)
	}
	usual := min(b.cache.budget, count*usualBytes+1<<20)
	for _, want := range slices.Compact([]int64{usual, b.cache.budget}) {
		room := b.cache.reserve(b, want)
		if room == 0 {
			return nil, commerce.Errorf(commerce.TooLarge, "no room")
		}
		ix = segments.NewIndex(b.settings.held.Params)
		ix.Limit(room)
		if err = ix.Build(b.cache.source.Rows(ctx, b.shop)); commerce.CodeOf(err) != commerce.TooLarge {
			break
		}
	}
	ix.Limit(b.cache.budget)
	return ix, err
}
