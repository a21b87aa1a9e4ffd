package segments

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"comeback/commerce"
)

// Index is one shop's customers in memory, in columns: it answers conditions
// for all of them at once, exactly as Match does for one. Any number of readers
// may ask while one writer applies changes; a reader sees the customers as they
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

// part is a chunk and which of its rows still hold.
type part struct {
	*chunk
	alive bitset // nil: all
	count int
	size  int // bytes of the chunk
}

// NewIndex makes an empty index that judges by a shop's parameters. Customer and
// Listed of the parameters are not asked: each row has its own id, and List says
// who is listed.
func NewIndex(p Params) *Index {
	ix := &Index{rows: chunkRows, gone: map[int64]int64{}}
	ix.state.Store(&snapshot{})
	ix.Use(p)
	ix.workers.New = func() any { return &worker{} }
	return ix
}

// Use changes the shop's parameters for what is asked from now on.
func (ix *Index) Use(p Params) { ix.shop.Store(&shop{p}) }

// Len is the number of customers in the index.
func (ix *Index) Len() int { return ix.state.Load().count }

// Rev is the revision of a customer in the index; not ok where there is none.
func (ix *Index) Rev(n int64) (rev int64, ok bool) {
	for _, p := range ix.state.Load().parts {
		if row, found := p.find(n); found && p.holds(row) {
			return p.customers.ints[figureRev].value(row), true
		}
	}
	return 0, false
}

// Memory is about how many bytes the index takes. Buffers of evaluations and
// the writer's are not in it: together some tens of megabytes while they run.
func (ix *Index) Memory() int64 {
	state := ix.state.Load()
	n := state.size()
	for _, p := range state.parts {
		if k := p.catalog.kept.Load(); k != nil {
			n += int64(k.bytes())
		}
	}
	return n
}

func (p part) holds(row uint32) bool { return p.alive == nil || p.alive.has(row) }

// Count is how many customers a condition holds for at now. A nil condition
// holds for all.
func (ix *Index) Count(c Condition, now time.Time) int {
	total := int64(0)
	ix.evaluate([]Condition{c}, now, func(_ int, _ *chunk, found bitset) {
		atomic.AddInt64(&total, int64(found.count()))
	})
	return int(total)
}

// Members puts into the set, which it empties first, the customers a condition
// holds for at now. A set used again needs no new memory.
func (ix *Index) Members(c Condition, now time.Time, into *Bitmap) {
	ix.Sweep([]Condition{c}, now, []*Bitmap{into})
}

// Sweep is Members for many conditions in one pass. What several of them ask is
// asked once. into has a set for each.
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

// evaluate tells of each condition whom of each chunk it holds for, on all the
// processors there are. tell may be called by several goroutines at once.
func (ix *Index) evaluate(list []Condition, now time.Time, tell func(i int, c *chunk, found bitset)) {
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
				x.part(&state.parts[i-1], tell)
			}
		})
	}
	workers.Wait()
}

// part evaluates the plan for one chunk.
func (x *worker) part(p *part, tell func(i int, c *chunk, found bitset)) {
	x.enter(p.chunk)
	words := wordsFor(p.customers.n)
	alive, found := x.bitset(words), x.bitset(words)
	alive.fill(p.customers.n)
	alive.and(p.alive)
	for i, root := range x.plan.roots {
		root.eval(x, alive, found)
		tell(i, p.chunk, found)
	}
}

// check tells what an index cannot take.
func (r *Row) check() error {
	if r.N < 0 || r.N > MaxNumber {
		return commerce.Errorf(commerce.Invalid, "customer %q: number %d: it is 0 to %d", r.ID, r.N, MaxNumber)
	}
	return nil
}
