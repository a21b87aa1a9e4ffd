package mailbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"comeback/campaigns"
	"comeback/campaigns/channels/email"
	"comeback/campaigns/channels/mailbox"
	"comeback/commerce"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// catching runs a catcher until the test ends or stop is called.
func catching(t testing.TB, s mailbox.Settings) (m *mailbox.Catcher, stop func()) {
	t.Helper()
	s.Address = "127.0.0.1:0"
	m, err := mailbox.New(s, now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- m.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return m, stop
}

// emailTo is a channel that sends to the catcher over real sockets.
func emailTo(t testing.TB, address string, connections int) *email.Channel {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	e, err := email.New(email.Settings{Host: host, Port: n, TLS: email.Plain, Connections: connections}, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func numbered(i int) campaigns.Mail {
	m := sample()
	m.ID = fmt.Sprintf("shop1:unpaid-reminder:wc:%d:1", i)
	m.MessageID = campaigns.MessageID(m.ID, "shop.example")
	m.Subject = fmt.Sprintf("Order %d is waiting", i)
	return m
}

func deliver(t testing.TB, e *email.Channel, m campaigns.Mail) {
	t.Helper()
	if out := outcomeOf(context.Background(), e, m); out.State != sent {
		t.Errorf("got %s (%s), want sent", out.State, out.Reason)
	}
}

// What was sent is in the mailbox, each once, and can be read back.
func TestMailboxCatches(t *testing.T) {
	t.Parallel()
	m, _ := catching(t, mailbox.Settings{})
	e := emailTo(t, m.Addr(), 4)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() { deliver(t, e, numbered(i)) })
	}
	all.Wait()
	seen := map[string]bool{}
	for i, c := range m.Mails(0) {
		seen[c.MessageID] = true
		if c.Number != i+1 || c.To != "ann@customer.example" || c.Date.IsZero() || c.At.IsZero() {
			t.Errorf("mail %d: got %+v", i, c)
		}
	}
	if len(seen) != 40 || m.Caught() != 40 {
		t.Errorf("got %d mails, %d different, want 40", m.Caught(), len(seen))
	}
	content := m.Mails(39)[0].Content()
	if content.Text != sample().Text || content.HTML != sample().HTML {
		t.Errorf("got %q and %q", content.Text, content.HTML)
	}
}

// Only the newest mails are stored; their numbers continue.
func TestMailboxStoresTheNewestMails(t *testing.T) {
	t.Parallel()
	m, _ := catching(t, mailbox.Settings{Keep: 3})
	e := emailTo(t, m.Addr(), 1)
	for i := range 5 {
		deliver(t, e, numbered(i))
	}
	if mails := m.Mails(0); len(mails) != 3 || mails[0].Number != 3 || m.Caught() != 5 {
		t.Errorf("got %d mails of %d, want the last 3 of 5", len(mails), m.Caught())
	}
	if _, found := m.Mail(2); found {
		t.Error("mail 2 should be gone")
	}
	if c, found := m.Mail(5); !found || c.Subject != "Order 4 is waiting" {
		t.Errorf("mail 5: got %q, %v", c.Subject, found)
	}
}

// Every mail answered with 250 is on disk before, so that a kill loses none,
// and a restart shows them all.
func TestMailboxDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m, stop := catching(t, mailbox.Settings{Dir: dir})
	e := emailTo(t, m.Addr(), 2)
	for i := range 3 {
		deliver(t, e, numbered(i))
		name := fmt.Sprintf("%08d-%s.eml", i+1, numbered(i).MessageID)
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("after 250: %v", err)
		}
	}
	stop()
	if err := os.WriteFile(filepath.Join(dir, ".mail-123"), []byte("cut off by a kill"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, _ := catching(t, mailbox.Settings{Dir: dir, Keep: 2})
	deliver(t, emailTo(t, again.Addr(), 1), numbered(9))
	mails := again.Mails(0)
	if len(mails) != 2 || mails[0].Number != 3 || mails[1].Number != 4 || mails[0].MessageID != numbered(2).MessageID {
		t.Errorf("after a restart: got %d mails, want numbers 3 and 4", len(mails))
	}
	if mails[0].To != "ann@customer.example" || mails[0].At.IsZero() {
		t.Errorf("the envelope was lost: %+v", mails[0])
	}
}

// A mail that cannot be stored is not answered with 250.
func TestMailboxDiskFails(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	m, _ := catching(t, mailbox.Settings{Dir: dir})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	out := outcomeOf(t.Context(), emailTo(t, m.Addr(), 1), sample())
	if out.State != campaigns.MailHeld || out.Fault.Otherwise != campaigns.MailDeferred || out.Code != 452 || len(m.Mails(0)) != 0 {
		t.Errorf("got %s %d, %d mails, want it held, later deferred, and none", out.State, out.Code, len(m.Mails(0)))
	}
}

func page(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
	return w
}

// The pages show the mail and run no script of it.
func TestMailboxPages(t *testing.T) {
	t.Parallel()
	m, _ := catching(t, mailbox.Settings{})
	e := emailTo(t, m.Addr(), 1)
	evil := numbered(1)
	evil.Subject = "<script>alert(1)</script>订单"
	evil.Text = "plain <b>text</b>"
	evil.HTML = `<!doctype html><html><head><title>x</title></head><body><script>alert(2)</script>` +
		`<a href="https://shop.example">shop</a></body></html>`
	deliver(t, e, evil)
	for _, c := range []struct {
		path, kind string
		status     int
		has        []string
		lacks      []string
	}{
		{"/", "text/html; charset=utf-8", 200,
			[]string{"1 mail caught", "&lt;script&gt;alert(1)", "订单", "ann@customer.example", `href="mails/1"`, evil.MessageID},
			[]string{"<script"}},
		{"/mails/1", "text/html; charset=utf-8", 200,
			[]string{`<iframe class="sheet" src="1/html"`, `sandbox="allow-popups`, "plain &lt;b&gt;text", "Message-Id"},
			[]string{"<script", "alert(2)"}},
		{"/mails/1/html", "text/html; charset=utf-8", 200, []string{`<head><base target="_blank"><title>`, `href="https://shop.example"`}, nil},
		{"/mails/1/raw", "text/plain; charset=utf-8", 200, []string{"Delivered-To: ann@customer.example", "multipart/alternative"}, nil},
		{"/page.css", "text/css; charset=utf-8", 200, []string{".sheet"}, nil},
		{"/mails/2", "text/plain; charset=utf-8", 404, []string{"no such mail"}, nil},
		{"/mails/x", "text/plain; charset=utf-8", 404, []string{"no such mail"}, nil},
	} {
		w := page(t, m.Handler(), c.path)
		h := w.Header()
		if w.Code != c.status || h.Get("Content-Type") != c.kind || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %d %v, want %d %s", c.path, w.Code, h, c.status, c.kind)
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") ||
			strings.Contains(policy, "allow-scripts") {
			t.Errorf("%s: got policy %q", c.path, policy)
		}
		for _, text := range c.has {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s lacks %q", c.path, text)
			}
		}
		for _, text := range c.lacks {
			if strings.Contains(w.Body.String(), text) {
				t.Errorf("%s has %q", c.path, text)
			}
		}
	}
}

