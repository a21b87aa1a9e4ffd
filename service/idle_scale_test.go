package service

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/segments"
	"comeback/store/storetest"
)

// workersWorld is some workers over one database and one Redis, whose clocks a test
// steps.
type workersWorld struct {
	proxy   *countingProxy
	clock   *heldClock
	env     []string
	workers []*Instance // nil: dead
	shops   []string
	seconds int
}

func newWorkersWorld(t *testing.T, shops int) *workersWorld {
	t.Helper()
	proxy, env := behindProxy(t, 12)
	w := &workersWorld{proxy: proxy, env: append(env, "COMEBACK_LOG_LEVEL=error"), clock: &heldClock{at: clocktest.Now(t)}}
	for range 3 {
		w.join(t)
	}
	var group errgroup.Group
	group.SetLimit(8)
	for i := range shops {
		shop := commerce.Shop{ID: fmt.Sprint("shop", i), Currency: "EUR", Zone: "UTC", Language: "en", CreatedAt: w.clock.now()}
		w.shops = append(w.shops, shop.ID)
		group.Go(func() error { return w.workers[0].db.AddShop(t.Context(), shop) })
	}
	ok(t, group.Wait())
	return w
}

// behindProxy are settings of a service over a MongoDB database of the test's own,
// behind a proxy, and a database of the test's Redis.
func behindProxy(t testing.TB, redis int) (*countingProxy, []string) {
	t.Helper()
	uri, name := storetest.Database(t)
	direct, err := url.Parse(inDatabase(t, uri, name))
	ok(t, err)
	proxy := newCountingProxy(t, direct.Host)
	direct.Host = proxy.listener.Addr().String()
	queue := os.Getenv("COMEBACK_TEST_REDIS_ADDR")
	if queue == "" {
		t.Fatal("COMEBACK_TEST_REDIS_ADDR is not set, and COMEBACK_TEST_MONGO_URI is: set both")
	}
	return proxy, []string{
		"COMEBACK_MONGO_URI=" + direct.String(), fmt.Sprintf("COMEBACK_REDIS_ADDR=redis://%s/%d", queue, redis),
		"COMEBACK_SECRET_KEY=" + strings.Repeat("ab", 32), "COMEBACK_PUBLIC_URL=http://x.test", "COMEBACK_LISTEN=127.0.0.1:0",
	}
}

// inDatabase is the address of a database on a server.
func inDatabase(t testing.TB, uri, name string) string {
	t.Helper()
	address, err := url.Parse(uri)
	ok(t, err)
	address.Path = "/" + name
	return address.String()
}

// join adds a worker, which is not run: minute calls its rounds.
func (w *workersWorld) join(t *testing.T) {
	t.Helper()
	config, err := LoadConfig(w.env)
	ok(t, err)
	s, err := Open(t.Context(), config, Process{Now: w.clock.now, Wall: w.clock.now, Deadline: machineDeadline, Log: io.Discard})
	ok(t, err)
	ok(t, s.worker.fleet.Round(t.Context()))
	w.workers = append(w.workers, s)
	t.Cleanup(func() { ok(t, s.Close()) })
}

// pass lets some seconds pass, and calls the rounds of the workers as they do it
// themselves.
func (w *workersWorld) pass(t *testing.T, seconds int) {
	t.Helper()
	ctx := t.Context()
	for range seconds {
		w.clock.step(time.Second)
		w.seconds++
		for _, s := range w.workers {
			if s == nil {
				continue
			}
			ok(t, s.worker.dispatch.Round(ctx))
			s.worker.segments.Tick(ctx)
			if w.seconds%5 == 0 {
				ok(t, s.worker.fleet.Round(ctx))
			}
			if w.seconds%60 == 0 {
				ok(t, s.worker.sweep.Round(ctx))
			}
		}
	}
}

// owners are the workers that think a shop's duties are theirs.
func (w *workersWorld) owners(shop string) (owners []int) {
	for i, s := range w.workers {
		if s != nil && s.worker.fleet.Owns(shop) {
			owners = append(owners, i)
		}
	}
	return owners
}

// shares are how many shops each worker has. Every shop must have one worker.
func (w *workersWorld) shares(t *testing.T) []int {
	t.Helper()
	shares := make([]int, len(w.workers))
	for _, shop := range w.shops {
		owners := w.owners(shop)
		if len(owners) != 1 {
			t.Fatalf("shop %s: got the workers %v, want one", shop, owners)
		}
		shares[owners[0]]++
	}
	return shares
}

// withSegment gives a shop a segment in use and a buyer.
func (w *workersWorld) withSegment(t *testing.T, shop string) {
	t.Helper()
	db := w.workers[0].db
	s, problems := segments.ReadSegment([]byte(`{"schema": 1, "id": "buyers", "name": "Test", `+buyers+`}`), segments.NewSet(nil))
	if s == nil {
		t.Fatal(problems)
	}
	_, err := db.CreateSegment(t.Context(), shop, s)
	ok(t, err)
	w.bought(t, shop, 1)
}

