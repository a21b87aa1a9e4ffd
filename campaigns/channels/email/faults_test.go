package email_test

import (
	"context"
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
)

// verdict is the result of an attempt.
type verdict struct {
	State    campaigns.MailState
	Code     int
	Enhanced string
	Suppress bool
	Stop     bool
	Asked    bool // before was called: handing_over is on record
	Took     time.Duration
}

type faultCase struct {
	name   string
	faults faults
	want   verdict
}

// Whatever the relay does, a mail ends in the state that is true, and the next
// mail gets through.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(greetingFaults(), recipientFaults(), dataFaults()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &relay{faults: c.faults}
				e := opened(t, r, nil)
				defer e.Close()
				got, start := verdict{}, now()
				out := e.Deliver(t.Context(), sample(), func(context.Context) (bool, error) { got.Asked = true; return true, nil })
				got.State, got.Code, got.Enhanced, got.Suppress, got.Stop = out.State, out.Code, out.Enhanced, out.Suppress, out.Stop
				got.Took = now().Sub(start)
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("reason %q, want -, got +:\n%s", out.Reason, d)
				}
				wait(2 * time.Minute) // past every back-off
				if next := e.Deliver(t.Context(), sample(), always); next.State != sent {
					t.Errorf("next mail: got %s (%s), want sent", next.State, next.Reason)
				}
			})
		})
	}
}

// greetingFaults are those up to MAIL: never the address's fault, nor the mail's.
func greetingFaults() []faultCase {
	return []faultCase{
		{"no greeting in time", faults{"greet": stall}, verdict{State: deferred, Took: 30 * time.Second}},
		{"closed before the greeting", faults{"greet": hangUp}, verdict{State: deferred}},
		{"busy at the greeting", faults{"greet": say("421 4.3.2 busy")}, verdict{State: deferred, Code: 421, Enhanced: "4.3.2"}},
		{"our address is refused at the greeting", faults{"greet": say("554 5.7.1 listed")},
			verdict{State: deferred, Code: 554, Enhanced: "5.7.1", Stop: true}},
		{"no answer to EHLO", faults{"EHLO": stall}, verdict{State: deferred, Took: 30 * time.Second}},
		{"421 at MAIL", faults{"MAIL": say("421 4.7.0 slow down")}, verdict{State: deferred, Code: 421, Enhanced: "4.7.0"}},
		{"451 at MAIL", faults{"MAIL": say("451 4.3.0 try later")}, verdict{State: deferred, Code: 451, Enhanced: "4.3.0"}},
		{"the sender is refused", faults{"MAIL": say("550 5.1.8 bad sender")},
			verdict{State: deferred, Code: 550, Enhanced: "5.1.8", Stop: true}},
		{"authentication is demanded", faults{"MAIL": say("530 5.7.0 log in first")},
			verdict{State: deferred, Code: 530, Enhanced: "5.7.0", Stop: true}},
		{"no answer to MAIL", faults{"MAIL": stall}, verdict{State: deferred, Took: 60 * time.Second}},
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
			verdict{State: failed, Code: 550}},
		{"550 without an enhanced code but in words", faults{"RCPT": say("550 User unknown")},
			verdict{State: suppressed, Code: 550, Suppress: true}},
		{"450 at RCPT", faults{"RCPT": say("450 4.2.0 greylisted")}, verdict{State: deferred, Code: 450, Enhanced: "4.2.0"}},
		{"451 at RCPT", faults{"RCPT": say("451 local error")}, verdict{State: deferred, Code: 451}},
		{"the mailbox is full for now", faults{"RCPT": say("452 4.2.2 full")}, verdict{State: deferred, Code: 452, Enhanced: "4.2.2"}},
		{"the mailbox is full, said as if for ever", faults{"RCPT": say("552 5.2.2 full")},
			verdict{State: deferred, Code: 552, Enhanced: "5.2.2"}},
		{"552 of an old server", faults{"RCPT": say("552 too much")}, verdict{State: deferred, Code: 552}},
		{"policy at RCPT is not the person's fault", faults{"RCPT": say("550 5.7.26 unauthenticated")},
			verdict{State: failed, Code: 550, Enhanced: "5.7.26", Stop: true}},
		{"closed at RCPT", faults{"RCPT": hangUp}, verdict{State: deferred}},
		{"no answer to RCPT", faults{"RCPT": stall}, verdict{State: deferred, Took: 60 * time.Second}},
		{"421 at RCPT", faults{"RCPT": sayThen("421 4.3.2 going down", hangUp)}, verdict{State: deferred, Code: 421, Enhanced: "4.3.2"}},
		{"RSET stalls after a refusal", faults{"RCPT": say("550 5.1.1 gone"), "RSET": stall},
			verdict{State: suppressed, Code: 550, Enhanced: "5.1.1", Suppress: true, Took: 5 * time.Second}},
	}
}

