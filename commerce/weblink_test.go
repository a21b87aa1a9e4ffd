package commerce_test

import (
	"strings"
	"testing"

	"comeback/commerce"
)

// What a browser would encode is encoded, and nothing else changes: a signature may
// cover it.
func TestALinkStaysTheShopsOwnAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://shop.example/pay/Levi's-jeans?x=(1),2;b=!#/step?y": "https://shop.example/pay/Levi's-jeans?x=(1),2;b=!#/step?y",
		" https://shop.example/pay?token=abc. ":                     "https://shop.example/pay?token=abc.",
		"https://shop.example/茶，1?名=值":                              "https://shop.example/%E8%8C%B6%EF%BC%8C1?%E5%90%8D=%E5%80%BC",
		"HTTPS://Shop.example/a b?100%":                             "https://Shop.example/a%20b?100%",
		"https://shop.example/a\r\nb":                               "https://shop.example/ab",
		"https://u:p@w@shop.example/pay?email=a+b@c.de&sig=x":       "https://u:p@w@shop.example/pay?email=a+b@c.de&sig=x",
		"http://[2001:db8::1]:8080/pay":                             "http://[2001:db8::1]:8080/pay",
		"https://my_shop.example?x":                                 "https://my_shop.example?x",
		"https://müller.example/":                                   "https://m%C3%BCller.example/",
		"https://shop.example/" + strings.Repeat("k", 9000):         "https://shop.example/" + strings.Repeat("k", 9000),
	} {
		got, err := commerce.WebLink(text)
		if err != nil || got != want {
			t.Errorf("%.60q: got %.90q %v, want %.90q", text, got, err, want)
		}
		if again, err := commerce.WebLink(got); err != nil || again != got {
			t.Errorf("again: got %.90q %v, want %.90q", again, err, got)
		}
	}
}

// An address that nobody can follow is refused with its reason.
func TestAnAddressNobodyCanFollowIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"weixin://wxpay/bizpayurl?pr=abc":      "weixin: cannot be followed",
		"javascript:alert(1)":                  "javascript: cannot be followed",
		"":                                     "empty",
		"/pay/1":                               "no http or https",
		"//shop.example/pay":                   "no http or https",
		"https:pay":                            "no //",
		"https://":                             "no valid host",
		"https:///pay":                         "no valid host",
		"https://shop example/":                "no valid host",
		"https://u@/":                          "no valid host",
		"https://shop.example:port/":           "no valid host",
		"https://s.example/" + longText(16001): "at most 16000",
	} {
		if got, err := commerce.WebLink(text); err == nil || !strings.Contains(err.Error(), want) ||
			commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("%.60q: got %.60q %v, want %q", text, got, err, want)
		}
	}
}

func longText(n int) string { return strings.Repeat("x", n) }

func FuzzWebLink(f *testing.F) {
	f.Add("https://u:p@shop.example:80/茶?a=100%#x")
	f.Add("weixin://wxpay")
	f.Fuzz(func(t *testing.T, text string) {
		link, err := commerce.WebLink(text)
		if err != nil {
			return
		}
		if again, err := commerce.WebLink(link); err != nil || again != link {
			t.Errorf("%q: got %q %v again, want %q", text, again, err, link)
		}
		if strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '<' || r == '>' }) {
			t.Errorf("%q: %q contains what ends a link", text, link)
		}
		authority, rest := commerce.LinkAuthority(link)
		if authority+rest != link || authority == "" {
			t.Errorf("%q: splits into %q and %q", link, authority, rest)
		}
	})
}
