package service

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/store"
)

// tracked is an API that runs over a harness' store, and mails that were sent.
type tracked struct {
	*harness
	url  string
	stop func() error // as a signal does
}

func track(t *testing.T, h *harness, messages int) *tracked {
	t.Helper()
	planSent(t, h.Store, messages, h.at().AddDate(0, 0, -1), h.Address(commerce.EmailAddress("ann@example.com")))
	edge, err := api.New(api.Config{
		Store: h.Store, Marker: unmarked{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: h.at, Wall: time.Now,
		Deadline: machineDeadline, Metrics: prometheus.NewRegistry(), BaseURL: "http://comeback.test", Tokens: testTokens(t),
	})
	ok(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- edge.Run(ctx, listener) }()
	return &tracked{harness: h, url: "http://" + listener.Addr().String(), stop: sync.OnceValue(func() error { stop(); return <-ended })}
}

// planSent stores so many mails that were sent to one address.
func planSent(t testing.TB, s interface {
	PlanMessages(ctx context.Context, shop string, list []campaigns.Message) error
}, messages int, at time.Time, to commerce.AddressHash) {
	t.Helper()
	list := make([]campaigns.Message, messages)
	for n := range list {
		list[n] = sentMessage(n, at)
		list[n].Recipient = to
	}
	ok(t, s.PlanMessages(t.Context(), "s", list))
}

// trackedPaths are the links and the pixels of mails, each once.
func trackedPaths(tokens *mail.Tokens, messages int) (paths []string) {
	for n := range messages {
		paths = append(paths, "/c/"+tokens.Click(trackedMessage(n), 1), "/o/"+tokens.Open(trackedMessage(n)))
	}
	return paths
}

// unpack stores each touch by itself, as a worker does.
func unpack(t *testing.T, s *store.Store) (over int) {
	t.Helper()
	for groups := 1; groups > 0; {
		var more int
		var err error
		groups, more, err = s.UnpackTouches(t.Context(), "s")
		ok(t, err)
		over += more
	}
	return over
}

// A stop loses no touch that was answered. Leaving is stored when it is answered: the
// suppression and the touch.
func TestAStopLosesNoOpensAndClicks(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		const messages = 40
		x := track(t, h, messages)
		response, err := http.Post(x.url+"/u/"+testTokens(t).Unsubscribe(trackedMessage(0), ""), "application/x-www-form-urlencoded",
			strings.NewReader("List-Unsubscribe=One-Click"))
		ok(t, err)
		_ = response.Body.Close()
		unpack(t, h.Store)
		touches, err := h.TouchesOf(t.Context(), "s", trackedMessage(0))
		ok(t, err)
		gone, err := h.SuppressionsOf(t.Context(), "s", h.Address(commerce.EmailAddress("ann@example.com")))
		ok(t, err)
		if response.StatusCode != 200 || len(touches) != 1 || touches[0].Kind != campaigns.Unsubscribed || len(gone) != 1 {
			t.Errorf("got %s, %v and %v, want a stored touch and suppression", response.Status, touches, gone)
		}
		newTrackingLoad(x.url, trackedPaths(testTokens(t), messages), programs).run(t, 2*messages, 0)
		ok(t, x.stop())
		unpack(t, h.Store)
		for n := range messages {
			touches, err := h.TouchesOf(t.Context(), "s", trackedMessage(n))
			ok(t, err)
			m, err := h.Message(t.Context(), "s", trackedMessage(n))
			ok(t, err)
			for _, touch := range touches {
				if touch.Customer != m.Customer || touch.Campaign != m.Campaign || !m.Touched {
					t.Errorf("got %+v of %+v, want its customer, its campaign and its mark", touch, m)
				}
			}
			if want := map[bool]int{true: 3, false: 2}[n == 0]; len(touches) != want {
				t.Errorf("message %d: got %d touches, want %d", n, len(touches), want)
			}
		}
	})
}

