package segments

import (
	"math/bits"
	"slices"
)

// coarse is a second, rough copy of a column's codes: the bucket of each. All
// buckets have about equally many codes. A window is a range of buckets, compared
// 64 at a time bit by bit (the vertical layout of Li and Patel, "BitWeaving",
// SIGMOD 2013). The codes themselves are read only in the first and the last
// bucket of the window: a quarter of the memory to read.
type coarse struct {
	planes []plane             // of 64 codes each, padded as codes are
	edges  [buckets + 1]uint64 // bucket k has the codes from edges[k] on, below edges[k+1]; the last edge is above them all
}

// plane is the buckets of 64 codes: bit k of all of them is word k.
type plane [bucketBits]uint64

const (
	bucketBits = 7
	buckets    = 1 << bucketBits
)

// coarsely adds a rough copy where the column is long and wide enough to gain
// from one.
func (c *ints) coarsely() {
	if c.shared || c.sparse || c.plus != nil || c.codes32 == nil || c.n < 64*buckets {
		return
	}
	var sample []uint32
	for i := 0; i < c.n; i += c.n / (64 * buckets) {
		if c.some == nil || c.some.has(uint32(i)) {
			sample = append(sample, c.codes32[i])
		}
	}
	slices.Sort(sample)
	c.coarse = &coarse{planes: make([]plane, len(c.codes32)/64)}
	e := &c.coarse.edges
	for k := 1; k < buckets && len(sample) > 0; k++ {
		e[k] = uint64(sample[k*len(sample)/buckets])
	}
	e[0], e[buckets] = 0, uint64(c.most-c.base)/uint64(c.step)+1
	c.coarse.fill(c.codes32)
}

// fill finds the bucket of each code. Codes with the same leading bits are in
// few buckets: from the first of them on the right one is a step or two away.
func (k *coarse) fill(codes []uint32) {
	const leading = 12
	shift := max(bits.Len64(k.edges[buckets]), leading) - leading
	var first [1 << leading]uint8
	for i := range first {
		first[i] = uint8(k.of(uint64(i) << shift))
	}
	for i := range k.planes {
		for j := 0; j < 64; j += 8 {
			eight := uint64(0)
			for bit, code := range codes[i*64+j : i*64+j+8] {
				b := first[code>>shift]
				for k.edges[b+1] <= uint64(code) {
					b++
				}
				eight |= uint64(b) << (8 * bit)
			}
			for n := range k.planes[i] {
				k.planes[i][n] |= eight >> n & eachByte * gather >> 56 << j
			}
		}
	}
}

// of is the bucket of a code: the last one that begins at it or before.
func (k *coarse) of(code uint64) int {
	low, high := 0, buckets
	for high-low > 1 {
		if middle := (low + high) / 2; k.edges[middle] <= code {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// Constants for eight bytes at once.
const (
	eachByte = 0x0101010101010101
	gather   = 0x0102040810204080 // times bits 0, 8, ... 56: they are the top byte then
)

// within keeps the positions whose code is from at least and to at most. It
// collects the positions that buckets do not decide and reads them in the end:
// independent reads are many times faster.
func (k *coarse) within(x *worker, codes []uint32, in, out bitset, from, to uint64) {
	first, last := k.of(from), k.of(to)
	openFirst, openLast := uint64(0), uint64(0) // whether the bucket lies in the window in part
	if k.edges[first] != from {
		openFirst = ^uint64(0)
	}
	if k.edges[last+1] > to+1 {
		openLast = ^uint64(0)
	}
	low, high := newPlane(first), newPlane(last)
	begins, ends := first > 0 || openFirst != 0, last < buckets-1 || openLast != 0
	open := x.open[:0]
	for i, w := range in {
		unsure := uint64(0)
		if w != 0 && begins {
			above, same := k.planes[i].above(&low)
			w &= above | same
			unsure = same & openFirst
		}
		if w != 0 && ends {
			above, same := k.planes[i].above(&high)
			w &^= above
			unsure |= same & openLast
		}
		unsure &= w
		out[i] = w &^ unsure
		for ; unsure != 0; unsure &= unsure - 1 {
			open = append(open, uint32(i*64+bits.TrailingZeros64(unsure)))
		}
	}
	for _, i := range open {
		out[i/64] |= atMost(uint64(codes[i])-from, to-from) << (i % 64)
	}
	x.open = open
}

// newPlane is a plane of one bucket 64 times.
func newPlane(bucket int) (p plane) {
	for n := range p {
		if bucket>>n&1 == 1 {
			p[n] = ^uint64(0)
		}
	}
	return p
}

// above returns the codes whose bucket is later than that of other, and those
// whose bucket is the same.
func (p *plane) above(other *plane) (above, same uint64) {
	same = ^uint64(0)
	for n := bucketBits - 1; n >= 0; n-- {
		above |= same & p[n] &^ other[n]
		same &^= p[n] ^ other[n]
	}
	return above, same
}

func (k *coarse) bytes() int {
	if k == nil {
		return 0
	}
	return 8*bucketBits*cap(k.planes) + 8*len(k.edges)
}
