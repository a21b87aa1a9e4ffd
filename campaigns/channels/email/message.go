package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"comeback/campaigns"
	"comeback/commerce"

	gomail "github.com/wneessen/go-mail"
)

// longestLine is the limit of RFC 5322, without CR LF.
const longestLine = 998

var (
	messageIDValue = regexp.MustCompile(`^[A-Za-z0-9._+-]{1,120}@[A-Za-z0-9.-]{1,120}$`)
	tokenValue     = regexp.MustCompile(`^[!-~]{1,200}$`)
)

// message is a mail in the form of SMTP: an envelope and bytes.
type message struct {
	from, to string
	utf8     bool // an address needs SMTPUTF8
	bytes    []byte
}

// compose turns m into bytes. Equal mails give equal bytes. Errors name the field.
func compose(m campaigns.Mail) (message, error) {
	a, err := addressesOf(m)
	if err != nil {
		return message{}, err
	}
	msg := gomail.NewMsg(
		gomail.WithNoDefaultUserAgent(),
		gomail.WithBoundary(boundary(m)),
		gomail.WithEncoding(gomail.EncodingB64), // for header words: half the length of Q for Chinese
	)
	setAddress(msg, gomail.HeaderFrom, a.from)
	setAddress(msg, gomail.HeaderTo, a.to)
	if a.replyTo != nil {
		setAddress(msg, gomail.HeaderReplyTo, a.replyTo)
	}
	if err := setHeaders(msg, m); err != nil {
		return message{}, err
	}
	if err := setBody(msg, m); err != nil {
		return message{}, err
	}
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return message{}, commerce.Errorf(commerce.Invalid, "mail %s: %w", m.ID, err)
	}
	if tooLong(out.Bytes()) {
		return message{}, commerce.Errorf(commerce.Invalid,
			"mail: a header line is longer than %d bytes; shorten the subject, the names or the unsubscribe address", longestLine)
	}
	return message{
		from: a.from.Address, to: a.to.Address, bytes: out.Bytes(),
		utf8: !isASCII(a.from.Address) || !isASCII(a.to.Address),
	}, nil
}

func setHeaders(msg *gomail.Msg, m campaigns.Mail) error {
	if !messageIDValue.MatchString(m.MessageID) {
		return commerce.Errorf(commerce.Invalid, "message id: %q is not local@domain", m.MessageID)
	}
	if m.Date.IsZero() {
		return commerce.Errorf(commerce.Invalid, "date: is missing; it is fixed when the message is first rendered")
	}
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDateWithValue(m.Date)
	msg.Subject(literal(headerText(m.Subject)))
	if m.Auto {
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
	}
	if m.ListID != "" {
		if !tokenValue.MatchString(m.ListID) || strings.ContainsAny(m.ListID, "<>") {
			return commerce.Errorf(commerce.Invalid, "list id: %q must be a name such as reminders.shop.example", m.ListID)
		}
		msg.SetGenHeader("List-Id", "<"+m.ListID+">")
	}
	if m.FeedbackID != "" {
		if !tokenValue.MatchString(m.FeedbackID) {
			return commerce.Errorf(commerce.Invalid, "feedback id: %q must be printable ASCII without blanks", m.FeedbackID)
		}
		msg.SetGenHeader("Feedback-ID", m.FeedbackID)
	}
	return setUnsubscribe(msg, m)
}

// setUnsubscribe offers one-click unsubscription (RFC 8058) only for an https link,
// as the RFC requires.
func setUnsubscribe(msg *gomail.Msg, m campaigns.Mail) error {
	var ways []string
	if m.Unsubscribe != "" {
		u, err := headerURL(m.Unsubscribe, "https", "http")
		if err != nil {
			return commerce.Errorf(commerce.Invalid, "unsubscribe: %w", err)
		}
		ways = append(ways, u)
		if strings.HasPrefix(u, "<https:") {
			msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
		}
	}
	if m.UnsubscribeMailto != "" {
		to := m.UnsubscribeMailto
		if !strings.HasPrefix(to, "mailto:") {
			to = "mailto:" + to
		}
		u, err := headerURL(to, "mailto")
		if err != nil {
			return commerce.Errorf(commerce.Invalid, "unsubscribe mailto: %w", err)
		}
		ways = append(ways, u)
	}
	if len(ways) > 0 {
		msg.SetGenHeader("List-Unsubscribe", ways...)
	}
	return nil
}

