package indexcache

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// progress is how far a build is. It may be read at any time.
type progress struct {
	began atomic.Int64 // milliseconds; 0: nothing is being built
	read  atomic.Int64
	known atomic.Int64 // about how many customers there are
}

func (p *progress) start(at time.Time) {
	p.read.Store(0)
	p.known.Store(0)
	p.began.Store(at.UnixMilli())
}

func (p *progress) end() { p.began.Store(0) }

// counted counts the rows that are read.
func (p *progress) counted(rows iter.Seq2[*segments.Row, error]) iter.Seq2[*segments.Row, error] {
	return func(yield func(*segments.Row, error) bool) {
		for row, err := range rows {
			p.read.Add(1)
			if !yield(row, err) {
				return
			}
		}
	}
}

// building is the reason why an index is not there yet.
type building struct {
	shop        string
	read, known int64
	left        time.Duration
	cause       error
}

func (b *building) Error() string {
	return fmt.Sprintf("the customers of shop %q are being read into memory, which is done once after a start: "+
		"%d of about %d so far; ask again in %d s", b.shop, b.read, max(b.known, b.read), b.left/time.Second)
}

func (b *building) Unwrap() error { return b.cause }

// RetryAfter is when the index is expected.
func (b *building) RetryAfter() time.Duration { return b.left }

// Limits of the time after which callers ask again.
const (
	soonest = time.Second
	latest  = time.Minute
	untold  = 5 * time.Second // before the first customer is read
)

// waited is the error of a caller whose time ended while the index was being read.
func (b *shopIndex) waited(ctx context.Context) error {
	began := b.progress.began.Load()
	if began == 0 {
		return commerce.Errorf(commerce.Unavailable, "segments of shop %q are being read, ask again: %w", b.shop, ctx.Err())
	}
	r := &building{shop: b.shop, read: b.progress.read.Load(), known: b.progress.known.Load(), left: untold, cause: ctx.Err()}
	if took := b.cache.wall().Sub(time.UnixMilli(began)); r.read > 0 {
		left := float64(took) / float64(r.read) * float64(r.known-r.read)
		r.left = min(max(time.Duration(left), soonest), latest).Round(time.Second)
	}
	return commerce.Errorf(commerce.Unavailable, "%w", r)
}

// Warm builds the index of a shop before anybody asks for it. TooLarge: it would not
// fit beside the others, and nothing is built.
func (s *Cache) Warm(ctx context.Context, shop string) error {
	known, err := s.source.Known(ctx, shop)
	if err != nil {
		return err
	}
	if taken := s.Memory(); taken > 0 && taken+known*usualBytes > s.budget {
		return commerce.Errorf(commerce.TooLarge, "the segments of shop %q may not fit into memory beside the others", shop)
	}
	held, err := s.Open(ctx, shop)
	if err == nil {
		held.Close()
	}
	return err
}
