package jobs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/jobs"
)

const lapseCampaign = `{"schema": 1, "id": "back", "name": "Win back", "class": "marketing",
"trigger": {"lapse": {"days": 30}}, "key": "customer", "reentry": {"after": "30d"},
"steps": [{"id": "one", "wait": "0m", "expires": "24h", "send": {"channel": "email", "template": "win-back-1"}}]}`

func (d *memoryShop) AddOwnRecords(_ context.Context, _ string, records map[string][]commerce.CustomerRecord) error {
	for _, list := range records {
		d.customer.Records = commerce.MergeRecords(d.customer.Records, list...)
	}
	return nil
}

func (d *memoryShop) AddEvents(_ context.Context, _ string, list []commerce.Event) error {
	d.events = append(d.events, list...)
	return nil
}

func (d *memoryShop) PutWatches(_ context.Context, _ string, list []campaigns.Watch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range list {
		old, found := d.watches[w.ID]
		if found && old.Decided == w.Cause && w.Next != nil {
			w = *w.Next
		}
		if w.Decided = old.Decided; !found || old.Cause != w.Cause && w.Decided != w.Cause {
			d.watches[w.ID] = w
		}
	}
	return nil
}

func (d *memoryShop) ClaimWatches(context.Context, string, []string, int) ([]campaigns.Watch, error) {
	var list []campaigns.Watch
	for _, w := range d.watches {
		if !w.DueAt.IsZero() && !w.DueAt.After(d.at) && w.Claim == "" {
			w.Claim = "mine"
			list = append(list, w)
		}
	}
	return list, nil
}

func (d *memoryShop) SaveWatches(_ context.Context, _ string, list []campaigns.Watch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range list {
		w.Claim = ""
		d.watches[w.ID] = w
	}
	return nil
}

func (d *memoryShop) BeginWatching(context.Context, string, string, string) (time.Time, bool, error) {
	return time.Time{}, !d.reconciled, nil
}

func (d *memoryShop) EndWatching(context.Context, string, string, string, time.Time) error {
	d.reconciled = true
	return nil
}

func (d *memoryShop) EachBuyer(_ context.Context, _ string, each func(commerce.Customer) error) error {
	return each(d.customer)
}

func (d *memoryShop) EachPerson(_ context.Context, _ string, _ time.Time, each func([]commerce.Customer) error) error {
	return each([]commerce.Customer{d.customer})
}

func (d *memoryShop) EachEventSince(
	context.Context, string, []commerce.EventKind, time.Time, func([]commerce.Event) error,
) error {
	return nil
}

// lapsingShop is a shop in memory with a win-back, whose customer bought at noon.
func lapsingShop(t *testing.T) (*memoryShop, *clock, func() *jobs.Watch) {
	t.Helper()
	d, c := newMemoryShop(t), newClock()
	d.publish(t, lapseCampaign, campaigns.Active)
	d.order.Payment, d.order.Times.PaidAt = commerce.Paid, noon()
	d.customer.Consents = []commerce.Consent{{Channel: campaigns.Email, Granted: true, Explicit: true, At: noon()}}
	d.customer.History = commerce.History{Orders: []commerce.OrderFact{commerce.FactOf(d.order, "EUR")}}
	return d, c, func() *jobs.Watch {
		d.at = c.now()
		_, decisions := d.decisions(c)
		return jobs.NewWatch(d, d, jobs.NewCampaignCache(d, c.now), decisions, c.now, c.now)
	}
}

// A buyer is watched from the order on, and enters once when the time is over.
func TestLapsedCustomerEntersOnce(t *testing.T) {
	t.Parallel()
	d, c, stage := lapsingShop(t)
	if err := stage().ProfilesChanged(t.Context(), "s", []commerce.Customer{d.customer}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{30*24*time.Hour - time.Minute, 0}, {time.Minute, 1}, {time.Hour, 1}, {40 * 24 * time.Hour, 1}} {
		c.step(step.after)
		work(t, stage())
		if len(d.enrolments) != step.want || step.want == 1 && d.only(t).Entry != 1 {
			t.Errorf("at %v: got %v, want %d entered", c.now(), d.enrolments, step.want)
		}
	}
}

// A customer who buys again meanwhile is due later.
func TestWatchMovesWithTheLastOrder(t *testing.T) {
	t.Parallel()
	d, c, stage := lapsingShop(t)
	if err := stage().ProfilesChanged(t.Context(), "s", []commerce.Customer{d.customer}); err != nil {
		t.Fatal(err)
	}
	later := commerce.FactOf(d.order, "EUR")
	later.ID, later.PlacedAt, later.PaidAt = "s:c:2", noon().Add(24*time.Hour), noon().Add(24*time.Hour)
	d.customer.History.Orders = append(d.customer.History.Orders, later)
	c.step(30 * 24 * time.Hour)
	work(t, stage())
	if len(d.enrolments) != 0 || len(d.watches) != 1 {
		t.Fatalf("got %d entered and %d watches, want none and one", len(d.enrolments), len(d.watches))
	}
	for _, w := range d.watches {
		if !w.DueAt.Equal(noon().Add(31 * 24 * time.Hour)) {
			t.Errorf("got it due at %v, want a day later", w.DueAt)
		}
	}
	c.step(24 * time.Hour)
	work(t, stage())
	if len(d.enrolments) != 1 {
		t.Errorf("got %d entered, want one", len(d.enrolments))
	}
}

