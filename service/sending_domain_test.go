package service

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// domainFaults are answers to mails for one domain, while the relay takes those to others. Of each the relay names
// the domain or not, and the mails are held or slowed down.
var domainFaults = []struct{ verb, reply string }{
	{"RCPT", "421 4.7.0 too many mails"}, {"RCPT", "451 4.7.1 try again later"}, {"dot", "451 4.7.1 slow down"},
	{"RCPT", "550 5.7.1 Client host [203.0.113.7] blocked"}, {"dot", "554 5.7.1 refused by closed.example"},
	{"dot", "421 4.7.28 closed.example has detected an unusual rate"},
}

// refuses lets the relay refuse the mails to one domain.
func refuses(verb, reply, domain string) func(verb, line string) string {
	return func(at, line string) string {
		if at == verb && strings.Contains(line, "@"+domain) {
			return reply
		}
		return ""
	}
}

// A domain that refuses or throttles mails holds those to nobody else: all others go out at once,
// and the relay stays up. When the domain takes mails again, its mails go out, each once.
func TestDomainThatRefusesMailsHoldsNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range domainFaults {
		t.Run(c.reply, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				w := newSendingWorld(t, h, scriptRelay(t, "PIPELINING"))
				w.join(t, plain)
				w.join(t, plain)
				w.owe(t, "s", 0, 4, "a.example")
				w.work(t, 3*time.Second) // the relay works
				w.relay.play(refuses(c.verb, c.reply, "closed.example"))
				w.owe(t, "s", 10, 90, "a.example", "closed.example", "b.example", "closed.example")
				w.work(t, 5*time.Second)
				if sent, _ := w.states(t, "s"); sent[campaigns.Sent] != 44 || sent[campaigns.Planned] != 40 {
					t.Errorf("got %v, want 44 sent, and 40 planned", sent)
				}
				if s := w.stream(t, commerce.Installation); s.State != campaigns.StreamUp {
					t.Errorf("got the relay %s: %s, want it up", s.State, s.Reason)
				}
				w.work(t, 10*time.Minute)
				_, tries, _ := w.relay.figures()
				if tries > 44+40+20 { // each of the 40 may be in hand when the first one is refused
					t.Errorf("got %d mails tried in 10 minutes, want each at most once, and a probe each half minute", tries)
				}
				_, list := w.states(t, "s")
				claims := 0
				for _, m := range list {
					claims += int(m.Fence)
				}
				if claims > tries+2*40 {
					t.Errorf("got %d claims for %d tries, want two more at most for each of the 40 that wait", claims, tries)
				}
				w.showsDomain(t, "closed.example", 40)
				w.relay.play(nil)
				w.work(t, 7*time.Minute)
				counts, list := w.states(t, "s")
				if counts[campaigns.Sent] != 84 {
					t.Errorf("mended: got %v, want 84 sent", counts)
				}
				for address, times := range maps.All(w.relay.accepted) {
					if times != 1 {
						t.Errorf("%s got %d mails, want one", address, times)
					}
				}
				for _, m := range list {
					if m.RetryCount > 0 {
						t.Errorf("got %d retries, want none used", m.RetryCount)
					}
				}
			})
		})
	}
}

// While a domain is held, all workers together try one mail to it at a time, at the times of the
// probes.
func TestAllWorkersTogetherMakeOneProbeOfADomain(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		w := newSendingWorld(t, h, scriptRelay(t))
		for range 4 {
			w.join(t, plain)
		}
		tries := map[time.Time]int{} // by instant; the relay's lock guards it
		w.relay.play(func(verb, line string) string {
			if verb == "RCPT" && strings.Contains(line, "@closed.example") {
				tries[w.at()]++
				return "554 5.7.1 we refuse you"
			}
			return ""
		})
		for n := range 3 {
			w.owe(t, "s", 100*n, 100*n+20, "open.example")
			w.work(t, 2*time.Second)
			w.owe(t, "s", 100*n+50, 100*n+80, "closed.example", "open.example")
			w.work(t, 20*time.Second)
		}
		w.probesAlone(t, tries, 3)
		if counts, _ := w.states(t, "s"); counts[campaigns.Sent] != 105 || counts[campaigns.Planned] != 45 {
			t.Errorf("got %v, want 105 sent, 45 planned", counts)
		}
	})
}

// showsDomain checks that GET /v1/sending and /metrics show a domain that messages of shop s wait
// for, to the shop and to the installation, and that /readyz is not worse for it.
func (w *sendingWorld) showsDomain(t *testing.T, domain string, waiting int) {
	t.Helper()
	w.moveTo(w.at().Add(11 * time.Second)) // past what is shown for a few seconds
	for _, key := range []string{w.shopKey(t), w.installationKey(t)} {
		got := w.asks(t, key, 200, "GET /v1/sending", "", fmt.Sprintf(`"domains":[{"domain":%q`, domain), fmt.Sprintf(`"waiting":%d}]`, waiting),
			`"state":"up"`, fmt.Sprintf(`"due":%d`, waiting))
		if strings.Contains(got, `"state":"refusing"`) && !strings.Contains(got, `"next_probe_at"`) {
			t.Errorf("got %s, want the next probe", got)
		}
	}
	metrics, ready := w.page(t, "/metrics"), w.page(t, "/readyz")
	held := strings.Count(metrics, "comeback_domains_restricted{") == 3 && strings.Contains(metrics, "} 1\n")
	if waits := fmt.Sprintf("comeback_messages_waiting_for_domains %d\n", waiting); !held || !strings.Contains(metrics, waits) {
		t.Errorf("got %v, want one domain and %d waiting", linesAbout(metrics, "comeback_"), waiting)
	}
	if !strings.Contains(ready, `"status":"ok"`) {
		t.Errorf("got %s, want it ready", ready)
	}
}
