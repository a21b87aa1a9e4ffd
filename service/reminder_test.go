package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/jobs"
	"comeback/segments/indexcache"
	"comeback/store"
	"comeback/store/documents"
)

// outbox is a channel that accepts and records every mail.
type outbox struct {
	mu    sync.Mutex
	mails []campaigns.Mail
}

func (o *outbox) Deliver(
	ctx context.Context, m campaigns.Mail, before func(context.Context) (bool, error), after func(campaigns.MailOutcome),
) {
	if proceed, err := before(ctx); err != nil || !proceed {
		after(campaigns.MailOutcome{State: campaigns.MailDropped})
		return
	}
	o.mu.Lock()
	o.mails = append(o.mails, m)
	o.mu.Unlock()
	after(campaigns.MailOutcome{State: campaigns.MailSent, Code: 250})
}

// sentTo counts the mails by address.
func (o *outbox) sentTo() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	counts := map[string]int{}
	for _, m := range o.mails {
		counts[m.To]++
	}
	return counts
}

// withCampaigns gives the harness the whole worker, which sends into an outbox.
func withCampaigns(t *testing.T, h *harness) *outbox {
	t.Helper()
	shop, err := h.Shop(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	shop.Sender, shop.URL = commerce.Sender{Name: "Tea", From: "shop@tea.example"}, "https://tea.example/"
	if err := h.SaveShop(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	redis, err := jobs.OpenRedis("redis://127.0.0.1:1") // never called: tests work by themselves
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Close() })
	sent := &outbox{}
	held := h.at
	h.work = newWorker(workerParts{
		store: h.Store, indexes: indexcache.New(h.Store, 1<<28, held), redis: redis, templates: readyTemplates(t),
		tokens: testTokens(t), channels: map[string]jobs.Channel{"email": sent}, relay: campaigns.Relay{Key: "test"},
		baseURL: "http://comeback.test", workers: 1, metrics: prometheus.NewRegistry(),
		now: held, wall: held, log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}).advance
	return sent
}

