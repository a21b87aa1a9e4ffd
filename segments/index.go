package segments

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"comeback/commerce"
)

// Index stores one shop's customers in memory, in columns. It evaluates conditions
// for all of them at once, exactly as Match does for one. Any number of readers
// may run while one writer applies changes. A reader sees the customers as they
// were when it began and is never blocked. The zero value is not ready: use
// NewIndex.
type Index struct {
	state   atomic.Pointer[snapshot]
	shop    atomic.Pointer[shop]
	lists   atomic.Pointer[map[string]Lists]
	workers sync.Pool
	limit   atomic.Int64 // bytes; 0: none

	rows    int // of a chunk, at most
	writing sync.Mutex
	builder *chunkBuilder
	gone    map[int64]int64 // revisions of tombstones, by number
}

// snapshot is the customers at one moment. It is immutable.
type snapshot struct {
	parts []part
	count int
}

// part is a chunk, and which of its rows are current.
type part struct {
	*chunk
	alive bitset // nil: all
	count int
	size  int // bytes of the chunk
}

// NewIndex makes an empty index for a shop's parameters. It does not read their
// Customer and Listed: each row has its own id, and List sets the lists.
func NewIndex(p Params) *Index {
	ix := &Index{rows: chunkRows, gone: map[int64]int64{}}
	ix.state.Store(&snapshot{})
	ix.Use(p)
	ix.workers.New = func() any { return &worker{} }
	return ix
}

// Use sets the shop's parameters for evaluations that begin afterwards.
func (ix *Index) Use(p Params) { ix.shop.Store(&shop{p}) }

// Len is the number of customers in the index.
func (ix *Index) Len() int { return ix.state.Load().count }

// Rev is the revision of a customer in the index; ok is false where there is none.
func (ix *Index) Rev(n int64) (rev int64, ok bool) {
	for _, p := range ix.state.Load().parts {
		if row, found := p.find(n); found && p.has(row) {
			return p.customers.ints[figureRev].value(row), true
		}
	}
	return 0, false
}

// Memory is the approximate size of the index in bytes. It does not count the
// buffers of evaluations and of the writer, together some tens of megabytes.
func (ix *Index) Memory() int64 {
	state := ix.state.Load()
	n := state.size()
	for _, p := range state.parts {
		if k := p.categories.current.Load(); k != nil {
			n += int64(k.bytes())
		}
	}
	return n
}

func (p part) has(row uint32) bool { return p.alive == nil || p.alive.has(row) }

// Count is the number of customers that match a condition at now. A nil condition
// matches all.
func (ix *Index) Count(c Condition, now time.Time) int {
	total := int64(0)
	ix.evaluate([]Condition{c}, now, func(_ int, _ *chunk, found bitset) {
		atomic.AddInt64(&total, int64(found.count()))
	})
	return int(total)
}

// Members replaces the content of the set by the customers that match a condition
// at now. A set used again needs no new memory.
func (ix *Index) Members(c Condition, now time.Time, into *Bitmap) {
	ix.Sweep([]Condition{c}, now, []*Bitmap{into})
}

// Sweep is Members for many conditions in one pass. Parts that several of them
// share are evaluated once. into has a set for each condition.
func (ix *Index) Sweep(list []Condition, now time.Time, into []*Bitmap) {
	var placing sync.Mutex
	for _, set := range into {
		set.Clear()
	}
	ix.evaluate(list, now, func(i int, c *chunk, found bitset) {
		placing.Lock()
		defer placing.Unlock()
		if c.dense {
			into[i].place(c.first, found)
			return
		}
		for row := range found.all() {
			into[i].Add(c.numberOf(row))
		}
	})
}

// evaluate reports the matching rows of each chunk for each condition. It uses
// all processors: several goroutines may call report at once.
func (ix *Index) evaluate(list []Condition, now time.Time, report func(i int, c *chunk, found bitset)) {
	state, s := ix.state.Load(), ix.shop.Load()
	p := planned(list, s, ix.listed(), *newEvaluation(nil, nil, s.params, now))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(state.parts)) {
		workers.Go(func() {
			x := ix.workers.Get().(*worker)
			defer ix.workers.Put(x)
			x.start(p)
			for i := next.Add(1); i <= int64(len(state.parts)); i = next.Add(1) {
				x.part(&state.parts[i-1], report)
			}
		})
	}
	workers.Wait()
}

// part evaluates the plan for one chunk.
func (x *worker) part(p *part, report func(i int, c *chunk, found bitset)) {
	x.enter(p.chunk)
	words := wordsFor(p.customers.n)
	alive, found := x.bitset(words), x.bitset(words)
	alive.fill(p.customers.n)
	alive.and(p.alive)
	for i, root := range x.plan.roots {
		root.eval(x, alive, found)
		report(i, p.chunk, found)
	}
}

// check returns an error for a row that an index cannot store.
func (r *Row) check() error {
	if r.N < 0 || r.N > MaxNumber {
		return commerce.Errorf(commerce.Invalid, "customer %q: number %d: it is 0 to %d", r.ID, r.N, MaxNumber)
	}
	return nil
}