// A program reads the mails in pages and sees each once.
func TestMailboxJSON(t *testing.T) {
	t.Parallel()
	m, _ := catching(t, mailbox.Settings{})
	e := emailTo(t, m.Addr(), 1)
	for i := range 130 {
		deliver(t, e, numbered(i))
	}
	type answer struct {
		Caught int `json:"caught"`
		Mails  []struct {
			Number    int                 `json:"number"`
			MessageID string              `json:"message_id"`
			Text      string              `json:"text"`
			Headers   map[string][]string `json:"headers"`
		} `json:"mails"`
	}
	seen, after := map[string]bool{}, 0
	for {
		var got answer
		if err := json.Unmarshal(page(t, m.Handler(), fmt.Sprintf("/mails.json?after=%d", after)).Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Caught != 130 {
			t.Fatalf("caught: got %d, want 130", got.Caught)
		}
		if len(got.Mails) == 0 {
			break
		}
		for _, mail := range got.Mails {
			seen[mail.MessageID] = mail.Text == sample().Text && mail.Headers["Subject"] != nil
			after = mail.Number
		}
	}
	if len(seen) != 130 {
		t.Errorf("got %d mails, want 130", len(seen))
	}
	for id, whole := range seen {
		if !whole {
			t.Errorf("%s: text or headers are missing", id)
		}
	}
}

// The list goes back in time page by page.
func TestMailboxOlder(t *testing.T) {
	t.Parallel()
	m, _ := catching(t, mailbox.Settings{})
	e := emailTo(t, m.Addr(), 1)
	for i := range 120 {
		deliver(t, e, numbered(i))
	}
	first := page(t, m.Handler(), "/").Body.String()
	if !strings.Contains(first, "Order 119 is") || strings.Contains(first, "Order 19 is") || !strings.Contains(first, `href="?before=21"`) {
		t.Error("the first page should hold mails 21 to 120 and lead to the older ones")
	}
	older := page(t, m.Handler(), "/?before=21").Body.String()
	if !strings.Contains(older, "Order 19 is") || strings.Contains(older, "Order 20 is") || strings.Contains(older, "before=") {
		t.Error("the second page should hold mails 1 to 20 and end there")
	}
}

// The mailbox stops although connections are open; if it cannot start, it returns an error.
func TestMailboxStops(t *testing.T) {
	t.Parallel()
	m, stop := catching(t, mailbox.Settings{})
	e := emailTo(t, m.Addr(), 1)
	deliver(t, e, numbered(1))
	if _, err := mailbox.New(mailbox.Settings{Address: m.Addr()}, now); commerce.CodeOf(err) != commerce.Invalid ||
		!strings.HasPrefix(err.Error(), "Address: ") {
		t.Errorf("an address in use: got %v", err)
	}
	stop()
	if out := outcomeOf(t.Context(), e, numbered(2)); out.State != held || out.Fault.State != campaigns.StreamUnreachable {
		t.Errorf("got %s, %+v, want held for a relay that is away", out.State, out.Fault)
	}
	if out := outcomeOf(t.Context(), e, numbered(2)); out.State != held || out.Fault.State != "" {
		t.Errorf("got %s, %+v, want held, and not tried", out.State, out.Fault)
	}
}

// The mailbox shows any bytes sent to it without an error.
func FuzzCaughtMail(f *testing.F) {
	f.Add(
		[]byte(
			"Subject: =?utf-8?b?5Lmm?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--",
		),
	)
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\"\"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!"))
	f.Add([]byte("no header"))
	f.Fuzz(func(_ *testing.T, raw []byte) { mailbox.Mail{Raw: raw}.Content() })
}

