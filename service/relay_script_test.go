package service

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/campaigns"
	"comeback/campaigns/channels/email"
	"comeback/commerce"
	"comeback/jobs"
	"comeback/segments/indexcache"
)

// scriptedRelay is an SMTP server whose replies a test decides.
type scriptedRelay struct {
	listener net.Listener
	offers   []string // extensions
	tls      *tls.Config

	mu       sync.Mutex
	answer   func(verb, line string) string // "" means the usual reply
	away     bool                           // nobody listens at its address
	conns    map[net.Conn]bool
	most     int            // connections at once; 0: any number
	met      int            // connections ever
	tries    int            // MAIL commands
	accepted map[string]int // by recipient
	copies   map[string]int // by Message-ID
}

func scriptRelay(t testing.TB, offers ...string) *scriptedRelay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	r := &scriptedRelay{listener: listener, offers: offers, conns: map[net.Conn]bool{}, tls: strangeTLS(t)}
	r.accepted, r.copies = map[string]int{}, map[string]int{}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { r.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		r.hangUp()
		running.Wait()
	})
	return r
}

// strangeTLS is a configuration that nobody trusts.
func strangeTLS(t testing.TB) *tls.Config {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	ok(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	ok(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}
}

// play sets what the relay answers from now on.
func (r *scriptedRelay) play(answer func(verb, line string) string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer, r.away = answer, false
}

// leaves lets nobody listen at the relay's address until play is called.
func (r *scriptedRelay) leaves() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = true
}

func (r *scriptedRelay) dial(ctx context.Context, network, address string) (net.Conn, error) {
	r.mu.Lock()
	if r.met++; r.away {
		address = "127.0.0.1:1" // a port without a server
	} else {
		r.met--
	}
	r.mu.Unlock()
	return new(net.Dialer).DialContext(ctx, network, address)
}

// says answers one verb always with the same line.
func (r *scriptedRelay) says(verb, reply string) {
	r.play(func(v, _ string) string {
		if v == verb {
			return reply
		}
		return ""
	})
}

func (r *scriptedRelay) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		_ = conn.Close()
	}
}

func (r *scriptedRelay) figures() (met, tries, accepted int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.accepted {
		accepted += n
	}
	return r.met, r.tries, accepted
}

// took are the mails that it accepted: how often, by Message-ID.
func (r *scriptedRelay) took() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.copies)
}

// caught counts the accepted mails.
func (r *scriptedRelay) caught() int {
	_, _, accepted := r.figures()
	return accepted
}

// settings are those of a program that sends by it.
func (r *scriptedRelay) settings() []string {
	host, port, _ := net.SplitHostPort(r.listener.Addr().String())
	return []string{"COMEBACK_SMTP_HOST=" + host, "COMEBACK_SMTP_PORT=" + port, "COMEBACK_SMTP_TLS=none"}
}

func (r *scriptedRelay) reply(verb, line, usual string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if verb == "MAIL" {
		r.tries++
	}
	if r.answer != nil {
		if said := r.answer(verb, line); said != "" {
			return said
		}
	}
	return usual
}

func (r *scriptedRelay) arrive(conn net.Conn) (full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.met++
	r.conns[conn] = true
	return r.most > 0 && len(r.conns) > r.most
}

func (r *scriptedRelay) leave(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, conn)
	_ = conn.Close()
}

