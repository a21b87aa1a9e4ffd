package segments

import (
	"math"
	"math/bits"
	"slices"
)

// interval is the whole numbers from lo to hi, both included; none where lo is
// above hi.
type interval struct{ lo, hi int64 }

// everything is all numbers but unset.
func everything() interval { return interval{math.MinInt64 + 1, math.MaxInt64} }

func (v interval) has(x int64) bool { return v.lo <= x && x <= v.hi }

// few is the number of positions in a word up to which each is read alone; above
// it the whole word is read.
const few = 12

// within sets out to the positions of in whose value is set and lies in one
// of the intervals. in and out may be the same.
func (c *ints) within(x *worker, in, out bitset, list []interval) {
	switch {
	case c.sparse || c.plus != nil || c.codes64 != nil && len(list) > 1:
		c.withinEach(in, out, list)
	case len(list) == 1:
		c.withinOne(x, in, out, list[0])
	default:
		mark := x.mark()
		found, part := x.clear(len(in)), x.bitset(len(in))
		for _, v := range list {
			c.withinOne(x, in, part, v)
			found.or(part)
		}
		copy(out, found)
		x.release(mark)
	}
}

// withinEach is within for one position after the other.
func (c *ints) withinEach(in, out bitset, list []interval) {
	fits := func(v int64) bool { return slices.ContainsFunc(list, func(i interval) bool { return i.has(v) }) }
	if !c.sparse || c.plus != nil {
		keepEach(in, out, func(i uint32) bool {
			v, ok := c.at(i)
			return ok && fits(v)
		})
		return
	}
	keepExceptions(in, out, c.pos, c.rest != unset && fits(c.rest), func(k int) bool {
		return fits(c.base + c.step*int64(c.code(uint32(k))))
	})
}

// keepEach sets out to the positions of in that pass.
func keepEach(in, out bitset, passes func(i uint32) bool) {
	for i, w := range in {
		kept := uint64(0)
		for ; w != 0; w &= w - 1 {
			bit := bits.TrailingZeros64(w)
			if passes(uint32(i*64 + bit)) {
				kept |= 1 << bit
			}
		}
		out[i] = kept
	}
}

// keepExceptions sets out to the positions of in that pass: the exceptions of a
// sparse column that pass, and the rest where it passes.
func keepExceptions(in, out bitset, pos []uint32, rest bool, passes func(k int) bool) {
	if 8*in.count() < len(pos) {
		keepEach(in, out, func(i uint32) bool {
			if k, found := slices.BinarySearch(pos, i); found {
				return passes(k)
			}
			return rest
		})
		return
	}
	k := 0
	for i, w := range in {
		kept := uint64(0)
		if rest {
			kept = w
		}
		for end := uint32(i+1) * 64; k < len(pos) && pos[k] < end; k++ {
			bit := uint64(1) << (pos[k] % 64)
			if w&bit == 0 {
				continue
			}
			if kept &^= bit; passes(k) {
				kept |= bit
			}
		}
		out[i] = kept
	}
}

// withinOne is within for one interval of a column of codes.
func (c *ints) withinOne(x *worker, in, out bitset, v interval) {
	lo, hi := max(v.lo, c.least), min(v.hi, c.most)
	if lo > hi {
		clear(out)
		return
	}
	if lo == c.least && hi == c.most {
		copy(out, in)
		out.and(c.some)
		return
	}
	step := uint64(c.step)
	from, to := (uint64(lo-c.base)+step-1)/step, uint64(hi-c.base)/step
	switch {
	case from > to:
		clear(out)
		return
	case c.codes8 != nil:
		rangeOfCodes(c.codes8, in, out, uint8(from), uint8(to-from))
	case c.codes16 != nil:
		rangeOfCodes(c.codes16, in, out, uint16(from), uint16(to-from))
	case c.coarse != nil:
		c.coarse.within(x, c.codes32, in, out, from, to)
	case c.codes32 != nil:
		rangeOfCodes(c.codes32, in, out, uint32(from), uint32(to-from))
	case c.codes64 != nil:
		rangeOfCodes(c.codes64, in, out, from, to-from)
	default:
		copy(out, in)
	}
	out.and(c.some)
}

// rangeOfCodes keeps the positions whose code is from at least, and at most
// width above it.
func rangeOfCodes[T unsigned](codes []T, in, out bitset, from, width T) {
	for i, w := range in {
		kept := uint64(0)
		if w != 0 {
			word := codes[i*64 : i*64+64 : i*64+64]
			if bits.OnesCount64(w) > few {
				kept = rangeOfWord(word, from, width) & w
			} else {
				for ; w != 0; w &= w - 1 {
					bit := bits.TrailingZeros64(w)
					kept |= atMost(word[bit]-from, width) << bit
				}
			}
		}
		out[i] = kept
	}
}

