package connectors

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"comeback/commerce"
)

// maxAmount is the largest number accepted, so that sums of thousands of them
// fit.
const maxAmount = 1_000_000_000_000_000

// maxUnits is the largest quantity or stock.
const maxUnits = 1_000_000_000

// noCurrency is used for a record without a currency: ISO 4217 reserves it for
// that.
const noCurrency = "XXX"

// decimal reads a number or its text exactly; null and "" are 0.
func (b body) decimal(key string) commerce.Decimal {
	text := plainText(b.fields[key])
	switch b.fields[key].(type) {
	case nil:
		return commerce.Decimal{}
	case string, json.Number:
	default:
		b.fail(key, "not a number")
		return commerce.Decimal{}
	}
	if strings.TrimSpace(text) == "" {
		return commerce.Decimal{}
	}
	plain, rounded := plainDecimal(text)
	d, err := commerce.ParseDecimal(plain)
	if err != nil {
		b.fail(key, "%v", err)
		return commerce.Decimal{}
	}
	if rounded {
		b.log.note("amount_rounded")
	}
	return d
}

// plainDecimal writes a JSON number (1.5e3, -0.5E-2) as plain digits, with at
// most 18 after the point. Any other text is returned unchanged.
func plainDecimal(text string) (plain string, rounded bool) {
	text = strings.TrimSpace(text)
	mantissa, power, scientific := strings.Cut(strings.ToLower(text), "e")
	shift := 0
	if scientific {
		var err error
		if shift, err = strconv.Atoi(power); err != nil || shift > 40 || shift < -40 || mantissa == "" {
			return text, false
		}
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if shift > 0 {
		fraction += strings.Repeat("0", max(shift-len(fraction), 0))
		whole, fraction = whole+fraction[:shift], fraction[shift:]
	}
	if shift < 0 {
		whole = strings.Repeat("0", max(-shift-len(whole), 0)) + whole
		whole, fraction = whole[:len(whole)+shift], whole[len(whole)+shift:]+fraction
	}
	if whole == "" && fraction != "" {
		whole = "0"
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > 18 {
		fraction, rounded = fraction[:18], true
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if negative {
		whole = "-" + whole
	}
	return whole, rounded
}

// money reads an amount of currency; absent, null and "" are no amount.
func (b body) money(key, currency string) commerce.Money {
	if value := b.fields[key]; value == nil || value == "" {
		return commerce.Money{}
	}
	return b.amountOf(key, b.decimal(key), currency)
}

// amountOf rounds d to the minor unit of currency, half away from zero. An
// amount in a currency of unknown exponent gets two decimals and a data-quality
// code.
func (b body) amountOf(key string, d commerce.Decimal, currency string) commerce.Money {
	exponent, known := commerce.Exponent(currency)
	if !known {
		exponent = 2
		b.log.note("currency_unknown")
	}
	minor, exact := d.Minor(exponent)
	if minor > maxAmount || minor < -maxAmount {
		b.fail(key, "%s is too large for an amount", clip(d.String()))
		return commerce.Money{}
	}
	if !exact {
		b.log.note("amount_rounded")
	}
	return commerce.Money{Minor: minor, Currency: currency}
}

// currency reads an ISO 4217 code. Any other text is noted and counts as XXX.
func (b body) currency(key string) string {
	return b.code(b.text(key))
}

func (b body) code(text string) string {
	code := strings.ToUpper(text)
	if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		code = noCurrency
	}
	if _, known := commerce.Exponent(code); !known {
		b.log.note("currency_unknown")
	}
	return code
}

// plus adds amounts of one record; two currencies in it are a problem.
func (b body) plus(key string, amounts ...commerce.Money) commerce.Money {
	var sum commerce.Money
	for _, m := range amounts {
		next, err := sum.Add(m)
		if err != nil {
			b.fail(key, "%v", err)
			return sum
		}
		sum = next
	}
	return sum
}

// share is the part of m for n of all units, rounded half away from zero.
func share(m commerce.Money, n, all int64) commerce.Money {
	if n == all || all == 0 {
		return m
	}
	product := new(big.Int).Mul(big.NewInt(m.Minor), big.NewInt(2*n))
	product.Add(product, big.NewInt(all*int64(product.Sign())*sign(all)))
	return commerce.Money{Minor: product.Quo(product, big.NewInt(2*all)).Int64(), Currency: m.Currency}
}

func sign(n int64) int64 {
	if n < 0 {
		return -1
	}
	return 1
}

// perUnit is m divided by n, with four more digits than the currency has.
func perUnit(m commerce.Money, n commerce.Decimal) commerce.Decimal {
	if n.IsZero() {
		return commerce.Decimal{}
	}
	exponent, known := commerce.Exponent(m.Currency)
	if !known {
		exponent = 2
	}
	unit := new(big.Rat).SetFrac(big.NewInt(m.Minor), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil))
	unit.Quo(unit, new(big.Rat).SetFrac(big.NewInt(n.Units), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n.Scale)), nil)))
	d, err := commerce.ParseDecimal(unit.FloatString(exponent + 4))
	if err != nil {
		return commerce.Decimal{}
	}
	return d
}
