package email_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"comeback/campaigns"

	"github.com/google/go-cmp/cmp"
)

const (
	sent       = campaigns.MailSent
	deferred   = campaigns.MailDeferred
	failed     = campaigns.MailFailed
	suppressed = campaigns.MailSuppressed
	uncertain  = campaigns.MailUncertain
	held       = campaigns.MailHeld
)

// The faults of a relay, by what they say.
func unreachable() campaigns.Fault { return campaigns.Fault{State: campaigns.StreamUnreachable} }
func refusing() campaigns.Fault    { return campaigns.Fault{State: campaigns.StreamRefusing} }
func full() campaigns.Fault        { return campaigns.Fault{State: campaigns.StreamThrottled, Full: true} }
func throttled() campaigns.Fault   { return campaigns.Fault{State: campaigns.StreamThrottled} }
func ofSender() campaigns.Fault {
	return campaigns.Fault{State: campaigns.StreamRefusing, Sender: true}
}
func slower() campaigns.Fault {
	return campaigns.Fault{State: campaigns.StreamThrottled, Otherwise: deferred, Unsure: true}
}
func silence() campaigns.Fault {
	return campaigns.Fault{State: campaigns.StreamUnreachable, Doubt: true, Otherwise: deferred}
}
func denied() campaigns.Fault {
	return campaigns.Fault{State: campaigns.StreamRefusing, Otherwise: failed, Unsure: true}
}
func ofItsDomain() campaigns.Fault {
	return campaigns.Fault{State: campaigns.StreamRefusing, Sender: true, Doubt: true, Otherwise: deferred, Unsure: true}
}
func unsaid() campaigns.Fault {
	return campaigns.Fault{State: campaigns.StreamRefusing, Doubt: true, Otherwise: deferred, Unsure: true}
}
func unanswered() campaigns.Fault {
	return campaigns.Fault{State: campaigns.StreamUnreachable, Doubt: true}
}
func policy() campaigns.Fault {
	return campaigns.Fault{State: campaigns.StreamRefusing, Doubt: true, Otherwise: failed, Unsure: true}
}

// verdict is the result of an attempt.
type verdict struct {
	State    campaigns.MailState
	Code     int
	Enhanced string
	Suppress bool
	Fault    campaigns.Fault
	Asked    bool // before was called: handing_over is on record
	Took     time.Duration
}

type faultCase struct {
	name   string
	faults faults
	want   verdict
}

// relayModes are the ways to talk to a relay, by what it offers.
func relayModes() map[string][]string {
	return map[string][]string{
		"plain": nil, "pipelining": {"PIPELINING"}, "chunking": {"CHUNKING"}, "both": {"PIPELINING", "CHUNKING"},
	}
}

// Whatever the relay does, and however the mail is handed over, it ends in the state that
// is true. The next mail gets through.
func TestFaults(t *testing.T) {
	t.Parallel()
	for mode, extensions := range relayModes() {
		for _, c := range slices.Concat(greetingFaults(), recipientFaults(), dataFaults(slices.Contains(extensions, "CHUNKING"))) {
			t.Run(mode+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { c.run(t, extensions) })
			})
		}
	}
}

func (c faultCase) run(t *testing.T, extensions []string) {
	r := &relay{extensions: extensions, faults: maps.Clone(c.faults)}
	e := opened(t, r, nil)
	defer e.Close()
	got, start := verdict{}, now()
	out := deliver(e, t.Context(), sample(), func(context.Context) (bool, error) { got.Asked = true; return true, nil })
	got.State, got.Code, got.Enhanced, got.Suppress, got.Fault = out.State, out.Code, out.Enhanced, out.Suppress, out.Fault
	got.Took = now().Sub(start)
	if d := cmp.Diff(c.want, got); d != "" {
		t.Errorf("reason %q, want -, got +:\n%s", out.Reason, d)
	}
	wait(2 * time.Minute) // past every back-off
	if next := deliver(e, t.Context(), sample(), always); next.State != sent {
		t.Errorf("next mail: got %s (%s), want sent", next.State, next.Reason)
	}
}

