package campaigns

import (
	"strconv"
	"time"

	"comeback/commerce"
)

// Figure is one figure of a result, with its denominator and whether it is readable
// yet.
type Figure struct {
	Known    bool // false: there is no such figure, for the Reason given
	Value    float64
	Unit     Unit
	Of       string // the denominator in words
	Early    bool   // computed, but not readable yet, for the Reason given
	Reason   string
	Interval bool // Low and High are the 95 % interval
	Low      float64
	High     float64
}

// Unit decides how a figure is written.
type Unit string

// The units of figures.
const (
	// Percent has the value 1 for 100 %.
	Percent Unit = "percent"
	// Points is a difference of percentages; it has the value 1 for 100 %.
	Points Unit = "points"
	// Ratio is a plain quotient.
	Ratio Unit = "ratio"
	// Number is a count.
	Number Unit = "number"
	// Amount is money in minor units.
	Amount Unit = "amount"
)

// share is part / whole; of names the whole.
func share(part, whole int64, of string) Figure {
	f := Figure{Unit: Percent, Of: of}
	if whole <= 0 {
		f.Reason = "none " + of
		if of != "sent" && of != "delivered" && of != "opened" {
			f.Reason = "no " + of
		}
		return f
	}
	f.Value, f.Known = float64(part)/float64(whole), true
	return f
}

// Text writes the figure for a table of a shop that counts in currency: "-" for an
// unknown figure, "not readable yet" for an early one.
func (f Figure) Text(currency string) string {
	switch {
	case !f.Known:
		return "-"
	case f.Early:
		return "not readable yet"
	}
	return f.text(f.Value, currency)
}

// Full is Text with the interval, the denominator and the reason.
func (f Figure) Full(currency string) string {
	text := f.Text(currency)
	if f.Known && !f.Early && f.Interval {
		text += " (95 %: " + f.text(f.Low, currency) + " to " + f.text(f.High, currency) + ")"
	}
	if f.Reason != "" {
		return text + " (" + f.Reason + ")"
	}
	if f.Of != "" && f.Known {
		text += " of " + f.Of
	}
	return text
}

func (f Figure) text(v float64, currency string) string {
	switch f.Unit {
	case Percent:
		return percent(v, 1)
	case Points:
		return strconv.FormatFloat(100*v, 'f', 2, 64) + " points"
	case Amount:
		return commerce.Money{Minor: roundedMinor(v), Currency: currency}.Text(false)
	case Ratio:
		return strconv.FormatFloat(v, 'f', 2, 64)
	default:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
}

func percent(v float64, decimals int) string {
	return strconv.FormatFloat(100*v, 'f', decimals, 64) + " %"
}

func roundedMinor(v float64) int64 {
	if v < 0 {
		return -int64(0.5 - v)
	}
	return int64(v + 0.5)
}

// span writes a duration for people: 1 day, 3 hours.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d%day == 0:
		return commerce.Count(int(d/day), "day")
	case d%time.Hour == 0:
		return commerce.Count(int(d/time.Hour), "hour")
	default:
		return commerce.Count(int(d/time.Minute), "minute")
	}
}
