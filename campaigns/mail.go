package campaigns

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// Mail is one rendered message for a channel. Every attempt of a message has the
// same values, so every attempt sends the same bytes.
type Mail struct {
	ID        string // the message's key; its first part is the shop
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

// MailState is the result of one attempt to hand a mail over.
type MailState string

// The outcomes of sending a mail.
const (
	// MailSent: the server accepted the mail.
	MailSent MailState = "sent"
	// MailDeferred: the server accepted nothing; the same mail may be tried again.
	MailDeferred MailState = "deferred"
	// MailFailed: the server refused the mail for good, and the address is not the reason.
	MailFailed MailState = "failed"
	// MailSuppressed: the server refused the mail for good because the address is dead.
	MailSuppressed MailState = "suppressed"
	// MailUncertain: the whole mail was handed over and no answer came. It may or may not arrive.
	MailUncertain MailState = "uncertain"
	// MailHeld: the relay is the reason, or the mail was not tried. The server accepted nothing, and
	// the mail waits without using up a try.
	MailHeld MailState = "held"
	// MailDropped: the caller's own check stopped the mail. Nothing was handed over and there is
	// nothing to record.
	MailDropped MailState = "dropped"
)

// MailOutcome is a channel's answer for one attempt.
type MailOutcome struct {
	State      MailState
	Code       int           // the server's reply code; 0: no reply was read
	Enhanced   string        // its enhanced code such as 5.1.1; empty: none given
	Reason     string        // one line for people, without the recipient's address
	RetryAfter time.Duration // with MailDeferred: not before this; 0: the caller's schedule decides
	Suppress   bool          // no further mail may go to the address
	Fault      Fault         // with MailHeld: what it says about the relay; zero: the mail was not tried
}

// MessageID is the Message-ID value of the message with that key. It depends on
// nothing else, so a resend has the same value. It reveals neither the shop nor the
// customer.
func MessageID(messageKey, domain string) string {
	sum := sha256.Sum256([]byte(messageKey))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26]) + "@" + domain
}