// Opens and clicks that come together cost few commands on MongoDB: reads of links, reads
// of addressees, inserts and marks are of many mails each.
func TestOpensAndClicksOfManyMailsShareCommands(t *testing.T) {
	t.Parallel()
	const messages = 500
	proxy, env := behindProxy(t, 13)
	config, err := LoadConfig(append(env, "COMEBACK_ROLE=api", "COMEBACK_LOG_LEVEL=error"))
	ok(t, err)
	s, err := Open(t.Context(), config, ownProcess())
	ok(t, err)
	t.Cleanup(func() { ok(t, s.Close()) })
	ok(t, s.db.AddShop(t.Context(), commerce.Shop{
		ID: "s", Market: commerce.West, Zone: "UTC", Currency: "EUR", CreatedAt: time.Now(), URL: "https://tea.example",
	}))
	planSent(t, s.db.Store, messages, time.Now().AddDate(0, 0, -1), s.db.Address(commerce.EmailAddress("ann@example.com")))
	tokens, err := mail.NewTokens(mail.TokenKey{ID: 1, Secret: s.db.keys.key(forTokens)})
	ok(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.api.Run(ctx, s.listener) }()
	proxy.reset()
	newTrackingLoad("http://"+s.Address(), trackedPaths(tokens, messages), programs).run(t, 2*messages, 0)
	stop()
	ok(t, <-ended)
	counts, sum := proxy.reset()
	t.Logf("%d commands for %d touches over %d connections: %v", sum, 2*messages, readers, counts)
	if sum > messages {
		t.Errorf("got %d commands for %d touches, want one for several", sum, 2*messages)
	}
}

// A stranger with one link, who names another program each time, fills no database: 500
// touches of a kind and day are stored, the others are counted. A click is stored beside a
// flood of openings, and the next day has its own 500.
func TestAFloodOfOpeningsIsCountedAndNotStored(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		x := track(t, h, 2)
		flood := func(token string) {
			const openings = campaigns.TouchesADay + 100
			newTrackingLoad(x.url, slices.Repeat([]string{"/o/" + token}, openings), openings).run(t, openings, 0)
		}
		flood(testTokens(t).Open(trackedMessage(0)))
		newTrackingLoad(x.url, []string{"/c/" + testTokens(t).Click(trackedMessage(0), 1)}, 1).run(t, 1, 0)
		newTrackingLoad(x.url, []string{"/o/" + testTokens(t).Open(trackedMessage(1))}, 1).run(t, 1, 0)
		h.moveTo(h.at().Add(24 * time.Hour))
		flood(testTokens(t).Open(trackedMessage(0)))
		ok(t, x.stop())
		if over := unpack(t, h.Store); over != 200 {
			t.Errorf("got %d not stored, want 100 of each day", over)
		}
		touches, err := h.TouchesAmong(t.Context(), "s", []string{trackedMessage(0), trackedMessage(1)})
		ok(t, err)
		stored := map[campaigns.TouchKind]int{}
		for _, touch := range touches[trackedMessage(0)] {
			stored[touch.Kind]++
		}
		if stored[campaigns.Opened] != 2*campaigns.TouchesADay || stored[campaigns.Clicked] != 1 || len(touches[trackedMessage(1)]) != 1 {
			t.Errorf("got %v and %d of the other mail", stored, len(touches[trackedMessage(1)]))
		}
		_, err = h.Fold(t.Context(), "s", []string{trackedMessage(0)})
		ok(t, err)
		api := NewClient(Announcement{URL: h.url, Token: h.shopKey(t)}, nil)
		answers := ask(t, api, http.MethodGet, "/v1/messages/"+url.PathEscape(trackedMessage(0)), nil)["answers"].(map[string]any)
		if answers["not_stored"] != 200.0 || answers["clicks"].(float64)+answers["machine_clicks"].(float64) != 1 {
			t.Errorf("got answers %v, want 200 not stored and the click", answers)
		}
	})
}

