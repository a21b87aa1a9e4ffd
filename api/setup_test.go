package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/segments/indexcache"
	"comeback/strictjson"
)

// service is an API over a fake store, with both clocks set.
type service struct {
	store   *fakeStore
	marks   *marks
	wall    time.Time
	metrics *prometheus.Registry
	log     *strings.Builder
	handler http.Handler
	tokens  *mail.Tokens
	api     *api.API
}

// today is the day of this run's tests.
func today() time.Time { return clocktest.All("api").Truncate(24 * time.Hour) }

func setup(t testing.TB, change ...func(*api.Config)) *service {
	t.Helper()
	clocktest.Print(t, today())
	s := &service{
		store: newFakeStore(), marks: &marks{shops: map[string]int{}}, wall: today().Add(10 * time.Hour),
		metrics: prometheus.NewRegistry(), log: &strings.Builder{},
	}
	var err error
	if s.tokens, err = mail.NewTokens(mail.TokenKey{ID: 1, Secret: bytes.Repeat([]byte("k"), 32)}); err != nil {
		t.Fatal(err)
	}
	cfg := api.Config{
		Store: s.store, Marker: s.marks, Templates: anyTemplate{}, Tokens: s.tokens, Salt: bytes.Repeat([]byte("s"), 16),
		Log: slog.New(slog.NewJSONHandler(s.log, nil)), Metrics: s.metrics, BaseURL: "https://comeback.example",
		Now: func() time.Time { return s.wall.Add(time.Hour) }, Wall: func() time.Time { return s.wall },
		Deadline: func(d time.Duration) time.Time { return time.Now().Add(d) },
	}
	cfg.Indexes = indexcache.New(s.store, 1<<30, func() time.Time { return s.wall })
	for _, c := range change {
		c(&cfg)
	}
	a, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.api, s.handler = a, a.Handler()
	return s
}

// do sends one request. Headers are given as "Name: value".
func (s *service) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// expect sends a request and fails unless it is answered so.
func (s *service) expect(t testing.TB, status int, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := s.do(method, target, body, headers...)
	if w.Code != status {
		t.Errorf("%s %s: got %d %s, want %d", method, target, w.Code, w.Body, status)
	}
	return w
}

// key stores a key of a shop and returns it as an Authorization header.
func (s *service) key(shop string) string {
	key, text := api.NewKey(shop, "test", s.wall)
	s.store.keys[key.ID] = key
	return "Authorization: Bearer " + text
}

// shop stores a shop and returns a key of it.
func (s *service) shop(id string) string {
	s.store.shops[id] = commerce.Shop{
		ID: id, Shop: id, Name: id, Market: commerce.West, Zone: "UTC", Currency: "EUR", Language: "en", Jurisdiction: "eu",
		Rev: 1, CreatedAt: s.wall, URL: "https://shop.example",
		Sender: commerce.Sender{From: "hi@shop.example", Address: "1 High Street"},
	}
	return s.key(id)
}

// got reads an answer's JSON.
func got[T any](t testing.TB, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

// anyTemplate has every template.
type anyTemplate struct{}

func (anyTemplate) Has(string) bool { return true }

func (anyTemplate) Leads(string) []string { return nil }

func (anyTemplate) CheckText(string) []strictjson.Problem { return nil }

func (anyTemplate) Names() []string { return nil }

type marks struct {
	mu    sync.Mutex
	shops map[string]int
}

func (m *marks) Mark(shop string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shops[shop]++
}

// errPanic makes a fake panic.
var errPanic = errors.New("panic with a secret detail")

// knobs make a fake fail.
type knobs struct {
	mu   sync.Mutex
	down error         // what every call answers
	slow chan struct{} // what every call waits for
	came chan struct{} // closed when a call waits
}

// fail is called first by every method of the fake store.
func (k *knobs) fail(ctx context.Context) error {
	k.mu.Lock()
	down, slow := k.down, k.slow
	k.mu.Unlock()
	if errors.Is(down, errPanic) {
		panic(down)
	}
	if slow != nil {
		k.arrived()
		select {
		case <-slow:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return down
}

func (k *knobs) arrived() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.came != nil {
		close(k.came)
		k.came = nil
	}
}

// hold makes the next calls wait until release is called; entered is closed
// when one does.
func (k *knobs) hold() (entered <-chan struct{}, release func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	slow, came := make(chan struct{}), make(chan struct{})
	k.slow, k.came = slow, came
	return came, func() { close(slow) }
}

func (k *knobs) breakWith(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = err
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// clientIP is the address the service takes a request to come from.
func clientIP(s *service, headers ...string) string {
	engine := s.handler.(*gin.Engine)
	seen := ""
	engine.GET("/whoami", func(c *gin.Context) { seen = c.ClientIP() })
	s.do("GET", "/whoami", "", headers...)
	return seen
}