// rangeOfWord is the 64 codes of a word at once. It is a function of its own
// so that all it needs stays in registers.
func rangeOfWord[T unsigned](word []T, from, width T) uint64 {
	kept := uint64(0)
	for len(word) >= 8 {
		c := word[:8]
		eight := atMost(c[0]-from, width) | atMost(c[1]-from, width)<<1 | atMost(c[2]-from, width)<<2 | atMost(c[3]-from, width)<<3 |
			atMost(c[4]-from, width)<<4 | atMost(c[5]-from, width)<<5 | atMost(c[6]-from, width)<<6 | atMost(c[7]-from, width)<<7
		kept = kept>>8 | eight<<56
		word = word[8:]
	}
	return kept
}

// atMost is 1 where a is at most b, without a branch.
func atMost[T unsigned](a, b T) uint64 {
	n := uint64(0)
	if a <= b {
		n = 1
	}
	return n
}

// among sets out to the positions of in whose code is 1 in the table. The column
// is plain.
func (c *ints) among(in, out bitset, table []uint8) {
	switch {
	case c.sparse:
		keepExceptions(in, out, c.pos, table[c.rest] == 1, func(k int) bool { return table[c.code(uint32(k))] == 1 })
	case c.codes8 != nil:
		tableOfCodes(c.codes8, in, out, table)
	case c.codes16 != nil:
		tableOfCodes(c.codes16, in, out, table)
	case c.codes32 != nil:
		tableOfCodes(c.codes32, in, out, table)
	case table[0] == 1:
		copy(out, in)
	default:
		clear(out)
	}
}

func tableOfCodes[T unsigned](codes []T, in, out bitset, table []uint8) {
	for i, w := range in {
		kept := uint64(0)
		if w != 0 {
			word := codes[i*64 : i*64+64 : i*64+64]
			if bits.OnesCount64(w) > few {
				kept = tableOfWord(word, table) & w
			} else {
				for ; w != 0; w &= w - 1 {
					bit := bits.TrailingZeros64(w)
					kept |= uint64(table[word[bit]]) << bit
				}
			}
		}
		out[i] = kept
	}
}

func tableOfWord[T unsigned](word []T, table []uint8) uint64 {
	kept := uint64(0)
	for len(word) >= 8 {
		c := word[:8]
		eight := uint64(table[c[0]]) | uint64(table[c[1]])<<1 | uint64(table[c[2]])<<2 | uint64(table[c[3]])<<3 |
			uint64(table[c[4]])<<4 | uint64(table[c[5]])<<5 | uint64(table[c[6]])<<6 | uint64(table[c[7]])<<7
		kept = kept>>8 | eight<<56
		word = word[8:]
	}
	return kept
}

// total adds the known entries at the positions of a set between from and to:
// their sum, which stops at the largest number, and their count.
func (c *ints) total(set bitset, from, to uint32) (n tally) {
	switch {
	case c.sparse || c.plus != nil || c.some != nil || c.least < -huge || c.most > huge:
		for i := set.next(from, to); i < to; i = set.next(i+1, to) {
			if v, ok := c.at(i); ok {
				n.add(v)
			}
		}
		return n
	case c.codes8 != nil:
		n.count, n.sum = totalOfCodes(c.codes8, set, from, to)
	case c.codes16 != nil:
		n.count, n.sum = totalOfCodes(c.codes16, set, from, to)
	case c.codes32 != nil:
		n.count, n.sum = totalOfCodes(c.codes32, set, from, to)
	case c.codes64 != nil:
		n.count, n.sum = totalOfCodes(c.codes64, set, from, to)
	default:
		n.count = int64(set.countRange(from, to))
	}
	n.sum = n.sum*c.step + n.count*c.base
	return n
}

// huge bounds entries: the sum of a chunk's entries below it fits for sure.
const huge = 1 << 40

func totalOfCodes[T unsigned](codes []T, set bitset, from, to uint32) (count, sum int64) {
	for from < to {
		w := set[from/64] >> (from % 64)
		if left := to - from; left < 64 {
			w &= 1<<left - 1
		}
		for ; w != 0; w &= w - 1 {
			count++
			sum += int64(codes[from+uint32(bits.TrailingZeros64(w))])
		}
		from = (from/64 + 1) * 64
	}
	return count, sum
}
