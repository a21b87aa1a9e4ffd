package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// The campaigns among the examples are good in both markets, their own tests
// included, as comeback validate judges them.
func TestExampleCampaignsAreGood(t *testing.T) {
	t.Parallel()
	templates, err := mail.ReadyTemplates()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range examples(t, "examples/campaigns/*.json") {
		for market, currency := range map[commerce.Market]string{commerce.West: "EUR", commerce.China: "CNY"} {
			c, problems := campaigns.Accept([]byte(readText(t, name)), templates, commerce.Shop{Currency: currency, Zone: "UTC", Market: market})
			if c == nil || len(c.Tests) == 0 {
				t.Errorf("%s, market %s: got %v, want a good campaign with tests", name, market, problems)
				continue
			}
			if want := strings.TrimSuffix(filepath.Base(name), ".json"); c.ID != want {
				t.Errorf("%s: the id is %q, want the file's name", name, c.ID)
			}
		}
	}
}

// The segments among the examples are good, without a note, as a shop that has
// all of them reads them.
func TestExampleSegmentsAreGood(t *testing.T) {
	t.Parallel()
	names := examples(t, "examples/segments/*.json")
	var files [][]byte
	for _, name := range names {
		files = append(files, []byte(readText(t, name)))
	}
	all := segments.NewSet(files)
	if broken := all.Broken(); len(broken) > 0 {
		t.Errorf("got %v, want no problem", broken)
	}
	for i, name := range names {
		s, problems := segments.ReadSegment(files[i], all)
		if s == nil || len(problems) > 0 {
			t.Errorf("%s: got %v, want no problem", name, problems)
			continue
		}
		if want := strings.TrimSuffix(filepath.Base(name), ".json"); s.ID != want {
			t.Errorf("%s: the id is %q, want the file's name", name, s.ID)
		}
	}
}

func examples(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}

// sender is one of the programs in examples/webhooks.
type sender struct {
	name  string
	needs string // the program that runs it
	run   func(t *testing.T, file string) *exec.Cmd
}

func senders() []sender {
	with := func(words ...string) func(*testing.T, string) *exec.Cmd {
		return func(t *testing.T, file string) *exec.Cmd {
			return exec.CommandContext(t.Context(), words[0], append(words[1:], file)...)
		}
	}
	return []sender{
		{"curl", "curl", with("sh", "examples/webhooks/send.sh")},
		{"Go", "go", with("go", "run", "./examples/webhooks/go")},
		{"Python", "python3", with("python3", "examples/webhooks/send.py")},
		{"PHP", "php", with("php", "examples/webhooks/send.php")},
		{"TypeScript", "node", func(t *testing.T, file string) *exec.Cmd {
			return exec.CommandContext(t.Context(), "node", withoutTypes(t, "examples/webhooks/send.ts"), file)
		}},
	}
}

var typeOrBang = regexp.MustCompile(`: (?:Buffer|string|Promise<string>)\b|(_URL|_SECRET)!`)

// withoutTypes is a TypeScript file as JavaScript, for every release of Node:
// the examples have no more of TypeScript than this.
func withoutTypes(t *testing.T, name string) string {
	t.Helper()
	text := strings.ReplaceAll(readText(t, name), ": Promise<string>", "")
	path := filepath.Join(t.TempDir(), "send.mjs")
	writeText(t, path, typeOrBang.ReplaceAllString(text, "$1"))
	return path
}

// Each example of a webhook signs and sends an order that the service accepts,
// reads and shows. The programs run against the machine's clock, so does this
// service. A program that this machine cannot run is skipped, and says so.
func TestExampleWebhooksAreReadAsOrders(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		h := newHarness(t, docs, time.Now())
		key := h.shopKey(t)
		for _, s := range senders() {
			t.Run(s.name, func(t *testing.T) {
				if _, err := exec.LookPath(s.needs); err != nil {
					t.Skipf("%s is not installed: the example in %s was not run", s.needs, s.name)
				}
				id := "example-" + strings.ToLower(s.name)
				file := filepath.Join(t.TempDir(), "order.json")
				writeText(t, file, strings.Replace(readText(t, "examples/webhooks/order.json"), `"1001"`, `"`+id+`"`, 1))
				h.moveTo(time.Now())
				command := s.run(t, file)
				command.Env = append(os.Environ(), "WEBHOOK_URL="+h.url+"/hooks/generic/"+commerce.Key("s", "generic"), "WEBHOOK_SECRET="+hookSecret)
				output, err := command.CombinedOutput()
				if err != nil || !strings.Contains(string(output), `"received":true`) {
					t.Fatalf("%v: %s", err, output)
				}
				h.settle(t, 1)
				if got := exampleOrder(t, h, key, id); got.Number != id && got.ID == "" || got.PaymentStatus != "unpaid" {
					t.Errorf("got %+v, want the unpaid order %s", got, id)
				}
			})
		}
	})
}

type orderShown struct {
	ID, Number    string
	PaymentStatus string `json:"payment_status"`
}

// exampleOrder asks the API for the order that a connection told under id.
func exampleOrder(t *testing.T, h *harness, key, id string) orderShown {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/v1/orders/"+commerce.Key("s", "generic", id), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var shown orderShown
	if err := json.NewDecoder(response.Body).Decode(&shown); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("order %s: %s, %v", id, response.Status, err)
	}
	return shown
}
