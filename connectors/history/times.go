package history

import (
	"strings"
	"time"
	"unicode"

	"comeback/commerce"
)

// clock reads the times of an export. A time without an offset is in zone.
type clock struct {
	zone  *time.Location
	dates string // order of day and month: dmy, mdy or ymd; empty: not decided
}

// read reads a time. The zero time is for texts that mean none (0000-00-00).
func (c clock) read(text string) (time.Time, error) {
	at, ok := c.usual(text)
	if !ok {
		var err error
		if at, err = c.unusual(text); err != nil || at.IsZero() {
			return at, err
		}
	}
	return at, commerce.CheckInstant(at)
}

// usual reads 2006-01-02 15:04:05 (also with T, /, without seconds or time),
// which most exports write.
func (c clock) usual(text string) (time.Time, bool) {
	if len(text) < 10 || len(text) > 19 || text[4] != text[7] || text[4] != '-' && text[4] != '/' {
		return time.Time{}, false
	}
	year, month, day := digitsAt(text, 0, 4), digitsAt(text, 5, 7), digitsAt(text, 8, 10)
	hour, minute, second := 0, 0, 0
	switch {
	case len(text) == 10:
	case text[10] != ' ' && text[10] != 'T' || len(text) != 16 && len(text) != 19 || text[13] != ':':
		return time.Time{}, false
	default:
		hour, minute = digitsAt(text, 11, 13), digitsAt(text, 14, 16)
		if len(text) == 19 {
			if second = digitsAt(text, 17, 19); text[16] != ':' {
				return time.Time{}, false
			}
		}
	}
	return c.date(year, month, day, hour, minute, second, 0, c.zone)
}

// date is false for a day or time that no calendar has. A leap second is the
// second before.
func (c clock) date(year, month, day, hour, minute, second, nano int, zone *time.Location) (time.Time, bool) {
	if second == 60 {
		second = 59
	}
	if year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
		second < 0 || second > 59 {
		return time.Time{}, false
	}
	if day > 28 && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nano, zone), true
}

// digitsAt is the number written at text[from:to]; -1 for anything else.
func digitsAt(text string, from, to int) (n int) {
	for _, c := range []byte(text[from:to]) {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// unusual reads all other forms, see timeParts.
func (c clock) unusual(text string) (time.Time, error) {
	plain := strings.TrimSpace(halfWidth(text))
	if strings.Trim(plain, "0-/:. T") == "" && strings.ContainsRune(plain, '0') {
		return time.Time{}, nil
	}
	if at, ok := c.counted(plain); ok {
		return at, nil
	}
	if at, ok := c.compact(plain); ok {
		return at, nil
	}
	p := partsOf(plain)
	year, month, day, err := p.day(c.dates)
	if err != nil {
		return time.Time{}, invalid("time %q: %w", clip(text), err)
	}
	zone := c.zone
	if p.zone != nil {
		zone = p.zone
	}
	at, ok := c.date(year, month, day, p.hour, p.minute, p.second, p.nano, zone)
	if !ok || p.wrong {
		return time.Time{}, invalid("time %q: write 2006-01-02 15:04:05 or RFC 3339", clip(text))
	}
	return at, nil
}

// The days that Excel and Unix count: 1970 to 2200.
const (
	firstSerial, lastSerial = 25569, 109940
	unixDay                 = 86400
)

// counted reads a count: days since 1899-12-30 (Excel), seconds or milliseconds
// since 1970 (Unix).
func (c clock) counted(text string) (time.Time, bool) {
	whole, fraction, point := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	if !digitsOnly(whole) || !digitsOnly(fraction) || len(whole) > 16 || whole == "" || point && fraction == "" {
		return time.Time{}, false
	}
	n := int64(digitsAt(whole, 0, len(whole)))
	switch {
	case len(whole) == 5 || len(whole) == 6 && n <= lastSerial:
		if n < firstSerial || n > lastSerial {
			return time.Time{}, false
		}
		d, err := commerce.ParseDecimal("0." + fraction + "0")
		if err != nil {
			d = commerce.Decimal{}
		}
		seconds := int(d.Float()*unixDay + 0.5)
		return time.Date(1899, 12, 30+int(n), 0, 0, seconds, 0, c.zone), true
	case len(whole) == 10:
		return time.Unix(n, 0), true
	case len(whole) == 13 && !point:
		return time.UnixMilli(n), true
	case len(whole) == 16 && !point:
		return time.UnixMicro(n), true
	}
	return time.Time{}, false
}

// compact reads 20060102, 200601021504 and 20060102150405.
func (c clock) compact(text string) (time.Time, bool) {
	text = strings.Replace(text, "T", "", 1)
	if n := len(text); !digitsOnly(text) || n != 8 && n != 12 && n != 14 {
		return time.Time{}, false
	}
	padded := text + "000000"
	return c.date(digitsAt(padded, 0, 4), digitsAt(padded, 4, 6), digitsAt(padded, 6, 8),
		digitsAt(padded, 8, 10), digitsAt(padded, 10, 12), digitsAt(padded, 12, 14), 0, c.zone)
}

// dayOrder reports what a date says about the order of day and month: whether
// it can only be dmy, only mdy, or more than one. A year of two digits may be
// the first number too.
func dayOrder(text string) (dmy, mdy, either bool) {
	plain := strings.TrimSpace(halfWidth(text))
	p := partsOf(plain)
	if len(p.numbers) < 3 || p.month != 0 || p.numbers[0].length > 2 || p.separator == '.' || p.chinese {
		return false, false, false
	}
	a, b := p.numbers[0].value, p.numbers[1].value
	short := p.numbers[2].length < 4
	return a > 12 && b <= 12 && !short, b > 12 && a <= 12, a <= 12 && b <= 12 || short && b <= 12
}

// letter reports whether a rune may belong to a word of a time.
func letter(r rune) bool { return unicode.IsLetter(r) }
