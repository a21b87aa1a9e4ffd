package email

import (
	"errors"
	"net"
	"net/textproto"
	"regexp"
	"strings"
	"unicode/utf8"

	"comeback/campaigns"
)

// phase is the point at which a conversation ended. The order matters: before
// phaseDot nothing was handed over.
type phase int

const (
	phaseConnect phase = iota // dial, TLS, greeting, authentication
	phaseMail
	phaseRcpt
	phaseData    // DATA up to 354
	phaseContent // the mail, without its last dot
	phaseDot     // the dot, up to the reply
	phaseDone    // replied 250
)

func (p phase) String() string {
	return [...]string{"connecting", "MAIL", "RCPT", "DATA", "sending the mail", "the final reply", "sent"}[p]
}

// reply is the server's reply; code 0: there was none.
type reply struct {
	code     int
	enhanced string
	text     string
}

var (
	enhancedCode = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)`)
	blanks       = regexp.MustCompile(`\s+`)
)

// Enhanced codes (RFC 3463) in three groups: the address is dead; the mail may be
// tried again although the reply code is 5yz; the code has no information, so the
// text decides.
var (
	deadAddress = map[string]bool{"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.10": true, "5.2.1": true}
	comeBack    = map[string]bool{"5.2.2": true, "5.3.4": true}
	saysNothing = map[string]bool{"": true, "5.0.0": true, "5.1.0": true, "5.5.0": true}
)

var deadAddressTexts = []string{
	"user unknown", "unknown user", "no such user", "user not found", "user not exist", "user doesn't exist",
	"user does not exist", "no such mailbox", "mailbox not found", "mailbox does not exist", "unknown recipient",
	"recipient unknown", "recipient not found", "no such recipient", "account does not exist", "no mailbox here",
}

// Texts that say what an answer is about, where its codes do not.
var (
	policyTexts = []string{"spam", "dt:spm", "blacklist", "blocklist", "block list", "mail content denied", "blocked", "policy", "reputation"}
	deniedTexts = []string{
		"relay access denied", "relaying denied", "relay denied", "not permitted to relay", "relay not permitted", "unable to relay",
		"relaying not allowed", "we do not relay", "authentication required", "authentication is required", "must authenticate",
	}
	blockedTexts  = []string{"client host", "your ip", "ip address", "spamhaus", "dnsbl", "rbl"}
	throttleTexts = []string{"too many", "rate limit", "ratelimit", "throttl", "slow down", "sending rate", "rate exceeded", "quota exceeded"}
	// handshakeTexts are in errors of ours: the relay answers, and we do not agree with it.
	handshakeTexts = []string{"starttls", "smtp auth", "tls:", "x509:"}
	greyTexts      = []string{"greylist", "graylist", "grey list", "gray list"}
)

// classify turns the end of a conversation into an outcome, by phase and reply. An
// error without a reply never counts against the address, and what is wrong with the
// relay never counts against the mail.
func classify(at phase, err error) campaigns.MailOutcome {
	if at == phaseDone {
		return campaigns.MailOutcome{State: campaigns.MailSent, Code: 250, Reason: "accepted"}
	}
	r := replyOf(err)
	out := campaigns.MailOutcome{State: campaigns.MailHeld, Code: r.code, Enhanced: r.enhanced, Reason: reasonOf(at, r, err)}
	switch {
	case at == phaseDot && r.code/100 == 2:
		out.State = campaigns.MailSent
	case at == phaseDot && r.code/100 != 4 && r.code/100 != 5:
		out.State = campaigns.MailUncertain
	case errors.Is(err, errStopped):
	case at < phaseRcpt:
		out.Fault = relayFault(at, r, err)
	default:
		return ofRecipient(out, at, r)
	}
	return out
}

// relayFault is the fault of a conversation that ended before the recipient was named.
func relayFault(at phase, r reply, err error) campaigns.Fault {
	switch {
	case r.code/100 == 4:
		return campaigns.Fault{State: campaigns.StreamThrottled, Full: at == phaseConnect && r.code == 421}
	case r.code/100 == 5 && at == phaseMail && !isAuthCode(r.code) && !contains(r.text, deniedTexts) && !contains(r.text, blockedTexts):
		return campaigns.Fault{State: campaigns.StreamRefusing, Sender: true}
	case r.code != 0 || err != nil && contains(err.Error(), handshakeTexts):
		return campaigns.Fault{State: campaigns.StreamRefusing}
	}
	return campaigns.Fault{State: campaigns.StreamUnreachable}
}

// ofRecipient completes the outcome of a conversation that ended at RCPT or later.
func ofRecipient(out campaigns.MailOutcome, at phase, r reply) campaigns.MailOutcome {
	refusing, throttled := campaigns.StreamRefusing, campaigns.StreamThrottled
	vague := saysNothing[r.enhanced]
	switch {
	case r.code == 0:
		out.Fault = campaigns.Fault{State: campaigns.StreamUnreachable, Doubt: true, Otherwise: campaigns.MailDeferred}
	case r.code/100 == 4 && asksForLess(r):
		out.Fault = campaigns.Fault{State: throttled, Otherwise: campaigns.MailDeferred}
	case r.code/100 != 5 || strings.HasPrefix(r.enhanced, "4.") || comeBack[r.enhanced]:
		out.State = campaigns.MailDeferred
	case r.code == 552 && r.enhanced == "":
		// RFC 5321 4.5.3.1.10: old servers mean "full, try later".
		out.State = campaigns.MailDeferred
	case isAuthCode(r.code):
		out.Fault = campaigns.Fault{State: refusing}
	case deadAddress[r.enhanced] || vague && contains(r.text, deadAddressTexts):
		out.State, out.Suppress = campaigns.MailSuppressed, true
	case contains(r.text, deniedTexts):
		out.Fault = campaigns.Fault{State: refusing, Otherwise: campaigns.MailFailed}
	case strings.HasPrefix(r.enhanced, "5.7.") || r.enhanced == "5.3.2" || at == phaseData || vague && contains(r.text, policyTexts):
		out.Fault = campaigns.Fault{State: refusing, Doubt: true, Otherwise: campaigns.MailFailed}
	default:
		out.State = campaigns.MailFailed
	}
	return out
}

// asksForLess reports whether a temporary refusal is about the number of mails. A
// greylisted recipient is not: only this mail waits.
func asksForLess(r reply) bool {
	if contains(r.text, greyTexts) {
		return false
	}
	return r.code == 421 || r.code == 454 || strings.HasPrefix(r.enhanced, "4.7.") || contains(r.text, throttleTexts)
}

// closing reports whether the conversation is over: the server ended it, or sent an
// unexpected reply.
func closing(err error) bool {
	code := replyOf(err).code
	return code == 421 || code/100 != 4 && code/100 != 5
}

func isAuthCode(code int) bool {
	return code == 530 || code == 534 || code == 535 || code == 538
}

func contains(text string, phrases []string) bool {
	text = strings.ToLower(text)
	for _, phrase := range phrases {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}

func replyOf(err error) reply {
	var said *textproto.Error
	if !errors.As(err, &said) || said.Code < 200 || said.Code > 599 {
		return reply{}
	}
	r := reply{code: said.Code, text: said.Msg}
	if m := enhancedCode.FindStringSubmatch(said.Msg); m != nil {
		r.enhanced = m[1]
	}
	return r
}

func reasonOf(at phase, r reply, err error) string {
	var timeout net.Error
	switch {
	case r.code != 0:
		return at.String() + ": " + r.text
	case errors.As(err, &timeout) && timeout.Timeout():
		return at.String() + ": no answer in time"
	case err != nil:
		return at.String() + ": " + err.Error()
	}
	return at.String()
}

// oneLine makes a server's text safe to store: one line, at most 300 bytes of valid
// UTF-8, without the recipient's address.
func oneLine(reason, recipient string) string {
	reason = blanks.ReplaceAllString(strings.ToValidUTF8(reason, "?"), " ")
	if recipient != "" {
		pattern, err := regexp.Compile("(?i)" + regexp.QuoteMeta(recipient))
		if err == nil {
			reason = pattern.ReplaceAllString(reason, "[recipient]")
		}
	}
	const most = 300
	if len(reason) <= most {
		return reason
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(reason[cut]) {
		cut--
	}
	return reason[:cut]
}
