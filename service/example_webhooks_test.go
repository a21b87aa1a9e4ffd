package service

import (
	"comeback/commerce"
	"comeback/store/documents"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// sender is one of the programs in ../examples/webhooks.
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
		{"curl", "curl", with("sh", "../examples/webhooks/send.sh")},
		{"Go", "go", with("go", "run", "../examples/webhooks/go")},
		{"Python", "python3", with("python3", "../examples/webhooks/send.py")},
		{"PHP", "php", with("php", "../examples/webhooks/send.php")},
		{"TypeScript", "node", func(t *testing.T, file string) *exec.Cmd {
			return exec.CommandContext(t.Context(), "node", withoutTypes(t, "../examples/webhooks/send.ts"), file)
		}},
	}
}

var typeOrBang = regexp.MustCompile(`: (?:Buffer|string|Promise<string>)\b|(_URL|_SECRET)!`)

// withoutTypes turns a TypeScript file of the examples into JavaScript, for
// every release of Node.
func withoutTypes(t *testing.T, name string) string {
	t.Helper()
	text := strings.ReplaceAll(fileText(t, name), ": Promise<string>", "")
	path := filepath.Join(t.TempDir(), "send.mjs")
	ok(t, os.WriteFile(path, []byte(typeOrBang.ReplaceAllString(text, "$1")), 0o600))
	return path
}

// Each example of a webhook signs and sends an order that the service accepts,
// reads and shows. The programs use the machine's clock, and so does this
// service. A program that this machine cannot run is skipped with a message.
func TestExampleWebhooksAreReadAsOrders(t *testing.T) {
	t.Parallel()
	eachDocuments(t, func(t *testing.T, docs documents.Database) {
		h := newHarness(t, docs, time.Now())
		key := h.shopKey(t)
		for _, s := range senders() {
			t.Run(s.name, func(t *testing.T) {
				if _, err := exec.LookPath(s.needs); err != nil {
					t.Skipf("%s is not installed: the example in %s was not run", s.needs, s.name)
				}
				id := "example-" + strings.ToLower(s.name)
				file := filepath.Join(t.TempDir(), "order.json")
				ok(t, os.WriteFile(file, []byte(strings.Replace(fileText(t, "../examples/webhooks/order.json"), `"1001"`, `"`+id+`"`, 1)), 0o600))
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

// exampleOrder reads the order with that id of a connection.
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

func fileText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	ok(t, err)
	return string(text)
}
