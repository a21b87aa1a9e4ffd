package jobs_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/jobs"
	"comeback/segments"
)

// memoryShop is one shop in memory, as far as decisions and hand-over read it: one
// order of one customer and one campaign. Its fields also make calls fail.
type memoryShop struct {
	mu         sync.Mutex
	shop       commerce.Shop
	versions   []campaigns.Definition
	loads      int
	fitted     *segments.Fitted
	fits       int        // how often it was read
	trees      int        // likewise
	categories [][]string // of every product
	order      commerce.Order
	customer   commerce.Customer
	enrolments map[string]campaigns.Enrolment
	messages   map[string]campaigns.Message
	watches    map[string]campaigns.Watch
	streams    map[string]campaigns.Stream
	due        []campaigns.Message // to be claimed
	events     []commerce.Event    // to be claimed
	handled    []commerce.Event
	cancelled  []campaigns.Cancel
	suppressed []commerce.Suppression
	alias      commerce.Customer // who the customer is until the first read
	at         time.Time         // when watches are claimed
	reconciled bool

	productErr, suppressErr, handingErr error
	outcomeErrs                         []error                      // of the next writes of outcomes
	unfit                               string                       // a message that no write may have
	reads                               int                          // of enrolments
	noting                              time.Duration                // how long a write of a stream takes
	lost                                bool                         // HandingOver finds the claim lost
	meddle                              func(e *campaigns.Enrolment) // another decision between read and save, once
}

const reminderCampaign = `{"schema": 1, "id": "w", "name": "Reminder", "class": "service",
"trigger": {"event": "order.placed"}, "key": "order", "reentry": "never",
"exit": [{"event": "order.paid", "same": "order", "as": "goal"}], "goal": {"event": "order.paid", "same": "order", "within": "7d"},
"policy": {"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "one", "wait": "1h", "expires": "24h", "send": {"channel": "email", "template": "unpaid-1"}}]}`

// noon is where every clock begins, on the day of this run's tests: campaigns
// depend on the hour.
func noon() time.Time { return clocktest.All("jobs").Truncate(24 * time.Hour).Add(12 * time.Hour) }

func newMemoryShop(t *testing.T) *memoryShop {
	t.Helper()
	d := &memoryShop{
		shop: commerce.Shop{ID: "s", Name: "Tea", Market: commerce.West, Zone: "UTC", Currency: "EUR", Language: "en", Jurisdiction: "eu",
			URL: "https://tea.example", Sender: commerce.Sender{Name: "Tea", From: "shop@tea.example"}},
		order: commerce.Order{
			ID: "s:c:1", Shop: "s", Connection: "c", External: "1", Customer: "s:1",
			OrderState: commerce.OrderState{
				Version: noon(), Number: "1", Status: commerce.Open, Payment: commerce.Unpaid, Currency: "EUR", PayURL: "https://tea.example/pay",
				Total: commerce.Money{Minor: 5000, Currency: "EUR"}, Buyer: commerce.Buyer{Email: "ann@example.com"},
				Lines: []commerce.Line{{ID: "1", Product: "p", Title: "Tea", Quantity: 1, Net: commerce.Money{Minor: 5000, Currency: "EUR"}}},
			},
			Times: commerce.Timeline{PlacedAt: noon()},
		},
		customer: commerce.Customer{
			ID: "s:1", Shop: "s", Profile: commerce.Profile{Attributes: commerce.Attributes{Email: "ann@example.com", FirstName: "Ann"}},
		},
		enrolments: map[string]campaigns.Enrolment{}, messages: map[string]campaigns.Message{}, watches: map[string]campaigns.Watch{},
		streams: map[string]campaigns.Stream{},
	}
	d.publish(t, reminderCampaign, campaigns.Active)
	return d
}

// publish stores the next version of a campaign.
func (d *memoryShop) publish(t *testing.T, file string, state campaigns.CampaignState) {
	t.Helper()
	c, problems := campaigns.Parse([]byte(file))
	if c == nil {
		t.Fatal(problems)
	}
	c.Version = len(d.versions) + 1
	def := campaigns.NewDefinition("s", c, noon())
	def.State = state
	d.versions = append(d.versions, def)
	d.shop.CampaignsRev++
}

func (d *memoryShop) Shop(context.Context, string) (commerce.Shop, error) { return d.shop, nil }

func (d *memoryShop) LiveCampaigns(context.Context, string) ([]campaigns.Definition, error) {
	d.loads++
	return d.versions, nil
}

func (d *memoryShop) Fitted(context.Context, string) (*segments.Fitted, error) {
	d.fits++
	return d.fitted, nil
}

