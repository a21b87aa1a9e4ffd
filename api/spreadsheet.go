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

// harmless is text that no spreadsheet takes for a formula: an apostrophe
// stands before what would begin one, at the start of the cell and behind
// whatever a spreadsheet that expects other separators ends a cell at. Control
// characters but line breaks and tabs are left out.
func harmless(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return begins(r) || unicode.IsControl(r) }) {
		return text
	}
	var b strings.Builder
	fresh := true // nothing of a cell has been written but blanks
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

// begins tells what makes a cell a formula, in full width too.
func begins(r rune) bool { return strings.ContainsRune("=+-@|%＝＋－＠", r) }

func breaks(r rune) bool { return r == '\t' || r == '\r' || r == '\n' }

// ends tells what ends a cell somewhere in the world.
func ends(r rune) bool { return breaks(r) || strings.ContainsRune(",;\"|", r) }
