package campaigns

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// Mail is one rendered message on its way from hand-over to a channel. Every
// attempt of a message carries the same values, so that every attempt puts
// the same bytes on the wire.
type Mail struct {
	ID        string // the message's key
	MessageID string // value of the Message-ID header without < and >: see MessageID

	From     string // address; also the envelope sender
	FromName string
	ReplyTo  string // address; empty: no Reply-To
	To       string // address, as the customer wrote it; international domains allowed
	ToName   string

	Subject string
	Text    string    // never empty in a mail to people: many filters distrust HTML alone
	HTML    string    // empty: a plain text mail
	Date    time.Time // fixed when the message is first rendered

	Unsubscribe       string // absolute URL; one-click is promised only for https. Empty: none
	UnsubscribeMailto string // address or mailto: URL; empty: none
	ListID            string // e.g. reminders.shop.example; empty: none
	FeedbackID        string // campaign:shop:type:sender; empty: none
	Auto              bool   // class service: adds Auto-Submitted: auto-generated
}

// MailState says where an attempt to hand a mail over ended.
type MailState string

// MailSent: the server took the mail. MailDeferred: nothing was taken, the
// same mail may be tried again. MailFailed: refused for good, through no fault
// of the address. MailSuppressed: refused for good because the address is dead.
// MailUncertain: the whole mail was handed over and no answer came, so it may
// or may not arrive. MailDropped: the caller's own check said no; nothing was
// handed over and there is nothing to record.
const (
	MailSent       MailState = "sent"
	MailDeferred   MailState = "deferred"
	MailFailed     MailState = "failed"
	MailSuppressed MailState = "suppressed"
	MailUncertain  MailState = "uncertain"
	MailDropped    MailState = "dropped"
)

// MailOutcome is what a channel answers for one attempt.
type MailOutcome struct {
	State      MailState
	Code       int           // the server's reply code; 0: no reply was read
	Enhanced   string        // its enhanced code such as 5.1.1; empty: none given
	Reason     string        // one line for people, without the recipient's address
	RetryAfter time.Duration // with MailDeferred: not before this; 0: the caller's schedule decides
	Suppress   bool          // the address must not be written to again
	Stop       bool          // policy or authentication: hold the shop's stream and raise the alarm
}

// MessageID is the Message-ID value of the message with that key. It depends
// on nothing else, so a resend carries the same one, and it reveals neither
// the shop nor the customer.
func MessageID(messageKey, domain string) string {
	sum := sha256.Sum256([]byte(messageKey))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26]) + "@" + domain
}
