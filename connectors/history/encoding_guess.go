package history

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"comeback/commerce"
)

// recognised is the encoding of text that has bytes beyond ASCII; whole: it is
// all that follows. ok is false where that is not clear.
func recognised(window []byte, whole bool, market commerce.Market) (name string, ok bool) {
	valid, invalid, wide := utf8Characters(window, whole)
	chinese, isChinese := plausibleGB(window, whole, market)
	words, _ := plausibleWords(string(window))
	if invalid == 0 && (wide > 0 || !isChinese || words > 0 || unlikeGB(window)) || valid > 8*invalid && valid > 0 && invalid > 0 {
		return utf8Name, true
	}
	text, isLatin := latinText(window)
	latin, characters := plausibleWords(text)
	isLatin, isChinese = isLatin && latin >= characters && latin > 0, isChinese && chinese > 0
	switch {
	case isLatin && (!isChinese || latin > 2*chinese):
		return latinName, true
	case isChinese && (!isLatin || chinese > 2*latin):
		return gbName, true
	case isChinese && market == commerce.China:
		return gbName, true
	case isLatin && market == commerce.West:
		return latinName, true
	}
	return "", false
}

// unlikeGB reports whether valid UTF-8 without wide characters is hardly GB18030 by
// chance: it has four different characters beyond ASCII, or two that are all of one
// script that is not Latin. One of six Chinese characters is also valid UTF-8.
func unlikeGB(window []byte) bool {
	seen, scripts := map[rune]bool{}, map[*unicode.RangeTable]bool{}
	for len(window) > 0 && len(seen) < 4 {
		r, n := utf8.DecodeRune(window)
		if window = window[n:]; r < utf8.RuneSelf || r == utf8.RuneError {
			continue
		}
		seen[r], scripts[scriptOf(r)] = true, true
	}
	return len(seen) == 4 || len(seen) > 1 && len(scripts) == 1 && !scripts[nil]
}

// scriptOf is the script of a letter of two bytes; nil for Latin and others.
func scriptOf(r rune) *unicode.RangeTable {
	for _, script := range []*unicode.RangeTable{unicode.Cyrillic, unicode.Greek, unicode.Hebrew, unicode.Arabic} {
		if unicode.Is(script, r) {
			return script
		}
	}
	return nil
}

// utf8Characters counts characters beyond ASCII, bytes that are no part of one,
// and characters of three bytes or more. The window may end within one.
func utf8Characters(window []byte, whole bool) (valid, invalid, wide int) {
	for len(window) > 0 {
		if window[0] < utf8.RuneSelf {
			window = window[1:]
			continue
		}
		r, n := utf8.DecodeRune(window)
		switch {
		case r == utf8.RuneError && n == 1 && !whole && !utf8.FullRune(window):
			return valid, invalid, wide
		case r == utf8.RuneError && n == 1:
			invalid++
		default:
			valid++
			wide += count(n > 2)
		}
		window = window[n:]
	}
	return valid, invalid, wide
}

// plausibleGB scores the text as GB18030: characters in daily use count, rare
// ones count little, those that nobody writes count against it. ok is false
// where the bytes are no GB18030, or where too few characters are in daily use:
// Big5, EUC and Cyrillic letters look so.
func plausibleGB(window []byte, whole bool, market commerce.Market) (score int, ok bool) {
	var daily, rare, signs, odd, wrong, korean int
	for i := 0; i < len(window); {
		if window[i] < utf8.RuneSelf {
			i++
			continue
		}
		if i+1 >= len(window) && !whole {
			break
		}
		lead, trail := window[i], byte(0)
		if i+1 < len(window) {
			trail = window[i+1]
		}
		i += 2
		switch {
		case lead == 0x80 || lead == 0xff || trail < 0x30 || trail == 0x7f || trail == 0xff:
			wrong++
			i--
		case trail < 0x40: // four bytes
			i += 2
			signs++
		case lead >= 0xb0 && lead <= 0xd7 && trail >= 0xa1: // 3,755 characters in daily use
			daily++
			korean += count(lead <= 0xc8)
		case lead >= 0xd8 && lead <= 0xf7 && trail >= 0xa1:
			rare++
		case lead >= 0xa1 && lead <= 0xa3 && trail >= 0xa1:
			signs++
		default:
			odd++
		}
	}
	all, least := daily+rare+odd, 6 // of ten
	if all < 8 {
		least = 4
	}
	if all > 12 && korean == all && market != commerce.China { // the syllables of EUC-KR lie there
		return 0, false
	}
	return 2*daily + rare + signs - odd - 4*wrong, wrong*8 <= all+signs && all+signs > 0 && daily*10 >= least*all
}

