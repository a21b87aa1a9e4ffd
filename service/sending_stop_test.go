package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/api"
	"comeback/campaigns"
	"comeback/commerce"
)

func (h *harness) installationKey(t testing.TB) string {
	t.Helper()
	key, text := api.NewKey(commerce.Installation, "test", h.at())
	ok(t, h.AddAPIKey(t.Context(), commerce.Installation, key))
	return text
}

// A person stops all mails, those of a shop, or those of a campaign, over HTTP while two
// workers send. No mail begins to go out that is not on its way. After the end of the stop all go
// out, each once.
func TestStopLetsNoMailOutAndLosesNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, stop, resume, state string
		installation              bool
	}{
		{"of the installation", "POST /v1/sending/stop", "POST /v1/sending/resume", "stopped", true},
		{"of a shop", "POST /v1/sending/stop", "POST /v1/sending/resume", "stopped", false},
		{"of a shop by the installation", "POST /v1/shops/s/sending/stop", "POST /v1/shops/s/sending/resume", "stopped", true},
		{"of a campaign", "POST /v1/campaigns/killed/pause", "POST /v1/campaigns/killed/resume", "up", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				w := newSendingWorld(t, h, scriptRelay(t, "PIPELINING"))
				w.join(t, plain)
				w.join(t, plain)
				key := w.shopKey(t)
				if c.installation {
					key = w.installationKey(t)
				}
				begun, since := 0, 0 // mails ever, and since the stop
				w.relay.play(func(verb, _ string) string {
					if verb != "DATA" {
						return ""
					}
					if begun++; begun > 10 {
						since++
					}
					if begun == 10 {
						w.asks(t, key, 204, c.stop, "")
						w.moveTo(w.at().Add(2 * time.Second)) // the workers have read it
					}
					return ""
				})
				w.owe(t, "s", 0, 60)
				w.work(t, 5*time.Second)
				const underWay = 2 * 4 // connections
				if since > underWay {
					t.Errorf("got %d mails that began after the stop, want only those on their way", since)
				}
				before := begun
				w.work(t, 3*time.Minute)
				counts, _ := w.states(t, "s")
				if begun != before || counts[campaigns.Sent] != before || counts[campaigns.Planned] != 60-before {
					t.Errorf("stopped: got %d mails, %v, want %d sent and the others planned", begun, counts, before)
				}
				w.asks(t, w.shopKey(t), 200, "GET /v1/sending", "", fmt.Sprintf(`"state":%q`, c.state))
				w.asks(t, key, 204, c.resume, "")
				w.work(t, 5*time.Second)
				if counts, _ := w.states(t, "s"); counts[campaigns.Sent] != 60 {
					t.Errorf("resumed: got %v, want 60 sent", counts)
				}
				for address, times := range w.relay.accepted {
					if times != 1 {
						t.Errorf("%s got %d mails, want one", address, times)
					}
				}
			})
		})
	}
}

// A shop with too many bounces sends no marketing mail until a person resets the breaker. Its
// service mails go out.
func TestBreakerHoldsTheMarketingMailsOfAShop(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		w := newSendingWorld(t, h, scriptRelay(t, "PIPELINING"))
		w.join(t, plain)
		w.join(t, plain)
		w.relay.play(func(verb, line string) string {
			if verb == "RCPT" && (strings.Contains(line, "p7@") || strings.Contains(line, "0@")) {
				return "550 5.1.1 no such user"
			}
			return ""
		})
		w.owe(t, "s", 0, 120)
		w.work(t, 5*time.Second)
		key := w.shopKey(t)
		w.asks(t, key, 200, "GET /v1/sending", "", `"breaker":{"state":"open"`, `"mails":120`, `"bounces":13`, `"bounce_ratio":0.1083`)
		w.asks(t, w.installationKey(t), 200, "GET /v1/sending", "", `"held_shops":["s"]`)
		if lines := w.log.about("marketing mails are held"); len(lines) != 1 {
			t.Errorf("got %d lines in the log, want one: %v", len(lines), lines)
		}
		w.relay.play(nil)
		w.advertise(t)
		w.owe(t, "s", 1000, 1020)
		w.work(t, 3*time.Minute)
		sent := func(class campaigns.Class) (n int) {
			_, list := w.states(t, "s")
			for _, m := range list {
				if m.Class == class && m.State == campaigns.Sent {
					n++
				}
			}
			return n
		}
		if service, marketing := sent(campaigns.Service), sent(campaigns.Marketing); service != 107+20 || marketing != 0 {
			t.Fatalf("got %d service and %d marketing mails, want 127 and none", service, marketing)
		}
		w.asks(t, key, 204, "POST /v1/sending/breaker/reset", "")
		w.asks(t, key, 200, "GET /v1/sending", "", `"breaker":{"state":"closed"`, `"mails":0`)
		w.work(t, 5*time.Second)
		if marketing := sent(campaigns.Marketing); marketing != 20 {
			t.Errorf("reset: got %d marketing mails, want 20", marketing)
		}
		w.owe(t, "s", 2000, 2060)
		w.work(t, 5*time.Second)
		complain := func(address string) {
			w.asks(t, key, 201, "POST /v1/suppressions", fmt.Sprintf(`{"email":%q,"scope":"marketing","reason":"complained"}`, address))
		}
		complain("p2000@example.com")
		complain("p2000@example.com") // the same complaint again
		complain("nobody@example.com")
		w.asks(t, key, 200, "GET /v1/sending", "", `"breaker":{"state":"closed"`, `"complaints":1`)
		complain("p2001@example.com")
		w.asks(t, key, 200, "GET /v1/sending", "", `"breaker":{"state":"open"`, `"complaints":2`)
	})
}

// advertise lets the shop send a marketing mail for each unpaid order too.
func (w *sendingWorld) advertise(t *testing.T) {
	t.Helper()
	text := strings.NewReplacer(`"wait": "1m"`, `"wait": "0m"`, `"id": "killed"`, `"id": "offer"`,
		`"class": "service"`, `"class": "marketing"`).
		Replace(killedCampaign)
	c, problems := campaigns.Parse(fmt.Appendf(nil, text, campaigns.Hold))
	if c == nil {
		t.Fatal(problems)
	}
	shop, err := w.Shop(t.Context(), "s")
	ok(t, err)
	shop.Jurisdiction = "us"
	ok(t, w.SaveShop(t.Context(), shop))
	_, _, err = w.PutCampaign(t.Context(), "s", c)
	ok(t, err)
	ok(t, w.ActivateCampaign(t.Context(), "s", "offer", 1))
	w.moveTo(w.at().Add(time.Minute)) // an order placed before enters no campaign
}