func (r *scriptedRelay) serve(conn net.Conn) {
	full := r.arrive(conn)
	defer r.leave(conn)
	wire, in := conn, bufio.NewReader(conn)
	say := func(line string) { _, _ = io.WriteString(wire, line+"\r\n") }
	if full {
		say("421 4.7.0 too many connections")
		return
	}
	say(r.reply("greet", "", "220 relay.test ESMTP"))
	from, rcpt := "", ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		usual := "250 2.0.0 ok"
		switch verb {
		case "EHLO":
			usual = "250-relay.test\r\n250-" + strings.Join(append(r.offers, "8BITMIME"), "\r\n250-") + "\r\n250 SIZE"
		case "AUTH":
			usual = "235 2.7.0 welcome"
		case "MAIL":
			from = line
		case "RCPT":
			rcpt = line[strings.IndexByte(line, '<')+1 : strings.IndexByte(line, '>')]
		case "DATA":
			usual = "354 go ahead"
		case "STARTTLS":
			usual = "220 go ahead"
		case "QUIT":
			return
		}
		reply := r.reply(verb, line, usual)
		if reply == "hang up" {
			return
		}
		say(reply)
		switch {
		case verb == "STARTTLS":
			wire = tls.Server(conn, r.tls)
			in = bufio.NewReader(wire)
		case verb == "DATA" && strings.HasPrefix(reply, "354"):
			if reply = r.mail(in, from, rcpt); reply == "hang up" {
				return
			}
			say(reply)
			if r.reply("taken", rcpt, "") == "hang up" {
				return
			}
		}
	}
}

// mail reads a mail, and returns the answer to its last dot.
func (r *scriptedRelay) mail(in *bufio.Reader, from, rcpt string) (reply string) {
	id := ""
	for line := ""; line != ".\r\n"; {
		var err error
		if line, err = in.ReadString('\n'); err != nil {
			return "hang up"
		}
		if name, value, _ := strings.Cut(line, ": "); id == "" && strings.EqualFold(name, "Message-ID") {
			id = strings.Trim(value, "<>\r\n")
		}
	}
	reply = r.reply("dot", rcpt+" of "+from, "250 2.0.0 queued")
	if strings.HasPrefix(reply, "250") {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.accepted[rcpt]++
		r.copies[id]++
	}
	return reply
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// about are the lines that contain a text.
func (l *lines) about(text string) (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, text) {
			list = append(list, line)
		}
	}
	return list
}

// sendingWorld is workers over one store and one scripted relay, on a clock that the test
// steps. The dispatcher's part is played by work.
type sendingWorld struct {
	*harness
	relay   *scriptedRelay
	workers []*worker
	log     *lines
	shops   []string
	metrics *prometheus.Registry
	rates   jobs.Rates
}

func newSendingWorld(t *testing.T, h *harness, r *scriptedRelay) *sendingWorld {
	t.Helper()
	w := &sendingWorld{harness: h, relay: r, log: &lines{}, metrics: prometheus.NewRegistry()}
	shop, err := h.Shop(t.Context(), "s")
	ok(t, err)
	shop.Name, shop.Language, shop.URL, shop.Jurisdiction = "Tea", "en", "https://tea.example", "eu"
	shop.Sender = commerce.Sender{Name: "Tea", From: "shop@tea.example"}
	ok(t, h.SaveShop(t.Context(), shop))
	w.remind(t, "s")
	return w
}

// remind lets a shop remind of unpaid orders at once.
func (w *sendingWorld) remind(t *testing.T, shop string) {
	t.Helper()
	c, problems := campaigns.Parse(fmt.Appendf(nil, strings.Replace(killedCampaign, `"wait": "1m"`, `"wait": "0m"`, 1), campaigns.Hold))
	if c == nil {
		t.Fatal(problems)
	}
	_, _, err := w.PutCampaign(t.Context(), shop, c)
	ok(t, err)
	ok(t, w.ActivateCampaign(t.Context(), shop, "killed", 1))
	w.shops = append(w.shops, shop)
}

// join starts one more worker with its own connections. Without settings it has no relay.
func (w *sendingWorld) join(t *testing.T, change func(*email.Settings)) {
	t.Helper()
	host, port, _ := net.SplitHostPort(w.relay.listener.Addr().String())
	settings := email.Settings{Host: host, TLS: email.Plain, Connections: 4}
	_, err := fmt.Sscan(port, &settings.Port)
	ok(t, err)
	parts := w.parts(t)
	if change != nil {
		settings.Dial = w.relay.dial
		change(&settings)
		channel, err := email.New(settings, w.at)
		ok(t, err)
		t.Cleanup(channel.Close)
		parts.channels, parts.relay = map[string]jobs.Channel{"email": channel}, identify(settings, false, []byte("k"))
	}
	w.workers = append(w.workers, newWorker(parts))
}

