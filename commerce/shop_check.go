package commerce

import (
	"net/url"
	"regexp"
	"strings"
	"time"
)

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// Check returns a *FieldError for the first setting with which the service
// cannot work, nil if all are good. Slug checks the id.
func (s Shop) Check() error {
	if _, known := Exponent(s.Currency); !known {
		return wrongField("/currency", "%q is not an ISO 4217 code such as EUR or CNY", clip(s.Currency))
	}
	if err := CheckText("/name", s.Name, 1, 100); err != nil {
		return err
	}
	if s.Market != China && s.Market != West {
		return wrongField("/market", "%q is not one of cn and west", clip(string(s.Market)))
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || strings.EqualFold(s.Zone, "local") {
		return wrongField("/zone", "%q is not an IANA time zone such as Asia/Shanghai", clip(s.Zone))
	}
	if !languageTag.MatchString(s.Language) {
		return wrongField("/language", "%q is not a language tag such as en or zh-CN", clip(s.Language))
	}
	if err := s.checkLaw(); err != nil {
		return err
	}
	if err := CheckText("/trade", s.Trade, 0, 60); err != nil {
		return err
	}
	if s.URL != "" && !WebAddress(s.URL) {
		return wrongField("/url", "write a complete address such as https://shop.example.com")
	}
	if err := s.Sender.check(); err != nil {
		return err
	}
	if err := s.Contact.check(); err != nil {
		return err
	}
	return s.Results.check()
}

// Usual is the sender with its addresses as mail servers take them. Addresses that none
// takes stay as they are.
func (s Sender) Usual() Sender {
	for _, address := range []*string{&s.From, &s.ReplyTo} {
		if usual, err := MailAddress(*address); err == nil {
			*address = usual
		}
	}
	return s
}

// Lacks are the settings that the shop must have before mails of a campaign can go out,
// each as a *FieldError of the setting.
func (s Shop) Lacks(marketing bool) (list []error) {
	if _, err := MailAddress(s.Sender.From); err != nil {
		list = append(list, wrongField("/sender/from", "missing or unusable: set the address that the shop's mails come from"))
	}
	if marketing && strings.TrimSpace(s.Sender.Address) == "" {
		list = append(list, wrongField("/sender/address", "missing: set the postal address of the shop, which marketing mails must show"))
	}
	return list
}

func (s Sender) check() error {
	for _, f := range [][2]string{{"/sender/name", s.Name}, {"/sender/from", s.From}, {"/sender/reply_to", s.ReplyTo}} {
		if err := CheckText(f[0], f[1], 0, 254); err != nil {
			return err
		}
	}
	for _, f := range [][2]string{{"/sender/from", s.From}, {"/sender/reply_to", s.ReplyTo}} {
		if _, err := MailAddress(f[1]); f[1] != "" && err != nil {
			return wrongField(f[0], "%s", err)
		}
	}
	return CheckText("/sender/address", strings.ReplaceAll(s.Address, "\n", " "), 0, 500)
}

func (r Results) check() error {
	switch {
	case r.WindowHours < 0 || r.WindowHours > 90*24:
		return wrongField("/results/window_hours", "write a number from 0 to 2160")
	case r.MarginBP < 0 || r.MarginBP > 10_000:
		return wrongField("/results/margin_ratio", "write a number from 0 to 1")
	case r.MessagePrice < 0 || r.MessagePrice > 1_000_000_000:
		return wrongField("/results/message_price", "write an amount from 0 to a million minor units")
	}
	return nil
}

// CheckText returns a *FieldError unless text is one line of least to most
// bytes.
func CheckText(pointer, text string, least, most int) error {
	switch {
	case len(text) < least:
		return wrongField(pointer, "missing, write it")
	case len(text) > most:
		return wrongField(pointer, "longer than %d bytes", most)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return wrongField(pointer, "contains a line break or control character, remove it")
	}
	return nil
}

// WebAddress reports whether a browser can open the address: http or https,
// with a host, without a user.
func WebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && len(text) <= 2000
}
