package email

import (
	"slices"
	"strings"
)

// subject is what a refusal is about, from RCPT on.
type subject int

const (
	aboutSilence   subject = iota // there was no reply
	aboutLogin                    // it does not know us
	aboutRelay                    // it does not work for us: account, relaying
	aboutPace                     // it wants fewer mails
	aboutSender                   // the address or the domain of the shop's sender
	aboutGone                     // the recipient's address is dead
	aboutLater                    // this recipient, for now
	aboutMail                     // this recipient or this mail, for good
	aboutSomething                // it does not say: the next mail shows
)

// subjectOf sorts a refusal. Its enhanced code (RFC 3463) decides first, because it names
// the subject. Where the codes say nothing, the words of the large relays do. A refusal
// that names neither the recipient nor the content is never believed to be about them.
func subjectOf(r reply) subject {
	final := r.code/100 == 5 && !strings.HasPrefix(r.enhanced, "4.")
	vague := slices.Contains(saysNothing, r.enhanced)
	switch {
	case r.code == 0:
		return aboutSilence
	case isAuthCode(r.code) || r.says(authTexts):
		return aboutLogin
	case slices.Contains(ofSender, r.enhanced) || r.says(senderTexts):
		return aboutSender
	case final && (slices.Contains(deadAddress, r.enhanced) || vague && r.says(deadAddressTexts)):
		return aboutGone
	case asksForLess(r, final):
		return aboutPace
	case r.says(deniedTexts), r.says(accountTexts):
		return aboutRelay
	case final:
		return finalSubject(r, vague)
	case r.of("4.1.", "4.2.", "4.4.", "4.6."), r.enhanced == "" && r.code == 450, r.says(greyTexts), r.says(fullTexts):
		return aboutLater
	}
	return aboutSomething
}

// finalSubject sorts a final refusal that is neither the relay's nor the sender's.
func finalSubject(r reply, vague bool) subject {
	switch {
	case slices.Contains(comeBack, r.enhanced), vague && r.says(fullTexts):
		return aboutLater
	case vague && r.says(sizeTexts):
		return aboutMail
	case r.code == 552 && r.enhanced == "" && !r.says(policyTexts):
		return aboutLater // RFC 5321 4.5.3.1.10: old servers mean "full, try later"
	case !vague && r.of("5.1.", "5.2.", "5.4.", "5.6.") && r.enhanced != "5.4.6":
		return aboutMail
	}
	return aboutSomething
}

// asksForLess reports whether a refusal is about the number of mails. A greylisted
// recipient, or one who gets too many mails, is not: only this mail waits.
func asksForLess(r reply, final bool) bool {
	switch {
	case r.says(greyTexts), r.of("4.2.", "5.2."):
		return false
	case final:
		return r.enhanced == "5.4.5" || r.says(throttleTexts) || r.says(quotaTexts)
	}
	return r.code == 421 || r.code == 454 || r.of("4.7.") || r.says(throttleTexts) || r.says(quotaTexts)
}

// ofConnections reports whether the refusal is about the number of connections to a domain
// of recipients, and names the domain. That of an address is none.
func (r reply) ofConnections(domain string) bool {
	named := domain != "" && contains(anyAddress.ReplaceAllString(r.text, ""), []string{domain})
	return r.code != 0 && named && r.says([]string{"too many connection", "too many concurrent", "connection limit"})
}

// says reports whether the text has one of the phrases, in any case.
func (r reply) says(phrases []string) bool { return contains(r.text, phrases) }

// of reports whether the enhanced code begins so.
func (r reply) of(classes ...string) bool {
	return slices.ContainsFunc(classes, func(class string) bool { return strings.HasPrefix(r.enhanced, class) })
}

// Enhanced codes by subject. Those that say nothing leave it to the text.
var (
	deadAddress = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1"}
	comeBack    = []string{"5.2.2", "5.3.4"}
	saysNothing = []string{"", "5.0.0", "5.1.0", "5.2.0", "5.5.0"}
	// RFC 7372 and 7505 (authentication of the sender's domain, its MX), and Exchange's "send as".
	ofSender = []string{
		"4.1.7", "4.1.8", "5.1.7", "5.1.8", "5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.26", "5.7.27", "5.7.30", "5.7.60", "5.2.252",
	}
)

// Texts that say what an answer is about, where its codes do not.
var (
	deadAddressTexts = []string{
		"user unknown", "unknown user", "no such user", "user not found", "user not exist", "user doesn't exist",
		"user does not exist", "no such mailbox", "mailbox not found", "mailbox does not exist", "unknown recipient",
		"recipient unknown", "recipient not found", "no such recipient", "account does not exist", "no mailbox here",
		"invalid user", "invalid rcptto", "(account) dosn't exist", "unrouteable address",
	}
	fullTexts   = []string{"mailbox full", "mailbox is full", "over quota", "mailbox quota", "quota exceeded", "exceeded storage"}
	sizeTexts   = []string{"too large", "too long", "too big", "size limit", "maximum size", "message size", "length of data", "mailsize"}
	policyTexts = []string{"spam", "dt:", "blacklist", "blocklist", "block list", "content denied", "blocked", "policy", "reputation", "virus"}
	authTexts   = []string{
		"authentication fail", "authentication unsuccessful", "authentication required", "authentication is required",
		"must authenticate", "not authenticated", "login fail", "auth error", "unauthorized ip", "username and password not accepted",
		"credentials invalid", "invalid login",
	}
	deniedTexts = []string{
		"relay access denied", "relaying denied", "relay denied", "not permitted to relay", "relay not permitted", "unable to relay",
		"relaying not allowed", "we do not relay", "denies relay", "allowed rcpthosts", "not allowed to relay", "relaying prohibited",
	}
	accountTexts = []string{
		"account is not activated", "account is not yet activated", "account unavailable", "credits exceeded", "enough credits",
		"tenant has exceeded", "account has been disabled", "sending disabled", "sending is paused", "sending paused",
		"test purposes only", "not allowed to send",
	}
	blockedTexts = []string{
		"client host", "your ip", "ip address", "from this ip", "spamhaus", "dnsbl", "rbl", "block list", "blocklist", "blacklist", "reputation",
	}
	senderTexts = []string{
		"address is not verified", "identity not verified", "verified sender", "sender identity", "unauthenticated sender",
		"not authorized to send from", "not authorized to send as", "send as this sender", "sendasdenied", "sender address rejected",
		"sender rejected", "denies the sender", "sender is unvalidated", "mail from invalid", "same as auth", "must match auth",
		"conform with authentication", "not owned by user", "null sender", "sender verify failed", "sender domain", "from domain",
		"non-local account",
	}
	throttleTexts = []string{
		"too many mail", "too many message", "too many connection", "too many concurrent", "too many recipients received",
		"too many failed", "too frequent", "rate limit", "ratelimit", "throttl", "slow down", "sending rate", "rate exceeded",
		"frequency limited", "sending limit", "limit exceeded", "mi:sfq", "mi:dmc", "hl:ifc", "hl:icc", "rp:drc", "rcpt attempts",
		"total of rcpts", "too many requests",
	}
	quotaTexts = []string{
		"sending quota", "message quota", "daily quota", "monthly quota", "hourly quota", "quota of mails", "daily limit", "hourly limit",
	}
	greyTexts = []string{"greylist", "graylist", "grey list", "gray list", "greylisting"}
	// handshakeTexts are in errors of ours: the relay answers, and we do not agree with it.
	handshakeTexts = []string{"starttls", "smtp auth", "tls:", "x509:"}
)