// Customers known before the campaign are watched from its activation on. Customers
// that lapsed before it never enter.
func TestActivationWatchesKnownCustomers(t *testing.T) {
	t.Parallel()
	for days, want := range map[int]int{29: 1, 31: 0} {
		d, c, stage := lapsingShop(t)
		c.step(time.Duration(days) * 24 * time.Hour)
		work(t, stage())
		if len(d.watches) != want || !d.reconciled {
			t.Errorf("%d days after the order: got %d watches, want %d", days, len(d.watches), want)
		}
	}
}

// The watch of a merged customer moves to the survivor: one person has one watch.
func TestMergedCustomerHasOneWatch(t *testing.T) {
	t.Parallel()
	d, c, stage := lapsingShop(t)
	loser := d.customer
	loser.ID = "s:2"
	for _, customer := range []commerce.Customer{d.customer, loser} {
		if err := stage().ProfilesChanged(t.Context(), "s", []commerce.Customer{customer}); err != nil {
			t.Fatal(err)
		}
	}
	c.step(30 * 24 * time.Hour)
	for range 2 {
		work(t, stage())
	}
	if e := d.only(t); len(d.enrolments) != 1 || e.Customer != "s:1" {
		t.Errorf("got %v, want the survivor alone entered", d.enrolments)
	}
	for id, w := range d.watches {
		if !w.DueAt.IsZero() {
			t.Errorf("%s: got it due at %v, want it at rest", id, w.DueAt)
		}
	}
}

// The watch of an archived campaign is never due again.
func TestWatchOfAnArchivedCampaignIsNeverDue(t *testing.T) {
	t.Parallel()
	d, c, stage := lapsingShop(t)
	if err := stage().ProfilesChanged(t.Context(), "s", []commerce.Customer{d.customer}); err != nil {
		t.Fatal(err)
	}
	d.versions[1].State = campaigns.Archived
	d.shop.CampaignsRev++
	c.step(30 * 24 * time.Hour)
	work(t, stage())
	for id, w := range d.watches {
		if !w.DueAt.IsZero() || len(d.enrolments) != 0 {
			t.Errorf("%s: got it due at %v and %d entered, want it at rest", id, w.DueAt, len(d.enrolments))
		}
	}
}

// Workers whose clocks differ by 4 seconds let nobody enter before the clock of the one that
// decides, and nobody twice, also when the slow one writes the watch again.
func TestSkewedClocksEnterADateOnce(t *testing.T) {
	t.Parallel()
	d, c, _ := lapsingShop(t)
	d.versions = nil
	d.publish(t, `{"schema": 1, "id": "birthday", "name": "Birthday", "class": "marketing", "key": "customer", "reentry": "always",
"trigger": {"date": "customer.birthday", "at": "09:00"},
"steps": [{"id": "one", "send": {"channel": "email", "template": "win-back-1"}}]}`, campaigns.Active)
	due := noon().AddDate(0, 0, 1).Add(-3 * time.Hour)
	d.customer.Attributes.Birthday, d.customer.KnownSince = due.Format("--01-02"), noon().AddDate(-1, 0, 0)
	work := func(skew time.Duration) {
		t.Helper()
		now := func() time.Time { return c.now().Add(skew) }
		d.at = now()
		_, decisions := d.decisions(&clock{at: now()})
		stage := jobs.NewWatch(d, d, jobs.NewCampaignCache(d, now), decisions, now, now)
		if err := stage.ProfilesChanged(t.Context(), "s", []commerce.Customer{d.customer}); err != nil {
			t.Fatal(err)
		}
		if _, err := stage.Work(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
	}
	const fast, slow = 2 * time.Second, -2 * time.Second
	for _, step := range []struct {
		before time.Duration
		skew   time.Duration
		want   int
	}{
		{time.Hour, slow, 0}, {3 * time.Second, fast, 0}, {time.Second, slow, 0}, {time.Second, fast, 1}, {time.Second, slow, 1},
		{-time.Second, slow, 1}, {-2 * time.Second, slow, 1}, {-3 * time.Second, fast, 1}, {-time.Hour, slow, 1},
	} {
		c.step(due.Add(-step.before).Sub(c.now()))
		work(step.skew)
		if len(d.enrolments) != step.want || step.want == 1 && d.only(t).Entry != 1 {
			t.Errorf("%v before, with a clock of %v: got %v, want %d entered once", step.before, step.skew, d.enrolments, step.want)
		}
	}
}

// With a backfill, a customer who lapsed before the campaign started enters too, and the
// first mail is planned from the entry on.
func TestBackfillEntersThoseWhoLapsedBefore(t *testing.T) {
	t.Parallel()
	d, c, stage := lapsingShop(t)
	d.versions = nil
	d.publish(t, strings.Replace(lapseCampaign, `"steps"`, `"backfill": true, "steps"`, 1), campaigns.Active)
	c.step(300 * 24 * time.Hour)
	d.versions[0].Since = c.now()
	work(t, stage())
	work(t, stage())
	if e := d.only(t); e.Entry != 1 || !e.BeganAt.Equal(c.now()) || !e.DueAt.Equal(c.now()) {
		t.Errorf("got %+v, want an entry that begins now", e)
	}
}
