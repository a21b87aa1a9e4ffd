package service

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comeback/api"
	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/storetest"
)

// While unpaid orders arrive, Redis loses everything again and again, does not
// answer, is full, and loses the leases of its tasks, a worker is killed, and
// the database is unreachable. Every acknowledged order is stored, each is
// reminded of exactly once, and a message of unknown fate is uncertain. An order
// that is not acknowledged is sent again, as shops do. Redis alone refuses none.
func TestFaultsLoseNothingAndSendNothingTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	t.Parallel()
	f := newFaulty(t, inFaults(500, 2000))
	worker := f.start(t, "worker")
	f.start(t, "worker")
	f.start(t, "api")
	awaitAnswer(t, time.Minute, func() bool { return f.ready(t) })
	tenth := int64(f.orders / 10)
	script := map[int64]func(){
		tenth / 2: func() { f.redis.away(t, time.Duration(inFaults(5, 60))*time.Second) },
		tenth * 2: func() { f.redis.full(t, time.Duration(inFaults(5, 60))*time.Second) },
		tenth*4 - 1: func() {
			ok(t, worker.Process.Kill())
			_ = worker.Wait()
			f.redis.losesLeases(t)
			f.start(t, "worker")
		},
		tenth*6 - 1: func() { f.cut(time.Duration(inFaults(20, 60)) * time.Second) },
	}
	for k := range int64(inFaults(2, 10)) {
		script[tenth*(k+1)-2] = func() { f.redis.forgets(t) }
	}
	f.order(t, script)
	f.finish(t)
	f.judge(t)
}

// faulty is an installation of several processes with services that fail.
type faulty struct {
	binary, url, key string
	env              []string
	network          *cutProxy // before the database
	direct           Storage   // without it
	redis            *ownRedis
	relay            *scriptedRelay
	orders           int

	acknowledged, refused, duringCut, unsaid, forRedis atomic.Int64
	isCut, wasCut                                      atomic.Bool
}

func newFaulty(t *testing.T, orders int) *faulty {
	t.Helper()
	direct := mongoDatabase(t)
	f := &faulty{
		binary: buildService(t), network: newCutProxy(t, direct.Host), relay: scriptRelay(t), url: freeAddress(t), redis: newOwnRedis(t),
		direct: Storage{MongoURI: direct.String(), SecretKey: strings.Repeat("ab", 32)}, orders: orders,
	}
	f.key = prepareFaulty(t, f.direct, campaigns.Hold)
	direct.Host = f.network.address()
	f.env = append(append(os.Environ(), f.relay.settings()...), "COMEBACK_MONGO_URI="+direct.String(),
		"COMEBACK_REDIS_ADDR="+f.redis.address, "COMEBACK_SECRET_KEY="+f.direct.SecretKey,
		"COMEBACK_PUBLIC_URL=http://"+f.url, "COMEBACK_LOG_LEVEL=error",
		fmt.Sprintf("COMEBACK_SMTP_CONNECTIONS=%d", connections))
	return f
}

// mongoDatabase is a database of the test's own, see storetest.Database.
func mongoDatabase(t *testing.T) *url.URL {
	t.Helper()
	uri, name := storetest.Database(t)
	at, err := url.Parse(uri)
	ok(t, err)
	at.Path = "/" + name
	return at
}

// freeAddress is an address without a listener.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	defer l.Close()
	return l.Addr().String()
}

// prepareFaulty makes a shop that reminds of unpaid orders at once, and returns
// a key of it.
func prepareFaulty(t *testing.T, c Storage, policy campaigns.OnUncertain) (text string) {
	t.Helper()
	db, err := OpenDatabase(t.Context(), c, ownProcess(), NewLogger(Logs{LogLevel: "error", LogFormat: "text"}, os.Stderr))
	ok(t, err)
	defer db.Close()
	ctx := t.Context()
	shop := commerce.Shop{
		ID: "s", Name: "Tea", Market: commerce.West, Zone: "UTC", Currency: "EUR", Language: "en", CreatedAt: time.Now(),
		Sender: commerce.Sender{Name: "Tea", From: "shop@tea.example"},
	}
	ok(t, db.AddShop(ctx, shop))
	_, err = db.AddConnection(ctx, "s", commerce.Connection{Slug: "woocommerce", Platform: "woocommerce"}, []byte(hookSecret))
	ok(t, err)
	campaign, problems := campaigns.Parse(fmt.Appendf(nil, strings.Replace(killedCampaign, `"wait": "1m"`, `"wait": "0m"`, 1), policy))
	if campaign == nil {
		t.Fatal(problems)
	}
	_, _, err = db.PutCampaign(ctx, "s", campaign)
	ok(t, err)
	ok(t, db.ActivateCampaign(ctx, "s", "killed", 1))
	key, text := api.NewKey("s", "test", time.Now())
	ok(t, db.AddAPIKey(ctx, "s", key))
	return text
}