func headerURL(raw string, schemes ...string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || !isASCII(raw) || strings.ContainsAny(raw, " \t\r\n<>,") {
		return "", commerce.Errorf(commerce.Invalid, "%q is not an address that fits a header", raw)
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme && (u.Host != "" || u.Opaque != "") {
			return "<" + raw + ">", nil
		}
	}
	return "", commerce.Errorf(commerce.Invalid, "%q must start with %s:", raw, schemes[0])
}

func setBody(msg *gomail.Msg, m campaigns.Mail) error {
	if m.Text == "" && m.HTML == "" {
		return commerce.Errorf(commerce.Invalid, "text: the mail is empty; give it a text or an HTML part")
	}
	if m.Text != "" {
		text, encoding := body(m.Text)
		msg.AddAlternativeString(gomail.TypeTextPlain, text, gomail.WithPartEncoding(encoding))
	}
	if m.HTML != "" {
		html, encoding := body(m.HTML)
		msg.AddAlternativeString(gomail.TypeTextHTML, html, gomail.WithPartEncoding(encoding))
	}
	return nil
}

// body is s with CR LF line ends, and the shorter of the two safe encodings:
// quoted-printable for mostly-ASCII text, base64 for Chinese.
func body(s string) (string, gomail.Encoding) {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.ReplaceAll(s, "\n", "\r\n")
	high := 0
	for i := range len(s) {
		if s[i] >= 0x80 {
			high++
		}
	}
	if high*6 > len(s) {
		return s, gomail.EncodingB64
	}
	return s, gomail.EncodingQP
}

// boundary depends on the mail, so every attempt has the same one, and on its
// content, so the content cannot contain it.
func boundary(m campaigns.Mail) string {
	h := sha256.New()
	for _, part := range []string{m.ID, m.Text, m.HTML} {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return "part-" + strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil))[:26])
}

type addresses struct{ from, to, replyTo *mail.Address }

func addressesOf(m campaigns.Mail) (a addresses, err error) {
	if a.from, err = address("from", m.FromName, m.From); err != nil {
		return a, err
	}
	if a.to, err = address("to", m.ToName, m.To); err != nil {
		return a, err
	}
	if m.ReplyTo != "" {
		a.replyTo, err = address("reply to", "", m.ReplyTo)
	}
	return a, err
}

// address checks a bare address and writes its domain in the form of DNS.
func address(field, name, bare string) (*mail.Address, error) {
	usual, err := commerce.MailAddress(bare)
	if err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "%s: %w", field, err)
	}
	// net/mail does not escape a backslash in an encoded word, where it is forbidden.
	name = headerText(strings.ReplaceAll(name, `\`, " "))
	return &mail.Address{Name: name, Address: usual}, nil
}

// setAddress writes an address header. A name that looks like an encoded word would be
// read as another name, so it is encoded itself.
func setAddress(msg *gomail.Msg, header gomail.AddrHeader, a *mail.Address) {
	if !strings.Contains(a.Name, "=?") {
		msg.SetAddrHeaderFromMailAddress(header, a)
		return
	}
	msg.SetGenHeader(gomail.Header(header), literal(a.Name)+" <"+a.Address+">")
}

// literal is a text for a header. If it has the mark of an encoded word it is encoded, so
// that readers show it as it is.
func literal(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	const most = 42 // bytes of one encoded word, so that it stays below 75 characters
	var words []string
	for part := ""; s != ""; part = "" {
		for _, r := range s {
			if len(part)+utf8.RuneLen(r) > most {
				break
			}
			part += string(r)
		}
		s = s[len(part):]
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(part))+"?=")
	}
	return strings.Join(words, " ")
}

// headerText is s on one line without control characters, because a customer's name
// must not become a header.
func headerText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func tooLong(raw []byte) bool {
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > longestLine {
			return true
		}
	}
	return false
}