// greetingFaults are those up to MAIL: never the address's fault, nor the mail's.
func greetingFaults() []faultCase {
	return []faultCase{
		{"no greeting in time", faults{"greet": stall}, verdict{State: held, Took: 30 * time.Second, Fault: unreachable()}},
		{"closed before the greeting", faults{"greet": hangUp}, verdict{State: held, Fault: unreachable()}},
		{"busy at the greeting", faults{"greet": say("421 4.3.2 busy")}, verdict{State: held, Code: 421, Enhanced: "4.3.2", Fault: full()}},
		{"our address is refused at the greeting", faults{"greet": say("554 5.7.1 listed")},
			verdict{State: held, Code: 554, Enhanced: "5.7.1", Fault: refusing()}},
		{"no answer to EHLO", faults{"EHLO": stall}, verdict{State: held, Took: 30 * time.Second, Fault: unreachable()}},
		{"421 at MAIL", faults{"MAIL": say("421 4.7.0 slow down")}, verdict{State: held, Code: 421, Enhanced: "4.7.0", Fault: throttled()}},
		{"451 at MAIL", faults{"MAIL": say("451 4.3.0 try later")}, verdict{State: held, Code: 451, Enhanced: "4.3.0", Fault: throttled()}},
		{"the sender is refused", faults{"MAIL": say("550 5.1.8 bad sender")},
			verdict{State: held, Code: 550, Enhanced: "5.1.8", Fault: ofSender()}},
		{"authentication is demanded", faults{"MAIL": say("530 5.7.0 log in first")},
			verdict{State: held, Code: 530, Enhanced: "5.7.0", Fault: refusing()}},
		{"no answer to MAIL", faults{"MAIL": stall}, verdict{State: held, Took: 60 * time.Second, Fault: unreachable()}},
	}
}

// recipientFaults are those at RCPT: here the address is judged.
func recipientFaults() []faultCase {
	return []faultCase{
		{"the mailbox does not exist", faults{"RCPT": say("550 5.1.1 no such user")},
			verdict{State: suppressed, Code: 550, Enhanced: "5.1.1", Suppress: true}},
		{"the mailbox is disabled", faults{"RCPT": say("550-5.2.1 disabled\r\n550 5.2.1 for long")},
			verdict{State: suppressed, Code: 550, Enhanced: "5.2.1", Suppress: true}},
		{"550 without an enhanced code says nothing about the address", faults{"RCPT": say("550 requested action not taken")},
			verdict{State: held, Code: 550, Fault: policy()}},
		{"550 without an enhanced code but in words", faults{"RCPT": say("550 User unknown")},
			verdict{State: suppressed, Code: 550, Suppress: true}},
		{"450 at RCPT", faults{"RCPT": say("450 4.2.0 greylisted")}, verdict{State: deferred, Code: 450, Enhanced: "4.2.0"}},
		{"451 at RCPT", faults{"RCPT": say("451 local error")}, verdict{State: held, Code: 451, Fault: unsaid()}},
		{"the mailbox is full for now", faults{"RCPT": say("452 4.2.2 full")}, verdict{State: deferred, Code: 452, Enhanced: "4.2.2"}},
		{"the mailbox is full, said as if for ever", faults{"RCPT": say("552 5.2.2 full")},
			verdict{State: deferred, Code: 552, Enhanced: "5.2.2"}},
		{"552 of an old server", faults{"RCPT": say("552 too much")}, verdict{State: deferred, Code: 552}},
		{"policy at RCPT is not the person's fault", faults{"RCPT": say("550 5.7.26 unauthenticated")},
			verdict{State: held, Code: 550, Enhanced: "5.7.26", Fault: ofItsDomain()}},
		{"the relay does not relay for us", faults{"RCPT": say("554 5.7.1 <ann@customer.example>: Relay access denied")},
			verdict{State: held, Code: 554, Enhanced: "5.7.1", Fault: denied()}},
		{"throttling at RCPT", faults{"RCPT": say("454 Throttling failure: Maximum sending rate exceeded.")},
			verdict{State: held, Code: 454, Fault: slower()}},
		{"too many mails", faults{"RCPT": say("450 too many mails, come back later")}, verdict{State: held, Code: 450, Fault: slower()}},
		{"a greylisted recipient waits alone", faults{"RCPT": say("450 4.7.1 <x>: Greylisting in action")},
			verdict{State: deferred, Code: 450, Enhanced: "4.7.1"}},
		{"closed at RCPT", faults{"RCPT": hangUp}, verdict{State: held, Fault: silence()}},
		{"no answer to RCPT", faults{"RCPT": stall}, verdict{State: held, Took: 60 * time.Second, Fault: silence()}},
		{"421 at RCPT", faults{"RCPT": sayThen("421 4.3.2 going down", hangUp)},
			verdict{State: held, Code: 421, Enhanced: "4.3.2", Fault: slower()}},
		{"RSET stalls after a refusal", faults{"RCPT": say("550 5.1.1 gone"), "RSET": stall},
			verdict{State: suppressed, Code: 550, Enhanced: "5.1.1", Suppress: true, Took: 5 * time.Second}},
	}
}

