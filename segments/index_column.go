package segments

import (
	"math"
	"slices"
)

// ints is a column of whole numbers: amounts, counts, milliseconds, codes of a
// dictionary. It is packed: value = base + step x code. Codes are as narrow as
// possible, and absent where all are equal. A column that is nearly always the
// same stores its exceptions only. It is immutable.
type ints struct {
	n          int
	base, step int64
	least      int64  // of the values that are set
	most       int64  // below least: none is set
	some       bitset // entries that are set; nil: all
	codes8     []uint8
	codes16    []uint16
	codes32    []uint32
	codes64    []uint64

	sparse bool     // codes are those of the entries at pos; the others are rest
	pos    []uint32 // rising
	rest   int64    // unset: they are not set

	plus   *ints // the codes are differences from it; nil: they are the values
	shared bool  // the codes belong to another column
	coarse *coarse
}

// unset means no value.
const unset = math.MinInt64

// code is the packed value of entry i, of a sparse column of its i-th exception.
func (c *ints) code(i uint32) uint64 {
	switch {
	case c.codes8 != nil:
		return uint64(c.codes8[i])
	case c.codes16 != nil:
		return uint64(c.codes16[i])
	case c.codes32 != nil:
		return uint64(c.codes32[i])
	case c.codes64 != nil:
		return c.codes64[i]
	}
	return 0
}

// at is entry i.
func (c *ints) at(i uint32) (v int64, ok bool) {
	if c.sparse {
		v = c.rest
		if k, found := slices.BinarySearch(c.pos, i); found {
			v = c.base + c.step*int64(c.code(uint32(k)))
		}
		if v == unset {
			return 0, false
		}
	} else if c.some == nil || c.some.has(i) {
		v = c.base + c.step*int64(c.code(i))
	} else {
		return 0, false
	}
	if c.plus != nil {
		base, _ := c.plus.at(i)
		v += base
	}
	return v, true
}

// value is entry i of a column that is always set.
func (c *ints) value(i uint32) int64 {
	v, _ := c.at(i)
	return v
}

// bytes is the size of what belongs to this column alone.
func (c *ints) bytes() int {
	if c.shared {
		return c.some.bytes() + 160
	}
	return cap(c.codes8) + 2*cap(c.codes16) + 4*cap(c.codes32) + 8*cap(c.codes64) + 4*cap(c.pos) + c.some.bytes() + c.coarse.bytes() + 160
}

// pack makes a column of n values, those missing at the end being pad. The codes
// of a plain column are the values, for tables that are read by code.
func pack(values []int64, n int, pad int64, plain bool) ints {
	c := ints{n: n, step: 1, rest: mostCommon(values, n, pad)}
	kept, set := c.measure(values, pad)
	if kept <= n/16 && (c.rest == unset || set == n) {
		if c.rest != pad {
			values = extend(values, n, pad)
		}
		c.packSparse(values, kept, plain)
		return c
	}
	full := extend(values, n, pad)
	if set < n {
		full = slices.Clone(full)
		c.some = newBitset(n)
		for i, v := range full {
			if v == unset {
				full[i] = c.least
			} else {
				c.some.add(uint32(i))
			}
		}
	}
	c.encode(full, plain)
	return c
}

// measure sets the least and the most of values, those missing at the end being
// pad. It counts those that are not the rest, and those that are set.
func (c *ints) measure(values []int64, pad int64) (kept, set int) {
	c.least, c.most = math.MaxInt64, math.MinInt64
	for _, v := range values {
		if v != c.rest {
			kept++
		}
		if v != unset {
			set++
			c.least, c.most = min(c.least, v), max(c.most, v)
		}
	}
	if missing := c.n - len(values); missing > 0 {
		if pad != c.rest {
			kept += missing
		}
		if pad != unset {
			set += missing
			c.least, c.most = min(c.least, pad), max(c.most, pad)
		}
	}
	return kept, set
}

// mostCommon is the value of more than half of a sample; any value where there
// is none.
func mostCommon(values []int64, n int, pad int64) int64 {
	if 2*len(values) < n {
		return pad
	}
	common, lead := pad, 0
	for i := 0; i < n; i += 1 + n/512 {
		v := pad
		if i < len(values) {
			v = values[i]
		}
		switch {
		case v == common:
			lead++
		case lead == 0:
			common, lead = v, 1
		default:
			lead--
		}
	}
	return common
}