func (d *memoryShop) SegmentsInUse(context.Context, string) ([]segments.Stored, []segments.Definition, error) {
	return nil, nil, nil
}

func (d *memoryShop) ListingsAmong(context.Context, string, []string) ([]segments.Listed, error) {
	return nil, nil
}

func (d *memoryShop) Catalog(context.Context, string) (segments.Catalog, error) {
	d.trees++
	categories := d.categories
	return segments.Catalog{Categories: func(string) [][]string { return categories }}, nil
}

func (d *memoryShop) OrdersByID(_ context.Context, _ string, ids []string) (map[string]commerce.Order, error) {
	return onlyKnown(ids, func(id string) (commerce.Order, bool) { return d.order, id == d.order.ID }), nil
}

// onlyKnown are the records that exist.
func onlyKnown[T any](ids []string, known func(id string) (T, bool)) map[string]T {
	found := map[string]T{}
	for _, id := range ids {
		if x, ok := known(id); ok {
			found[id] = x
		}
	}
	return found
}

func (d *memoryShop) CheckoutsByID(context.Context, string, []string) (map[string]commerce.Checkout, error) {
	return nil, nil
}

func (d *memoryShop) CustomersByID(_ context.Context, _ string, ids []string) (map[string]commerce.Customer, error) {
	if known := d.alias; known.ID != "" { // once: then they are merged
		d.alias = commerce.Customer{}
		return map[string]commerce.Customer{known.ID: known}, nil
	}
	return onlyKnown(ids, func(string) (commerce.Customer, bool) { return d.customer, true }), nil
}

func (d *memoryShop) CustomersNow(ctx context.Context, shop string, ids []string) (map[string]commerce.Customer, error) {
	return d.CustomersByID(ctx, shop, ids)
}

func (d *memoryShop) AliasIDs(context.Context, string, []string) (map[string][]string, error) {
	return nil, nil
}

func (d *memoryShop) CustomersEvents(context.Context, string, []string, []commerce.EventKind, time.Time) ([]commerce.Event, error) {
	return nil, nil
}

func (d *memoryShop) EventsByID(context.Context, string, []string) (map[string]commerce.Event, error) {
	return nil, nil
}

func (d *memoryShop) Siblings(context.Context, string, []string, []string) ([]campaigns.Enrolment, error) {
	return nil, nil
}

func (d *memoryShop) SuppressionsAmong(
	_ context.Context, _ string, list []commerce.AddressHash,
) (map[commerce.AddressHash][]commerce.Suppression, error) {
	found := map[commerce.AddressHash][]commerce.Suppression{}
	for _, x := range d.suppressed {
		if slices.Contains(list, x.Address) {
			found[x.Address] = append(found[x.Address], x)
		}
	}
	return found, nil
}

func (d *memoryShop) Sendings(context.Context, string, []string) ([]campaigns.Sending, error) {
	return nil, nil
}

func (d *memoryShop) StepsAhead(context.Context, string, []string, time.Time) ([]campaigns.Enrolment, error) {
	return nil, nil
}

func (d *memoryShop) ProductsByID(context.Context, string, []string) (map[string]commerce.Product, error) {
	return nil, d.productErr
}

func (d *memoryShop) EnrolmentsByID(_ context.Context, _ string, ids []string) (map[string]campaigns.Enrolment, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	return onlyKnown(ids, func(id string) (campaigns.Enrolment, bool) { e, known := d.enrolments[id]; return e, known }), nil
}

func (d *memoryShop) SaveEnrolments(_ context.Context, shop string, list []campaigns.Enrolment) ([]bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	saved := make([]bool, len(list))
	for i, e := range list {
		saved[i] = d.saveEnrolment(shop, e)
	}
	return saved, nil
}

func (d *memoryShop) saveEnrolment(shop string, e campaigns.Enrolment) bool {
	if meddle := d.meddle; meddle != nil {
		stored := d.enrolments[e.ID]
		d.meddle = nil
		meddle(&stored)
		stored.Rev++
		d.enrolments[e.ID] = stored
	}
	stored := d.enrolments[e.ID]
	if e.ID == "" || stored.Rev != e.Rev || e.Claim != "" && stored.Claim != e.Claim {
		return false
	}
	e.Shop, e.Claim, e.LeaseUntil, e.Rev = shop, "", time.Time{}, e.Rev+1
	d.enrolments[e.ID] = e
	return true
}

