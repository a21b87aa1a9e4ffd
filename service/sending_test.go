package service

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/channels/email"
	"comeback/commerce"
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
	{"it hangs up at the mail", nil, plain, func(r *scriptedRelay) { r.says("DATA", "hang up") }, campaigns.StreamUnreachable},
	{"nobody listens", nil, plain, func(r *scriptedRelay) { r.leaves() }, campaigns.StreamUnreachable},
	{"it says nothing in particular", nil, plain,
		func(r *scriptedRelay) { r.says("RCPT", "554 Transaction failed") }, campaigns.StreamRefusing},
	{"its own fault for now", nil, plain,
		func(r *scriptedRelay) { r.says("dot", "451 4.3.0 queue file write error") }, campaigns.StreamRefusing},
	{"the sender is refused", nil, plain, func(r *scriptedRelay) { r.says("MAIL", "550 5.1.8 bad sender") }, campaigns.StreamRefusing},
	{"the sender is refused for now", nil, plain,
		func(r *scriptedRelay) { r.says("RCPT", "450 4.1.8 <shop@tea.example>: Sender address rejected") }, campaigns.StreamRefusing},
	{"the sender is not verified", nil, plain,
		func(r *scriptedRelay) { r.says("dot", "554 Message rejected: Email address is not verified.") }, campaigns.StreamRefusing},
	{"the day's mails are used up", nil, plain,
		func(r *scriptedRelay) { r.says("dot", "454 Throttling failure: Daily message quota exceeded.") }, campaigns.StreamThrottled},
	{"the day's mails are used up, said as if for ever", nil, plain,
		func(r *scriptedRelay) { r.says("RCPT", "552 Daily sending quota exceeded") }, campaigns.StreamThrottled},
	{"it is busy", nil, plain, func(r *scriptedRelay) { r.says("greet", "421 4.3.2 busy") }, campaigns.StreamThrottled},
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
				if down := w.log.about(`"state":`); len(down) != 1 || !strings.Contains(down[0], string(c.want)) {
					t.Errorf("got %d lines, want one: %v", len(down), down)
				}
				w.shows(t, string(c.want), 30)
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
				w.shows(t, "up", 0)
				if up := w.log.about("mail goes out again"); len(up) != 1 {
					t.Errorf("mended: got %d lines, want one: %v", len(up), up)
				}
			})
		})
	}
}

// shows checks that GET /v1/sending, /metrics and /readyz agree about the relay. Where the
// sender is refused, they show the shop's part of it.
func (w *sendingWorld) shows(t *testing.T, state string, due int) {
	t.Helper()
	w.moveTo(w.at().Add(11 * time.Second)) // past what is shown for a few seconds
	got := w.asks(t, w.shopKey(t), 200, "GET /v1/sending", "")
	if !strings.Contains(got, fmt.Sprintf(`"state":%q`, state)) || !strings.Contains(got, fmt.Sprintf(`"due":%d`, due)) {
		t.Errorf("got %s, want %s and %d due", got, state, due)
	}
	for _, field := range []string{"next_probe_at", "since", "oldest_due_at"} {
		if field == "next_probe_at" && state == string(campaigns.StreamThrottled) {
			field = "rate_per_minute"
		}
		if due > 0 && !strings.Contains(got, `"`+field+`":`) {
			t.Errorf("got %s, want %s", got, field)
		}
	}
	metrics, ready := w.page(t, "/metrics"), w.page(t, "/readyz")
	if !strings.Contains(metrics, fmt.Sprintf("comeback_messages_due %d\n", due)) {
		t.Errorf("got %s, want %d due", linesAbout(metrics, "comeback_messages_due"), due)
	}
	if strings.Contains(got, `"about":"sender"`) {
		return
	}
	up, status := 0, "degraded"
	if state == "up" || state == string(campaigns.StreamThrottled) {
		up, status = 1, "ok"
	}
	if !strings.Contains(metrics, fmt.Sprintf("comeback_relay_up{relay=%q} %d\n", w.relay.listener.Addr(), up)) {
		t.Errorf("got %s, want %d", linesAbout(metrics, "comeback_relay_up"), up)
	}
	if !strings.Contains(ready, fmt.Sprintf(`"status":%q`, status)) {
		t.Errorf("got %s, want %s", ready, status)
	}
}

func linesAbout(text, what string) (list []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, what) {
			list = append(list, line)
		}
	}
	return list
}