// Whatever a stranger writes in a link costs no read of the store, and the same answer.
func TestForgedLinksReadNothing(t *testing.T) {
	t.Parallel()
	edge, err := api.New(api.Config{
		Marker: unmarked{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now, Wall: time.Now, Deadline: machineDeadline,
		Metrics: prometheus.NewRegistry(), BaseURL: "http://comeback.test", Tokens: testTokens(t), // and no store at all
	})
	ok(t, err)
	good := testTokens(t).Click(trackedMessage(1), 1)
	answers := map[string]int{}
	for i := range good {
		for _, purpose := range []string{"c", "o", "u"} {
			letter := "A"
			if good[i] == 'A' {
				letter = "B"
			}
			w := httptest.NewRecorder()
			edge.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/"+purpose+"/"+good[:i]+letter+good[i+1:], nil))
			answers[fmt.Sprint(w.Code, w.Body)]++
		}
	}
	if len(answers) != 1 {
		t.Errorf("got %d different answers, want one: %v", len(answers), answers)
	}
}

// A service that is killed loses the touches of 10 ms at most: all others that it answered
// are stored.
func TestKilledItLosesTheOpensAndClicksOfTenMillisecondsAtMost(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills processes")
	}
	binary := buildService(t)
	const messages = 1000
	for range muchOfBuilt(1, 5) {
		data := t.TempDir()
		tokens := prepareTracked(t, data, messages)
		c := command(t, binary, data, "serve")
		ok(t, c.Start())
		await(t, time.Minute, func() bool { return running(data, "") != nil })
		paths := trackedPaths(tokens, messages)
		visits := visitUntilKilled(t, running(data, "").URL, paths, c)
		judgeLost(t, data, visits)
	}
}

func prepareTracked(t testing.TB, data string, messages int) *mail.Tokens {
	t.Helper()
	keys, err := openKeyring(Storage{Data: data})
	ok(t, err)
	tokens, err := mail.NewTokens(mail.TokenKey{ID: 1, Secret: keys.key(forTokens)})
	ok(t, err)
	s := openStore(t, data, time.Now)
	defer s.Close()
	ok(t, s.AddShop(t.Context(), commerce.Shop{
		ID: "s", Name: "Tea", Market: commerce.West, Zone: "UTC", Currency: "EUR", CreatedAt: time.Now(), URL: "https://tea.example",
	}))
	planSent(t, s, messages, time.Now().AddDate(0, 0, -1), commerce.AddressHash{})
	return tokens
}

// visit is one answered request: path n was asked for and answered at these times.
type visit struct {
	n               int
	asked, answered time.Time
}

// visitUntilKilled follows the paths over some connections, and kills the service when
// half of them are answered.
func visitUntilKilled(t *testing.T, url string, paths []string, c *exec.Cmd) (visits []visit) {
	t.Helper()
	load := newTrackingLoad(url, paths, programs)
	var mu sync.Mutex
	var clients sync.WaitGroup
	for first := range readers {
		clients.Go(func() {
			reader, err := dialReader(load.address)
			for n := first; err == nil && n < len(paths); n += readers {
				asked := time.Now()
				if err = reader.ask(load.request(n)); err != nil {
					return
				}
				mu.Lock()
				visits = append(visits, visit{n, asked, time.Now()})
				if len(visits) == len(paths)/2 {
					_ = c.Process.Kill()
				}
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	_ = c.Wait()
	return visits
}

// judgeLost compares what was answered with what is stored. A touch came after it was
// asked for and before it was answered.
func judgeLost(t *testing.T, data string, visits []visit) {
	t.Helper()
	s := openStore(t, data, time.Now)
	defer s.Close()
	unpack(t, s.Store)
	var ids []string
	for _, v := range visits {
		ids = append(ids, trackedMessage(v.n/2))
	}
	of, err := s.TouchesAmong(t.Context(), "s", ids)
	ok(t, err)
	stored := map[string]bool{}
	for id, touches := range of {
		for _, touch := range touches {
			stored[id+string(touch.Kind)] = true
		}
	}
	var first, last time.Time // the earliest moment by which one of the lost came, and the latest after which one came
	lost := 0
	for _, v := range visits {
		kind := campaigns.Clicked
		if v.n%2 == 1 {
			kind = campaigns.Opened
		}
		if stored[trackedMessage(v.n/2)+string(kind)] {
			continue
		}
		lost++
		if first.IsZero() || v.answered.Before(first) {
			first = v.answered
		}
		if v.asked.After(last) {
			last = v.asked
		}
	}
	t.Logf("lost %d of %d answered touches", lost, len(visits))
	if len(visits) == 0 || last.Sub(first) >= api.TouchWindow {
		t.Errorf("lost %d of %d touches, which came within %v; want those of %v", lost, len(visits), last.Sub(first), api.TouchWindow)
	}
}