// BenchmarkDeliver sends a reminder of 8 KB to the catcher over 10 persistent connections.
func BenchmarkDeliver(b *testing.B) {
	m, _ := catching(b, mailbox.Settings{})
	e := emailTo(b, m.Addr(), 10)
	mail := sample()
	mail.HTML = strings.Repeat("<p>Your order is still waiting for you: <a href=\"https://shop.example/pay\">pay now</a></p>\n", 80)
	var all sync.WaitGroup
	work := make(chan struct{})
	for range 10 {
		all.Go(func() {
			for range work {
				deliver(b, e, mail)
			}
		})
	}
	for b.Loop() {
		work <- struct{}{}
	}
	close(work)
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// The pages answer to addresses, to localhost and to the name they were given: a
// stranger's page whose name leads to this machine reads no mail.
func TestMailboxPagesAnswerToTheirOwnNameAlone(t *testing.T) {
	t.Parallel()
	m, _ := catching(t, mailbox.Settings{PagesHost: "mail.dev.example"})
	for host, want := range map[string]int{
		"127.0.0.1:8025": 200, "[::1]:8025": 200, "10.1.2.3": 200, "localhost:8025": 200, "LOCALHOST.": 200, "box.localhost:1": 200,
		"mail.dev.example:8025": 200,
		"evil.example":          421, "evil.example:8025": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "": 421,
	} {
		for _, path := range []string{"/", "/mails.json", "/page.css"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			if m.Handler().ServeHTTP(w, r); w.Code != want {
				t.Errorf("%q %s: got %d, want %d", host, path, w.Code, want)
			}
		}
	}
}

const sent, held = campaigns.MailSent, campaigns.MailHeld

// sample is a mail with nothing special about it.
func sample() campaigns.Mail {
	return campaigns.Mail{
		ID: "shop1:unpaid-reminder:wc:1001:1", MessageID: campaigns.MessageID("shop1:unpaid-reminder:wc:1001:1", "shop.example"),
		From: "hello@shop.example", FromName: "The Shop", To: "ann@customer.example", ToName: "Ann",
		Subject: "Your order is waiting", Text: "Pay here: https://shop.example/pay",
		HTML: "<p>Pay <a href=\"https://shop.example/pay\">here</a></p>",
		Date: time.Date(2016, 11, 22, 9, 0, 0, 0, time.UTC),
	}
}

func always(context.Context) (bool, error) { return true, nil }

// outcomeOf delivers a mail.
func outcomeOf(ctx context.Context, e *email.Channel, m campaigns.Mail) (out campaigns.MailOutcome) {
	e.Deliver(ctx, m, always, func(o campaigns.MailOutcome) { out = o })
	return out
}
