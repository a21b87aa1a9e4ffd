package commerce

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// Small numbers are computed without big numbers. The results are those of big
// numbers.
func TestSmallNumbersAreComputedAsBigOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) Decimal {
			units := rapid.OneOf(rapid.Int64Range(-20_000, 20_000), rapid.Int64Range(-3_000_000_000_000, 3_000_000_000_000)).Draw(t, name)
			return Decimal{Units: units, Scale: rapid.IntRange(0, 9).Draw(t, name+" scale")}
		}
		a, b, exponent := number("a"), number("b"), rapid.IntRange(0, 4).Draw(t, "exponent")
		minor, exact := a.Minor(exponent)
		if wantMinor, wantExact := minorOf(a.rat(), exponent); minor != wantMinor || exact != wantExact {
			t.Fatalf("%s in %d decimals: got %d %t, want %d %t", a, exponent, minor, exact, wantMinor, wantExact)
		}
		product, err := a.By(b)
		if want := new(big.Rat).Mul(a.rat(), b.rat()); err == nil && product.rat().Cmp(want) != 0 {
			t.Fatalf("%s x %s: got %s, want %s", a, b, product, want.FloatString(18))
		}
	})
}