// bought saves a paid order of a new customer.
func (w *workersWorld) bought(t *testing.T, shop string, n int) {
	t.Helper()
	db, at := w.workers[0].db, w.clock.now()
	o := boughtOrder(n, commerce.Buyer{Email: fmt.Sprintf("a%d@example.com", n)}, 10, at)
	o.ID, o.Shop = commerce.Key(shop, "c", o.External), shop
	_, err := db.SaveOrder(t.Context(), shop, o)
	ok(t, err)
	dirty, err := db.Dirty(t.Context(), shop, 10)
	ok(t, err)
	for _, id := range dirty {
		_, err := db.RecomputeMany(t.Context(), shop, []string{id})
		ok(t, err)
	}
	ok(t, db.MarkDue(t.Context(), shop, at.Add(1000*time.Hour)))
}

// Of 1,000 idle shops, each costs all workers together at most two commands a
// minute, also those with segments.
func TestIdleShopCostsTwoCommandsAMinute(t *testing.T) {
	t.Parallel()
	shops := 1000
	if besideRaces {
		shops = 100 // for races; the figure is of the other step
	}
	w := newWorkersWorld(t, shops)
	for _, shop := range w.shops[:shops/20] {
		w.withSegment(t, shop)
	}
	w.pass(t, 100) // each shop is read once after the start
	w.proxy.reset()
	const minutes = 1 // the checks of the shops spread over all minutes
	w.pass(t, minutes*60)
	counts, sum := w.proxy.reset()
	if each := float64(sum) / minutes / float64(len(w.shops)); each > 2 && !besideRaces {
		t.Errorf("got %.2f commands a shop and minute, want at most 2: %v", each, counts)
	} else {
		t.Logf("%.2f commands a shop and minute", each)
	}
}

// The duties of a worker that dies move within a minute, and one that joins takes
// its share. Only their shares move.
func TestDutiesMoveWithTheWorkers(t *testing.T) {
	t.Parallel()
	w := newWorkersWorld(t, 90)
	w.pass(t, 10)
	const fair = 30
	for i, n := range w.shares(t) {
		if n < fair/2 || n > fair*2 {
			t.Errorf("worker %d has %d shops, want about %d", i, n, fair)
		}
	}
	moved := slices.IndexFunc(w.shops, func(shop string) bool { return slices.Equal(w.owners(shop), []int{2}) })
	shop := w.shops[moved]
	w.withSegment(t, shop)
	w.pass(t, 65)
	w.workers[2] = nil
	w.bought(t, shop, 2)
	w.pass(t, 60)
	if shares := w.shares(t); shares[2] != 0 || shares[0]+shares[1] != len(w.shops) {
		t.Errorf("a worker died: got the shares %v, want all with the others", shares)
	}
	if m, err := w.workers[0].db.Membership(t.Context(), shop, "buyers"); err != nil || m.Size != 2 {
		t.Errorf("a segment of the dead worker has %d members, %v, want 2", m.Size, err)
	}
	before := map[string]int{}
	for _, shop := range w.shops {
		before[shop] = w.owners(shop)[0]
	}
	w.join(t)
	w.pass(t, 60)
	if n := w.shares(t)[3]; n < fair/2 || n > fair*2 {
		t.Errorf("the worker that joined has %d shops, want about %d", n, fair)
	}
	for _, shop := range w.shops {
		if now := w.owners(shop)[0]; now != 3 && now != before[shop] {
			t.Errorf("shop %s moved from worker %d to %d, which did not join", shop, before[shop], now)
		}
	}
}

// What a dead process left is found by the minute, in a shop that nothing else
// happens in.
func TestUnfinishedWorkIsFoundWithinAMinute(t *testing.T) {
	t.Parallel()
	w := newWorkersWorld(t, 3)
	w.pass(t, 120)
	db, ctx := w.workers[0].db, t.Context()
	at := w.clock.now()
	_, err := db.AddConnection(ctx, "shop1", commerce.Connection{Slug: "c", Platform: "generic"}, []byte(hookSecret))
	ok(t, err)
	first, err := db.AddDelivery(ctx, "shop1", commerce.Delivery{
		ID: commerce.Key("shop1", "c", "1"), Connection: "c", Platform: "generic", Topic: "order", ReceivedAt: at,
	})
	if ok(t, err); !first {
		t.Fatal("the delivery was known")
	}
	w.pass(t, 60)
	due, err := db.DueOf(ctx, "shop1")
	if ok(t, err); due.NextDue.IsZero() || due.NextDue.After(w.clock.now()) {
		t.Errorf("a delivery that no worker was notified of: due at %v, want now", due.NextDue)
	}
	for _, quiet := range []string{"shop0", "shop2"} {
		if due, err := db.DueOf(ctx, quiet); err != nil || !due.NextDue.IsZero() {
			t.Errorf("%s: due at %v, %v, want never", quiet, due.NextDue, err)
		}
	}
	if u, err := db.Unfinished(ctx); err != nil || len(u.Outboxes)+len(u.Reviews)+len(u.Work) != 0 {
		t.Error(errors.Join(err, fmt.Errorf("got %+v, want nothing but the shop that is due", u)))
	}
}
