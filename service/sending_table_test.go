package service

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/channels/email"
	"comeback/commerce"
)

// conversation is a fault of the conversation about one mail, while the others get through.
type conversation struct {
	name, at, reply string
	first           campaigns.MessageState // two minutes later
	suppressed      bool
	last            campaigns.MessageState // when the fault has passed
}

func conversations() []conversation {
	const (
		deferred, failed, suppressed = campaigns.Deferred, campaigns.Failed, campaigns.Suppressed
		sent, uncertain              = campaigns.Sent, campaigns.Uncertain
	)
	return []conversation{
		{"421 at MAIL", "MAIL", "421 4.7.0 slow down", sent, false, sent}, // tried again within seconds
		{"the mailbox does not exist", "RCPT", "550 5.1.1 no such user", suppressed, true, suppressed},
		{"550 that says nothing of the address", "RCPT", "550 requested action not taken", failed, false, failed},
		{"the mailbox is full", "RCPT", "452 4.2.2 full", deferred, false, sent},
		{"451 at the dot", "dot", "451 4.3.0 try again", deferred, false, sent},
		{"refused by policy at the dot", "dot", "554 5.7.1 looks like spam", failed, false, failed},
		{"it hangs up before 354", "DATA", "hang up", deferred, false, sent},
		{"it hangs up after the dot", "dot", "hang up", uncertain, false, uncertain},
		{"it hangs up after 250", "taken", "hang up", sent, false, sent},
	}
}

// However the conversation about one mail ends, the mail gets the state that is true, the person
// is suppressed only where the mailbox is said not to exist, and nobody gets a mail twice. The
// other mails go out.
func TestEachEndOfAConversationGivesItsMailTheStateThatIsTrue(t *testing.T) {
	t.Parallel()
	for _, c := range conversations() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				w := newSendingWorld(t, h, scriptRelay(t))
				w.join(t, func(s *email.Settings) { s.Connections = 1 })
				w.relay.play(c.about("p3@"))
				for round := range 8 { // what a vague refusal is about, later mails show
					w.owe(t, "s", 5*round, 5*round+5)
					w.work(t, 20*time.Second)
				}
				w.counts(t, "at first", 39, c.first)
				if got := strings.Contains(w.asks(t, w.shopKey(t), 200, "GET /v1/suppressions", ""), `"bounced"`); got != c.suppressed {
					t.Errorf("suppressed: got %v, want %v", got, c.suppressed)
				}
				w.relay.play(nil)
				w.work(t, 4*time.Hour)
				w.counts(t, "in the end", 39, c.last)
				for id, copies := range w.relay.took() {
					if copies != 1 {
						t.Errorf("%s arrived %d times", id, copies)
					}
				}
				if s := w.stream(t, commerce.Installation); s.State != campaigns.StreamUp {
					t.Errorf("got %s, want the relay up", s.State)
				}
			})
		})
	}
}

// about plays the fault to the mail of one recipient; at MAIL, where nobody is named yet, once.
func (c conversation) about(recipient string) func(verb, line string) string {
	theirs, done := false, false
	return func(verb, line string) string {
		switch verb {
		case "RCPT":
			theirs = strings.Contains(line, recipient)
		case "MAIL":
			theirs, done = !done, true
		}
		if verb == c.at && theirs {
			return c.reply
		}
		return ""
	}
}

// counts checks that so many mails are sent, and that one more has a state.
func (w *sendingWorld) counts(t *testing.T, when string, sent int, one campaigns.MessageState) {
	t.Helper()
	counts, _ := w.states(t, "s")
	want := map[campaigns.MessageState]int{campaigns.Sent: sent}
	want[one]++
	if len(counts) != len(want) || counts[campaigns.Sent] != want[campaigns.Sent] || counts[one] != want[one] {
		t.Errorf("%s: got %v, want %v", when, counts, want)
	}
	if _, _, accepted := w.relay.figures(); accepted != counts[campaigns.Sent] {
		t.Errorf("%s: the relay took %d mails, %d are recorded as sent", when, accepted, counts[campaigns.Sent])
	}
}