// latinText is the text as windows-1252. ok is false for bytes that it has not.
func latinText(window []byte) (text string, ok bool) {
	out := make([]rune, len(window))
	for i, c := range window {
		if out[i] = charmap.Windows1252.DecodeByte(c); out[i] == utf8.RuneError || out[i] >= 0x80 && out[i] < 0xa0 {
			return "", false
		}
	}
	return string(out), true
}

// plausibleWords scores the characters beyond ASCII of a text with European
// words: accented letters within words count, letters and signs where no word
// has them count against it. characters is the number of those beyond ASCII.
func plausibleWords(text string) (score, characters int) {
	runes := []rune(text)
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return ' '
		}
		return runes[i]
	}
	for i, r := range runes {
		if r < utf8.RuneSelf {
			continue
		}
		characters++
		before, after := at(i-1), at(i+1)
		switch {
		case !unicode.IsLetter(r):
			score += plausibleSign(r, before, after)
		case uncommonLetter(r), unicode.IsLetter(before) && before >= utf8.RuneSelf && unicode.IsLetter(after) && after >= utf8.RuneSelf:
			score -= 2 // three in a row: letters of another script
		case unicode.IsUpper(r):
			score += plausibleCapital(before, after)
		case unicode.IsLetter(before) || unicode.IsLetter(after):
			score += 2
		default: // à, é, ó alone
			score++
		}
	}
	return score, characters
}

// plausibleCapital: a capital begins a word, or all its neighbours are capitals.
func plausibleCapital(before, after rune) int {
	switch {
	case unicode.IsLower(before):
		return -2
	case !unicode.IsLetter(before) && before < utf8.RuneSelf && after < utf8.RuneSelf && unicode.IsLower(after):
		return 2
	case unicode.IsUpper(before) && before < utf8.RuneSelf || unicode.IsUpper(after) && after < utf8.RuneSelf && !unicode.IsLower(before):
		return 2
	case unicode.IsLetter(before) || unicode.IsLetter(after):
		return -1
	}
	return 0
}

// plausibleSign: a sign of prices, quotes and dashes, beside ASCII.
func plausibleSign(r, before, after rune) int {
	switch {
	case before >= utf8.RuneSelf && after >= utf8.RuneSelf:
		return -2
	case before >= utf8.RuneSelf || after >= utf8.RuneSelf:
		return -1
	}
	switch r {
	case '€', '£', '’', '‘', '“', '”', '„', '–', '—', '…', '«', '»', '°', '®', '©', '™', '\u00a0',
		'•', '§', '´', '²', '½', '×', 'º', 'ª', '¿', '¡', '¥', '±', '·', '¢', '¼', '¾', '³':
		return 1
	}
	return -1
}

// uncommonLetter: letters of windows-1252 that few languages have, and most
// often the halves of a Chinese character.
func uncommonLetter(r rune) bool {
	switch r {
	case 'Ð', 'ð', 'Þ', 'þ', 'ý', 'Ý', 'ÿ', 'Ÿ', 'ƒ', 'µ', 'ˆ':
		return true
	}
	return false
}
