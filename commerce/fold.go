package commerce

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns text as it is compared where case and width do not matter: names,
// cities, titles, tags. It is Unicode's NFKC_Casefold (UAX 31), but for the
// characters that this one ignores. Folding twice changes nothing. Texts of ids,
// SKUs and codes are not folded.
func Fold(text string) string {
	if ascii(text) {
		return strings.ToLower(text)
	}
	folded := cases.Fold().String(norm.NFKC.String(text))
	return norm.NFKC.String(strings.ToLower(folded)) // the library swaps the cases of Cherokee instead of folding them
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
