package service

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"comeback/campaigns/channels/webhook"
)

// receiver is a receiver of webhooks. It answers as it is told, with 200 otherwise.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	got     []received
	answers []func(http.ResponseWriter, *http.Request) // of the next posts
}

// received is one post.
type received struct {
	path   string
	header http.Header
	body   string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.got = append(r.got, received{q.URL.String(), q.Header, string(body)})
		answer := func(http.ResponseWriter, *http.Request) {}
		if len(r.answers) > 0 {
			answer, r.answers = r.answers[0], r.answers[1:]
		}
		r.mu.Unlock()
		answer(w, q)
	}))
	t.Cleanup(r.Close)
	return r
}

// will sets how the next posts are answered.
func (r *receiver) will(answers ...func(http.ResponseWriter, *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, answers...)
}

func (r *receiver) posts() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

// status answers with a status.
func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// verified reports whether a post is signed with a secret, as the page about receiving calls shows it.
func (p received) verified(secret string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(p.header.Get("webhook-id") + "." + p.header.Get("webhook-timestamp") + "." + p.body))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, signature := range strings.Fields(p.header.Get("webhook-signature")) {
		if hmac.Equal([]byte(signature), []byte(want)) {
			return true
		}
	}
	return false
}

// newOutside is a shop whose worker may post to receivers on this machine.
func newOutside(t *testing.T, h *harness) *leaving {
	t.Helper()
	l := newLeaving(t, h)
	l.poster = webhook.New(webhook.Settings{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Within: 300 * time.Millisecond,
	}, l.at)
	l.serve(t, l.mail(t))
	return l
}

// changes reports the order of a customer with other facts.
func (l *leaving) changes(t *testing.T, id string, more object) {
	t.Helper()
	order := object{
		"type": "order", "id": "o" + id, "placed_at": l.at(), "payment_status": "paid", "currency": "EUR", "total": "10.00",
		"buyer": object{"id": id, "email": id + "@example.com"},
	}
	for key, value := range more {
		order[key] = value
	}
	l.report(t, order)
}

// calling is a campaign of paid orders with a webhook in the middle: mails yes or no follow.
func callingFile(step string) string {
	return `{"schema": 1, "id": "calling", "name": "Calling", "class": "marketing", "trigger": {"event": "order.placed"},
	"key": "order", "reentry": "never", "exit": [{"event": "order.cancelled", "same": "order"}],
	"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
		"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
	"steps": [` + step + `]}`
}

func webhookStep(url string) string {
	return `{"id": "hook", "wait": "1h", "webhook": {"url": "` + url + `",
		"then": [{"id": "yes", "send": {"channel": "email", "template": "win-back-1"}}],
		"else": [{"id": "no", "send": {"channel": "email", "template": "win-back-2"}}]}}`
}

// shownCall is a call as the API shows it.
type shownCall struct {
	ID, Step, Kind, State, Reason string
	Attempts, Status              int
	WebhookID                     string `json:"webhook_id"`
}

// callsOf reads the calls of the campaign, in a state or in all.
func (l *leaving) callsOf(t *testing.T, state string) []shownCall {
	t.Helper()
	var page struct{ Items []shownCall }
	path := "GET /v1/campaigns/calling/calls"
	if state != "" {
		path += "?state=" + state
	}
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, path, "")), &page); err != nil {
		t.Fatal(err)
	}
	return page.Items
}

// stepsSent are the steps of the mails that were sent to a customer.
func (l *leaving) stepsSent(t *testing.T, id string) (steps []string) {
	t.Helper()
	for step, m := range l.messagesOf(t, id) {
		if m.State == "sent" {
			steps = append(steps, step)
		}
	}
	return steps
}

// comesTo works, from one due time to the next, until a condition holds.
func (l *leaving) comesTo(t *testing.T, most time.Duration, holds func() bool) {
	t.Helper()
	for end := l.at().Add(most); !holds(); {
		if l.at().After(end) {
			t.Fatalf("it does not come to be within %s", most)
		}
		due, err := l.NextDue(t.Context(), "s")
		if err != nil || due.IsZero() {
			t.Fatalf("nothing is due any more: %v", err)
		}
		l.pass(t, max(0, due.Sub(l.at())))
	}
}