// dataFaults are those from DATA on: here a mail may end in doubt.
func dataFaults() []faultCase {
	return []faultCase{
		{"a healthy relay takes the mail", nil, verdict{State: sent, Code: 250, Asked: true}},
		{"DATA is refused for now", faults{"DATA": say("451 4.3.0 later")},
			verdict{State: deferred, Code: 451, Enhanced: "4.3.0", Asked: true}},
		{"DATA is refused", faults{"DATA": say("554 5.5.1 no valid recipients")},
			verdict{State: failed, Code: 554, Enhanced: "5.5.1", Asked: true}},
		{"a stall before 354", faults{"DATA": stall}, verdict{State: deferred, Asked: true, Took: 60 * time.Second}},
		{"closed before 354", faults{"DATA": hangUp}, verdict{State: deferred, Asked: true}},
		{"closed in the middle of the mail", faults{"body": hangUp}, verdict{State: deferred, Asked: true}},
		{"nobody reads the mail", faults{"body": func(c *talk) bool { wait(6 * time.Minute); return false }},
			verdict{State: deferred, Asked: true, Took: 5 * time.Minute}},
		{"451 at the dot", faults{"dot": say("451 4.3.0 try again")}, verdict{State: deferred, Code: 451, Enhanced: "4.3.0", Asked: true}},
		{"421 at the dot", faults{"dot": say("421 4.3.2 going down")}, verdict{State: deferred, Code: 421, Enhanced: "4.3.2", Asked: true}},
		{"554 5.7.1 at the dot", faults{"dot": say("554 5.7.1 looks like spam")},
			verdict{State: failed, Code: 554, Enhanced: "5.7.1", Stop: true, Asked: true}},
		{"the size is refused at the dot", faults{"dot": say("552 5.3.4 too big")},
			verdict{State: deferred, Code: 552, Enhanced: "5.3.4", Asked: true}},
		{"the address is refused at the dot", faults{"dot": say("550 5.1.1 no such user")},
			verdict{State: suppressed, Code: 550, Enhanced: "5.1.1", Suppress: true, Asked: true}},
		{"closed after the dot", faults{"dot": hangUp}, verdict{State: uncertain, Asked: true}},
		{"a stall after the dot", faults{"dot": stall}, verdict{State: uncertain, Asked: true, Took: 5 * time.Minute}},
		{"nonsense after the dot", faults{"dot": say("what?")}, verdict{State: uncertain, Asked: true}},
		{"354 again after the dot", faults{"dot": say("354 go on")}, verdict{State: uncertain, Code: 354, Asked: true}},
		{"another success after the dot", faults{"dot": say("251 forwarded")}, verdict{State: sent, Code: 251, Asked: true}},
		{"250 then closed", faults{"dot": sayThen("250 2.0.0 ok", hangUp)}, verdict{State: sent, Code: 250, Asked: true}},
		{"250 then a stall", faults{"dot": sayThen("250 2.0.0 ok", stall)}, verdict{State: sent, Code: 250, Asked: true}},
		{"one byte a second", faults{"dot": drip("250 2.0.0 ok")}, verdict{State: sent, Code: 250, Asked: true, Took: 14 * time.Second}},
		{"one byte a second for ever", faults{"dot": drip("250-" + strings.Repeat("x", 400))},
			verdict{State: uncertain, Asked: true, Took: 5 * time.Minute}},
		{"250 after four minutes", faults{"dot": after(4*time.Minute, "250 2.0.0 at last")},
			verdict{State: sent, Code: 250, Asked: true, Took: 4 * time.Minute}},
	}
}
