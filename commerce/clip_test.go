package commerce_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"comeback/commerce"

	"pgregory.net/rapid"
)

// A text is cut between characters, and ends with "..." when cut.
func TestClipCutsBetweenCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"", 0, ""}, {"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc..."}, {"abc", 0, "..."},
		{"你好吗", 3, "你好吗"}, {"你好吗", 2, "你好..."}, {"a😀b", 2, "a😀..."},
	} {
		if got := commerce.Clip(c.text, c.most); got != c.want {
			t.Errorf("Clip(%q, %d): got %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

// A clipped text is valid if the text was. It begins like the text, respects
// its limit, and ends with "..." when cut. A short text is unchanged.
func TestClipKeepsTheBeginning(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, most := rapid.String().Draw(t, "text"), rapid.IntRange(0, 40).Draw(t, "most")
		got := commerce.Clip(text, most)
		if utf8.RuneCountInString(text) <= most {
			if got != text {
				t.Fatalf("got %q, want the text as it is", got)
			}
			return
		}
		begins, cut := strings.CutSuffix(got, "...")
		if !cut || !utf8.ValidString(got) || !strings.HasPrefix(text, begins) || utf8.RuneCountInString(begins) != most {
			t.Fatalf("got %q, want the first %d characters and ...", got, most)
		}
	})
}
