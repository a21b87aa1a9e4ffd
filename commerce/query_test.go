package commerce_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"comeback/commerce"
)

// A parameter is found after any text, and decoded as its sender meant it.
func TestQueryValueReadsLeniently(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"/?utm_source=google":                             "google",
		"/pages/50%-off?utm_source=google&utm_medium=cpc": "google",
		"/a?x=100%&utm_source=50%-off":                    "50%-off",
		"/a?x=1&amp;utm_source=news+letter%21":            "news letter!",
		"/a?UTM_Source=%E5%BE%AE%E4%BF%A1#utm_source=no":  "微信",
		"/a?utm_source=a;b":                               "a;b",
		"/a?utm_source=%FF%00x":                           "\ufffdx",
		"/a?utm_sourceful=no":                             "",
		"://:no address?utm_source=yes":                   "yes",
		"/a?%75tm_source=coded":                           "coded",
		"":                                                "",
	} {
		if got := commerce.QueryValue(address, "utm_source"); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// Every value that a browser writes is read back.
func TestQueryValueReadsWhatBrowsersWrite(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := strings.ReplaceAll(rapid.String().Draw(t, "value"), "\x00", "")
		got := commerce.QueryValue("/50%?a=1&v="+url.QueryEscape(value)+"&b=2", "v")
		if want := strings.ToValidUTF8(value, "\ufffd"); got != want || !utf8.ValidString(got) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}
