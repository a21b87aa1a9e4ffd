package segments

import (
	"math"
	"math/bits"
	"time"

	"comeback/commerce"
)

// value is the value of a field. Which part is set depends on the field's kind.
// The zero value is unset.
type value struct {
	set  bool
	num  fraction // of numbers; of money in minor units of the shop's currency
	text string
	list []string // a list passes if one entry does; empty is unset
	at   time.Time
	flag bool
}

func numberOf(n int64) value         { return value{set: true, num: fraction{n, 1}} }
func textOf(s string) value          { return value{set: s != "", text: s} }
func listOf(list []string) value     { return value{set: len(list) > 0, list: list} }
func dateOf(t time.Time) value       { return value{set: !t.IsZero(), at: t} }
func flagOf(b bool) value            { return value{set: true, flag: b} }
func moneyOf(n int64, ok bool) value { return value{set: ok, num: fraction{n, 1}} }
func shareOf(num, den int64) value   { return value{set: den > 0, num: fraction{num, den}} }
func customOf(list []commerce.KV, key string) value {
	text, _ := commerce.Lookup(list, key)
	return textOf(text)
}

// fraction is num / den, with den above 0. Averages and shares are compared
// exactly and never rounded.
type fraction struct{ num, den int64 }

// cmp compares f with d exactly: num x 10^scale against units x den, in 128 bits.
func (f fraction) cmp(d commerce.Decimal) int {
	return cmpProducts(f.num, pow10(d.Scale), d.Units, f.den)
}

// cmpProducts compares a x b with c x d; b and d are above 0.
func cmpProducts(a, b, c, d int64) int {
	switch {
	case a < 0 && c >= 0:
		return -1
	case a >= 0 && c < 0:
		return 1
	case a < 0:
		return cmpMagnitudes(magnitude(c), uint64(d), magnitude(a), uint64(b))
	}
	return cmpMagnitudes(uint64(a), uint64(b), uint64(c), uint64(d))
}

func cmpMagnitudes(a, b, c, d uint64) int {
	hi1, lo1 := bits.Mul64(a, b)
	hi2, lo2 := bits.Mul64(c, d)
	switch {
	case hi1 < hi2 || hi1 == hi2 && lo1 < lo2:
		return -1
	case hi1 == hi2 && lo1 == lo2:
		return 0
	}
	return 1
}

// pow10 is 10^n for n in 0..18.
func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// minorUnits is d major units of money as an exact number of minor units. A number
// that does not fit becomes the largest or smallest, which no amount reaches.
func minorUnits(d commerce.Decimal, exponent int) commerce.Decimal {
	if d.Scale >= exponent {
		return commerce.Decimal{Units: d.Units, Scale: d.Scale - exponent}
	}
	scaled := commerce.Decimal{Units: d.Units}
	minor, _ := scaled.Minor(exponent - d.Scale)
	return commerce.Decimal{Units: minor}
}

// text writes f for explanations: with exponent decimals, and up to two more if it
// has them. "about" precedes a number that has still more.
func (f fraction) text(exponent int) string {
	if f.den == 1 {
		return commerce.Decimal{Units: f.num, Scale: exponent}.String()
	}
	const more = 2
	hi, lo := bits.Mul64(magnitude(f.num), uint64(pow10(more)))
	if hi >= uint64(f.den) {
		return "very large"
	}
	quotient, rest := bits.Div64(hi, lo, uint64(f.den))
	units, scale := int64(min(quotient, math.MaxInt64)), exponent+more
	for scale > exponent && units%10 == 0 {
		units, scale = units/10, scale-1
	}
	if f.num < 0 {
		units = -units
	}
	text := commerce.Decimal{Units: units, Scale: scale}.String()
	if rest > 0 {
		return "about " + text
	}
	return text
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