func (d *memoryShop) PlanMessages(_ context.Context, _ string, list []campaigns.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range list {
		if _, planned := d.messages[m.ID]; !planned {
			d.messages[m.ID] = m
		}
	}
	return nil
}

func (d *memoryShop) CancelMessages(_ context.Context, _ string, list []campaigns.Cancel) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cancelled = append(d.cancelled, list...)
	return nil
}

func (d *memoryShop) Reacting(context.Context, string, []string, []string, []string) ([]campaigns.Enrolment, error) {
	var list []campaigns.Enrolment
	for _, e := range d.enrolments {
		if e.ReceivesEvents() {
			list = append(list, e)
		}
	}
	return list, nil
}

func (d *memoryShop) ClaimEvents(context.Context, string, int) ([]commerce.Event, error) {
	list := d.events
	d.events = nil
	return list, nil
}

func (d *memoryShop) HandledEvents(_ context.Context, _ string, list []commerce.Event, _ time.Time) error {
	d.handled = append(d.handled, list...)
	return nil
}

func (d *memoryShop) Credit(context.Context, *jobs.ShopCampaigns, []commerce.Event) error { return nil }

func (d *memoryShop) ClaimEnrolments(context.Context, string, []string, int) ([]campaigns.Enrolment, error) {
	var list []campaigns.Enrolment
	for id, e := range d.enrolments {
		if !e.DueAt.IsZero() && e.Claim == "" {
			e.Claim, e.Rev = "mine", e.Rev+1
			d.enrolments[id] = e
			list = append(list, e)
		}
	}
	return list, nil
}

func (d *memoryShop) RecoverMessages(context.Context, string, int) (int, error) { return 0, nil }

func (d *memoryShop) MessageDue(context.Context, string, []string) (bool, error) {
	return len(d.due) > 0, nil
}

func (d *memoryShop) ClaimMessages(_ context.Context, _ string, held, _ []string, _ int) ([]campaigns.Message, error) {
	list := d.due
	d.due = nil
	return slices.DeleteFunc(list, func(m campaigns.Message) bool { return slices.Contains(held, m.Campaign) }), nil
}

func (d *memoryShop) StreamID(shop, relay, domain string) string {
	return commerce.Key(shop, "stream", relay, domain)
}

func (d *memoryShop) Stream(_ context.Context, _, id string) (campaigns.Stream, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.streams[id], nil
}

func (d *memoryShop) SaveStream(_ context.Context, before int64, s campaigns.Stream) (bool, error) {
	if d.noting > 0 {
		<-time.After(d.noting)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.streams[s.ID].Rev != before {
		return false, nil
	}
	s.Rev = before + 1
	d.streams[s.ID] = s
	return true, nil
}

func (d *memoryShop) RenewMessages(context.Context, string, []campaigns.Message) error { return nil }

func (d *memoryShop) WriteMessages(_ context.Context, begun, ended []campaigns.Message) ([]bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(begun) > 0 && d.handingErr != nil {
		return nil, d.handingErr
	}
	if len(ended) > 0 && len(d.outcomeErrs) > 0 {
		err := d.outcomeErrs[0]
		d.outcomeErrs = d.outcomeErrs[1:]
		return nil, err
	}
	for _, m := range slices.Concat(begun, ended) {
		if m.ID == d.unfit {
			return nil, commerce.Errorf(commerce.Invalid, "message %s: too large", m.ID)
		}
	}
	for _, m := range ended {
		d.messages[m.ID] = m
	}
	ours := make([]bool, len(begun))
	for i := range ours {
		ours[i] = !d.lost
	}
	return ours, nil
}

func (d *memoryShop) CallsByID(context.Context, string, []string) (map[string]campaigns.Call, error) {
	return nil, nil
}

func (d *memoryShop) PlanCalls(context.Context, string, []campaigns.Call) error { return nil }

func (d *memoryShop) CancelCalls(context.Context, string, []campaigns.Cancel) error { return nil }

func (d *memoryShop) WakeEnrolments(context.Context, string, []campaigns.Wake) error { return nil }

func (d *memoryShop) MessagesByID(_ context.Context, _ string, ids []string) (map[string]campaigns.Message, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return onlyKnown(ids, func(id string) (campaigns.Message, bool) { m, known := d.messages[id]; return m, known }), nil
}

func (d *memoryShop) Places(
	context.Context, string, []commerce.AddressHash,
) (map[commerce.AddressHash][]campaigns.Place, error) {
	return nil, nil
}

func (d *memoryShop) TakePlaces(_ context.Context, _ string, wants []campaigns.PlaceWanted) ([]bool, error) {
	taken := make([]bool, len(wants))
	for i := range taken {
		taken[i] = true
	}
	return taken, nil
}

func (d *memoryShop) Address(a commerce.Address) commerce.AddressHash {
	return commerce.HashAddress([]byte("k"), a)
}

func (d *memoryShop) Suppress(_ context.Context, _ string, x commerce.Suppression) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.suppressErr != nil {
		return d.suppressErr
	}
	d.suppressed = append(d.suppressed, x)
	return nil
}

