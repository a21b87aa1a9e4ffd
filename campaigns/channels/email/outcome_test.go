package email

import (
	"errors"
	"io"
	"net/textproto"
	"strings"
	"testing"
	"unicode/utf8"

	"comeback/campaigns"
)

func allPhases() []phase {
	return []phase{phaseConnect, phaseMail, phaseRcpt, phaseData, phaseContent, phaseDot}
}

// An error without a reply is no verdict: before the dot nothing was handed over,
// after it the outcome is unknown.
func TestErrorWithoutAReplyIsNoVerdict(t *testing.T) {
	t.Parallel()
	for _, at := range allPhases() {
		want := campaigns.MailHeld
		if at == phaseDot {
			want = campaigns.MailUncertain
		}
		for _, err := range []error{
			io.EOF, io.ErrUnexpectedEOF, errors.New("reset"), textproto.ProtocolError("short"), &textproto.Error{Code: 0},
		} {
			out := classify(at, err)
			if out.State != want || out.Suppress || out.Fault.State != campaigns.StreamUnreachable {
				t.Errorf("%v at %s: got %+v, want %s", err, at, out, want)
			}
		}
	}
}

// No reply of any code in any phase is read as a sent mail but a 2yz after the
// dot. Only a final refusal of the recipient gives up an address, and before the
// recipient is named every refusal is the relay's.
func TestEveryReply(t *testing.T) {
	t.Parallel()
	texts := []string{"", "5.1.1 x", "4.2.2 x", "5.7.1 x", "5.2.2 x", "2.0.0 x", "5.5.0 user unknown", "user unknown", "spam"}
	for _, at := range allPhases() {
		for code := 200; code < 600; code++ {
			for _, text := range texts {
				out := classify(at, &textproto.Error{Code: code, Msg: text})
				if (out.State == campaigns.MailSent) != (at == phaseDot && code/100 == 2) {
					t.Fatalf("%d %s at %s: got %s", code, text, at, out.State)
				}
				if out.Suppress != (out.State == campaigns.MailSuppressed) || out.Suppress && (code/100 != 5 || at < phaseRcpt) {
					t.Fatalf("%d %s at %s: got suppress %v, %s", code, text, at, out.Suppress, out.State)
				}
				if out.State == campaigns.MailFailed && code/100 != 5 || at < phaseRcpt && out.State != campaigns.MailHeld {
					t.Fatalf("%d %s at %s: got %s", code, text, at, out.State)
				}
				if out.State == campaigns.MailUncertain && at != phaseDot {
					t.Fatalf("%d %s at %s: got uncertain", code, text, at)
				}
				if (out.State == campaigns.MailHeld || out.State == campaigns.MailUncertain) != (out.Fault.State != "") {
					t.Fatalf("%d %s at %s: got %s with fault %+v", code, text, at, out.State, out.Fault)
				}
				if strings.HasPrefix(text, "5.7.") && code/100 == 5 && out.Fault.State != campaigns.StreamRefusing {
					t.Fatalf("%d %s at %s: policy is not a fault of the relay", code, text, at)
				}
			}
		}
	}
}

// If a server gives no enhanced code, the text of its reply decides, in the wording of
// the large mailbox providers.
func TestReplyTextDecidesWithoutAnEnhancedCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		state      campaigns.MailState
		fault      campaigns.StreamState
	}{
		{"QQ, no mailbox", "Mailbox not found. http://service.mail.qq.com/detail/122/169", campaigns.MailSuppressed, ""},
		{"163, no user", "User not found: a@163.com", campaigns.MailSuppressed, ""},
		{"Exim", "Unknown user", campaigns.MailSuppressed, ""},
		{"163, spam", "DT:SPM 163 smtp10,DsmowA, please see http://mail.163.com/help", campaigns.MailHeld, campaigns.StreamRefusing},
		{"QQ, content", "Mail content denied. http://service.mail.qq.com/", campaigns.MailHeld, campaigns.StreamRefusing},
		{"Postfix, no relaying", "<a@b.example>: Relay access denied", campaigns.MailHeld, campaigns.StreamRefusing},
		{"nothing in particular", "Requested action not taken", campaigns.MailHeld, campaigns.StreamRefusing},
		{"an enhanced code outweighs words", "5.4.1 no such user", campaigns.MailFailed, ""},
	} {
		out := classify(phaseRcpt, &textproto.Error{Code: 550, Msg: c.text})
		if out.State != c.state || out.Fault.State != c.fault {
			t.Errorf("%s: got %s, fault %q, want %s, %q", c.name, out.State, out.Fault.State, c.state, c.fault)
		}
	}
}

// A reason is one short line of valid text whatever the server sends.
func FuzzOneLine(f *testing.F) {
	f.Add("550 5.1.1 <a@b.example>\nno", "a@b.example")
	f.Add(strings.Repeat("好", 200)+"\xff", "(")
	f.Fuzz(func(t *testing.T, reason, recipient string) {
		got := oneLine(reason, recipient)
		if len(got) > 300 || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n") {
			t.Errorf("got %q", got)
		}
	})
}
