package service

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/commerce"
)

// hookPost is a delivery to one of the harness's connections, changed before it is sent.
type hookPost struct {
	platform, slug string
	body           string
	change         func(http.Header)
}

// postTo sends a signed delivery to a process and returns the status and the answer.
func (h *harness) postTo(t *testing.T, url string, p hookPost) (status int, answer string) {
	t.Helper()
	address := url + "/hooks/" + p.platform + "/" + commerce.Key("s", p.slug)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	sign(r, delivery{p.platform, "orders/updated", []byte(p.body)}, h.at())
	if p.change != nil {
		p.change(r.Header)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// process runs one more API process over the harness's store. end stops it as a
// signal does.
func (h *harness) process(t *testing.T, log io.Writer) (url string, end func()) {
	t.Helper()
	a, err := api.New(api.Config{
		Store: h.Store, Marker: unmarked{}, Log: slog.New(slog.NewTextHandler(log, nil)), Now: h.at, Wall: h.at,
		Deadline: machineDeadline, Metrics: prometheus.NewRegistry(), BaseURL: "http://comeback.test", Tokens: testTokens(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, l) }()
	return "http://" + l.Addr().String(), func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func header(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }

// The posts of the test below, by the reason for which they are refused.
func refusedPosts(h *harness) map[string]hookPost {
	return map[string]hookPost{
		"no_signature":   {"woocommerce", "woocommerce", "{}", header("X-WC-Webhook-Signature", "")},
		"wrong_secret":   {"woocommerce", "woocommerce", "{}", header("X-WC-Webhook-Signature", strings.Repeat("A", 43)+"=")},
		"wrong_source":   {"woocommerce", "woocommerce", "{}", header("X-WC-Webhook-Source", "https://copy.tea.example/")},
		"wrong_platform": {"shopify", "woocommerce", "{}", header("X-Shopify-Shop-Domain", "tea.example")},
		"too_large":      {"woocommerce", "woocommerce", strings.Repeat(" ", 5<<20+1), nil},
	}
}

// A merchant sees how many deliveries were refused, why and when last, and when one
// was accepted. Processes count together and lose nothing at their end. The sender
// sees no reason, and what is posted to a connection that does not exist is not stored.
func TestRefusedDeliveriesAreCountedByReason(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		key, call := h.shopKey(t), "GET /v1/connections/woocommerce"
		h.asks(t, key, 200, "PATCH /v1/connections/woocommerce", `{"source": "tea.example"}`)
		h.asks(t, key, 200, call, "", `"deliveries":{"accepted":{"count":0,"last_at":null},"refused":[]}`)
		logs := [2]strings.Builder{}
		var posting sync.WaitGroup
		ends, answers := []func(){}, make(chan string, 100)
		for i := range logs {
			url, end := h.process(t, &logs[i])
			ends = append(ends, end)
			for reason, p := range refusedPosts(h) {
				posting.Go(func() {
					for range i + 1 {
						if status, answer := h.postTo(t, url, p); status == 401 {
							answers <- answer
						} else if reason != "too_large" || status != 413 {
							t.Errorf("%s: got %d", reason, status)
						}
					}
				})
			}
			posting.Go(func() {
				if status, _ := h.postTo(t, url, hookPost{"woocommerce", "nobody", "{}", nil}); status != 401 {
					t.Errorf("unknown connection: got %d", status)
				}
			})
			named := header("X-WC-Webhook-Source", "https://www.tea.example/")
			accepted := hookPost{"woocommerce", "woocommerce", fmt.Sprintf(`{"id":%d}`, i), named}
			posting.Go(func() {
				if status, _ := h.postTo(t, url, accepted); status != 200 {
					t.Errorf("accepted: got %d", status)
				}
			})
		}
		posting.Wait()
		for i, end := range ends {
			end()
			checkRefusalLog(t, logs[i].String(), i+1)
		}
		close(answers)
		first := <-answers
		for answer := range answers {
			if answer != first {
				t.Errorf("got the answers %s and %s, want no difference", first, answer)
			}
		}
		checkReception(t, h.asks(t, key, 200, call, ""), written(h.at()))
		if r, err := h.Reception(t.Context(), "s", "nobody"); err != nil || r.ID != "" {
			t.Errorf("got %+v, %v of a connection that does not exist, want nothing", r, err)
		}
		h.asks(t, key, 204, "DELETE /v1/connections/woocommerce", "")
		if r, err := h.Reception(t.Context(), "s", "woocommerce"); err != nil || r.ID != "" {
			t.Errorf("got %+v, %v of a removed connection, want nothing", r, err)
		}
	})
}

// checkReception checks that two processes counted three refusals for each reason.
func checkReception(t *testing.T, text, at string) {
	t.Helper()
	var got struct {
		Deliveries struct {
			Accepted struct {
				Count  int
				LastAt string `json:"last_at"`
			}
			Refused []struct {
				Reason, Named, Detail string
				Count                 int
				LastAt                string `json:"last_at"`
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if a := got.Deliveries.Accepted; a.Count != 2 || !strings.HasPrefix(a.LastAt, at[:19]) {
		t.Errorf("got %+v accepted, want 2 at %s", a, at)
	}
	reasons := []string{}
	for _, r := range got.Deliveries.Refused {
		reasons = append(reasons, r.Reason)
		if r.Count != 3 || r.Detail == "" || !strings.HasPrefix(r.LastAt, at[:19]) {
			t.Errorf("got %+v, want 3 at %s", r, at)
		}
		if named := r.Named; (r.Reason == "wrong_source") != (named == "https://copy.tea.example/") {
			t.Errorf("%s: got the store %q", r.Reason, named)
		}
	}
	want := []string{"no_signature", "wrong_secret", "wrong_source", "wrong_platform", "too_large"}
	if diff := cmp.Diff(reasons, want); diff != "" {
		t.Error(diff)
	}
}

// checkRefusalLog checks that a process wrote one line about its refused deliveries.
func checkRefusalLog(t *testing.T, log string, each int) {
	t.Helper()
	others := func(line string) bool { return !strings.Contains(line, "deliveries were refused") }
	lines := slices.DeleteFunc(strings.Split(log, "\n"), others)
	if len(lines) != 1 {
		t.Fatalf("got %q, want one line", lines)
	}
	for _, want := range []string{"connection=s:woocommerce", "refused.wrong_secret=%d", "refused.wrong_source=%d"} {
		if want = strings.ReplaceAll(want, "%d", fmt.Sprint(each)); !strings.Contains(lines[0], want) {
			t.Errorf("got %s, want %s", lines[0], want)
		}
	}
	if strings.Contains(log, hookSecret) || strings.Contains(log, "@") {
		t.Errorf("got %s, want no secret and no address", log)
	}
}

// The counts of a process are seen in it at once.
func TestARefusalIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		key := h.shopKey(t)
		h.postTo(t, h.url, hookPost{"generic", "generic", "{}", header("X-Timestamp", "soon")})
		old := delivery{"generic", "order", []byte("{}")}
		h.postTo(t, h.url, hookPost{"generic", "generic", "{}", func(head http.Header) {
			r := &http.Request{Header: head}
			sign(r, old, h.at().Add(-301*time.Second))
		}})
		h.asks(t, key, 200, "GET /v1/connections/generic", "", `"reason":"no_signature","count":1`, `"reason":"wrong_time","count":1`)
		text := h.asks(t, key, 200, "GET /v1/connections", "")
		if strings.Contains(text, "deliveries") || strings.Contains(text, "payment_methods\":{") {
			t.Errorf("got %s, want neither counts nor tables in the list", text)
		}
	})
}