func readyTemplates(t testing.TB) *mail.Templates {
	t.Helper()
	templates, err := mail.ReadyTemplates()
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

func testTokens(t testing.TB) *mail.Tokens {
	t.Helper()
	tokens, err := mail.NewTokens(mail.TokenKey{ID: 1, Secret: []byte(strings.Repeat("t", 32))})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

const reminder = `{"schema": 1, "id": "reminder", "name": "Reminder", "class": "service",
"trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}}, "key": "order",
	"reentry": "never",
"exit": [{"event": "order.paid", "same": "order", "as": "goal"}, {"event": "order.cancelled", "same": "order"}],
"goal": {"event": "order.paid", "same": "order", "within": "24h"},
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "r1", "wait": "1h", "expires": "12h", "send": {"channel": "email", "template": "unpaid-1"}}]}`

func activate(t testing.TB, s *store.Store, text string) {
	t.Helper()
	c, problems := campaigns.Parse([]byte(text))
	if c == nil {
		t.Fatal(problems)
	}
	d, _, err := s.PutCampaign(t.Context(), "s", c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ActivateCampaign(t.Context(), "s", d.Campaign, d.Version); err != nil {
		t.Fatal(err)
	}
}

// settleAll works until the shop has no due work.
func settleAll(t *testing.T, h *harness, workers int) {
	t.Helper()
	for range 500 {
		var running sync.WaitGroup
		for range workers {
			running.Go(func() {
				if err := h.work.Run(t.Context(), "s"); err != nil {
					t.Errorf("work: %v", err)
				}
			})
		}
		running.Wait()
		busy, err := h.Busy(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		if busy == "" || t.Failed() {
			return
		}
	}
	busy, _ := h.Busy(t.Context(), "s")
	t.Fatalf("the shop does not come to rest: %s", busy)
}

// With deliveries out of order and repeated, an order that is paid or cancelled
// before its reminder is due gets no mail. An order that stays unpaid gets
// exactly one.
func TestShuffledDeliveriesRemindOfUnpaidOnly(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		sent := withCampaigns(t, h)
		h.moveTo(h.at().Add(-time.Hour)) // it runs before the orders are placed
		activate(t, h.Store, reminder)
		h.moveTo(h.at().Add(time.Hour))
		orders := 300
		if strings.Contains(t.Name(), "mongodb") {
			orders = 40 // the wire peer is slow at claims
		}
		random := rand.New(rand.NewPCG(3, 3))
		want := map[string]int{}
		var list []delivery
		for i := range orders {
			placed := h.at().Add(-time.Duration(random.IntN(50)) * time.Minute)
			ends := []string{"pending", "processing", "cancelled"}[i%3]
			for version, status := range []string{"pending", ends} {
				list = append(list, shuffledOrder(i, 1000+i, status, placed, placed.Add(time.Duration(version)*time.Minute)))
			}
			if ends == "pending" {
				want[fmt.Sprintf("p%d@example.com", 1000+i)] = 1
			}
		}
		list = append(list, list...)
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		stop := meanwhile(t, h, 2)
		post(t, h, list, 8)
		stop()
		settleAll(t, h, 4)
		if early := sent.sentTo(); len(early) > 0 {
			t.Fatalf("got %d mails before any was due", len(early))
		}
		h.moveTo(h.at().Add(2 * time.Hour))
		settleAll(t, h, 4)
		got := sent.sentTo()
		for address, n := range got {
			if want[address] != n {
				t.Errorf("%s: got %d mails, want %d", address, n, want[address])
			}
		}
		if len(got) != len(want) {
			t.Errorf("got mails to %d buyers, want %d", len(got), len(want))
		}
	})
}

// dying is a store whose worker dies before it marks events as handled.
type dying struct{ *store.Store }

func (dying) HandledEvents(context.Context, string, []commerce.Event, time.Time) error {
	return errors.New("killed")
}

// A second version of a campaign, activated between two handlings of one event,
// sends no second mail.
func TestNewVersionBetweenTwoHandlingsSendsNoSecondMail(t *testing.T) {
	t.Parallel()
	eachDocuments(t, func(t *testing.T, docs documents.Database) {
		h := newHarness(t, docs, clocktest.Now(t))
		sent := withCampaigns(t, h)
		activate(t, h.Store, reminder)
		if status, err := h.send(t.Context(), shuffledOrder(1, 7, "pending", h.at(), h.at())); err != nil || status != 200 {
			t.Fatal(status, err)
		}
		whole := h.work
		h.work = dyingWorker(h)
		if err := h.MarkDue(t.Context(), "s", h.at()); err != nil {
			t.Fatal(err)
		}
		if err := h.work.Run(t.Context(), "s"); err == nil {
			t.Fatal("the worker did not die")
		}
		activate(t, h.Store, strings.Replace(reminder, `"wait": "1h"`, `"wait": "30m"`, 1))
		if err := h.EndLeases(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		h.work = whole
		h.moveTo(h.at().Add(3 * time.Hour))
		settleAll(t, h, 2)
		if got := sent.sentTo()["p7@example.com"]; got != 1 {
			t.Errorf("got %d mails, want one", got)
		}
		events, err := h.EventsOf(t.Context(), "s", commerce.Key("s", "woocommerce", "1"))
		if err != nil || len(events) != 1 || events[0].Fence != 2 || events[0].State != commerce.Handled {
			t.Errorf("got %+v, %v; want one event, handled the second time", events, err)
		}
	})
}

// dyingWorker reads deliveries and handles events, and dies before it marks
// them as handled.
func dyingWorker(h *harness) *jobs.Advancer {
	held := h.at
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	cache := jobs.NewCampaignCache(h.Store, held)
	facts := jobs.NewFacts(h.Store, h.Store, held)
	decisions := jobs.NewDecisions(h.Store, facts, held)
	handle := jobs.NewHandle(jobs.HandleParts{
		Events: dying{h.Store}, Listeners: h.Store, Cache: cache, Facts: facts, Decisions: decisions,
		Credit: jobs.NewCredit(h.Store, facts, nil), Now: held, Log: log,
	})
	return jobs.NewAdvancer(
		h.Store, []jobs.Stage{jobs.NewIngest(h.Store, held, log), jobs.NewRecount(h.Store, unwatched{}), handle}, held, held, log,
	)
}