// dataFaults are those from DATA on: here a mail may end in doubt. In a chunk the mail follows its command at once,
// so no answer to the command is none to the mail.
func dataFaults(chunk bool) []faultCase {
	stalled := verdict{State: held, Asked: true, Took: 60 * time.Second, Fault: silence()}
	closed := verdict{State: held, Asked: true, Fault: silence()}
	unread := verdict{State: held, Asked: true, Took: 5 * time.Minute, Fault: silence()}
	if chunk {
		// The mail is short enough for a buffer of the relay's.
		unread = verdict{State: uncertain, Asked: true, Took: 5 * time.Minute, Fault: unanswered()}
		stalled = verdict{State: uncertain, Asked: true, Took: 5 * time.Minute, Fault: unanswered()}
		closed = verdict{State: uncertain, Asked: true, Fault: unanswered()}
	}
	return []faultCase{
		{"a healthy relay takes the mail", nil, verdict{State: sent, Code: 250, Asked: true}},
		{"DATA is refused for now", faults{"DATA": say("451 4.3.0 later")},
			verdict{State: held, Code: 451, Enhanced: "4.3.0", Asked: true, Fault: unsaid()}},
		{"DATA is refused", faults{"DATA": say("554 5.5.1 no valid recipients")},
			verdict{State: held, Code: 554, Enhanced: "5.5.1", Asked: true, Fault: policy()}},
		{"a stall before 354", faults{"DATA": stall}, stalled},
		{"closed before 354", faults{"DATA": hangUp}, closed},
		{"closed in the middle of the mail", faults{"body": hangUp}, closed},
		{"nobody reads the mail", faults{"body": func(c *talk) bool { wait(6 * time.Minute); return false }}, unread},
		{"451 at the dot", faults{"dot": say("451 4.3.0 try again")},
			verdict{State: held, Code: 451, Enhanced: "4.3.0", Asked: true, Fault: unsaid()}},
		{"421 at the dot", faults{"dot": say("421 4.3.2 going down")},
			verdict{State: held, Code: 421, Enhanced: "4.3.2", Asked: true, Fault: slower()}},
		{"554 5.7.1 at the dot", faults{"dot": say("554 5.7.1 looks like spam")},
			verdict{State: held, Code: 554, Enhanced: "5.7.1", Asked: true, Fault: policy()}},
		{"the size is refused at the dot", faults{"dot": say("552 5.3.4 too big")},
			verdict{State: deferred, Code: 552, Enhanced: "5.3.4", Asked: true}},
		{"the address is refused at the dot", faults{"dot": say("550 5.1.1 no such user")},
			verdict{State: suppressed, Code: 550, Enhanced: "5.1.1", Suppress: true, Asked: true}},
		{"closed after the dot", faults{"dot": hangUp}, verdict{State: uncertain, Asked: true, Fault: unanswered()}},
		{"a stall after the dot", faults{"dot": stall}, verdict{State: uncertain, Asked: true, Took: 5 * time.Minute, Fault: unanswered()}},
		{"nonsense after the dot", faults{"dot": say("what?")}, verdict{State: uncertain, Asked: true, Fault: unanswered()}},
		{"354 again after the dot", faults{"dot": say("354 go on")}, verdict{State: uncertain, Code: 354, Asked: true, Fault: unanswered()}},
		{"another success after the dot", faults{"dot": say("251 forwarded")}, verdict{State: sent, Code: 251, Asked: true}},
		{"250 then closed", faults{"dot": sayThen("250 2.0.0 ok", hangUp)}, verdict{State: sent, Code: 250, Asked: true}},
		{"250 then a stall", faults{"dot": sayThen("250 2.0.0 ok", stall)}, verdict{State: sent, Code: 250, Asked: true}},
		{"one byte a second", faults{"dot": drip("250 2.0.0 ok")}, verdict{State: sent, Code: 250, Asked: true, Took: 14 * time.Second}},
		{"one byte a second for ever", faults{"dot": drip("250-" + strings.Repeat("x", 400))},
			verdict{State: uncertain, Asked: true, Took: 5 * time.Minute, Fault: unanswered()}},
		{"250 after four minutes", faults{"dot": after(4*time.Minute, "250 2.0.0 at last")},
			verdict{State: sent, Code: 250, Asked: true, Took: 4 * time.Minute}},
	}
}
