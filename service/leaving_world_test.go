package service

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/campaigns"
	"comeback/campaigns/channels/email"
	"comeback/campaigns/channels/mailbox"
	"comeback/campaigns/channels/webhook"
	"comeback/commerce"
	"comeback/jobs"
	"comeback/segments/indexcache"
)

// leaving is a shop whose three marketing mails go through an SMTP server: the
// wired service, called over HTTP.
type leaving struct {
	*harness
	key    string
	caught *mailbox.Catcher
	poster jobs.Poster
	log    *slog.Logger // nil: nothing is logged
	edge   *api.API
	sweeps *jobs.Segments

	mu     sync.Mutex
	refuse map[string]int // by address in lower case
}

const threeMails = `{"schema": 1, "id": "news", "name": "News", "class": "marketing", "trigger": {"event": "order.placed"},
	"key": "order", "reentry": "never",
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "one", "wait": "1h", "send": {"channel": "email", "template": "win-back-1"}},
{"id": "two", "wait": "1d", "send": {"channel": "email", "template": "win-back-2"}},
{"id": "three", "wait": "3d", "send": {"channel": "email", "template": "win-back-3"}}]}`

const adminToken = "admin-token-of-the-test"

func newLeaving(t *testing.T, h *harness) *leaving {
	t.Helper()
	l := &leaving{harness: h, refuse: map[string]int{}}
	shop, err := h.Shop(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	shop.Name, shop.Language, shop.URL, shop.Jurisdiction = "Tea", "en", "https://tea.example", "eu"
	shop.Sender = commerce.Sender{Name: "Tea", From: "shop@tea.example", Address: "1 High Street"}
	if err := h.SaveShop(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	l.key = h.shopKey(t)
	l.serve(t, l.mail(t))
	return l
}

// mail starts an SMTP server, and a channel that sends to it.
func (l *leaving) mail(t *testing.T) jobs.Channel {
	t.Helper()
	caught, err := mailbox.New(mailbox.Settings{Address: "127.0.0.1:0", Refuse: l.refused}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	l.caught = caught
	host, port, _ := net.SplitHostPort(caught.Addr())
	number, _ := strconv.Atoi(port)
	email, err := email.New(email.Settings{Host: host, Port: number, TLS: email.Plain, Connections: 2}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = caught.Run(ctx) })
	running.Go(func() { _ = email.Run(ctx) })
	t.Cleanup(func() {
		email.Close()
		stop()
		running.Wait()
	})
	return email
}

func (l *leaving) refused(address string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refuse[strings.ToLower(address)]
}

// answers sets the mail server's reply for an address from now on.
func (l *leaving) answers(address string, code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuse[strings.ToLower(address)] = code
}

// serve wires the whole API and the whole worker over the harness's store.
func (l *leaving) serve(t *testing.T, email jobs.Channel) {
	t.Helper()
	held := l.at
	log := l.log
	if log == nil {
		log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	redis, err := jobs.OpenRedis("redis://127.0.0.1:1") // never called: tests work by themselves
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Close() })
	indexes, templates, tokens := indexcache.New(l.Store, 1<<28, held), readyTemplates(t), testTokens(t)
	if l.poster == nil {
		l.poster = webhook.New(webhook.Settings{}, held)
	}
	worker := newWorker(workerParts{
		poster: l.poster,
		store:  l.Store, indexes: indexes, redis: redis, templates: templates, tokens: tokens, channels: map[string]jobs.Channel{"email": email},
		relay:   campaigns.Relay{Key: "mailbox", Name: "mailbox", Setup: "1"},
		baseURL: "https://comeback.test", workers: 1, metrics: prometheus.NewRegistry(), now: held, wall: held, log: log,
	})
	l.work, l.sweeps = worker.advance, worker.segments
	edge, err := api.New(api.Config{
		Explain: worker.explain,
		Store:   l.Store, Marker: unmarked{}, Templates: templates, Tokens: tokens, Salt: []byte(strings.Repeat("s", 16)),
		Log: log, Now: held, Wall: held, Deadline: machineDeadline,
		Metrics: prometheus.NewRegistry(), AdminToken: adminToken, Importer: importer{jobs.NewImporter(l.Store, held)},
		Indexes: indexes, BaseURL: "https://comeback.test",
	})
	if err != nil {
		t.Fatal(err)
	}
	l.edge = edge
	server := httptest.NewServer(edge.Handler())
	t.Cleanup(server.Close)
	l.url = server.URL
}

// pass advances the clock and works until the shop has no due work.
func (l *leaving) pass(t *testing.T, by time.Duration) {
	t.Helper()
	l.moveTo(l.at().Add(by))
	if err := l.MarkDue(t.Context(), "s", l.at()); err != nil {
		t.Fatal(err)
	}
	settleAll(t, l.harness, 2)
}

// report posts records of the generic schema as a shop does.
func (l *leaving) report(t *testing.T, records ...object) {
	t.Helper()
	for i := range records {
		if _, shown := records[i]["updated_at"]; !shown {
			records[i]["updated_at"] = l.at()
		}
	}
	body, err := json.Marshal(object{"records": records})
	if err != nil {
		t.Fatal(err)
	}
	if status, err := l.send(t.Context(), delivery{platform: "generic", body: body}); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	l.settle(t, 1)
}

// subscriber places an order and has given consent for the address.
func (l *leaving) subscriber(t *testing.T, id, address string) {
	t.Helper()
	l.buyer(t, id, address, said("email", true, true, l.at()))
}

// buyer adds a customer with a consent and a paid order.
func (l *leaving) buyer(t *testing.T, id, address string, consent object) {
	t.Helper()
	l.report(t,
		object{"type": "customer", "id": id, "email": address, "verified": true, "first_name": id, "consents": []object{consent}},
		object{"type": "order", "id": "o" + id, "placed_at": l.at(), "payment_status": "paid", "currency": "EUR", "total": "10.00",
			"lines": []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": "10.00", "net": "10.00"}},
			"buyer": object{"id": id, "email": address}})
}

func said(channel string, granted, explicit bool, at time.Time) object {
	return object{"channel": channel, "granted": granted, "explicit": explicit, "at": at, "source": "form"}
}

// mailsTo are the caught mails to an address.
func (l *leaving) mailsTo(address string) []mailbox.Mail {
	var list []mailbox.Mail
	for _, m := range l.caught.Mails(0) {
		if strings.EqualFold(m.To, address) {
			list = append(list, m)
		}
	}
	return list
}

// wayOut is the path of a caught mail's unsubscribe link.
func wayOut(t *testing.T, m mailbox.Mail) string {
	t.Helper()
	_, rest, _ := strings.Cut(m.Content().Header.Get("List-Unsubscribe"), "https://comeback.test")
	path, _, found := strings.Cut(rest, ">")
	if !found || !strings.HasPrefix(path, "/u/") {
		t.Fatalf("got %q, want a way out", m.Content().Header.Get("List-Unsubscribe"))
	}
	return path
}

// shownMessage is a message as the API shows it.
type shownMessage struct {
	ID, Step, State, Reason string
	EndedAt                 *time.Time `json:"ended_at"`
	explained               string
}

// messagesOf reads a customer's messages by step.
func (l *leaving) messagesOf(t *testing.T, external string) map[string]shownMessage {
	t.Helper()
	customer := l.customerOf(t, external)
	var page struct{ Items []shownMessage }
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/messages?customer="+customer.ID, "")), &page); err != nil {
		t.Fatal(err)
	}
	byStep := map[string]shownMessage{}
	for _, m := range page.Items {
		m.explained = l.asks(t, l.key, 200, fmt.Sprintf("GET /v1/messages/%s/explain", m.ID), "")
		byStep[m.Step] = m
	}
	return byStep
}

// customerOf finds the customer with an id of the shop.
func (l *leaving) customerOf(t *testing.T, external string) commerce.Customer {
	t.Helper()
	list, err := l.Customers(t.Context(), "s", nil, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		for _, r := range c.Records {
			if r.External == external {
				return c
			}
		}
	}
	t.Fatalf("nobody is called %s", external)
	return commerce.Customer{}
}
