package commerce

import (
	"cmp"
	"math/big"
)

// Money is an amount in minor units of a currency (ISO 4217 code, upper case):
// 1230 EUR is 12.30, 104 JPY is 104. The zero value is no money of no currency
// and adds to any. Amounts in two currencies never add.
type Money struct {
	Minor    int64  `bson:"m"`
	Currency string `bson:"c"`
}

// ParseMoney reads decimal text as an amount of currency, exactly: "12.3000" is
// 12.30 EUR. "12.345" EUR is Invalid, and so is a currency without a known
// exponent. Decimal.Minor is for platforms that print more digits than their
// currency has.
func ParseMoney(text, currency string) (Money, error) {
	exponent, ok := Exponent(currency)
	if !ok {
		return Money{}, Errorf(Invalid, "currency %q: write an ISO 4217 code such as EUR", clip(currency))
	}
	d, err := ParseDecimal(text)
	if err != nil {
		return Money{}, err
	}
	minor, exact := d.Minor(exponent)
	if !exact {
		return Money{}, Errorf(Invalid, "amount %q: %s has %d decimals", clip(text), currency, exponent)
	}
	return Money{Minor: minor, Currency: currency}, nil
}

// String writes the amount as decimal text without the currency. A currency of
// unknown exponent is written with two decimals.
func (m Money) String() string {
	exponent, ok := Exponent(m.Currency)
	if !ok {
		exponent = 2
	}
	return formatUnits(m.Minor, exponent)
}

// IsZero reports whether the amount is 0, of any currency.
func (m Money) IsZero() bool { return m.Minor == 0 }

// Add sums two amounts of one currency; two currencies, or an overflow, are Invalid.
func (m Money) Add(n Money) (Money, error) {
	if m.Currency == "" && m.Minor == 0 {
		return n, nil
	}
	if n.Currency == "" && n.Minor == 0 {
		return m, nil
	}
	if m.Currency != n.Currency {
		return Money{}, Errorf(Invalid, "money: cannot add %s to %s", n.Currency, m.Currency)
	}
	sum := m.Minor + n.Minor
	if (sum > m.Minor) != (n.Minor > 0) && n.Minor != 0 {
		return Money{}, Errorf(Invalid, "money: %s + %s %s is too large", m, n, m.Currency)
	}
	return Money{Minor: sum, Currency: m.Currency}, nil
}

// Neg returns the amount with the other sign.
func (m Money) Neg() Money { return Money{Minor: -m.Minor, Currency: m.Currency} }

// Cmp compares two amounts of one currency: -1, 0 or 1. Amounts of two
// currencies compare by code, so that sorting is stable but meaningless.
func (m Money) Cmp(n Money) int {
	if c := cmp.Compare(m.Currency, n.Currency); c != 0 {
		return c
	}
	return cmp.Compare(m.Minor, n.Minor)
}

// Convert changes the amount into currency at rate (units of currency for one
// unit of m's), rounded half away from zero. ok is false where an exponent is
// not known, the rate is not above 0 or the result does not fit.
func (m Money) Convert(currency string, rate Decimal) (converted Money, ok bool) {
	from, known := Exponent(m.Currency)
	to, wanted := Exponent(currency)
	if !known || !wanted || rate.Units <= 0 {
		return Money{}, false
	}
	value := new(big.Rat).SetFrac(big.NewInt(m.Minor), pow10(from))
	minor, _ := minorOf(value.Mul(value, rate.rat()), to)
	return Money{Minor: minor, Currency: currency}, true
}
