package email

import (
	"net/textproto"
	"testing"

	"comeback/campaigns"
)

// What an answer of a relay means for the mail and for the others.
const (
	ours   = "the relay refuses us"
	pace   = "the relay wants fewer mails"
	sender = "the shop's sender is refused"
	gone   = "the address is dead"
	later  = "this recipient, later"
	fails  = "this mail fails"
	next   = "the next mail shows"
)

// meaning is what classify made of an answer.
func meaning(o campaigns.MailOutcome) string {
	switch {
	case o.Suppress:
		return gone
	case o.State == campaigns.MailDeferred:
		return later
	case o.State == campaigns.MailFailed:
		return fails
	case o.Fault.Sender:
		return sender
	case o.Fault.State == campaigns.StreamThrottled:
		return pace
	case o.Fault.Doubt:
		return next
	case o.Fault.State == campaigns.StreamRefusing:
		return ours
	}
	return string(o.State) + " " + string(o.Fault.State)
}

// answers are those of the large relays and mailbox providers, as their documents and
// their users quote them.
var answers = []struct {
	who  string
	at   phase
	code int
	text string
	want string
}{
	{"SES, sending rate", phaseDot, 454, "Throttling failure: Maximum sending rate exceeded.", pace},
	{"SES, the day's quota", phaseDot, 454, "Throttling failure: Daily message quota exceeded.", pace},
	{"SES, connections", phaseConnect, 421, "Too many concurrent SMTP connections", pace},
	{"SES, a service failure", phaseDot, 451, "Temporary service failure", next},
	{"SES, identity", phaseDot, 554, "Message rejected: Email address is not verified. The following identities failed the check " +
		"in region EU-WEST-1: shop@tea.example", sender},
	{"SES, credentials", phaseConnect, 535, "Authentication Credentials Invalid", ours},
	{"SES, credentials late", phaseMail, 530, "Authentication required", ours},
	{"SES, paused account", phaseDot, 554,
		"Message rejected: Sending is paused for this account. For more information, please check the inbox", ours},

	{"Gmail, unusual rate", phaseDot, 421,
		"4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your SPF domain", pace},
	{"Gmail, no authentication of the domain", phaseDot, 550,
		"5.7.26 This mail has been blocked because the sender is unauthenticated.", sender},
	{"Gmail, spam", phaseDot, 550, "5.7.1 Our system has detected that this message is likely unsolicited mail.", next},
	{"Gmail, the day's limit", phaseDot, 550, "5.4.5 Daily user sending limit exceeded.", pace},
	{"Gmail, the day's limit at MAIL", phaseMail, 550, "5.4.5 Daily SMTP relay limit exceeded for customer.", pace},
	{"Gmail, the user gets too many mails", phaseRcpt, 450, "4.2.1 The user you are trying to contact is receiving mail too quickly.", later},
	{"Gmail, full", phaseRcpt, 452, "4.2.2 The email account that you tried to reach is over quota. mailbox quota exceeded", later},
	{"Gmail, no user", phaseRcpt, 550, "5.1.1 The email account that you tried to reach does not exist.", gone},
	{"Gmail, disabled", phaseRcpt, 550, "5.2.1 The email account that you tried to reach is inactive.", gone},
	{"Gmail relay, not ours", phaseRcpt, 550, "5.7.1 Invalid credentials for relay [203.0.113.7]. The IP address you've registered", next},
	{"Gmail, app password", phaseConnect, 534, "5.7.9 Application-specific password required.", ours},
	{"Gmail, size", phaseDot, 552, "5.3.4 Your message exceeded Google's message size limits.", later},

	{"Outlook, busy", phaseMail, 451, "4.7.500 Server busy. Please try again later from [203.0.113.7]. (S77719)", pace},
	{"Outlook, busy at RCPT", phaseRcpt, 451, "4.7.500 Server busy.", pace},
	{"Exchange, connections", phaseMail, 432, "4.3.2 Concurrent connections limit exceeded.", pace},
	{"Exchange, send as", phaseMail, 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", sender},
	{"Exchange, send as at the dot", phaseDot, 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", sender},
	{"Exchange, send as of a mailbox", phaseDot, 554, "5.2.252 SendAsDenied; u@tea.example not allowed to send as shop@tea.example", sender},
	{"Exchange, anonymous", phaseMail, 530, "5.7.57 Client not authenticated to send mail.", ours},
	{"Exchange, tenant", phaseDot, 550, "5.7.705 Access denied, tenant has exceeded threshold", ours},
	{"Exchange, our address", phaseRcpt, 550, "5.7.708 Access denied, traffic not accepted from this IP", next},
	{"Exchange, recipients of a day", phaseRcpt, 550,
		"5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", pace},
	{"Exchange, unknown", phaseRcpt, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", gone},
	{"Exchange, relay", phaseRcpt, 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain", ours},
	{"Exchange, login disabled", phaseConnect, 535,
		"5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.", ours},

	{"Postfix, relaying", phaseRcpt, 554, "5.7.1 <ann@customer.example>: Relay access denied", ours},
	{"Postfix, relaying, new", phaseRcpt, 454, "4.7.1 <ann@customer.example>: Relay access denied", pace},
	{"Postfix, client", phaseRcpt, 554, "5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org", next},
	{"Postfix, client at MAIL", phaseMail, 554, "5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org", ours},
	{"Postfix, sender is not ours", phaseRcpt, 553, "5.7.1 <shop@tea.example>: Sender address rejected: not owned by user other", sender},
	{"Postfix, domain of the sender", phaseRcpt, 450, "4.1.8 <shop@tea.example>: Sender address rejected: Domain not found", sender},
	{"Postfix, greylisting", phaseRcpt, 450, "4.2.0 <ann@customer.example>: Recipient address rejected: Greylisted", later},
	{"Postfix, lookup", phaseRcpt, 451, "4.3.0 <ann@customer.example>: Temporary lookup failure", next},
	{"Postfix, its disk", phaseMail, 452, "4.3.1 Insufficient system storage", pace},
	{"Postfix, its disk at the dot", phaseDot, 452, "4.3.1 Insufficient system storage", next},
	{"Postfix, queue", phaseDot, 451, "4.3.0 Error: queue file write error", next},
	{"Postfix, size", phaseDot, 552, "5.3.4 Error: message file too big", later},
	{"Postfix, no MX", phaseRcpt, 550, "5.1.2 <ann@customer.example>: Recipient address rejected: Domain not found", gone},
	{"Postfix, too much mail", phaseRcpt, 450, "4.7.1 Error: too much mail from 203.0.113.7", pace},

	{"SendGrid, sender", phaseDot, 550,
		"The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.", sender},
	{"SendGrid, sender as 403", phaseDot, 403, "You are not authorized to send from that email address", sender},
	{"SendGrid, no login", phaseMail, 550, "Unauthenticated senders not allowed", sender},
	{"SendGrid, credits", phaseDot, 451, "Authentication failed: Maximum credits exceeded", ours},
	{"SendGrid, credits at the login", phaseConnect, 451, "Authentication failed: Maximum credits exceeded", pace},
	{"SendGrid, an hour's mails", phaseDot, 452, "Too many recipients received this hour (throttled)", pace},
	{"SendGrid, connects", phaseRcpt, 450, "too frequent connects from 203.0.113.7, please try again later.", pace},
	{"SendGrid, local", phaseDot, 451, "Temporary local problem - please try later", next},

	{"Mailgun, timeout", phaseDot, 420, "Timeout connection problem", next},
	{"Mailgun, throttled", phaseDot, 420, "4.7.0 Too many messages, slow down", pace},
	{"Mailgun, a trial", phaseDot, 550,
		"5.7.1 Free accounts are for test purposes only. Please upgrade or add the address to authorized recipients", ours},
	{"Mailgun, domain", phaseDot, 554, "5.7.1 Domain tea.example is not allowed to send: The domain is unverified", ours},
	{"Mailgun, relaying", phaseRcpt, 550, "5.7.1 Relaying denied", ours},

	{"Aliyun, login", phaseConnect, 526, "Authentication failure[0]", ours},
	{"Aliyun, login late", phaseMail, 526, "Authentication failure[1]", ours},
	{"Aliyun, sender", phaseMail, 553, "MAIL FROM must match authorized user", sender},
	{"Aliyun, sender of an account", phaseMail, 440, "mail from account doesn't conform with authentication", sender},
	{"Aliyun, sender outside", phaseDot, 501, `"MAIL FROM" is non-local account`, sender},
	{"Aliyun, the day's quota", phaseDot, 552, "Daily sending quota exceeded", pace},
	{"Aliyun, quota used up", phaseRcpt, 552, "Not enough sending quota", pace},
	{"Aliyun, account", phaseRcpt, 551, "Main account unavailable", ours},
	{"Aliyun, behaviour", phaseDot, 554, "Reject by behaviour spam", next},
	{"Aliyun, behaviour for now", phaseDot, 454, "Transient reject by behaviour spam", pace},
	{"Aliyun, content", phaseDot, 554, "Reject by content spam", next},
	{"Aliyun, no account", phaseRcpt, 554, "RCPT (account) dosn't exist", gone},
	{"Aliyun, known as invalid", phaseRcpt, 559, "Invalid rcptto", gone},
	{"Aliyun, frequency", phaseRcpt, 505, "the total of RCPTs is achieved the maximum threshold", pace},
	{"Aliyun, size", phaseDot, 557, "The length of DATA content is achieved the maximum threshold", fails},
	{"Aliyun, full", phaseRcpt, 552, "mailbox is full", later},

	{"QQ, no mailbox", phaseRcpt, 550, "Mailbox not found. http://service.mail.qq.com/detail/122/169", gone},
	{"QQ, login", phaseConnect, 535, "Login Fail. Please enter your authorization code to login.", ours},
	{"QQ, content", phaseDot, 550, "Mail content denied. http://service.mail.qq.com/", next},
	{"QQ, frequency of the domain", phaseMail, 550, "Domain frequency limited", pace},
	{"QQ, frequency of the sender", phaseRcpt, 550, "Sender frequency limited", pace},
	{"QQ, frequency of the connection", phaseRcpt, 550, "Connection frequency limited", pace},
	{"QQ, this mailbox", phaseRcpt, 550, "Mailbox unavailable or access denied", next},
	{"QQ, suspected", phaseDot, 550, "Suspected spam sender", next},
	{"QQ exmail, sender", phaseMail, 501, "mail from address must be same as authorization user", sender},
	{"163, spam", phaseDot, 554, "DT:SPM 163 smtp10,DsmowA, please see http://mail.163.com/help", next},
	{"163, spam for now", phaseDot, 451, "DT:SPM ,please try again", next},
	{"163, no user", phaseRcpt, 550, "User not found: a@163.com", gone},
	{"163, invalid user", phaseRcpt, 550, "Invalid User: a@163.com", gone},
	{"163, mails of a connection", phaseMail, 451, "MI:DMC 163 smtp2", pace},
	{"163, mails of a quarter of an hour", phaseRcpt, 451, "MI:SFQ 163 smtp2", pace},
	{"163, our address", phaseConnect, 421, "HL:REP 163 mx5", pace},
	{"163, login", phaseConnect, 535, "Error: authentication failed", ours},

	{"Brevo, address of ours", phaseConnect, 525, "5.7.1 Unauthorized IP address 203.0.113.7", ours},
	{"Brevo, address of ours, late", phaseMail, 525, "5.7.1 Unauthorized IP address 203.0.113.7", ours},
	{"Brevo, account", phaseRcpt, 502, "5.7.0 Your SMTP account is not yet activated. Please contact us", ours},
	{"Exim, unknown", phaseRcpt, 550, "Unknown user", gone},
	{"Exim, no route", phaseRcpt, 550, "Unrouteable address", gone},
	{"Exim, prohibited", phaseRcpt, 550, "Administrative prohibition", next},
	{"qmail, not a host of it", phaseRcpt, 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", ours},
	{"qmail, no mailbox", phaseRcpt, 550, "sorry, no mailbox here by that name. (#5.1.1)", gone},
	{"a hoster's hour", phaseConnect, 550, "Too many messages. Try again in 92 seconds.", ours},
	{"a hoster's hour at MAIL", phaseMail, 550, "Too many messages. Try again in 92 seconds.", pace},
	{"nothing in particular", phaseRcpt, 550, "Requested action not taken", next},
	{"nothing at the dot", phaseDot, 554, "Transaction failed", next},
	{"an old server's full mailbox", phaseRcpt, 552, "Requested mail action aborted: exceeded storage allocation", later},
	{"a mailbox for now", phaseRcpt, 450, "Requested mail action not taken: mailbox unavailable", later},
	{"a host behind the relay", phaseRcpt, 451, "4.4.1 connection to mx.customer.example timed out", later},
	{"a bad attachment", phaseDot, 550, "5.6.0 Message contains bare LF", fails},
	{"an enhanced code outweighs words", phaseRcpt, 550, "5.4.1 no such user", fails},
}

// A refusal is about the mail only where its codes or words say so. The answers of the
// large relays about login, account, quota and sender hold the stream and fail no mail.
func TestAnswersOfLargeRelaysAreSortedByWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	for _, a := range answers {
		if got := meaning(classify(a.at, &textproto.Error{Code: a.code, Msg: a.text})); got != a.want {
			t.Errorf("%s: %d %s at %s:\ngot  %s\nwant %s", a.who, a.code, a.text, a.at, got, a.want)
		}
	}
}
