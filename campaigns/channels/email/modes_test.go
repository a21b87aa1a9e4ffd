package email_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"comeback/campaigns"
)

// verbsOf is what the relay saw while three mails were handed over.
func verbsOf(t *testing.T, r *relay) (verbs string, states []campaigns.MailState) {
	t.Helper()
	e := opened(t, r, nil)
	defer e.Close()
	for range 3 {
		out := deliver(e, t.Context(), sample(), always)
		if out.State == held && out.Fault.State == "" { // not tried: its caller tries it again
			out = deliver(e, t.Context(), sample(), always)
		}
		states = append(states, out.State)
	}
	return strings.Join(r.verbs, " "), states
}

// A relay that offers CHUNKING gets a mail without the round trip of DATA. It is asked once whether it knows the command.
func TestChunkNeedsNoRoundTripForDATA(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &relay{extensions: []string{"PIPELINING", "CHUNKING"}}
		got, _ := verbsOf(t, r)
		want := "greet EHLO MAIL RCPT BDAT 0" + strings.Repeat(" body DATA dot MAIL RCPT", 2) + " body DATA dot"
		if got != want || len(r.accepted) != 3 {
			t.Errorf("got %d mails by %s, want 3 by %s", len(r.accepted), got, want)
		}
	})
}

// Every way hands over the same bytes, also those of lines that begin with a dot.
func TestEveryWayHandsOverTheSameMail(t *testing.T) {
	t.Parallel()
	mail := sample()
	mail.Text, mail.HTML = ".begins with a dot\n..two\n.\nthe end", ""
	var first string
	for _, mode := range []string{"plain", "pipelining", "chunking", "both"} {
		synctest.Test(t, func(t *testing.T) {
			r := &relay{extensions: relayModes()[mode]}
			e := opened(t, r, nil)
			defer e.Close()
			if out := deliver(e, t.Context(), mail, always); out.State != sent {
				t.Fatalf("%s: got %s (%s)", mode, out.State, out.Reason)
			}
			if first == "" {
				first = r.accepted[0]
			}
			if r.accepted[0] != first || !strings.Contains(first, "\n.begins") {
				t.Errorf("%s: got %q, want %q", mode, r.accepted[0], first)
			}
		})
	}
}

// A relay that offers what it cannot do gets its mails in the plain way, and none is lost or doubled.
func TestRelayThatCannotDoWhatItOffersGetsMailsPlainly(t *testing.T) {
	t.Parallel()
	both := []string{"PIPELINING", "CHUNKING"}
	const plain, chunk = " MAIL RCPT DATA body dot", " MAIL RCPT BDAT 0 body DATA dot"
	for _, c := range []struct {
		name, want string
		extensions []string
		faults     faults
	}{
		{"it loses the second of two commands", "greet EHLO MAIL RCPT greet EHLO" + chunk + strings.Repeat(" MAIL RCPT body DATA dot", 2),
			both, faults{"RCPT": say("503 5.5.1 MAIL first")}},
		{"it names the synchronization", "greet EHLO MAIL greet EHLO" + strings.Repeat(plain, 3),
			[]string{"PIPELINING"}, faults{"MAIL": sayThen("554 SMTP synchronization error", hangUp)}},
		{"it does not know BDAT", "greet EHLO MAIL RCPT BDAT 0 greet EHLO" + strings.Repeat(plain, 3),
			[]string{"CHUNKING"}, faults{"BDAT 0": say("502 5.5.2 unknown command")}},
		{"it refuses a chunk", "greet EHLO MAIL RCPT BDAT 0 body DATA greet EHLO" + strings.Repeat(plain, 3),
			[]string{"CHUNKING"}, faults{"DATA": say("500 5.5.1 what")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &relay{extensions: c.extensions, faults: c.faults}
				got, states := verbsOf(t, r)
				if got != c.want || len(r.accepted) != 3 {
					t.Errorf("got %d mails, %v, by\n%s, want 3 by\n%s", len(r.accepted), states, got, c.want)
				}
			})
		})
	}
}

// The caller agrees after the recipient is accepted and before any byte of the mail, in every mode.
func TestCallerAgreesBeforeTheMailInEveryMode(t *testing.T) {
	t.Parallel()
	for mode, extensions := range relayModes() {
		synctest.Test(t, func(t *testing.T) {
			r := &relay{extensions: extensions}
			e := opened(t, r, nil)
			defer e.Close()
			out := deliver(e, t.Context(), sample(), func(context.Context) (bool, error) {
				if r.saw("RCPT") != 1 || r.saw("DATA")+r.saw("body")+r.saw("BDAT 0") != 0 {
					t.Errorf("%s: asked at the wrong moment: %v", mode, r.verbs)
				}
				return false, nil
			})
			if out.State != campaigns.MailDropped || r.saw("body") != 0 || r.saw("RSET") != 1 {
				t.Errorf("%s: got %s, %v, want it dropped by a RSET", mode, out.State, r.verbs)
			}
		})
	}
}

// A chunk that the relay cannot have whole is not in doubt: it waits and goes out again.
func TestUnfinishedChunkIsNotInDoubt(t *testing.T) {
	t.Parallel()
	mail := sample()
	mail.Text = strings.Repeat("a long mail\n", 10_000)
	synctest.Test(t, func(t *testing.T) {
		r := &relay{extensions: []string{"CHUNKING"}, faults: faults{"body": hangUp}}
		e := opened(t, r, nil)
		defer e.Close()
		if out := deliver(e, t.Context(), mail, always); out.State != held || out.Fault != silence() {
			t.Errorf("got %s, %+v (%s), want held", out.State, out.Fault, out.Reason)
		}
		if out := deliver(e, t.Context(), mail, always); out.State != sent || r.saw("dot") != 1 {
			t.Errorf("got %s (%s) with %v, want it sent plainly", out.State, out.Reason, r.verbs)
		}
	})
}