// start starts a process, which is killed when the test ends.
func (f *faulty) start(t *testing.T, role string) *exec.Cmd {
	t.Helper()
	command := exec.Command(f.binary, "serve")
	listen := "127.0.0.1:0"
	if role == "api" {
		listen = f.url
	}
	command.Env = append(f.env, "COMEBACK_ROLE="+role, "COMEBACK_LISTEN="+listen)
	var log bytes.Buffer // of interest only if the test fails: much is refused on purpose
	command.Stderr = &log
	ok(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("the %s's last words: %s", role, log.Bytes()[max(0, log.Len()-4000):])
		}
	})
	return command
}

func (f *faulty) ready(t *testing.T) bool {
	response, err := http.Get("http://" + f.url + "/readyz")
	if err != nil {
		return false
	}
	ok(t, response.Body.Close())
	return response.StatusCode == http.StatusOK
}

// cut makes the database unreachable.
func (f *faulty) cut(d time.Duration) {
	f.wasCut.Store(true)
	f.network.set(true)
	f.isCut.Store(true)
	<-time.After(d)
	f.isCut.Store(false)
	f.network.set(false)
}

// order posts the orders, 8 at once, each until it is acknowledged; script is
// called with the number of acknowledged orders and causes the faults.
func (f *faulty) order(t *testing.T, script map[int64]func()) {
	t.Helper()
	var senders, faults sync.WaitGroup
	for sender := range 8 {
		senders.Go(func() {
			for i := sender; i < f.orders; i += 8 {
				f.sendUntilAcknowledged(t, i)
				if fault := script[f.acknowledged.Add(1)]; fault != nil {
					faults.Go(fault)
				}
			}
		})
	}
	senders.Wait()
	faults.Wait()
	if f.refused.Load() == 0 {
		t.Error("nothing was refused while the database was out of reach")
	}
	if n := f.duringCut.Load(); n > 0 {
		t.Errorf("%d orders were acknowledged while the database was out of reach", n)
	}
	if n := f.unsaid.Load(); n > 0 {
		t.Errorf("%d answers said neither 200 nor 503 with Retry-After", n)
	}
	if n := f.forRedis.Load(); n > 0 {
		t.Errorf("%d orders were refused while Redis alone failed", n)
	}
}

func (f *faulty) sendUntilAcknowledged(t *testing.T, i int) {
	at := time.Now()
	d := unpaidOrder(i, at)
	await(t, 3*time.Minute, func() bool {
		cut, failing := f.isCut.Load(), f.redis.failing.Load()
		status, retry := postHook(t, f.url, d, at)
		if status != http.StatusOK {
			f.refused.Add(1)
			if status != 0 && (status != http.StatusServiceUnavailable || retry == "") {
				f.unsaid.Add(1)
			}
			if failing && !f.wasCut.Load() {
				f.forRedis.Add(1)
			}
			return false
		}
		if cut && f.isCut.Load() {
			f.duringCut.Add(1)
		}
		return true
	})
}

// unpaidOrder is the webhook of an order that was just placed.
func unpaidOrder(i int, at time.Time) delivery {
	d := shuffledOrder(i, 1000+i, "pending", at, at)
	d.body = bytes.Replace(d.body, []byte(`"coupon_lines"`), []byte(`"payment_url":"https://tea.example/pay","coupon_lines"`), 1)
	return d
}

// postHook posts a delivery once to a program; status 0 is no answer.
func postHook(t *testing.T, address string, d delivery, at time.Time) (status int, retry string) {
	request, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, "http://"+address+"/hooks/woocommerce/"+commerce.Key("s", "woocommerce"), bytes.NewReader(d.body),
	)
	if err != nil {
		return 0, ""
	}
	sign(request, d, at)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}
	_ = response.Body.Close()
	return response.StatusCode, response.Header.Get("Retry-After")
}

func (f *faulty) client() *Client {
	return &Client{Announcement: Announcement{"http://" + f.url, f.key}}
}

// finish waits until no message is due or claimed.
func (f *faulty) finish(t *testing.T) {
	t.Helper()
	awaitAnswer(t, 4*time.Minute, func() bool { return settled(t, f.client(), waitingStates(), f.orders) })
}

// judge compares the service's answers with the posted orders and the accepted
// mails.
func (f *faulty) judge(t *testing.T) {
	t.Helper()
	orders := map[string]bool{}
	for _, o := range pages[struct{ ID string }](t, f.client(), "/v1/orders") {
		orders[o.ID] = true
	}
	if len(orders) != f.orders {
		t.Errorf("got %d orders, want all %d acknowledged", len(orders), f.orders)
	}
	caught := f.relay.took()
	states := map[campaigns.MessageState]int{}
	for _, m := range pages[struct {
		ID    string
		State campaigns.MessageState
	}](t, f.client(), "/v1/messages") {
		states[m.State]++
		copies := caught[campaigns.MessageID(m.ID, "tea.example")]
		if m.State == campaigns.Sent && copies != 1 || copies > 1 {
			t.Errorf("%s is %s, and the relay has it %d times", m.ID, m.State, copies)
		}
	}
	t.Logf("%v, %d mails accepted, %d posts refused", states, len(caught), f.refused.Load())
	if states[campaigns.Sent]+states[campaigns.Uncertain] != f.orders || states[campaigns.Uncertain] > 2*inFlight {
		t.Errorf(
			"got %v, want %d sent, or uncertain where a worker died or the database was away: at most %d", states, f.orders,
			2*inFlight,
		)
	}
}
