package segments

import (
	"iter"
	"math/bits"
)

// Bitmap is a set of customers by their permanent number in the shop. The zero
// value is empty and ready. It takes one bit for every number up to the
// greatest it ever held.
type Bitmap struct{ words bitset }

// Add puts a customer in. Numbers below 0 are no customers.
func (b *Bitmap) Add(n int64) {
	b.grow(int(n)/64 + 1)
	b.words[n/64] |= 1 << (n % 64)
}

// Has tells whether a customer is in.
func (b *Bitmap) Has(n int64) bool {
	return n >= 0 && n/64 < int64(len(b.words)) && b.words[n/64]>>(n%64)&1 == 1
}

// Count is how many customers are in.
func (b *Bitmap) Count() int { return b.words.count() }

// Clear empties the set and keeps its memory.
func (b *Bitmap) Clear() { clear(b.words) }

// All lists the customers in rising order.
func (b *Bitmap) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for i := range b.words.all() {
			if !yield(int64(i)) {
				return
			}
		}
	}
}

// AndNot takes everybody who is in other out: the diff of two memberships.
func (b *Bitmap) AndNot(other *Bitmap) {
	for i := range min(len(b.words), len(other.words)) {
		b.words[i] &^= other.words[i]
	}
}

// And keeps only who is in other too: the overlap of two segments.
func (b *Bitmap) And(other *Bitmap) {
	shared := min(len(b.words), len(other.words))
	for i := range shared {
		b.words[i] &= other.words[i]
	}
	clear(b.words[shared:])
}

// Or puts everybody of other in.
func (b *Bitmap) Or(other *Bitmap) {
	b.grow(len(other.words))
	for i, w := range other.words {
		b.words[i] |= w
	}
}

func (b *Bitmap) grow(words int) {
	for len(b.words) < words {
		b.words = append(b.words, 0)
	}
}

// place puts in the customers base + i for each i of set: set shifted by base.
func (b *Bitmap) place(base int64, set bitset) {
	b.grow(int(base)/64 + len(set) + 1)
	to, by := b.words[base/64:], uint(base%64)
	for i, w := range set {
		to[i] |= w << by
		to[i+1] |= w >> (64 - by) // by 0: a shift by 64 is 0
	}
}

// bitset is a set of positions, 64 a word. Within a chunk it beats compressed
// sets: of 330,000 orders an intersection takes 8 to 11 µs where roaring takes
// 25 to 130, and making one of what a scan found 30 µs instead of 290. Only where
// one order in a thousand is in is roaring faster, 2 µs for 7: those are found by
// postings.
type bitset []uint64

// wordsFor is how many words n positions take.
func wordsFor(n int) int { return (n + 63) / 64 }

func newBitset(n int) bitset { return make(bitset, wordsFor(n)) }

func (s bitset) has(i uint32) bool { return s[i/64]>>(i%64)&1 == 1 }
func (s bitset) add(i uint32)      { s[i/64] |= 1 << (i % 64) }
func (s bitset) remove(i uint32)   { s[i/64] &^= 1 << (i % 64) }

func (s bitset) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s bitset) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

// fill puts the first n positions in and no other.
func (s bitset) fill(n int) {
	for i := range s {
		s[i] = ^uint64(0)
	}
	if len(s) > 0 && n%64 != 0 {
		s[n/64] = 1<<(n%64) - 1
	}
}

// and, or and without change s by another set of the same positions; nil is all.
func (s bitset) and(other bitset) {
	if other == nil {
		return
	}
	for i, w := range other[:len(s)] {
		s[i] &= w
	}
}

func (s bitset) or(other bitset) {
	for i, w := range other[:len(s)] {
		s[i] |= w
	}
}

func (s bitset) without(other bitset) {
	for i, w := range other[:len(s)] {
		s[i] &^= w
	}
}

// all lists the positions in rising order.
func (s bitset) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, w := range s {
			for ; w != 0; w &= w - 1 {
				if !yield(uint32(i*64 + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// addRange puts from, from+1, ... before to in.
func (s bitset) addRange(from, to uint32) {
	if from >= to {
		return
	}
	first, last := from/64, (to-1)/64
	head, tail := ^uint64(0)<<(from%64), ^uint64(0)>>(63-(to-1)%64)
	if first == last {
		s[first] |= head & tail
		return
	}
	s[first] |= head
	for i := first + 1; i < last; i++ {
		s[i] = ^uint64(0)
	}
	s[last] |= tail
}

// countRange is how many of from, from+1, ... before to are in.
func (s bitset) countRange(from, to uint32) int {
	if from >= to {
		return 0
	}
	first, last := from/64, (to-1)/64
	head, tail := ^uint64(0)<<(from%64), ^uint64(0)>>(63-(to-1)%64)
	if first == last {
		return bits.OnesCount64(s[first] & head & tail)
	}
	n := bits.OnesCount64(s[first]&head) + bits.OnesCount64(s[last]&tail)
	for i := first + 1; i < last; i++ {
		n += bits.OnesCount64(s[i])
	}
	return n
}

// someRange tells whether one of from, from+1, ... before to is in.
func (s bitset) someRange(from, to uint32) bool {
	if from >= to {
		return false
	}
	w := s[from/64] >> (from % 64)
	if n := to - from; n <= 64-from%64 {
		return w<<(64-n) != 0
	}
	return w != 0 || s.next((from/64+1)*64, to) < to
}

// next is the first position from at on, at least to where there is none before.
func (s bitset) next(at, to uint32) uint32 {
	for at < to {
		if w := s[at/64] >> (at % 64); w != 0 {
			return at + uint32(bits.TrailingZeros64(w))
		}
		at = (at/64 + 1) * 64
	}
	return to
}

// bytes is the memory the set takes.
func (s bitset) bytes() int { return 8 * cap(s) }
