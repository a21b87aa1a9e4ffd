package service

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/jobs"
	"comeback/segments"
	"comeback/segments/indexcache"
	"comeback/store"
	"comeback/store/documents"
)

// sweepWorld is a shop whose segments are swept, over one database and a clock
// that tests advance; its processes start and end.
type sweepWorld struct {
	*sweepProcess
	docs  documents.Database
	clock *heldClock
	began time.Time
}

type heldClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *heldClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *heldClock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// local is the clock's time in the shop's zone.
func (w *sweepWorld) local() time.Time {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return w.clock.now().In(berlin)
}

// day is the shop's calendar day.
func (w *sweepWorld) day() string { return w.local().Format(time.DateOnly) }

// until moves the clock to the shop's next moment with that time of day.
func (w *sweepWorld) until(hour, minute int) {
	at := w.local()
	to := time.Date(at.Year(), at.Month(), at.Day(), hour, minute, 0, 0, at.Location())
	if to.Before(at) {
		to = to.AddDate(0, 0, 1)
	}
	w.clock.step(to.Sub(at))
}

// sweepProcess is one process that sweeps.
type sweepProcess struct {
	*store.Store
	segments  *jobs.Segments
	now       func() time.Time
	elsewhere *atomic.Bool // the sweeps are the duty of another worker
}

// Owns reports whether the sweeps are this worker's duty.
func (p *sweepProcess) Owns(string) bool { return !p.elsewhere.Load() }

func newSweepWorld(t testing.TB, docs documents.Database) *sweepWorld {
	t.Helper()
	began := clocktest.Now(t)
	w := &sweepWorld{docs: docs, clock: &heldClock{at: began}, began: began}
	w.sweepProcess = w.process(docs)
	ok(t, w.AddShop(t.Context(), commerce.Shop{ID: "s", Currency: "EUR", Zone: "Europe/Berlin", CreatedAt: began}))
	return w
}

