package segments

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// coarse is a second, rough copy of a column's codes: the bucket of each, a
// byte, of buckets that hold about equally many. A window is a range of
// buckets, compared eight at a time, and the codes themselves are read only in
// the buckets the window begins and ends in: a quarter of the memory to read.
type coarse struct {
	bucket []uint8             // of each code, padded as codes are
	edges  [buckets + 1]uint64 // bucket k has the codes from edges[k] on, below edges[k+1]; the last edge is above them all
}

// buckets leave the top bit of a byte free for comparing eight of them at once.
const buckets = 128

// coarsely is the column with a rough copy, where it is long and wide enough to
// be worth one.
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
	c.coarse = &coarse{bucket: make([]uint8, len(c.codes32))}
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
	for i, code := range codes {
		b := first[code>>shift]
		for k.edges[b+1] <= uint64(code) {
			b++
		}
		k.bucket[i] = b
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
	topBits  = 0x80 * eachByte
	gather   = 0x0102040810204080 // times bits 0, 8, ... 56: they are the top byte then
)

// within keeps the positions whose code is from at least and to at most. What
// the buckets leave open is gathered and read in the end: reads that do not
// wait for one another are many times faster.
func (k *coarse) within(x *worker, codes []uint32, in, out bitset, from, to uint64) {
	first, last := k.of(from), k.of(to)
	sureFirst, sureLast := first, last // the buckets that lie in the window as a whole
	if k.edges[first] != from {
		sureFirst++
	}
	if k.edges[last+1] > to+1 {
		sureLast--
	}
	open := x.open[:0]
	for i, w := range in {
		kept := uint64(0)
		if w != 0 {
			word := k.bucket[i*64 : i*64+64 : i*64+64]
			kept = rangeOfBytes(word, first, last) & w
			unsure := kept
			if kept != 0 && sureFirst <= sureLast {
				kept &= rangeOfBytes(word, sureFirst, sureLast)
				unsure &^= kept
			} else {
				kept = 0
			}
			for ; unsure != 0; unsure &= unsure - 1 {
				open = append(open, uint32(i*64+bits.TrailingZeros64(unsure)))
			}
		}
		out[i] = kept
	}
	for _, i := range open {
		out[i/64] |= atMost(uint64(codes[i])-from, to-from) << (i % 64)
	}
	x.open = open
}

// rangeOfBytes tells which of 64 bytes below 128 are from first to last.
func rangeOfBytes(word []uint8, first, last int) uint64 {
	kept := uint64(0)
	// Adding 128-a sets the top bit of bytes that are a at least.
	atFirst, above := uint64(buckets-first)*eachByte, uint64(buckets-last-1)*eachByte
	for len(word) >= 8 {
		x := binary.LittleEndian.Uint64(word)
		t := (x + atFirst) &^ (x + above) & topBits
		kept = kept>>8 | (t>>7*gather)&(0xff<<56)
		word = word[8:]
	}
	return kept
}

func (k *coarse) bytes() int {
	if k == nil {
		return 0
	}
	return cap(k.bucket) + 8*len(k.edges)
}
