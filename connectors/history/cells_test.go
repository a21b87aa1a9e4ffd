package history

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/commerce"
)

// Numbers are written in many ways; each is one number, or an error.
func TestNumbersAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{ // of a column with a decimal point
		"9.90": "9.9", "1,234.50": "1234.5", "1,234,567": "1234567", "1,23,456.00": "123456", "1 234.50": "1234.5", "1'234.50": "1234.5",
		"1\u00a0234.50": "1234.5", "$9.90": "9.9 $", "9.90 USD": "9.9 USD", "US$ 1,200": "1200 US$", "￥９．９０": "9.9 ￥", "9.90元": "9.9 元",
		"(9.90)": "-9.9", "9.90-": "-9.9", "-$9.90": "-9.9 $", "$-9.90": "-9.9 $", "−9.90": "-9.9", "+3": "3", ".5": "0.5", "5.": "5",
		"Rs. 500": "500 Rs.", "5.-": "5", "1'200.--": "1200", "CHF 5.\u2013": "5 CHF", "99:-": "99", "1 299:-": "1299",
		"CHF 12": "12 CHF", "3 pcs": "3 pcs", "0.125": "0.125", "9,90": "", "1,2345": "", "1.2.3": "", "12,34,56": "",
		"abc": "", "": "", "-": "",
		"1E5": "", "1.38E+10": "", "1.234,50": "", "1..2": "", "9 90": "", "12-34": "", "0x10": "", "NaN": "", "Inf": "",
	} {
		checkNumber(t, text, false, want)
	}
	for text, want := range map[string]string{ // of a column with a decimal comma
		"9,90": "9.9", "1.234,50": "1234.5", "1.234.567": "1234567", "1.234": "1234", "1 234,5": "1234.5", "9,90 €": "9.9 €",
		"-9,90": "-9.9", "9": "9", "5,-": "5", "1.299,-": "1299", "12,-- €": "12 €", "5,\u2014": "5", "5,- EUR": "5 EUR", "-5,-": "-5",
		"9.90": "", "1,234.50": "", "1,2,3": "",
	} {
		checkNumber(t, text, true, want)
	}
}

func checkNumber(t *testing.T, text string, comma bool, want string) {
	t.Helper()
	n, err := readNumber(text, comma)
	if (err == nil) != (want != "") || err != nil && commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("%q: got %s (%v), want %q", text, n.Decimal, err, want)
	}
	if got := strings.TrimSpace(n.Decimal.String() + " " + n.mark); err == nil && got != want {
		t.Errorf("%q: got %q, want %q", text, got, want)
	}
}

// Any number is read back from each way of writing it.
func TestEveryNumberIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := commerce.Decimal{Units: rapid.Int64Range(-99_999_999_999, 99_999_999_999).Draw(t, "units"), Scale: rapid.IntRange(0,
			4).Draw(t, "scale")}
		want, err := commerce.ParseDecimal(d.String())
		if err != nil {
			t.Fatal(err)
		}
		whole, fraction, point := strings.Cut(strings.TrimPrefix(d.String(), "-"), ".")
		group := rapid.SampledFrom([]string{"", "x", " ", "'"}).Draw(t, "group")
		comma := rapid.Bool().Draw(t, "comma")
		sign, other := ".", ","
		if comma {
			sign, other = ",", "."
		}
		group = strings.ReplaceAll(group, "x", other)
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + group + whole[i:]
		}
		if point {
			whole += sign + fraction
		}
		if d.Units < 0 {
			whole = "-" + whole
		}
		text := rapid.SampledFrom([]string{"", "€", "EUR "}).Draw(t, "before") + whole
		if n, err := readNumber(text, comma); err != nil || n.Decimal != want {
			t.Fatalf("%q: got %s (%v), want %s", text, n.Decimal, err, want)
		}
	})
}