// page reads an address of the service.
func (w *sendingWorld) page(t *testing.T, path string) string {
	t.Helper()
	response, err := http.Get(w.url + path)
	ok(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ok(t, err)
	return string(body)
}

// A refusal by policy is about one mail if the relay takes the others: then this mail
// fails, and no other waits for it.
func TestRefusalIsAboutTheMailIfOthersGetThrough(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		w := newSendingWorld(t, h, scriptRelay(t))
		w.join(t, plain)
		w.relay.play(func(verb, line string) string {
			if verb == "dot" && strings.HasPrefix(line, "p3@example.com ") {
				return "554 5.7.1 looks like spam"
			}
			return ""
		})
		for round := range 8 {
			w.owe(t, "s", 5*round, 5*round+5)
			w.work(t, 20*time.Second)
		}
		counts, list := w.states(t, "s")
		if counts[campaigns.Sent] != 39 || counts[campaigns.Failed] != 1 {
			t.Errorf("got %v, want 39 sent and one failed", counts)
		}
		for _, m := range list {
			if m.State == campaigns.Sent && m.SentAt.Sub(m.PlannedAt) > 5*time.Second {
				t.Errorf("a mail waited %s for another one", m.SentAt.Sub(m.PlannedAt))
			}
		}
		if s := w.stream(t, "_"); s.State != campaigns.StreamUp {
			t.Errorf("got %s, want the relay up", s.State)
		}
	})
}

// If the relay refuses the sender of one shop, this shop waits and the others do not. A
// changed sender is tried at once.
func TestRefusedSenderHoldsItsShopAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ verb, reply string }{{"MAIL", "550 5.7.1 sender not allowed"}, {"dot", "554 5.7.1 identity not verified"}} {
		t.Run(c.verb, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				w := newSendingWorld(t, h, scriptRelay(t))
				ok(t, w.AddShop(t.Context(), commerce.Shop{
					ID: "z", Name: "Zen", Market: commerce.West, Currency: "EUR", Zone: "UTC", Language: "en", CreatedAt: w.at(),
					Sender: commerce.Sender{From: "bad@zen.example"}, URL: "https://zen.example",
				}))
				w.remind(t, "z")
				w.join(t, plain)
				w.relay.play(func(verb, line string) string {
					if verb == c.verb && strings.Contains(line, "bad@zen.example") {
						return c.reply
					}
					return ""
				})
				for n := range 6 {
					w.owe(t, "z", 5*n, 5*n+5)
					w.owe(t, "s", 5*n, 5*n+5)
					w.work(t, time.Minute)
				}
				held, _ := w.states(t, "z")
				if sent, _ := w.states(t, "s"); sent[campaigns.Sent] != 30 || held[campaigns.Planned] != 30 {
					t.Fatalf("got %v and %v, want 30 sent, and 30 planned of the refused sender", sent, held)
				}
				zen, err := w.Shop(t.Context(), "z")
				ok(t, err)
				zen.Sender.From = "good@zen.example"
				ok(t, w.SaveShop(t.Context(), zen))
				w.work(t, 70*time.Second)
				if counts, _ := w.states(t, "z"); counts[campaigns.Sent] != 30 {
					t.Errorf("after the change: got %v, want 30 sent", counts)
				}
			})
		})
	}
}

// Two workers over one database make one probe at a time, and log each change once. A
// worker without a relay leaves the messages alone.
func TestWorkersShareTheRelaysState(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		w := newSendingWorld(t, h, scriptRelay(t, "AUTH PLAIN"))
		w.join(t, nil)
		w.owe(t, "s", 0, 30)
		w.work(t, time.Hour)
		if counts, _ := w.states(t, "s"); counts[campaigns.Planned] != 30 {
			t.Fatalf("without a relay: got %v, want 30 planned", counts)
		}
		if got := w.asks(t, w.shopKey(t), 200, "GET /v1/sending", ""); !strings.Contains(got, `"state":"no_relay"`) {
			t.Errorf("without a relay: got %s", got)
		}
		login := func(s *email.Settings) { s.Username, s.Password = "u", "p" }
		w.join(t, login)
		w.join(t, login)
		logins := 0
		w.relay.play(func(verb, _ string) string {
			if verb != "AUTH" {
				return ""
			}
			logins++
			return "535 5.7.8 no"
		})
		w.work(t, 11*time.Minute)
		// Each worker finds out once; then 5, 10, 20, 40, 80, 160, 300 s apart.
		if logins > 10 {
			t.Errorf("got %d logins in 11 minutes, want 10 at most", logins)
		}
		w.relay.play(nil)
		w.work(t, 5*time.Minute+10*time.Second)
		if counts, _ := w.states(t, "s"); counts[campaigns.Sent] != 30 {
			t.Errorf("got %v, want 30 sent", counts)
		}
		if changes := w.log.about("\"state\":"); len(changes) != 2 {
			t.Errorf("got %d lines, want one down and one up: %v", len(changes), changes)
		}
	})
}

