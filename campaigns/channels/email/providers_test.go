package email

import (
	"net/textproto"
	"testing"
)

// A refusal names the recipient's domain, or its provider, only where it says so: as a word of its
// own, not within an address, and not where the relay belongs to the provider.
func TestRefusalNamesADomainOrItsProvider(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, domain, relay string
		want                bool
	}{
		{"4.7.28 Gmail has detected an unusual rate of unsolicited mail", "gmail.com", "smtp.hoster.example", true},
		{"4.7.28 Gmail has detected an unusual rate of unsolicited mail", "googlemail.com", "smtp.hoster.example", true},
		{"4.7.28 Gmail has detected an unusual rate of unsolicited mail", "qq.com", "smtp.hoster.example", false},
		{"4.7.28 Gmail has detected an unusual rate of unsolicited mail", "gmail.com", "smtp-relay.gmail.com", false},
		{"Mail content denied. http://service.mail.qq.com/", "foxmail.com", "smtp.hoster.example", true},
		{"Mail content denied. http://service.mail.qq.com/", "qq.com", "smtp.exmail.qq.com", false},
		{"Mail content denied. http://service.mail.qq.com/", "163.com", "smtp.exmail.qq.com", false},
		{"DT:SPM 163 smtp10,DsmowA, please see http://mail.163.com/help", "126.com", "smtpdm.aliyun.com", true},
		{"<ann@customer.example>: Relay access denied", "customer.example", "smtp.hoster.example", false},
		{"too many connections to customer.example", "customer.example", "smtp.hoster.example", true},
		{"too many connections to mycustomer.example", "customer.example", "smtp.hoster.example", false},
		{"host mx1.customer.example[203.0.113.9] said: 421", "customer.example", "smtp.hoster.example", true},
		{"4.7.500 Server busy. hotmail.de refuses", "hotmail.de", "smtp.hoster.example", true},
		{"blocked by outlook.com", "live.co.uk", "smtp.hoster.example", true},
		{"", "customer.example", "smtp.hoster.example", false},
	} {
		r := replyOf(&textproto.Error{Code: 451, Msg: c.text})
		if got := r.names(c.domain, c.relay); got != c.want {
			t.Errorf("%q names %s by %s: got %t, want %t", c.text, c.domain, c.relay, got, c.want)
		}
	}
}

// Of the answers of large relays, none names a shop's customer. With the name of the customer's
// server in them, each names it, and nobody else.
func TestAnswersOfLargeRelaysNameNoOtherDomain(t *testing.T) {
	t.Parallel()
	for _, a := range answers {
		plain := replyOf(&textproto.Error{Code: a.code, Msg: a.text})
		named := replyOf(&textproto.Error{Code: a.code, Msg: a.text + " (mx3.shopper.example)"})
		for domain, want := range map[string]bool{"shopper.example": true, "other.example": false} {
			if plain.names(domain, "smtp.hoster.example") || named.names(domain, "smtp.hoster.example") != want {
				t.Errorf("%s: %q names %s wrongly", a.who, a.text, domain)
			}
		}
	}
}
