package commerce

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number: Units / 10^Scale. It is for numbers that
// are not money: unit prices with more digits than the currency has, exchange
// rates, bounds in conditions. The zero value is 0. Scale is at most 18.
type Decimal struct {
	Units int64 `bson:"u"`
	Scale int   `bson:"s"`
}

// ParseDecimal reads plain decimal text such as "-12.30": digits, at most one
// point, an optional sign; no exponent, no grouping. Trailing zeros of the
// fraction are dropped, so equal numbers are equal values.
func ParseDecimal(text string) (Decimal, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	fraction = strings.TrimRight(fraction, "0")
	if !allDigits(whole) || whole == "" || !allDigits(fraction) || point && strings.HasSuffix(text, ".") {
		return Decimal{}, Errorf(Invalid, "number %q: write plain decimal text such as 12.30", clip(text))
	}
	if len(fraction) > 18 {
		return Decimal{}, Errorf(Invalid, "number %q: at most 18 digits after the point", clip(text))
	}
	units, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return Decimal{}, Errorf(Invalid, "number %q: too large", clip(text))
	}
	if negative {
		units = -units
	}
	return Decimal{Units: units, Scale: len(fraction)}, nil
}

// String writes the number so that ParseDecimal reads it back.
func (d Decimal) String() string { return formatUnits(d.Units, d.Scale) }

// IsZero reports whether the number is 0.
func (d Decimal) IsZero() bool { return d.Units == 0 }

// Cmp compares two numbers exactly: -1, 0 or 1.
func (d Decimal) Cmp(e Decimal) int { return d.rat().Cmp(e.rat()) }

// Float is the nearest float64, for statistics only.
func (d Decimal) Float() float64 {
	f, _ := d.rat().Float64()
	return f
}

// Times multiplies exactly by a whole number; an overflow is Invalid.
func (d Decimal) Times(n int64) (Decimal, error) {
	product := new(big.Int).Mul(big.NewInt(d.Units), big.NewInt(n))
	if !product.IsInt64() {
		return Decimal{}, Errorf(Invalid, "number: %s x %d is too large", d, n)
	}
	return Decimal{Units: product.Int64(), Scale: d.Scale}, nil
}

// By multiplies exactly. A product that does not fit is Invalid.
func (d Decimal) By(e Decimal) (Decimal, error) {
	if small(d.Units, math.MaxInt32) && small(e.Units, math.MaxInt32) && d.Scale+e.Scale <= 18 {
		product, scale := d.Units*e.Units, d.Scale+e.Scale
		for scale > 0 && product%10 == 0 {
			product, scale = product/10, scale-1
		}
		return Decimal{Units: product, Scale: scale}, nil
	}
	product, scale := new(big.Int).Mul(big.NewInt(d.Units), big.NewInt(e.Units)), d.Scale+e.Scale
	for ten := big.NewInt(10); scale > 0; scale-- {
		whole, rest := new(big.Int).QuoRem(product, ten, new(big.Int))
		if rest.Sign() != 0 {
			break
		}
		product = whole
	}
	if !product.IsInt64() || scale > 18 {
		return Decimal{}, Errorf(Invalid, "number: %s x %s is too large", d, e)
	}
	return Decimal{Units: product.Int64(), Scale: scale}, nil
}

// Pieces returns a quantity in pieces, for conditions and figures: rounded half
// away from zero, and at least one. exact reports whether d is whole.
func (d Decimal) Pieces() (n int64, exact bool) {
	n, exact = d.Minor(0)
	switch {
	case n != 0 || exact:
	case d.Units > 0:
		n = 1
	default:
		n = -1
	}
	return n, exact
}

// Minor is the number in units of 10^-exponent, rounded half away from zero.
// exact reports whether nothing was rounded; an overflow saturates and is not exact.
func (d Decimal) Minor(exponent int) (minor int64, exact bool) {
	const most = 1_000_000_000_000
	shift := exponent - d.Scale
	if !small(d.Units, most) || shift > 6 || shift < -12 {
		return minorOf(d.rat(), exponent)
	}
	power := int64(1)
	for range max(shift, -shift) {
		power *= 10
	}
	if shift >= 0 {
		return d.Units * power, true
	}
	minor, rest := d.Units/power, d.Units%power
	switch {
	case 2*rest >= power:
		minor++
	case 2*rest <= -power:
		minor--
	}
	return minor, rest == 0
}

func small(n, most int64) bool { return n <= most && n >= -most }

func (d Decimal) rat() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(d.Units), pow10(d.Scale))
}

func minorOf(value *big.Rat, exponent int) (minor int64, exact bool) {
	scaled := new(big.Rat).Mul(value, new(big.Rat).SetInt(pow10(exponent)))
	whole, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	exact = rest.Sign() == 0
	if rest.Abs(rest).Lsh(rest, 1).Cmp(scaled.Denom()) >= 0 {
		whole.Add(whole, big.NewInt(int64(scaled.Sign())))
	}
	if whole.IsInt64() {
		return whole.Int64(), exact
	}
	if whole.Sign() < 0 {
		return math.MinInt64, false
	}
	return math.MaxInt64, false
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

func formatUnits(units int64, scale int) string {
	text := new(big.Int).Abs(big.NewInt(units)).String()
	if pad := scale + 1 - len(text); pad > 0 {
		text = strings.Repeat("0", pad) + text
	}
	if scale > 0 {
		text = text[:len(text)-scale] + "." + text[len(text)-scale:]
	}
	if units < 0 {
		return "-" + text
	}
	return text
}

func allDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
