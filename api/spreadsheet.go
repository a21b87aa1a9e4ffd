package api

import (
	"strings"
	"unicode"
)

// appendRow appends a line of CSV, every cell in quotes.
func appendRow(to []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(to, '"')
		to = append(to, strings.ReplaceAll(harmless(cell), `"`, `""`)...)
		to = append(to, '"')
	}
	return append(to, '\r', '\n')
}

// harmless is a text that no spreadsheet reads as a formula. An apostrophe is
// put before a character that begins a formula, at the start of the cell and
// after every character that may end a cell in some country. Control characters
// are removed, but not line breaks and tabs.
func harmless(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return begins(r) || unicode.IsControl(r) }) {
		return text
	}
	var b strings.Builder
	fresh := true // only blanks of a cell are written so far
	for _, r := range text {
		switch {
		case fresh && (begins(r) || b.Len() == 0 && breaks(r)):
			b.WriteByte('\'')
			fresh = false
		case unicode.IsControl(r) && !breaks(r):
			continue
		}
		b.WriteRune(r)
		fresh = ends(r) || fresh && (unicode.IsSpace(r) || r == '\ufeff')
	}
	return b.String()
}

// begins reports whether a character begins a formula, full width included.
func begins(r rune) bool { return strings.ContainsRune("=+-@|%＝＋－＠", r) }

func breaks(r rune) bool { return r == '\t' || r == '\r' || r == '\n' }

// ends reports whether a character ends a cell in some country.
func ends(r rune) bool { return breaks(r) || strings.ContainsRune(",;\"|", r) }
