package commerce

import (
	"testing"
	"unicode"
)

// Two texts that a person reads as one, in another case or width, are one text.
func TestCaseAndWidthOfTextsDoNotMatter(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"vip", "VIP", "ＶＩＰ", "ｖｉｐ"},
		{"münchen", "MÜNCHEN", "München", "Mu\u0308nchen"},
		{"strasse", "Straße", "STRASSE", "STRAẞE"},
		{"ἀθῆναι", "ἈΘΗ͂ΝΑΙ"},
		{"σίσυφος", "ΣΊΣΥΦΟΣ"},
		{"カード", "ｶｰﾄﾞ"},
		{"上海 vip", "上海　VIP"},
	} {
		for _, text := range same {
			if Fold(text) != Fold(same[0]) {
				t.Errorf("%q: got %q, want %q", text, Fold(text), Fold(same[0]))
			}
		}
	}
	for _, two := range [][2]string{{"a", "b"}, {"o", "ö"}, {"茶", "茶叶"}, {"i", "ı"}} {
		if Fold(two[0]) == Fold(two[1]) {
			t.Errorf("%q and %q: got one text, want two", two[0], two[1])
		}
	}
}

func FuzzFolding(f *testing.F) {
	f.Add("Straße")
	f.Add("ＶＩＰ\xff")
	f.Fuzz(func(t *testing.T, text string) {
		if once := Fold(text); Fold(once) != once {
			t.Errorf("%q: got %q, then %q", text, once, Fold(once))
		}
	})
}

func TestFoldingAnyCharacterTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if once := Fold(string(r)); Fold(once) != once {
			t.Errorf("%U: got %q, then %q", r, once, Fold(once))
		}
	}
}