func (w *sendingWorld) parts(t *testing.T) workerParts {
	t.Helper()
	redis, err := jobs.OpenRedis("redis://127.0.0.1:1") // never called: the test works by itself
	ok(t, err)
	t.Cleanup(func() { _ = redis.Close() })
	return workerParts{
		store: w.Store, indexes: indexcache.New(w.Store, 1<<28, w.at), redis: redis, templates: readyTemplates(t), tokens: testTokens(t),
		baseURL: "https://comeback.test", workers: 1, rates: w.rates, metrics: prometheus.NewRegistry(), now: w.at, wall: w.at,
		log: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
}

// plain changes nothing.
func plain(*email.Settings) {}

// owe stores unpaid orders of a shop; each makes one mail that is due at once. The buyers
// have addresses at the domains, in turn; at example.com where none is given.
func (w *sendingWorld) owe(t *testing.T, shop string, from, to int, domains ...string) {
	t.Helper()
	if len(domains) == 0 {
		domains = []string{"example.com"}
	}
	for n := from; n < to; n++ {
		_, err := w.SaveOrder(t.Context(), shop, commerce.Order{
			ID: commerce.Key(shop, "c", fmt.Sprint(n)), Shop: shop, Connection: "c", External: fmt.Sprint(n),
			OrderState: commerce.OrderState{
				Version: w.at(), Status: commerce.Open, Payment: commerce.Unpaid, Currency: "EUR",
				Total:  commerce.Money{Minor: 5000, Currency: "EUR"},
				Buyer:  commerce.Buyer{Email: fmt.Sprintf("p%d@%s", n, domains[n%len(domains)]), AcceptsMarketing: true},
				PayURL: "https://tea.example/pay",
			},
			Times: commerce.Timeline{PlacedAt: w.at()},
		})
		ok(t, err)
	}
	ok(t, w.MarkDue(t.Context(), shop, w.at()))
}

// work lets the time pass in seconds. Each second the shops with work due get all workers,
// as the dispatcher does it. Seconds in which no shop is due are skipped.
func (w *sendingWorld) work(t *testing.T, d time.Duration) {
	t.Helper()
	for end := w.at().Add(d); w.at().Before(end); {
		next := end
		for _, shop := range w.shops {
			due, err := w.DueOf(t.Context(), shop)
			ok(t, err)
			if !due.NextDue.IsZero() && due.NextDue.Before(next) {
				next = due.NextDue
			}
		}
		seconds := max(1, (next.Sub(w.at())+time.Second-1)/time.Second)
		w.moveTo(w.at().Add(seconds * time.Second))
		for _, worker := range w.workers {
			ok(t, worker.sending.Beat(t.Context()))
		}
		due, err := w.DueShops(t.Context(), w.at(), 100)
		ok(t, err)
		var running sync.WaitGroup
		for _, shop := range due {
			for _, worker := range w.workers {
				running.Go(func() {
					if err := worker.advance.Run(context.WithoutCancel(t.Context()), shop.Shop); err != nil {
						t.Errorf("work: %v", err)
					}
				})
			}
		}
		running.Wait()
	}
}

// states counts a shop's messages by state.
func (w *sendingWorld) states(t *testing.T, shop string) (counts map[campaigns.MessageState]int, list []campaigns.Message) {
	t.Helper()
	list, err := w.Messages(t.Context(), shop, "", "", "", nil, 1000)
	ok(t, err)
	counts = map[campaigns.MessageState]int{}
	for _, m := range list {
		counts[m.State]++
	}
	return counts, list
}

// stream is the relay's stream, or that of a shop's sender.
func (w *sendingWorld) stream(t *testing.T, shop string) campaigns.Stream {
	t.Helper()
	list, err := w.Streams(t.Context(), shop)
	ok(t, err)
	if len(list) != 1 {
		t.Fatalf("got %d streams of %s, want 1", len(list), shop)
	}
	return list[0]
}
