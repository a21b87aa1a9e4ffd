package history

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
)

// setBirthday reads a birthday, with or without its year: 1990-05-12, 12.05.,
// 05/12, 5月12日, May 12, 33005 (Excel). 0000-00-00 and the first days of 1900 and
// of the year 1 mean none.
func setBirthday(l *listCell, p *person, text string) error {
	year, month, day, err := birthday(l, strings.TrimSpace(halfWidth(text)))
	if err != nil || year == 0 && month == 0 && day == 0 {
		return err
	}
	leap := year
	if year == 0 || year == 1904 { // some exports write 1904 for no year, because it has a 29 February
		year, leap = 0, 2000
	}
	first := month == 1 && day == 1
	switch {
	case commerce.IsPlaceholder(text), first && (year == 1 || year == 1900):
		return nil
	case month < 1 || month > 12 || day < 1 || time.Date(leap, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day,
		year != 0 && (year < 1900 || year > 2200):
		return invalid("%q: no calendar has this day", clip(text))
	case year == 0:
		p.record.Attributes.Birthday = fmt.Sprintf("--%02d-%02d", month, day)
	default:
		p.record.Attributes.Birthday = fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	}
	return nil
}

func birthday(l *listCell, text string) (year, month, day int, err error) {
	if strings.Trim(text, "0-/:. T") == "" {
		return 0, 0, 0, nil
	}
	if serial, err := strconv.ParseFloat(text, 64); err == nil && serial < 100_000 {
		if shown, ok := since1900.date(serial); ok && serial >= 1 {
			text = shown
		}
	}
	if len(text) == 8 && digitsOnly(text) {
		return digitsAt(text, 0, 4), digitsAt(text, 4, 6), digitsAt(text, 6, 8), nil
	}
	parts := partsOf(text)
	n := parts.numbers
	switch {
	case parts.month > 0 && len(n) == 1: // 12 May
		return 0, parts.month, n[0].value, nil
	case len(n) == 2 && n[0].length <= 2 && n[1].length <= 2:
		a, b := n[0].value, n[1].value
		switch {
		case parts.separator == '.', a > 12, l.clock.dates == "dmy" && b <= 12:
			return 0, b, a, nil
		case parts.chinese, b > 12, l.clock.dates == "mdy", l.options.Shop.Market == commerce.China, strings.HasPrefix(text, "--"):
			return 0, a, b, nil
		}
		return 0, 0, 0, errDayOrder
	case len(n) == 3 && n[0].length == 4 && n[0].value == 0: // 0000-05-12
		return 0, n[1].value, n[2].value, nil
	}
	return parts.day(l.clock.dates)
}
