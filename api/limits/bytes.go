package limits

import "sync"

// Bytes is a budget of memory for bodies that are being read: of all callers
// together and of each. Nobody waits for it: who holds a part and waits for more
// would keep others waiting who do the same.
type Bytes struct {
	total, each int64
	mu          sync.Mutex
	used        int64
	by          map[string]int64 // of those who hold any
}

// Small is the size of a body that may take the last quarter of a budget: large
// ones leave it to them, so that a flood of large bodies stops no small one.
const Small = 64 << 10

// NewBytes makes a budget of so many bytes, and of so many for each caller.
func NewBytes(total, each int64) *Bytes {
	return &Bytes{total: total, each: each, by: map[string]int64{}}
}

// Take takes n bytes more for a body that has held so many before; false when
// the budget, or the caller's share of it, is used up.
func (b *Bytes) Take(who string, held, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	total := b.total
	if held+n > Small {
		total -= total / 4
	}
	if b.used+n > total || b.by[who]+n > b.each {
		return false
	}
	b.used += n
	b.by[who] += n
	return true
}

// Give gives n bytes back.
func (b *Bytes) Give(who string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.by[who] -= n; b.by[who] <= 0 {
		delete(b.by, who)
	}
}
