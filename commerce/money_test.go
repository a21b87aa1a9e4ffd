package commerce_test

import (
	"math"
	"testing"

	"comeback/commerce"
)

// Decimal text is read exactly, by the currency's own number of decimals.
func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, currency string
		minor          int64
		ok             bool
	}{
		{"12.30", "EUR", 1230, true}, {"12.300000", "EUR", 1230, true}, {"-0.05", "EUR", -5, true},
		{"104", "JPY", 104, true}, {"104.00", "JPY", 104, true}, {"104.5", "JPY", 0, false},
		{"1.234", "KWD", 1234, true}, {"12.345", "EUR", 0, false}, {"1e3", "EUR", 0, false},
		{"", "EUR", 0, false}, {"1,000", "EUR", 0, false}, {"12.", "EUR", 0, false}, {"5", "XXX", 0, false},
		{"99999999999999999999", "EUR", 0, false},
	} {
		got, err := commerce.ParseMoney(c.text, c.currency)
		if (err == nil) != c.ok || got.Minor != c.minor {
			t.Errorf("%s %s: got %d, %v; want %d, ok %v", c.text, c.currency, got.Minor, err, c.minor, c.ok)
		}
	}
}

// Amounts of two currencies never add, and nothing overflows silently.
func TestMoneyAdd(t *testing.T) {
	t.Parallel()
	eur := commerce.Money{Minor: 5, Currency: "EUR"}
	if _, err := eur.Add(commerce.Money{Minor: 5, Currency: "CNY"}); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("got %v, want euros and yuan refused", err)
	}
	if _, err := eur.Add(commerce.Money{Minor: math.MaxInt64, Currency: "EUR"}); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("got %v, want the overflow refused", err)
	}
	if got, err := eur.Add(commerce.Money{}); err != nil || got != eur {
		t.Errorf("got %v, %v; want no money to add to any", got, err)
	}
}

// Printing and reading a number give the same number.
func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{"0.001", "-12.30", "9223372036854775807", "00.10", "1.", ".5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := commerce.ParseDecimal(text)
		if err != nil {
			return
		}
		again, err := commerce.ParseDecimal(d.String())
		if err != nil || again != d {
			t.Fatalf("%q: got %v, %v; want %v", text, again, err, d)
		}
	})
}

// A rate converts between currencies of different decimals.
func TestConvert(t *testing.T) {
	t.Parallel()
	rate, err := commerce.ParseDecimal("0.0062")
	if err != nil {
		t.Fatal(err)
	}
	got, ok := commerce.Money{Minor: 1000, Currency: "JPY"}.Convert("EUR", rate)
	if want := (commerce.Money{Minor: 620, Currency: "EUR"}); !ok || got != want {
		t.Errorf("got %v, %v; want %v", got, ok, want)
	}
}
