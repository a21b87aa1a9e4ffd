package mail

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"comeback/commerce"
)

// addresses are the links that the values of one mail contain. In the mail they are
// written in a form that every mail program takes as a whole. exact gives the address
// of the shop again, byte for byte.
type addresses struct {
	pay    string            // the order's payment page; empty: none
	byForm map[string]string // the exact address by the form in the mail
}

func newAddresses() *addresses { return &addresses{byForm: map[string]string{}} }

// form is the value of a variable that is an address; nil for what nobody can follow.
func (a *addresses) form(address string) any {
	link, err := commerce.WebLink(address)
	if err != nil {
		return nil
	}
	form := mailForm(link)
	if _, known := a.byForm[form]; !known {
		a.byForm[form] = link
	}
	return form
}

// payAt sets the order's payment page.
func (a *addresses) payAt(address string) {
	a.pay, _ = commerce.WebLink(address)
}

// foreign is the form of an address that a customer wrote. It names no user before
// the host, because that is how a foreign host passes for a known one.
func (a *addresses) foreign(address string) any {
	link, err := commerce.WebLink(address)
	if authority, _ := commerce.LinkAuthority(link); err != nil || strings.Contains(authority, "@") {
		return nil
	}
	return a.form(link)
}

// exact is the shop's own spelling of an address in the mail.
func (a *addresses) exact(form string) string {
	if link, known := a.byForm[form]; known {
		return link
	}
	return form
}

// within is the link at the start of a text that was found as one. The text may
// contain punctuation of the sentence, and, in languages without blanks, its next
// word.
func (a *addresses) within(found string) string {
	whole := unpunctuated(found)
	if i := strings.IndexFunc(found, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
		if ours := unpunctuated(found[:i]); a.byForm[ours] != "" {
			return ours
		}
	}
	return whole
}

func unpunctuated(link string) string {
	link = strings.TrimRight(link, ".,;:!?'")
	if strings.HasSuffix(link, ")") && !strings.Contains(link, "(") {
		return strings.TrimSuffix(link, ")")
	}
	return link
}

// mailForm encodes what mail programs leave out when they look for links in a text:
// brackets and quotes, and punctuation at the end. For the web server behind the link
// both spellings mean the same.
func mailForm(link string) string {
	authority, rest := commerce.LinkAuthority(link)
	end := len(strings.TrimRight(rest, ".,;:!-_~*$+@|"))
	var out strings.Builder
	out.WriteString(authority)
	for i := range len(rest) {
		if strings.IndexByte(`'()[]{}|\^*`, rest[i]) >= 0 || i >= end {
			fmt.Fprintf(&out, "%%%02X", rest[i])
			continue
		}
		out.WriteByte(rest[i])
	}
	return out.String()
}
