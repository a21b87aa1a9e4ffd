package commerce

import (
	"strings"
	"testing"
)

// One rule decides which addresses mails can come from and go to. A domain in another
// script becomes what DNS has; everything else that servers refuse is refused at the door.
func TestOneRuleForAddressesOfMail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"shop@acme.example":                       "shop@acme.example",
		" shop@acme.example ":                     "shop@acme.example",
		"Shop+a_b@ACME.example":                   "Shop+a_b@acme.example",
		"shop@müller.example":                     "shop@xn--mller-kva.example",
		"shop@MÜLLER.example":                     "shop@xn--mller-kva.example",
		"用户@例子.广告":                                "用户@xn--fsqu00a.xn--4rr70v",
		"a@例子。中国":                                 "a@xn--fsqu00a.xn--fiqs8s",
		"a@ｅｘａｍｐｌｅ．ｃｏｍ":                           "a@example.com",
		"a@bücher-für-alle.de":                    "a@xn--bcher-fr-alle-wobg.de",
		"a@правительство.рф":                      "a@xn--80aealotwbjpid2k.xn--p1ai",
		"a..b@acme.example":                       "",
		".a@acme.example":                         "",
		"shop(1)@acme.example":                    "",
		`"a b"@acme.example`:                      "",
		"shop@acme.example.":                      "",
		"shop@acme":                               "",
		"shop@my_shop.example":                    "",
		"sh op@acme.example":                      "",
		"shop@ac me.example":                      "",
		"shop@-acme.example":                      "",
		"shop@acme..example":                      "",
		"shop@[192.0.2.1]":                        "",
		"shop@192.0.2.1":                          "",
		"Shop <shop@acme.example>":                "",
		"a@b@acme.example":                        "",
		"shop":                                    "",
		"":                                        "",
		strings.Repeat("a", 65) + "@acme.example": "",
	} {
		got, err := MailAddress(text)
		if got != want || (err != nil) != (want == "") || err != nil && CodeOf(err) != Invalid {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
}
