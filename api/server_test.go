package api_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/commerce"
)

// A request is logged once, by its route: no path, address or token.
func TestLogLine(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := s.do("POST", "/hooks/generic/secretshop:own?email=ann@example.com", anOrder, "X-Forwarded-For: 203.0.113.7")
	got := s.log.String()
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, `"/hooks/:platform/:connection"`) ||
		!strings.Contains(got, w.Header().Get("X-Request-Id")) {
		t.Errorf("got %s", got)
	}
	for _, private := range []string{"secretshop", "ann@", "203.0.113.7", "192.0.2.1"} {
		if strings.Contains(got, private) {
			t.Errorf("the log holds %s: %s", private, got)
		}
	}
}

// Every error has one form, and internal details are not shown.
func TestProblems(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, c := range []struct {
		name, method, target string
		status               int
		code                 string
	}{
		{"an unknown path", "GET", "/nowhere", 404, "not_found"},
		{"an unknown method", "DELETE", "/livez", 405, "method_not_allowed"},
		{"a slash too many", "GET", "/livez/", 404, "not_found"},
	} {
		w := s.expect(t, c.status, c.method, c.target, "")
		var p struct {
			Status                        int
			Title, Detail, Instance, Code string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != c.status || p.Code != c.code || p.Title == "" ||
			p.Detail == "" ||
			p.Instance != w.Header().Get("X-Request-Id") {
			t.Errorf("%s: got %s", c.name, w.Body)
		}
		if w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %v", c.name, w.Header())
		}
	}
}

// Live means that the process answers; ready means that it can store. Without
// the queue work only starts later, so the process stays ready.
func TestProbes(t *testing.T) {
	t.Parallel()
	queue := error(nil)
	s := setup(t, func(c *api.Config) { c.Queue = func(context.Context) error { return queue } })
	if got := s.expect(t, 200, "GET", "/readyz", "").Body.String(); got != `{"status":"ok","store":"ok","queue":"ok"}` {
		t.Errorf("got %s", got)
	}
	queue = commerce.Errorf(commerce.Unavailable, "away")
	if got := s.expect(t, 200, "GET", "/readyz", "").Body.String(); got != `{"status":"degraded","store":"ok","queue":"unavailable"}` {
		t.Errorf("got %s", got)
	}
	s.store.breakWith(queue)
	s.expect(t, 503, "GET", "/readyz", "")
	s.expect(t, 200, "GET", "/livez", "")
}

// During an upgrade of stored data the API refuses calls, and /readyz names the
// data. Webhooks are accepted.
func TestWebhooksAreAcceptedDuringAnUpgrade(t *testing.T) {
	t.Parallel()
	doing := "consents"
	s := setup(t, func(c *api.Config) { c.Upgrading = func() string { return doing } })
	if got := s.expect(t, 200, "GET", "/readyz", "").Body.String(); got != `{"status":"upgrading","store":"ok","upgrading":"consents"}` {
		t.Errorf("got %s", got)
	}
	if w := s.expect(t, 503, "GET", "/v1/orders", ""); w.Header().Get("Retry-After") == "" ||
		!strings.Contains(w.Body.String(), "consents") {
		t.Errorf("got %v %s", w.Header(), w.Body)
	}
	s.store.connect("demo", "own", "generic", "s3cret")
	s.expect(t, 200, "POST", "/hooks/generic/demo:own", anOrder, generic("s3cret", anOrder, s.wall)...)
	doing = ""
	s.expect(t, 401, "GET", "/v1/orders", "")
}

// Metrics can be removed from the public listener.
func TestMetricsElsewhere(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.HideMetrics = true })
	s.expect(t, 404, "GET", "/metrics", "")
}

// A process that only works shows that it lives, and nothing else.
func TestProbesOnly(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.ProbesOnly = true })
	s.expect(t, 200, "GET", "/readyz", "")
	s.expect(t, 404, "GET", "/v1/orders", "")
	s.expect(t, 404, "POST", "/hooks/generic/demo:own", "")
}

// A configuration that would work wrongly is refused at start, by name.
func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*api.Config){
		"base URL":        func(c *api.Config) { c.BaseURL = "https://shop.example/" },
		"salt":            func(c *api.Config) { c.Salt = []byte("short") },
		"trusted proxies": func(c *api.Config) { c.TrustedProxies = []string{"10.0.0.0/99"} },
	} {
		cfg := api.Config{
			Store:   newFakeStore(),
			Log:     quiet(),
			BaseURL: "https://x.example",
			Wall:    time.Now,
			Now:     time.Now,
			Metrics: prometheus.NewRegistry(),
		}
		change(&cfg)
		if _, err := api.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error naming %s", err, want)
		}
	}
}

// A stopping server finishes its requests, and first tells its load balancer. A
// listener that fails by itself is an error.
func TestShutdown(t *testing.T) {
	t.Parallel()
	store := newFakeStore()
	store.connect("demo", "own", "generic", "s3cret")
	a, err := api.New(api.Config{
		Store:   store,
		Marker:  &marks{shops: map[string]int{}},
		Log:     quiet(),
		BaseURL: "http://x.example",
		Wall:    time.Now,
		Now:     time.Now,
		Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, l) }()
	answered := make(chan int, 1)
	entered, release := store.hold()
	go func() {
		response, err := http.Get("http://" + l.Addr().String() + "/readyz")
		if err != nil {
			answered <- 0
			return
		}
		response.Body.Close()
		answered <- response.StatusCode
	}()
	<-entered
	stop()
	release()
	if got := <-answered; got != 200 && got != 503 {
		t.Errorf("got %d, want the request answered", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	if err := a.Run(t.Context(), dead); err == nil {
		t.Error("a dead listener: got no error")
	}
}

// Internal errors go to the log under the request's id, not to the caller. A
// panic is answered in the same form.
func TestInternalErrorsStayInside(t *testing.T) {
	t.Parallel()
	for _, inside := range []error{commerce.Errorf(commerce.Internal, "secret detail"), errPanic} {
		s := setup(t)
		key := s.shop("demo")
		s.expect(t, 200, "GET", "/v1/shop", "", key)
		s.store.breakWith(inside)
		w := s.expect(t, 500, "GET", "/v1/shop", "", key)
		if strings.Contains(w.Body.String(), "secret detail") || !strings.Contains(s.log.String(), "secret detail") ||
			!strings.Contains(s.log.String(), w.Header().Get("X-Request-Id")) {
			t.Errorf("got %s and log %s", w.Body, s.log)
		}
	}
}