// A relay that takes 5 mails a second gets 400 mails through in 100 s, whatever it answers
// to more. No mail is deferred.
func TestThrottledRelayGetsWhatItTakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ verb, reply string }{
		{"MAIL", "450 4.7.1 too many mails"}, {"RCPT", "451 4.7.1 slow down"}, {"RCPT", "421 4.7.0 too many"},
		{"dot", "454 4.7.0 Throttling failure: Maximum sending rate exceeded"},
	} {
		t.Run(c.reply, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				w := newSendingWorld(t, h, scriptRelay(t))
				w.join(t, plain)
				w.join(t, plain)
				second, taken := time.Time{}, 0
				w.relay.play(func(verb, _ string) string {
					if now := w.at().Truncate(time.Second); now != second {
						second, taken = now, 0
					}
					if verb != c.verb {
						return ""
					}
					if taken++; taken > 5 {
						return c.reply
					}
					return ""
				})
				w.owe(t, "s", 0, throttledMails())
				w.work(t, time.Duration(throttledMails()/4)*time.Second)
				counts, list := w.states(t, "s")
				if counts[campaigns.Sent] != throttledMails() {
					t.Errorf("got %v, want all %d sent", counts, throttledMails())
				}
				for _, m := range list {
					if m.RetryCount > 0 {
						t.Errorf("got %d retries of a mail, want none", m.RetryCount)
					}
				}
				w.work(t, 10*time.Minute)
				if changes := w.log.about("\"state\":"); len(changes) != 2 {
					t.Errorf("got %d lines, want one for throttled and one for up: %v", len(changes), changes)
				}
			})
		})
	}
}

// throttledMails is the number of mails for a slow relay: 400 where the whole is tested.
func throttledMails() int {
	if os.Getenv("COMEBACK_TEST_WHOLE") != "" {
		return 400
	}
	return 120
}

// Two workers over a relay that takes 3 connections in all send everything at once.
func TestConnectionLimitOfTheRelayDefersNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		r := scriptRelay(t)
		r.most = 3
		w := newSendingWorld(t, h, r)
		w.join(t, plain)
		w.join(t, plain)
		w.owe(t, "s", 0, 100)
		w.work(t, 10*time.Second)
		counts, list := w.states(t, "s")
		if counts[campaigns.Sent] != 100 {
			t.Errorf("got %v, want 100 sent", counts)
		}
		for _, m := range list {
			if m.RetryCount > 0 {
				t.Errorf("got %d retries of a mail, want none", m.RetryCount)
			}
		}
	})
}

// A relay that takes mails and gives no answer is held after two: their outcome is unknown,
// and it is not made unknown for the others.
func TestRelayThatDoesNotAnswerAMailGetsNoMoreOfThem(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		w := newSendingWorld(t, h, scriptRelay(t))
		w.join(t, plain)
		w.relay.says("dot", "hang up")
		w.owe(t, "s", 0, 30)
		w.work(t, time.Minute)
		counts, _ := w.states(t, "s")
		// At most 16 are under way at once, and probes go out after 5, 10 and 20 s.
		if counts[campaigns.Uncertain] > 16+4 || counts[campaigns.Planned]+counts[campaigns.Uncertain] != 30 {
			t.Errorf("got %v, want 20 uncertain at most, and the others planned", counts)
		}
		if down := w.log.about(`"state":`); len(down) != 1 || !strings.Contains(down[0], string(campaigns.StreamUnreachable)) {
			t.Errorf("got %d lines, want one: %v", len(down), down)
		}
		w.relay.play(nil)
		w.work(t, time.Minute)
		if after, _ := w.states(t, "s"); after[campaigns.Sent] != counts[campaigns.Planned] {
			t.Errorf("mended: got %v, want %d sent", after, counts[campaigns.Planned])
		}
	})
}