// process is a new process over docs, which is the world's database.
func (w *sweepWorld) process(docs documents.Database) *sweepProcess {
	key, log := []byte(strings.Repeat("k", 32)), slog.New(slog.NewTextHandler(io.Discard, nil))
	s := store.New(docs, store.Keys{Identity: key, Secrets: key}, w.clock.now, w.clock.now, log)
	p := &sweepProcess{Store: s, now: w.clock.now, elsewhere: &atomic.Bool{}}
	p.segments = jobs.NewSegments(jobs.SegmentsParts{
		Indexes: indexcache.New(s, 1<<28, w.clock.now), Store: s, Duties: p, Now: w.clock.now, Wall: w.clock.now, Log: log,
	})
	return p
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// segment stores a segment, or its next version.
func (w *sweepWorld) segment(t testing.TB, slug, rest string) {
	t.Helper()
	ctx := t.Context()
	_, known, err := w.SegmentsInUse(ctx, "s")
	ok(t, err)
	var files [][]byte
	for _, d := range known {
		files = append(files, d.JSON)
	}
	s, problems := segments.ReadSegment(fmt.Appendf(nil, `{"schema": 1, "id": %q, "name": "Test", %s}`, slug, rest), segments.NewSet(files))
	if s == nil {
		t.Fatal(problems)
	}
	_, _, err = w.Segment(ctx, "s", slug)
	if err == nil {
		_, err = w.ReviseSegment(ctx, "s", s, 0)
	} else {
		_, err = w.CreateSegment(ctx, "s", s)
	}
	ok(t, err)
}

// person stores data of a customer, known by e-mail, phone or both, and returns
// the customer's id.
func (w *sweepWorld) person(t testing.TB, email, phone string, tags ...string) string {
	t.Helper()
	id, err := w.SaveRecord(t.Context(), "s", commerce.CustomerRecord{
		Connection: "c", External: email, Email: email, Verified: email != "", Phone: phone, Version: w.clock.now(),
		TagsKnown: true, Attributes: commerce.Attributes{Tags: tags},
	})
	ok(t, err)
	return id
}

// buys is an order of amount euros, paid.
func (w *sweepWorld) buys(t testing.TB, n int, email, phone string, amount int64) commerce.Order {
	t.Helper()
	o := boughtOrder(n, commerce.Buyer{Email: email, Phone: phone}, amount, w.clock.now())
	_, err := w.SaveOrder(t.Context(), "s", o)
	ok(t, err)
	return o
}

func boughtOrder(n int, b commerce.Buyer, amount int64, at time.Time) commerce.Order {
	total := commerce.Money{Minor: 100 * amount, Currency: "EUR"}
	return commerce.Order{
		ID: commerce.Key("s", "c", fmt.Sprint(n)), Shop: "s", Connection: "c", External: fmt.Sprint(n),
		OrderState: commerce.OrderState{
			Version: at, Status: commerce.Open, Payment: commerce.Paid, Currency: "EUR", Buyer: b, Total: total,
			Lines: []commerce.Line{{ID: "1", Product: "p", Quantity: 1, Net: total}},
		},
		Times: commerce.Timeline{PlacedAt: at, PaidAt: at},
	}
}

// settled computes all profiles.
func (p *sweepProcess) settled(ctx context.Context) error {
	for {
		ids, err := p.Dirty(ctx, "s", 200)
		if err != nil || len(ids) == 0 {
			return err
		}
		var group sync.WaitGroup
		failed := make([]error, len(ids))
		for i, id := range ids {
			group.Go(func() { _, failed[i] = p.RecomputeMany(ctx, "s", []string{id}) })
		}
		group.Wait()
		for _, err := range failed {
			if err != nil {
				return err
			}
		}
	}
}

// sweep computes all profiles, sweeps a second later, and returns the events
// that campaigns get, sorted: "+vip ann" or "-vip ann".
func (w *sweepWorld) sweep(t testing.TB, names map[string]string) []string {
	t.Helper()
	ok(t, w.settled(t.Context()))
	w.clock.step(time.Second)
	_, err := w.segments.Sweep(t.Context(), "s")
	ok(t, err)
	return heard(t, w.heard(t), names)
}

// heard handles all events, and returns those of segments.
func (p *sweepProcess) heard(t testing.TB) []commerce.Event {
	t.Helper()
	var list []commerce.Event
	for {
		batch, err := p.ClaimEvents(t.Context(), "s", 1000)
		ok(t, err)
		if len(batch) == 0 {
			return list
		}
		for _, e := range batch {
			if strings.HasPrefix(string(e.Kind), "segment.") {
				list = append(list, e)
			}
		}
		ok(t, p.HandledEvents(t.Context(), "s", batch, p.now()))
	}
}

func heard(t testing.TB, events []commerce.Event, names map[string]string) []string {
	t.Helper()
	list := []string{}
	for _, e := range events {
		parts, err := commerce.SplitKey(e.Cause)
		ok(t, err)
		sign := map[commerce.EventKind]string{commerce.SegmentEntered: "+", commerce.SegmentLeft: "-"}[e.Kind]
		if e.Subject != e.Customer {
			t.Errorf("got event of %s about %s, want the customer", e.Subject, e.Customer)
		}
		list = append(list, sign+parts[0]+" "+names[e.Subject])
	}
	slices.Sort(list)
	return list
}

// membersOf are the members of a segment as stored, by name.
func (w *sweepWorld) membersOf(t testing.TB, slug string, names map[string]string) []string {
	t.Helper()
	_, set, err := w.MembersOf(t.Context(), "s", slug)
	ok(t, err)
	customers, err := w.Numbered(t.Context(), "s", slices.Collect(set.All()))
	ok(t, err)
	list := []string{}
	for _, c := range customers {
		list = append(list, names[c.ID])
	}
	slices.Sort(list)
	return list
}
