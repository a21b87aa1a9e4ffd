package mail

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"comeback/commerce"
)

// A mark is at the front once, whatever the subject is, and marking again changes nothing.
func TestAMarkIsThereOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"[AD] ", "AD: ", "广告：", "【广告】", "(광고) ", "Tea", "ADVENT ", "茶", " ", "-"}), 1, 6)
		subject := strings.TrimSpace(strings.Join(parts.Draw(t, "subject"), "")) + "x"
		language := rapid.SampledFrom([]string{"en", "zh"}).Draw(t, "language")
		laws := commerce.Shop{Jurisdiction: rapid.SampledFrom([]string{"cn", "kr", "eu"}).Draw(t, "law")}.Laws(true, "email", "KR")
		once := marked(subject, language, laws)
		if again := marked(once, language, laws); again != once {
			t.Fatalf("got %q of %q, and marked again %q", once, subject, again)
		}
		if bare, found := strings.CutPrefix(once, "(광고) "); !found || strings.HasPrefix(bare, "(광고)") {
			t.Fatalf("got %q of %q, want one mark of Korea at the front", once, subject)
		}
	})
}
