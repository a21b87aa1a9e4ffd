package commerce

import (
	"slices"
	"strings"
)

// NormalPhone is the number in the form of E.164: "+" and 8 to 15 digits. It is
// "" for an unusable number. A number without a country code is accepted for
// China only (country CN or unset: 11 digits from 13 to 19, with or without 86
// before them). Not accepted are texts with letters or asterisks (masked,
// rounded by a spreadsheet, with an extension), two numbers at once, and
// impossible digits (all equal, counting up, zeros after the country code).
func NormalPhone(number, country string) string {
	text := tidyPhone(number)
	if strings.Trim(text, "+0123456789 ()-./\u00a0\u2010\u2011\u2012\u2013") != "" {
		return ""
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	china := country == "CN" || country == ""
	switch {
	case strings.LastIndexByte(text, '+') > 0:
		return ""
	case strings.HasPrefix(text, "+"):
	case strings.HasPrefix(text, "00"):
		digits = digits[2:]
	case china && chineseMobile(digits):
		digits = "86" + digits
	case china && strings.HasPrefix(digits, "86") && chineseMobile(digits[2:]):
	default:
		return ""
	}
	if len(digits) < 8 || len(digits) > 15 || digits[0] == '0' || placeholderNumber(digits) {
		return ""
	}
	return "+" + digits
}

// tidyPhone removes what spreadsheets and forms add to a number: the guards of
// Excel, a fraction of zeros, tel:, and the 0 of national calls.
func tidyPhone(number string) string {
	text := strings.TrimSpace(number)
	text = strings.TrimPrefix(text, "=")
	text = strings.Trim(text, `'"`)
	text = strings.TrimPrefix(strings.ToLower(text), "tel:")
	text = strings.Map(halfWidth, text)
	if whole, zeros, fraction := strings.Cut(text, "."); fraction && onlyDigits(whole) && zeros != "" && len(zeros) <= 2 &&
		strings.Trim(zeros, "0") == "" {
		text = whole
	}
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "00") {
		text = strings.Replace(text, "(0)", "", 1)
	}
	return strings.TrimSpace(text)
}

func chineseMobile(digits string) bool {
	return len(digits) == 11 && digits[0] == '1' && digits[1] >= '3'
}

// placeholderNumber reports whether the digits after the country code are a
// placeholder.
func placeholderNumber(digits string) bool {
	local := digits[callingCode(digits):]
	distinct := map[rune]bool{}
	for _, d := range local {
		distinct[d] = true
	}
	return len(distinct) <= 2 || strings.HasPrefix(local, "00") || counted(local)
}

// counted reports whether digits count up or down: 123456789, 0123456789,
// 987654321.
func counted(digits string) bool {
	return strings.Contains("01234567890123456789", digits) || strings.Contains("98765432109876543210", digits)
}

// callingCode is the number of digits of the country code (ITU-T E.164): one
// for zones 1 and 7, two for those listed, else three.
func callingCode(digits string) int {
	switch {
	case digits[0] == '1' || digits[0] == '7':
		return 1
	case slices.Contains(twoDigitCodes, digits[:2]):
		return 2
	}
	return 3
}

var twoDigitCodes = []string{
	"20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
	"52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
	"91", "92", "93", "94", "95", "98",
}

// halfWidth returns the half-width form of a full-width character.
func halfWidth(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - ('！' - '!')
	}
	return r
}
