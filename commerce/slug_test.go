package commerce_test

import (
	"regexp"
	"strings"
	"testing"

	"comeback/commerce"
)

// One rule names shops, connections, campaigns, segments and templates. Its
// pattern for schemas accepts the same texts.
func FuzzSlug(f *testing.F) {
	pattern := regexp.MustCompile(commerce.SlugPattern)
	for _, text := range []string{
		"", "-main", "main-", "a", "Main", "a b", "ä", "a\n", "win-back-2", strings.Repeat("a", 60),
		strings.Repeat("a", 61),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := commerce.Slug(text), pattern.MatchString(text); got != want {
			t.Errorf("%q: got %t, the pattern says %t", text, got, want)
		}
	})
}
