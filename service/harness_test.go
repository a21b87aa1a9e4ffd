package service

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/jobs"
	"comeback/segments/indexcache"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// harness is the service between a shop's webhook and its stored records: the
// API, the store and the stages that read deliveries, over one database and a
// stopped clock. There are no notifications: tests call the worker themselves.
type harness struct {
	*store.Store
	docs  documents.Database
	url   string
	edge  http.Handler // what answers at url
	work  *jobs.Advancer
	clock *heldClock // what the service reads: its last words may come after an answer
}

// machineDeadline is the machine's time after d, for deadlines of connections.
func machineDeadline(d time.Duration) time.Time { return time.Now().Add(d) }

// object is a JSON object.
type object = map[string]any

const hookSecret = `woo "secret" & <1>`

type unwatched struct{}

func (unwatched) ProfilesChanged(context.Context, string, []commerce.Customer) error { return nil }

type unmarked struct{}

func (unmarked) Mark(string) {}

// ownProcess is a process with the machine's clock.
func ownProcess() Process {
	return Process{Now: time.Now, Wall: time.Now, Deadline: machineDeadline, Log: os.Stderr}
}

// started runs the service of some settings; the function returned ends it.
func started(t testing.TB, env []string) (s *Instance, end func()) {
	t.Helper()
	config, err := LoadConfig(append([]string{"COMEBACK_LOG_LEVEL=error", "COMEBACK_SHUTDOWN_DRAIN=0s"}, env...))
	if err != nil {
		t.Fatal(err)
	}
	s, err = Open(t.Context(), config, ownProcess())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, func() {
		t.Helper()
		stop()
		if err := errors.Join(<-done, s.Close()); err != nil {
			t.Error(err)
		}
	}
}

// eachDatabase runs a test on a service over every database.
func eachDatabase(t *testing.T, run func(t *testing.T, h *harness)) {
	t.Helper()
	eachDocuments(t, func(t *testing.T, docs documents.Database) { run(t, newHarness(t, docs, clocktest.Now(t))) })
}

// eachDocuments runs a test on a fresh database of every driver. Beside the race
// detector it takes one of them: above the drivers the code is the same, and their own
// tests look for races in both.
func eachDocuments(t *testing.T, run func(t *testing.T, docs documents.Database)) {
	t.Helper()
	each := storetest.Each
	if besideRaces {
		each = storetest.One
	}
	each(t, store.Collections(), run)
}

// newHarness makes a service whose clocks are stopped at an instant until the
// test calls moveTo.
func newHarness(t testing.TB, docs documents.Database, at time.Time) *harness {
	t.Helper()
	h := &harness{docs: docs, clock: &heldClock{at: at}}
	held := h.at
	key := []byte(strings.Repeat("k", 32))
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	h.Store = store.New(docs, store.Keys{Identity: key, Secrets: key}, held, held, log)
	if err := h.AddShop(
		t.Context(), commerce.Shop{ID: "s", Market: commerce.West, Currency: "EUR", Zone: "UTC", CreatedAt: held(), URL: "https://tea.example",
			Sender: commerce.Sender{From: "shop@tea.example", Address: "1 High Street"}},
	); err != nil {
		t.Fatal(err)
	}
	for _, platform := range []string{"generic", "shopify", "woocommerce"} {
		if _, err := h.AddConnection(t.Context(), "s", commerce.Connection{Slug: platform, Platform: platform}, []byte(hookSecret)); err != nil {
			t.Fatal(err)
		}
	}
	edge, err := api.New(api.Config{
		Store: h.Store, Marker: unmarked{}, Log: log, Now: held, Wall: held, Deadline: machineDeadline,
		Metrics: prometheus.NewRegistry(), BaseURL: "http://comeback.test",
		Tokens: testTokens(t), Indexes: indexcache.New(h.Store, 1<<30, held), Importer: importer{jobs.NewImporter(h.Store, held)},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.edge = edge.Handler()
	server := httptest.NewServer(h.edge)
	t.Cleanup(server.Close)
	h.url = server.URL
	h.work = jobs.NewAdvancer(
		h.Store,
		[]jobs.Stage{jobs.NewIngest(h.Store, held, log), jobs.NewPrivacy(h.Store, log), jobs.NewRecount(h.Store, unwatched{})}, held,
		held, log,
	)
	return h
}

// shopKey adds a key of shop s and returns its text.
func (h *harness) shopKey(t testing.TB) string {
	t.Helper()
	key, text := api.NewKey("s", "test", h.at())
	if err := h.AddAPIKey(t.Context(), "s", key); err != nil {
		t.Fatal(err)
	}
	return text
}

// at is the service's clock.
func (h *harness) at() time.Time { return h.clock.now() }

// moveTo sets the clock.
func (h *harness) moveTo(at time.Time) {
	h.clock.step(at.Sub(h.at()))
}

// delivery is one webhook as a platform sends it.
type delivery struct {
	platform, topic string
	body            []byte
}

// send signs and posts a delivery as its platform does, and returns the status.
func (h *harness) send(ctx context.Context, d delivery) (status int, err error) {
	request, err := http.NewRequestWithContext(
		ctx, http.MethodPost, h.url+"/hooks/"+d.platform+"/"+commerce.Key("s", d.platform), bytes.NewReader(d.body),
	)
	if err != nil {
		return 0, err
	}
	sign(request, d, h.at())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

func sign(r *http.Request, d delivery, at time.Time) { signWith(r, hookSecret, d, at) }

// signWith signs a delivery with a secret.
func signWith(r *http.Request, secret string, d delivery, at time.Time) {
	mac := hmac.New(sha256.New, []byte(secret))
	switch d.platform {
	case "shopify":
		mac.Write(d.body)
		r.Header.Set("X-Shopify-Topic", d.topic)
		r.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	case "woocommerce":
		mac.Write(d.body)
		r.Header.Set("X-WC-Webhook-Topic", d.topic)
		r.Header.Set("X-WC-Webhook-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	default:
		stamp := strconv.FormatInt(at.Unix(), 10)
		mac.Write([]byte(stamp + "."))
		mac.Write(d.body)
		r.Header.Set("X-Topic", d.topic)
		r.Header.Set("X-Timestamp", stamp)
		r.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	r.Header.Set("Content-Type", "application/json")
}

// settle works until the shop has no delivery unread and no profile to compute.
func (h *harness) settle(t testing.TB, workers int) {
	t.Helper()
	for {
		if err := h.MarkDue(t.Context(), "s", h.at()); err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		for range workers {
			running.Go(func() {
				if err := h.work.Run(t.Context(), "s"); err != nil {
					t.Errorf("work: %v", err)
				}
			})
		}
		running.Wait()
		unread, err := h.Deliveries(t.Context(), "s", commerce.Unread, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		dirty, err := h.Dirty(t.Context(), "s", 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(unread)+len(dirty) == 0 || t.Failed() {
			return
		}
	}
}