// channel gives every mail the same outcome, after it has called before.
type channel struct {
	answer campaigns.MailOutcome
	busy   func() // what happens while a mail waits for a connection

	mu    sync.Mutex
	mails []campaigns.Mail // handed over
}

func (c *channel) Deliver(
	ctx context.Context, m campaigns.Mail, before func(context.Context) (bool, error), after func(campaigns.MailOutcome),
) {
	if c.busy != nil {
		c.busy()
	}
	proceed, err := before(ctx)
	switch {
	case err != nil:
		after(campaigns.MailOutcome{State: campaigns.MailHeld, Reason: err.Error()})
	case !proceed:
		after(campaigns.MailOutcome{State: campaigns.MailDropped})
	default:
		c.mu.Lock()
		c.mails = append(c.mails, m)
		c.mu.Unlock()
		after(c.answer)
	}
}

// decisions, enrol, handle and handOver are the stages over d.
func (d *memoryShop) decisions(c *clock) (*jobs.Facts, *jobs.Decisions) {
	facts := jobs.NewFacts(d, d, c.now)
	return facts, jobs.NewDecisions(d, facts, c.now)
}

func (d *memoryShop) handle(c *clock) *jobs.Handle {
	facts, decisions := d.decisions(c)
	return jobs.NewHandle(jobs.HandleParts{
		Events: d, Listeners: d, Cache: jobs.NewCampaignCache(d, c.now), Facts: facts, Decisions: decisions, Credit: d, Now: c.now, Log: silent,
	})
}

func (d *memoryShop) enrol(c *clock) *jobs.Enrol {
	_, decisions := d.decisions(c)
	return jobs.NewEnrol(d, jobs.NewCampaignCache(d, c.now), decisions, silent)
}

func (d *memoryShop) handOver(t *testing.T, c *clock, ch *channel) *jobs.HandOver {
	t.Helper()
	templates, err := mail.ReadyTemplates()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := mail.NewTokens(mail.TokenKey{ID: 1, Secret: []byte(fmt.Sprintf("%032d", 1))})
	if err != nil {
		t.Fatal(err)
	}
	facts, _ := d.decisions(c)
	composer := jobs.NewComposer(templates, d, tokens, "https://c.example")
	return jobs.NewHandOver(jobs.HandOverParts{
		Store: d, State: d, Suppress: d, Cache: jobs.NewCampaignCache(d, c.now), Facts: facts, Composer: composer,
		Channels: map[string]jobs.Channel{campaigns.Email: ch},
		Sending:  jobs.NewSending(d, campaigns.Relay{Key: "r"}, jobs.Rates{}, c.now, silent),
		Meter:    unmetered{}, Now: c.now, Wall: c.now, Log: silent,
	})
}

// placed is the event of d's order.
func placed() commerce.Event {
	e := commerce.NewEvent("s", commerce.OrderPlaced, "s:c:1", "", noon())
	e.Customer = "s:1"
	return e
}

func paid(c *clock) commerce.Event {
	e := commerce.NewEvent("s", commerce.OrderPaid, "s:c:1", "", c.now())
	e.Customer = "s:1"
	return e
}

// happen has the campaigns handle an event.
func (d *memoryShop) happen(t *testing.T, c *clock, e commerce.Event) {
	t.Helper()
	d.events = []commerce.Event{e}
	work(t, d.handle(c))
}

func work(t *testing.T, s jobs.Stage) {
	t.Helper()
	if _, err := s.Work(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
}

// reminder advances d until its reminder is due, and claims the reminder.
func (d *memoryShop) reminder(t *testing.T, c *clock) campaigns.Message {
	t.Helper()
	d.happen(t, c, placed())
	c.step(time.Hour)
	work(t, d.enrol(c))
	for _, m := range d.messages {
		m.Claim, m.State = "mine", campaigns.Claimed
		d.due = []campaigns.Message{m}
		return m
	}
	t.Fatal("no reminder was planned")
	return campaigns.Message{}
}

type unmetered struct{}

func (unmetered) Result(string, string)      {}
func (unmetered) Sent(string, time.Duration) {}
