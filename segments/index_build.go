package segments

import (
	"iter"
	"sync/atomic"

	"comeback/commerce"
)

// Build fills an empty index from a stream of rows, which may reuse one row. If
// a customer occurs twice, the later revision counts. Build stops at the first
// error of the stream, at a row that is not valid (Invalid), and where the index
// would exceed its limit (TooLarge). The index is then unchanged.
func (ix *Index) Build(rows iter.Seq2[*Row, error]) error {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	sealing := newSealing(ix.rows)
	again, err := ix.gather(rows, sealing)
	state := sealing.wait()
	if err == nil {
		err = ix.fits(state.size())
	}
	if err != nil {
		return err
	}
	return ix.apply(state, again)
}

// gather reads the stream into chunks. It returns the rows of customers that
// were in the stream before, and tombstones.
func (ix *Index) gather(rows iter.Seq2[*Row, error], to *sealing) (again []*Row, err error) {
	var seen Bitmap
	b := to.builder()
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		switch err := r.check(); {
		case err != nil:
			return nil, err
		case r.Gone:
			again = append(again, &Row{N: r.N, Rev: r.Rev, Gone: true})
			continue
		case seen.Has(r.N):
			again = append(again, r.clone())
			continue
		}
		seen.Add(r.N)
		if b.add(r); b.full() {
			to.seal(b)
			if err := ix.fits(to.size.Load()); err != nil {
				return nil, err
			}
			b = to.builder()
		}
	}
	if b.customers.n > 0 {
		to.seal(b)
	}
	return again, nil
}

// Limit bounds the memory of the index, in bytes: writes that would exceed it
// are rejected. 0, the default, is no bound.
func (ix *Index) Limit(bytes int64) { ix.limit.Store(bytes) }

// fits returns TooLarge for a size above the limit.
func (ix *Index) fits(size int64) error {
	if limit := ix.limit.Load(); limit > 0 && size > limit {
		return commerce.Errorf(commerce.TooLarge,
			"segments: the customers take more than the %d MB this shop's index may have: raise COMEBACK_SEGMENT_MEMORY", limit/1e6)
	}
	return nil
}

// sealing packs chunks while the next is gathered.
type sealing struct {
	free, full chan *chunkBuilder
	done       chan struct{}
	size       atomic.Int64 // bytes sealed
	state      snapshot
}

func newSealing(rows int) *sealing {
	s := &sealing{free: make(chan *chunkBuilder, 2), full: make(chan *chunkBuilder), done: make(chan struct{})}
	s.free <- newChunkBuilder(rows)
	s.free <- newChunkBuilder(rows)
	go func() {
		defer close(s.done)
		for b := range s.full {
			s.state.add(b.seal())
			s.size.Store(s.state.size())
			s.free <- b
		}
	}()
	return s
}

// builder waits for an empty builder.
func (s *sealing) builder() *chunkBuilder { return <-s.free }

func (s *sealing) seal(b *chunkBuilder) { s.full <- b }

// wait returns everything that was sealed.
func (s *sealing) wait() *snapshot {
	close(s.full)
	<-s.done
	return &s.state
}

func (s *snapshot) add(c *chunk) {
	s.parts = append(s.parts, partOf(c))
	s.count += c.customers.n
}

// partOf is a chunk with all its rows.
func partOf(c *chunk) part { return part{chunk: c, count: c.customers.n, size: c.bytes()} }

// size is how many bytes the parts take.
func (s *snapshot) size() int64 {
	n := 0
	for _, p := range s.parts {
		n += p.size + p.alive.bytes()
	}
	return int64(n)
}
