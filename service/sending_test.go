package service

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/channels/email"
)

// relayFaults are ways of a relay to refuse everything. Each has the settings of the
// worker, what the relay does, and the state that follows.
var relayFaults = []struct {
	name   string
	offers []string
	worker func(*email.Settings)
	play   func(*scriptedRelay)
	want   campaigns.StreamState
}{
	{"a wrong password", []string{"AUTH PLAIN"}, func(s *email.Settings) { s.Username, s.Password = "u", "p" },
		func(r *scriptedRelay) { r.says("AUTH", "535 5.7.8 authentication failed") }, campaigns.StreamRefusing},
	{"relay access denied", nil, plain,
		func(r *scriptedRelay) { r.says("RCPT", "554 5.7.1 Relay access denied") }, campaigns.StreamRefusing},
	{"blocked at RCPT", nil, plain, func(r *scriptedRelay) { r.says("RCPT", "550 5.7.1 blocked") }, campaigns.StreamRefusing},
	{"blocked at the end of the mail", nil, plain, func(r *scriptedRelay) { r.says("dot", "550 5.7.1 blocked") }, campaigns.StreamRefusing},
	{"no STARTTLS", nil, func(s *email.Settings) { s.TLS = email.StartTLS },
		func(r *scriptedRelay) { r.says("none", "") }, campaigns.StreamRefusing},
	{"a bad certificate", []string{"STARTTLS"}, func(s *email.Settings) { s.TLS = email.StartTLS },
		func(r *scriptedRelay) { r.says("none", "") }, campaigns.StreamRefusing},
	{"it hangs up", nil, plain, func(r *scriptedRelay) { r.says("RCPT", "hang up") }, campaigns.StreamUnreachable},
	{"the sender is refused", nil, plain, func(r *scriptedRelay) { r.says("MAIL", "550 5.1.8 bad sender") }, campaigns.StreamRefusing},
}

// While the relay refuses everything, no mail fails and none uses up a try. One probe
// goes out after growing pauses, the log has one line, and all mails go out when the relay
// is mended.
func TestRelaysFaultHoldsTheStreamAndFailsNoMail(t *testing.T) {
	t.Parallel()
	for _, c := range relayFaults {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				w := newSendingWorld(t, h, scriptRelay(t, c.offers...))
				w.join(t, c.worker)
				c.play(w.relay)
				w.owe(t, "s", 0, 30)
				w.work(t, 11*time.Minute)
				counts, list := w.states(t, "s")
				if counts[campaigns.Planned] != 30 {
					t.Fatalf("got %v, want 30 planned", counts)
				}
				for _, m := range list {
					if m.RetryCount != 0 || m.Attempts != 0 {
						t.Errorf("got %d retries, %d attempts, want none used", m.RetryCount, m.Attempts)
					}
				}
				// 5, 10, 20, 40, 80, 160, 300 s apart; the mails that were under way at first come on top.
				if met, tries, _ := w.relay.figures(); met > 30 || tries > 30 {
					t.Errorf("got %d connections and %d mails in 11 minutes, want a handful", met, tries)
				}
				if down := w.log.about(`"level":"ERROR"`); len(down) != 1 || !strings.Contains(down[0], string(c.want)) {
					t.Errorf("got %d lines, want one: %v", len(down), down)
				}
				if strings.Contains(strings.Join(w.log.about("mail"), ""), "@") {
					t.Error("the log has an address")
				}
				if c.name == "no STARTTLS" || c.name == "a bad certificate" {
					return // only other settings mend it
				}
				w.relay.play(nil)
				w.work(t, 5*time.Minute+10*time.Second)
				if counts, _ := w.states(t, "s"); counts[campaigns.Sent] != 30 {
					t.Errorf("mended: got %v, want 30 sent", counts)
				}
				if _, _, accepted := w.relay.figures(); accepted != 30 {
					t.Errorf("mended: got %d mails, want 30", accepted)
				}
				if up := w.log.about("mail goes out again"); len(up) != 1 {
					t.Errorf("mended: got %d lines, want one: %v", len(up), up)
				}
			})
		})
	}
}
