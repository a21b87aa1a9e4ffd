package email

import (
	"cmp"
	"errors"
	"net"
	"net/textproto"
	"regexp"
	"slices"
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
	enhancedCode = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)|\(#([245]\.\d\.\d)\)`) // qmail writes it at the end
	anyAddress   = regexp.MustCompile(`[^\s<>()\[\]:;,"']+@[^\s<>()\[\]:;,"']+`)
	blanks       = regexp.MustCompile(`\s+`)
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
		// The relay may have the mail. Whether it has the next ones, a probe shows.
		out.State, out.Fault = campaigns.MailUncertain, campaigns.Fault{State: campaigns.StreamUnreachable, Doubt: true}
	case errors.Is(err, errStopped):
	case at < phaseRcpt:
		out.Fault = relayFault(at, r, err)
	default:
		return ofRecipient(out, r)
	}
	return out
}

// relayFault is the fault of a conversation that ended before the recipient was named.
func relayFault(at phase, r reply, err error) campaigns.Fault {
	ofAll := isAuthCode(r.code) || r.says(authTexts) || r.says(deniedTexts) || r.says(accountTexts) || r.says(blockedTexts)
	sender := slices.Contains(ofSender, r.enhanced) || r.says(senderTexts)
	switch {
	case at == phaseMail && r.code/100 == 5 && asksForLess(r, true):
		return campaigns.Fault{State: campaigns.StreamThrottled}
	case at == phaseMail && !ofAll && (r.code/100 == 5 || r.code/100 == 4 && sender):
		return campaigns.Fault{State: campaigns.StreamRefusing, Sender: true}
	case r.code/100 == 4:
		return campaigns.Fault{State: campaigns.StreamThrottled, Full: at == phaseConnect && r.code == 421}
	case r.code != 0 || err != nil && contains(err.Error(), handshakeTexts):
		return campaigns.Fault{State: campaigns.StreamRefusing}
	}
	return campaigns.Fault{State: campaigns.StreamUnreachable}
}

// ofRecipient completes the outcome of a conversation that ended at RCPT or later.
func ofRecipient(out campaigns.MailOutcome, r reply) campaigns.MailOutcome {
	subject, otherwise := subjectOf(r), campaigns.MailFailed
	if r.code/100 != 5 || subject == aboutSender || r.says(blockedTexts) {
		otherwise = campaigns.MailDeferred // it may be mended, also where one provider alone is the reason
	}
	switch subject {
	case aboutSilence:
		out.Fault = campaigns.Fault{State: campaigns.StreamUnreachable, Doubt: true, Otherwise: otherwise}
	case aboutPace:
		out.Fault = campaigns.Fault{State: campaigns.StreamThrottled, Otherwise: campaigns.MailDeferred}
	case aboutLogin:
		out.Fault = campaigns.Fault{State: campaigns.StreamRefusing}
	case aboutRelay:
		out.Fault = campaigns.Fault{State: campaigns.StreamRefusing, Otherwise: otherwise}
	case aboutSender:
		out.Fault = campaigns.Fault{State: campaigns.StreamRefusing, Sender: true, Doubt: true, Otherwise: otherwise}
	case aboutGone:
		out.State, out.Suppress = campaigns.MailSuppressed, true
	case aboutLater:
		out.State = campaigns.MailDeferred
	case aboutMail:
		out.State = campaigns.MailFailed
	default:
		out.Fault = campaigns.Fault{State: campaigns.StreamRefusing, Doubt: true, Otherwise: otherwise}
	}
	return out
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
		r.enhanced = cmp.Or(m[1], m[2])
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

// oneLine makes a server's text safe to store: one line, at most 300 bytes of valid UTF-8,
// without addresses. Those of the recipient may be in any form.
func oneLine(reason string, recipient ...string) string {
	reason = blanks.ReplaceAllString(strings.ToValidUTF8(reason, "?"), " ")
	for _, address := range recipient {
		pattern, err := regexp.Compile("(?i)" + regexp.QuoteMeta(address))
		if err == nil && address != "" {
			reason = pattern.ReplaceAllString(reason, "[recipient]")
		}
	}
	reason = anyAddress.ReplaceAllString(reason, "[address]")
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