// packSparse stores the values that differ from the rest.
func (c *ints) packSparse(values []int64, kept int, plain bool) {
	c.sparse = true
	if kept == 0 {
		return
	}
	exceptions := make([]int64, 0, kept)
	c.pos = make([]uint32, 0, kept)
	for i, v := range values {
		if v != c.rest {
			exceptions, c.pos = append(exceptions, v), append(c.pos, uint32(i))
		}
	}
	packed := ints{least: slices.Min(exceptions), most: slices.Max(exceptions), step: 1}
	packed.encode(exceptions, plain)
	c.base, c.step = packed.base, packed.step
	c.codes8, c.codes16, c.codes32, c.codes64 = packed.codes8, packed.codes16, packed.codes32, packed.codes64
}

// encode chooses base, step and width. Codes are padded to whole words of a bitset.
func (c *ints) encode(values []int64, plain bool) {
	c.base = c.least
	if plain {
		c.base = 0
	}
	width := uint64(c.most) - uint64(c.base)
	if width > 1<<32-1 && !plain {
		c.step = commonStep(values, c.base)
	}
	width /= uint64(c.step)
	n := wordsFor(len(values)) * 64
	switch {
	case width == 0:
	case width < 1<<8:
		c.codes8 = narrow[uint8](values, n, c.base, c.step)
	case width < 1<<16:
		c.codes16 = narrow[uint16](values, n, c.base, c.step)
	case width < 1<<32:
		c.codes32 = narrow[uint32](values, n, c.base, c.step)
	default:
		c.codes64 = narrow[uint64](values, n, c.base, c.step)
	}
}

type unsigned interface {
	uint8 | uint16 | uint32 | uint64
}

func narrow[T unsigned](values []int64, n int, base, step int64) []T {
	codes := make([]T, n)
	for i, v := range values {
		codes[i] = T(uint64(v-base) / uint64(step))
	}
	return codes
}

// commonStep is the greatest common divisor of the distances from base: 1000 for
// instants in whole seconds.
func commonStep(values []int64, base int64) int64 {
	step := uint64(0)
	for _, v := range values {
		step = gcd(step, uint64(v-base))
		if step == 1 {
			break
		}
	}
	return int64(max(step, 1))
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// packBeside packs values that often equal those of a base column, or are near
// them. It shares the base's codes, or stores the differences, where that is
// smaller.
func packBeside(values []int64, n int, pad int64, base *ints) ints {
	if len(values) == 0 || base.sparse || base.plus != nil || base.some != nil {
		return pack(values, n, pad, false)
	}
	differences := make([]int64, n)
	for i := range differences {
		v := pad
		if i < len(values) {
			v = values[i]
		}
		differences[i] = unset
		if v != unset {
			differences[i] = v - base.value(uint32(i))
		}
	}
	apart := pack(differences, n, unset, false)
	if apart.constant() {
		return base.moved(&apart, values, pad)
	}
	own := pack(values, n, pad, false)
	if !own.sparse && apart.sparse && apart.rest != unset && apart.bytes() < own.bytes()/2 {
		apart.plus, apart.least, apart.most = base, own.least, own.most
		return apart
	}
	return own
}

// constant reports whether all entries, or all that are set, have one value: least.
func (c *ints) constant() bool { return c.least == c.most && !(c.sparse && c.rest == unset) }

// moved is the column plus the constant column by. values are the result, those
// missing at the end being pad.
func (c *ints) moved(by *ints, values []int64, pad int64) ints {
	m := *c
	m.shared, m.base, m.some = true, c.base+by.least, by.some
	m.measure(values, pad)
	return m
}

// share drops the column's own memory where another one is equal.
func (c *ints) share(other *ints) {
	if c.equals(other) {
		*c = *other
		c.shared = true
	}
}

// repeats reports whether the column shares the codes of an equal one.
func (c *ints) repeats(other *ints) bool {
	return c.shared && c.base == other.base && c.some == nil && other.some == nil
}

// equals reports whether two columns have the same entries.
func (c *ints) equals(d *ints) bool {
	if c.n != d.n || c.least != d.least || c.most != d.most {
		return false
	}
	for i := range uint32(c.n) {
		v, ok := c.at(i)
		if w, set := d.at(i); v != w || ok != set {
			return false
		}
	}
	return true
}
