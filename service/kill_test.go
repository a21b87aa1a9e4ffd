package service

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"comeback/api"
	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/embedded"
)

const connections = 10

// inFlight is the most messages of which nobody knows when a process dies: one of each
// connection. The mark of a connection's next message is stored with the outcome of its last
// one, or after it.
const inFlight = connections

// A service that is killed again and again during its SMTP conversations loses
// no mail. With on_uncertain hold, every message was accepted or is uncertain.
// With resend, every message was accepted at least once; a mail accepted twice was
// uncertain, under one Message-ID.
func TestKilledWhileSendingLosesNoMail(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for a minute")
	}
	binary := buildService(t)
	for _, policy := range []campaigns.OnUncertain{campaigns.Hold, campaigns.Resend} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			r := scriptRelay(t)
			key := prepareDue(t, data, policy, dueMails())
			random := rand.New(rand.NewPCG(uint64(len(policy)), 20))
			for range killed() {
				killAfter(t, binary, data, r, 1+random.IntN(dueMails()/killed()*3/2))
			}
			finish(t, binary, data, key, r, policy)
			judgeKilled(t, data, r, policy)
		})
	}
}

// buildService builds the service as it is released: a process of its own that
// a test can kill. COMEBACK_TEST_BINARY names one that is built. The program has no
// race detector, so such tests run in the step without.
func buildService(t *testing.T) (binary string) {
	t.Helper()
	if besideRaces {
		t.Skip("runs the built program, which is without the race detector")
	}
	binary = filepath.Join(t.TempDir(), "comeback")
	if built := os.Getenv("COMEBACK_TEST_BINARY"); built != "" {
		ok(t, os.Symlink(built, binary))
		return binary
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

const killedCampaign = `{"schema": 1, "id": "killed", "name": "Reminder", "class": "service",
"trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}},
"key": "order", "reentry": "never", "policy": {"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "r1", "wait": "1m", "expires": "24h", "on_uncertain": %q, "send": {"channel": "email", "template": "unpaid-1"}}]}`

// prepareDue makes a shop with so many due reminders, and returns a shop key.
func prepareDue(t testing.TB, data string, policy campaigns.OnUncertain, mails int) (text string) {
	t.Helper()
	s := openStore(t, data, longAgo)
	defer s.Close()
	return fillDue(t, s.Store, "s", policy, mails)
}

// longAgo is before the orders are placed: the campaign runs then.
func longAgo() time.Time { return time.Now().Add(-2 * time.Hour) }

// fillDue is prepareDue for a shop in a store whose clock is longAgo. The buyers have
// addresses at a domain with the name of the shop.
func fillDue(t testing.TB, s *store.Store, id string, policy campaigns.OnUncertain, mails int) (text string) {
	t.Helper()
	shop := commerce.Shop{
		ID: id, Name: "Tea", Market: commerce.West, Zone: "UTC", Currency: "EUR", Language: "en", CreatedAt: time.Now(),
		Sender: commerce.Sender{Name: "Tea", From: "shop@tea.example"},
	}
	if err := s.AddShop(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	c, problems := campaigns.Parse(fmt.Appendf(nil, killedCampaign, policy))
	if c == nil {
		t.Fatal(problems)
	}
	if _, _, err := s.PutCampaign(t.Context(), id, c); err != nil {
		t.Fatal(err)
	}
	if err := s.ActivateCampaign(t.Context(), id, "killed", 1); err != nil {
		t.Fatal(err)
	}
	placed := time.Now().Add(-time.Hour)
	var saving sync.WaitGroup
	for worker := range 16 {
		saving.Go(func() {
			for n := worker; n < mails; n += 16 {
				o := commerce.Order{
					ID: commerce.Key(id, "c", fmt.Sprint(n)), Shop: id, Connection: "c", External: fmt.Sprint(n),
					OrderState: commerce.OrderState{
						Version: placed, Status: commerce.Open, Payment: commerce.Unpaid, Currency: "EUR",
						Total: commerce.Money{Minor: 5000, Currency: "EUR"},
						Buyer: commerce.Buyer{Email: fmt.Sprintf("p%d@%s.example", n, id)}, PayURL: "https://tea.example/pay",
					},
					Times: commerce.Timeline{PlacedAt: placed},
				}
				if _, err := s.SaveOrder(t.Context(), id, o); err != nil {
					t.Error(err)
				}
			}
		})
	}
	saving.Wait()
	if err := s.MarkDue(t.Context(), id, time.Now()); err != nil {
		t.Fatal(err)
	}
	key, text := api.NewKey(id, "test", time.Now())
	ok(t, s.AddAPIKey(t.Context(), id, key))
	return text
}

type openedStore struct {
	*store.Store
	docs documents.Database
}

func (o openedStore) Close() { _ = o.docs.Close() }

// openStore opens the embedded database of a data folder as the service would.
func openStore(t testing.TB, data string, now func() time.Time) openedStore {
	t.Helper()
	keys, err := openKeyring(Storage{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	docs, err := embedded.Open(t.Context(), filepath.Clean(data), store.Collections())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s := store.New(docs, store.Keys{Identity: keys.key(forIdentity), Secrets: keys.key(forSecrets)}, now, time.Now, log)
	ok(t, s.CheckFingerprint(t.Context(), keys.fingerprint())) // what is stored in it has this version
	return openedStore{s, docs}
}

// child starts the service in a process of its own.
func child(t *testing.T, binary, data string, r *scriptedRelay) *exec.Cmd {
	t.Helper()
	command := exec.Command(binary, "serve")
	command.Env = append(append(os.Environ(), r.settings()...), "COMEBACK_DATA="+data, "COMEBACK_LISTEN=127.0.0.1:0",
		fmt.Sprintf("COMEBACK_SMTP_CONNECTIONS=%d", connections), "COMEBACK_LOG_LEVEL=error")
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() }) // of a test that failed
	return command
}

// killAfter starts the service and kills it when so many more mails are accepted,
// during the conversations of the next mails.
func killAfter(t *testing.T, binary, data string, r *scriptedRelay, mails int) {
	t.Helper()
	before := r.caught()
	command := child(t, binary, data, r)
	await(t, 3*time.Minute, func() bool { return r.caught() >= before+mails || r.caught() >= dueMails()-mails })
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
}

// await polls until got is true.
func await(t *testing.T, limit time.Duration, come func() bool) {
	t.Helper()
	awaitEach(t, 2*time.Millisecond, limit, come)
}

// awaitAnswer is await for calls of the service, within the rate of a key.
func awaitAnswer(t *testing.T, limit time.Duration, come func() bool) {
	t.Helper()
	awaitEach(t, 50*time.Millisecond, limit, come)
}

func awaitEach(t *testing.T, poll, limit time.Duration, come func() bool) {
	t.Helper()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	over := time.After(limit)
	for !come() {
		select {
		case <-ticker.C:
		case <-over:
			t.Fatal("did not come")
		}
	}
}

// finish runs the service until no message waits, and stops it as an operator
// would.
func finish(t *testing.T, binary, data, key string, r *scriptedRelay, policy campaigns.OnUncertain) {
	t.Helper()
	command := child(t, binary, data, r)
	waiting := waitingStates()
	if policy == campaigns.Resend {
		waiting = append(waiting, campaigns.Uncertain)
	}
	awaitAnswer(t, 20*time.Minute, func() bool { return settled(t, running(data, key), waiting, dueMails()) })
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
}

// waitingStates are the states of messages that are not finished.
func waitingStates() []campaigns.MessageState {
	return []campaigns.MessageState{campaigns.Planned, campaigns.Claimed, campaigns.HandingOver, campaigns.Deferred}
}

// settled reports whether at least so many messages exist and none waits. It
// reads all states in one list: a message that changes between two lists could
// be in neither. It does so only when none is found waiting, because that list
// is long.
func settled(t *testing.T, service *Client, waiting []campaigns.MessageState, least int) bool {
	t.Helper()
	if service == nil || service.Call(t.Context(), "GET", "/livez", nil, nil, nil) != nil {
		return false
	}
	type message struct{ State campaigns.MessageState }
	for _, state := range waiting {
		var page struct{ Items []message }
		ok(t, service.Call(t.Context(), "GET", "/v1/messages", url.Values{"state": {string(state)}, "limit": {"1"}}, nil, &page))
		if len(page.Items) > 0 {
			return false
		}
	}
	list := pages[message](t, service, "/v1/messages")
	some := slices.ContainsFunc(list, func(m message) bool { return slices.Contains(waiting, m.State) })
	return len(list) >= least && !some
}

// running is the announced service of a data folder, with a shop key.
func running(data, key string) *Client {
	a, err := Announced(data)
	if err != nil {
		return nil // it has not begun
	}
	a.Token = key
	return &Client{Announcement: a}
}

// pages reads a whole list.
func pages[T any](t *testing.T, service *Client, path string) (list []T) {
	t.Helper()
	for next := path + "?limit=100"; next != ""; {
		at, err := url.Parse(next)
		ok(t, err)
		var page struct {
			Items []T
			Next  string
		}
		ok(t, service.Call(t.Context(), "GET", at.Path, at.Query(), nil, &page))
		list, next = append(list, page.Items...), page.Next
	}
	return list
}

// judgeKilled compares the messages in the database with the accepted mails.
func judgeKilled(t *testing.T, data string, r *scriptedRelay, policy campaigns.OnUncertain) {
	t.Helper()
	s := openStore(t, data, time.Now)
	defer s.Close()
	judgeStored(t, s.Store, r, policy, dueMails(), killed())
}

func judgeStored(t *testing.T, s *store.Store, r *scriptedRelay, policy campaigns.OnUncertain, mails, kills int) {
	t.Helper()
	caught := r.took()
	states := map[campaigns.MessageState]int{}
	doubles, attempts := 0, 0
	for _, m := range messagesOf(t, s) {
		states[m.State]++
		copies := caught[campaigns.MessageID(m.ID, "tea.example")]
		doubles += max(copies-1, 0)
		attempts += max(m.Attempts-1, 0)
		if m.State == campaigns.Sent && copies == 0 {
			t.Errorf("%s is sent, and the relay does not have it", m.ID)
		}
		if m.State == campaigns.Sent && policy == campaigns.Hold && copies != 1 {
			t.Errorf("%s is sent, and the relay has it %d times", m.ID, copies)
		}
	}
	t.Logf("%s: %v, doubles %d, handed over again %d", policy, states, doubles, attempts)
	switch {
	case states[campaigns.Sent]+states[campaigns.Uncertain] != mails:
		t.Errorf("got %v, want %d sent or uncertain", states, mails)
	case states[campaigns.Uncertain] > inFlight*kills:
		t.Errorf("got %d uncertain, want at most those in flight x kills", states[campaigns.Uncertain])
	case policy == campaigns.Resend && states[campaigns.Sent] != mails:
		t.Errorf("got %v, want all sent", states)
	case doubles > attempts:
		t.Errorf("got %d doubles of %d uncertain hand-overs", doubles, attempts)
	}
}

// messagesOf are all messages of the campaign.
func messagesOf(t *testing.T, s *store.Store) []campaigns.Message {
	t.Helper()
	return all(t, "-planned_at", func(after *documents.Cursor) ([]campaigns.Message, error) {
		return s.Messages(t.Context(), "s", "killed", "", "", after, 500)
	})
}
