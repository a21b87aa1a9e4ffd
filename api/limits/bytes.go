package limits

import "sync"

// Bytes is a budget of memory for bodies that are being read, in all and for
// each caller. A caller never waits for it: callers with a part who wait for
// more could block each other.
type Bytes struct {
	total, each int64
	mu          sync.Mutex
	used        int64
	by          map[string]int64 // bytes taken by each caller
}

// Small is the size of a body that may use the last quarter of a budget. Larger
// bodies may not, so that many large bodies never stop a small one.
const Small = 64 << 10

// NewBytes makes a budget of so many bytes, and of so many for each caller.
func NewBytes(total, each int64) *Bytes {
	return &Bytes{total: total, each: each, by: map[string]int64{}}
}

// Take takes n more bytes for a body that has taken so many before. It returns
// false if the budget, or the caller's share of it, is used up.
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

// Give returns n bytes.
func (b *Bytes) Give(who string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.by[who] -= n; b.by[who] <= 0 {
		delete(b.by, who)
	}
}
