package history

import (
	"strings"
	"unicode"

	"comeback/commerce"
)

// number is a number as a cell writes it. mark is the text around the digits: a
// currency or a unit.
type number struct {
	commerce.Decimal
	mark string
}

// readNumber reads a number whose fraction begins with a comma or a point.
// Thousands may be separated by the other one, a space or an apostrophe, in
// groups of three digits (or two, as in India).
func readNumber(text string, comma bool) (number, error) {
	if d, ok := simpleNumber(text); ok && !comma {
		return number{Decimal: d}, nil
	}
	body, mark, negative := undress(text)
	decimal, group := ".", ","
	if comma {
		decimal, group = group, decimal
	}
	whole, fraction, point := strings.Cut(body, decimal)
	whole, ok := ungroup(whole, group)
	switch {
	case scientific(text):
		return number{}, invalid("number %q: a spreadsheet rounded it, its digits are lost; export it as text", clip(text))
	case !ok, whole == "" && fraction == "", !digitsOnly(fraction), point && fraction == "" && whole == "":
		return number{}, wrongNumber(text, comma)
	}
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	d, err := commerce.ParseDecimal(whole)
	if negative {
		d.Units = -d.Units
	}
	return number{d, mark}, err
}

// wrongNumber names the other decimal sign, where that would make it a number.
func wrongNumber(text string, comma bool) error {
	if p, c, _ := decimalSigns(text); !comma && c > p {
		return invalid("number %q: has a decimal comma, the column has points; check it, or add decimal=comma", clip(text))
	} else if comma && p > c {
		return invalid("number %q: has a decimal point, the column has commas; check it, or add decimal=point", clip(text))
	}
	return invalid("number %q: write plain decimal text such as 12.30", clip(text))
}

// simpleNumber reads the usual form, such as -12.30, without any memory.
func simpleNumber(text string) (commerce.Decimal, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '.' {
		return commerce.Decimal{}, false
	}
	var units int64
	scale, point := 0, false
	for i := range len(digits) {
		c := digits[i]
		switch {
		case c >= '0' && c <= '9':
			units = units*10 + int64(c-'0')
			if point {
				scale++
			}
		case c == '.' && !point:
			point = true
		default:
			return commerce.Decimal{}, false
		}
	}
	if point && scale == 0 {
		return commerce.Decimal{}, false
	}
	for ; scale > 0 && units%10 == 0; scale-- {
		units /= 10
	}
	if negative {
		units = -units
	}
	return commerce.Decimal{Units: units, Scale: scale}, true
}

// undress removes everything around the digits: currencies and units (mark),
// signs, brackets of a negative number, blanks.
func undress(text string) (body, mark string, negative bool) {
	text = strings.TrimSpace(halfWidth(text))
	if inner, ok := strings.CutPrefix(text, "("); ok && strings.HasSuffix(inner, ")") {
		text, negative = strings.TrimSuffix(inner, ")"), true
	}
	first := strings.IndexFunc(text, isDigit)
	if first < 0 {
		return "", text, negative
	}
	last := strings.LastIndexFunc(text, isDigit)
	before, body, after := text[:first], text[first:last+1], withoutDash(text[last+1:])
	if before, ok := strings.CutSuffix(before, "."); ok && !strings.HasSuffix(before, "Rs") && !strings.HasSuffix(before, "Fr") {
		body, text = "0."+body, before
		return withSigns(before, after, body, negative)
	}
	if before, ok := strings.CutSuffix(before, ","); ok {
		return withSigns(before, after, "0,"+body, negative)
	}
	return withSigns(before, after, body, negative)
}

// withoutDash removes the dash in place of cents, as in 5,- and 12.-- and 99:-
func withoutDash(after string) string {
	if after == "" || strings.IndexByte(".,:", after[0]) < 0 {
		return after
	}
	rest := strings.TrimLeft(after[1:], "-\u2212\u2013\u2014")
	if len(rest) == len(after)-1 {
		return after
	}
	return rest
}

func withSigns(before, after, body string, negative bool) (string, string, bool) {
	before, after = strings.TrimSpace(before), strings.TrimSpace(after)
	for _, minus := range []string{"-", "\u2212", "\u2013"} {
		bare, rest := strings.Trim(before, minus), strings.Trim(after, minus)
		if bare != before || rest != after {
			before, after, negative = bare, rest, !negative
		}
	}
	before, after = strings.Trim(before, "+ "), strings.Trim(after, "+ ")
	if after == "." || after == "," { // 12.
		after = ""
	}
	return body, strings.TrimSpace(before + " " + after), negative
}

// ungroup joins groups of digits. ok is false for groups that no country
// writes: 12,34 or 1,2345.
func ungroup(whole, group string) (string, bool) {
	if digitsOnly(whole) {
		return whole, true
	}
	for _, by := range []string{group, "'", "’", " ", "\u00a0", "\u202f", "\u2009"} {
		parts := strings.Split(whole, by)
		if len(parts) < 2 {
			continue
		}
		for i, part := range parts {
			last := i == len(parts)-1
			if !digitsOnly(part) || len(part) > 3 || len(part) == 0 || last && len(part) != 3 || i > 0 && len(part) == 1 {
				return "", false
			}
		}
		return strings.Join(parts, ""), true
	}
	return "", false
}

// decimalSigns reports what a number says about its decimal sign: whether it
// can only be read with a point, only with a comma, or has a sign and both are
// possible.
func decimalSigns(text string) (point, comma, either int) {
	body, _, _ := undress(text)
	p, c := strings.LastIndexByte(body, '.'), strings.LastIndexByte(body, ',')
	switch {
	case p < 0 && c < 0:
		return 0, 0, 0
	case p >= 0 && c > p:
		return 0, 1, 0
	case c >= 0 && p > c:
		return 1, 0, 0
	}
	sign := max(p, c)
	decimal := strings.Count(body, body[sign:sign+1]) == 1 &&
		(len(body)-sign-1 != 3 || sign > 3 || body[0] == '0' || strings.ContainsAny(body, "' \u00a0\u202f’"))
	switch {
	case strings.Count(body, body[sign:sign+1]) > 1:
		decimal = false
	case !decimal:
		return 0, 0, 1
	}
	if decimal == (p >= 0) {
		return 1, 0, 0
	}
	return 0, 1, 0
}

// scientific reports whether a spreadsheet shortened a long number, such as
// 2.81639E+18.
func scientific(text string) bool {
	i := strings.IndexAny(text, "Ee")
	if i <= 0 || !isDigit(rune(text[i-1])) {
		return false
	}
	mantissa := strings.TrimPrefix(text[:i], "-")
	exponent, plus := strings.CutPrefix(text[i+1:], "+")
	return (plus || strings.ContainsAny(mantissa, ".,")) && strings.Trim(mantissa, "0123456789.,") == "" &&
		exponent != "" && digitsOnly(exponent)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func digitsOnly(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !isDigit(r) }) < 0
}

func clip(text string) string { return commerce.Clip(text, 40) }

// halfWidth writes full-width characters as the usual ones.
func halfWidth(text string) string {
	if isASCII(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - ('！' - '!')
		case r == '\u3000':
			return ' '
		}
		return r
	}, text)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// lettersOf is a text without anything but letters and digits, in lower case.
func lettersOf(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, halfWidth(text))
}

// withoutBrackets removes every part of a text that is in brackets.
func withoutBrackets(text string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch r {
		case '(', '[', '{':
			depth++
			return -1
		case ')', ']', '}':
			depth = max(depth-1, 0)
			return -1
		}
		if depth > 0 {
			return -1
		}
		return r
	}, halfWidth(text))
}