// A worker that starts while the relay is held makes one probe at a time and sends nothing
// else. While the merchant has paused the campaign, it does not even make the probe.
func TestWorkerThatStartsWhileMailIsHeldMakesOnlyTheProbe(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		w := newSendingWorld(t, h, scriptRelay(t))
		w.join(t, plain)
		w.relay.says("MAIL", "530 5.7.0 Authentication required")
		w.owe(t, "s", 0, 30)
		w.work(t, 11*time.Minute)
		_, before, _ := w.relay.figures()
		w.workers = nil
		w.join(t, plain)
		w.work(t, 5*time.Minute)
		// The first at its time, then 5, 10, 20, 40, 80 s apart.
		if _, tries, _ := w.relay.figures(); tries <= before || tries > before+7 {
			t.Errorf("got %d tries after the start, want only probes", tries-before)
		}
		ok(t, w.PauseCampaign(t.Context(), "s", "killed"))
		w.relay.play(nil)
		met, _, _ := w.relay.figures()
		w.workers = nil
		w.join(t, plain)
		w.work(t, 20*time.Minute)
		if again, _, accepted := w.relay.figures(); again != met || accepted != 0 {
			t.Errorf("paused: got %d connections and %d mails, want none", again-met, accepted)
		}
		if counts, _ := w.states(t, "s"); counts[campaigns.Planned] != 30 {
			t.Errorf("paused: got %v, want 30 planned", counts)
		}
		ok(t, w.ResumeCampaign(t.Context(), "s", "killed"))
		w.work(t, 5*time.Minute)
		if counts, _ := w.states(t, "s"); counts[campaigns.Sent] != 30 {
			t.Errorf("resumed: got %v, want 30 sent", counts)
		}
	})
}

// One recipient's trouble is this recipient's alone: the others get their mails at once, and
// the relay stays up.
func TestTroubleOfOneRecipientHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]campaigns.MessageState{
		"450 4.2.0 Greylisted": campaigns.Deferred, "451 4.7.1 Greylisting in action": campaigns.Deferred,
		"552 5.2.2 over quota": campaigns.Deferred, "452 4.2.2 mailbox quota exceeded": campaigns.Deferred,
		"550 5.1.1 no such user": campaigns.Suppressed, "552 5.3.4 too big": campaigns.Deferred,
	} {
		t.Run(reply, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				w := newSendingWorld(t, h, scriptRelay(t))
				w.join(t, plain)
				w.relay.play(func(verb, line string) string {
					if verb == "RCPT" && strings.Contains(line, "p3@") {
						return reply
					}
					return ""
				})
				w.owe(t, "s", 0, 20)
				w.work(t, 3*time.Second)
				if counts, _ := w.states(t, "s"); counts[campaigns.Sent] != 19 || counts[want] != 1 {
					t.Errorf("got %v, want 19 sent and one %s", counts, want)
				}
				if s := w.stream(t, commerce.Installation); s.State != campaigns.StreamUp {
					t.Errorf("got %s, want the relay up", s.State)
				}
			})
		})
	}
}

// If the relay's address is blocked at one provider, no mail fails: those to this provider
// are tried again later, and the others get through.
func TestAddressBlockedAtOneProviderFailsNoMail(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		w := newSendingWorld(t, h, scriptRelay(t))
		w.join(t, plain)
		w.relay.play(func(verb, line string) string {
			if verb == "RCPT" && strings.Contains(line, "@blocked.example") {
				return "550 5.7.1 Service unavailable, Client host [203.0.113.7] blocked using a list"
			}
			return ""
		})
		w.owe(t, "s", 0, 20, "blocked.example", "good.example", "blocked.example")
		w.work(t, 10*time.Minute)
		counts, _ := w.states(t, "s")
		if counts[campaigns.Sent] != 7 || counts[campaigns.Planned]+counts[campaigns.Deferred] != 13 {
			t.Errorf("got %v, want 7 sent, and the others planned or deferred", counts)
		}
		w.relay.play(nil)
		w.work(t, 21*time.Minute) // the second wait of a deferred mail is 15 min
		if counts, _ := w.states(t, "s"); counts[campaigns.Sent] != 20 {
			t.Errorf("mended: got %v, want 20 sent", counts)
		}
	})
}