// The forms of times that exports have.
func TestTimesAsExportsWriteThem(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	const half = "2011-01-05 09:30:00"
	for text, want := range map[string]string{ // with --dates dmy, in a zone of +01:00
		"2011-01-05 10:30:00": half, "2011-01-05T10:30:00": half, "2011-01-05 10:30": half, "2011/01/05 10:30": half, "2011/1/5 10:30": half,
		"2011.01.05 10:30": half, "05.01.2011 10:30": half, "5.1.2011 10:30": half, "05.01.2011, 10:30 Uhr": half, "05.01.11 10:30": half,
		"05/01/2011 10:30": half, "5/1/2011 10:30:00 AM": half, "05-01-2011 10:30": half, "05.01.2011 10.30": half, "20110105103000": half,
		"2011-01-05 09:30:00 UTC": half, "2011-01-05 09:30:00 GMT": half, "2011-01-05T09:30:00Z": half, "2011-01-05T09:30:00.000Z": half,
		"2011-01-05 10:30:00 +0100": half, "2011-01-05T10:30:00+01:00": half, "2011-01-05 10:30:00 +01": half, "2011-01-05 04:30:00 -05:00": half,
		"2011-01-05 04:30:00 EST": half, "2011-01-05 18:30:00 GMT+0900": half, "Wed, 05 Jan 2011 09:30:00 GMT": half,
		"Jan 5, 2011 10:30 am":     half,
		"January 5, 2011 10:30 AM": half, "5 January 2011 10:30": half, "5. Januar 2011 10:30": half, "5 janvier 2011 10h30": half,
		"2011-01-05 17:30:00 GMT+0800 (China Standard Time)": half, "Wed Jan 05 2011 10:30:00 GMT+0100 (MEZ)": half,
		"2011年1月5日(水) 10:30": half, "2011年1月5日（三） 10:30": half, "5 stycznia 2011 10:30": half, "5 januari 2011 10:30": half,
		"5 maj 2011": "2011-05-04 23:00:00", "5. marts 2011": "2011-03-04 23:00:00", "5. desember 2011": "2011-12-04 23:00:00",
		"5 de enero de 2011 10:30": half, "05-Jan-2011 10:30": half, "2011年1月5日 10:30": half, "2011年1月5日 10时30分": half,
		"2011年01月05日 上午10:30": half, "2011/1/5 上午 10:30:00": half, "2011-01-05 10:30:00.123": "2011-01-05 09:30:00.123", "1294219800": half,
		"1294219800000": half, "40548.4375": half, "40548,4375": half, "2011-1-5 9:05 PM": "2011-01-05 20:05:00",
		"2011/1/5 下午3:05":   "2011-01-05 14:05:00",
		"5/1/2011 12:30 AM": "2011-01-04 23:30:00", "5/1/2011 12:30 PM": "2011-01-05 11:30:00", "2011-01-05": "2011-01-04 23:00:00",
		"2011年1月5日": "2011-01-04 23:00:00", "20110105": "2011-01-04 23:00:00", "40548": "2011-01-04 23:00:00", "0000-00-00 00:00:00": "none",
		"0000-00-00": "none", "２０１１－０１－０５ １０：３０": half, "2011-01-05 24:00:00": "", "2011-02-30": "", "2011-13-01": "", "yesterday": "",
		"12:30":                "",
		"2011-01-05 10:30 CST": "", "11-01-05": "2005-01-10 23:00:00", "1899-12-30": "", "2500-01-01": "", "1.5": "", "7": "", "32/01/2011": "",
		"2011-01-05 25:00": "",
		"2011-01-05 10:60": "", "2011-01-05 10:30 XM": "", "Smarch 5, 2011": "",
	} {
		at, err := clock{zone: zone, dates: "dmy"}.read(text)
		got := at.UTC().Format("2006-01-02 15:04:05.999")
		if err != nil {
			got = ""
		} else if at.IsZero() {
			got = "none"
		}
		if got != want || err != nil && commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("%q: got %q (%v), want %q", text, got, err, want)
		}
	}
	if at, err := (clock{zone: zone, dates: "mdy"}).read("1/5/2011 10:30"); err != nil || at.UTC().Format(time.DateTime) != half {
		t.Errorf("got %s (%v), want %s", at, err, half)
	}
	if _, err := (clock{zone: zone}).read("1/5/2011 10:30"); err == nil || !strings.Contains(err.Error(), "dates=") {
		t.Errorf("got %v, want it to ask for dates=", err)
	}
}

// Any text in a cell is a value or an Invalid error, and a time that was read
// lies in the accepted years.
func FuzzCells(f *testing.F) {
	for _, text := range []string{"2011年1月5日 上午10:30", "1.234,50 €", "05-Jan-2011 10:30 +01:00", "(1,23,456.00)", "40548.4375",
		"=\"7\"", "'+49"} {
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, comma bool) {
		at, err := clock{zone: time.UTC, dates: "dmy"}.read(unguarded(text))
		if err != nil && commerce.CodeOf(err) != commerce.Invalid || err == nil && !at.IsZero() && commerce.CheckInstant(at) != nil {
			t.Fatalf("%q: got %s (%v)", text, at, err)
		}
		if _, err := readNumber(unguarded(text), comma); err != nil && commerce.CodeOf(err) != commerce.Invalid {
			t.Fatalf("%q: got %v", text, err)
		}
		decimalSigns(text)
		dayOrder(text)
		plainHeader(text)
		currencyOf(text, "EUR")
	})
}
