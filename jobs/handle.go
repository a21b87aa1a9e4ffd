package jobs

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/failpoint"
)

// Handle passes events to campaigns: first to running enrolments (exits, goals),
// then to campaigns that a customer may enter. Every effect is insert-if-absent
// or compare-and-set, and handled is written last. An event that is handled twice,
// by two versions or two workers, therefore has one effect.
type Handle struct {
	events    events
	listeners listeners
	cache     *CampaignCache
	facts     *Facts
	decisions *Decisions
	credit    Crediter
	now       func() time.Time
	log       *slog.Logger
}

type events interface {
	ClaimEvents(ctx context.Context, shop string, limit int) ([]commerce.Event, error)
	HandledEvents(ctx context.Context, shop string, list []commerce.Event, at time.Time) error
}

type listeners interface {
	Reacting(ctx context.Context, shop string, orders, checkouts, customers []string) ([]campaigns.Enrolment, error)
}

// Crediter receives the events of orders and attributes the orders' money.
type Crediter interface {
	Credit(ctx context.Context, p *ShopCampaigns, list []commerce.Event) error
}

// HandleParts are the parts of the stage; none may be nil.
type HandleParts struct {
	Events    events
	Listeners listeners
	Cache     *CampaignCache
	Facts     *Facts
	Decisions *Decisions
	Credit    Crediter
	Now       func() time.Time
	Log       *slog.Logger
}

// NewHandle makes the stage.
func NewHandle(p HandleParts) *Handle {
	return &Handle{
		events: p.Events, listeners: p.Listeners, cache: p.Cache, facts: p.Facts, decisions: p.Decisions, credit: p.Credit,
		now: p.Now, log: p.Log,
	}
}

// Work handles one batch of events.
func (h *Handle) Work(ctx context.Context, shop string) (done int, err error) {
	batch, err := h.events.ClaimEvents(ctx, shop, batchSize)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	p, err := h.cache.Of(ctx, shop)
	if err != nil {
		return 0, err
	}
	for _, broken := range p.Broken {
		h.log.Error("campaign is paused: its stored version cannot be read", "shop", shop, "error", broken)
	}
	heard, finished := split(batch, func(e commerce.Event) bool { return p.hears(e.Kind) })
	for wave := range waves(heard) {
		failed := apart(ctx, wave, func(ctx context.Context, list []commerce.Event) error {
			err := h.handle(ctx, p, list)
			if err == nil {
				finished = append(finished, list...)
			}
			return err
		})
		err = errors.Join(err, failed)
	}
	failpoint.Hit(failpoint.BeforeHandled)
	if failed := h.events.HandledEvents(ctx, shop, finished, h.now()); failed != nil {
		return len(finished), failed
	}
	return len(finished), err
}

// split divides a list by whether each holds.
func split[T any](list []T, holds func(T) bool) (those, others []T) {
	for _, one := range list {
		if holds(one) {
			those = append(those, one)
		} else {
			others = append(others, one)
		}
	}
	return those, others
}

// waves divides events, the oldest first, so that no two of a wave have the same subject or
// customer: what the first one changes, the second one reads.
func waves(batch []commerce.Event) iter.Seq[[]commerce.Event] {
	return func(yield func([]commerce.Event) bool) {
		batch = slices.Clone(batch)
		slices.SortStableFunc(batch, func(a, b commerce.Event) int { return a.At.Compare(b.At) })
		for len(batch) > 0 {
			var wave, later []commerce.Event
			taken := map[string]bool{"": true}
			for _, e := range batch {
				if taken[e.Subject] || e.Customer != "" && taken["customer "+e.Customer] {
					later = append(later, e)
				} else {
					wave = append(wave, e)
				}
				taken[e.Subject], taken["customer "+e.Customer] = true, true
			}
			if !yield(wave) {
				return
			}
			batch = later
		}
	}
}

// news is an event with the ids of its customer, merges followed, and of all customers merged
// into it; without a customer it has none.
type news struct {
	commerce.Event
	customers []string
}

func (h *Handle) handle(ctx context.Context, p *ShopCampaigns, events []commerce.Event) error {
	list, err := h.news(ctx, p, events)
	if err != nil {
		return err
	}
	if err := h.decideRunning(ctx, p, list); err != nil {
		return err
	}
	if err := h.decideEntries(ctx, p, list); err != nil {
		return err
	}
	orders := slices.DeleteFunc(slices.Clone(events), func(e commerce.Event) bool { return !strings.HasPrefix(string(e.Kind), "order.") })
	return h.credit.Credit(ctx, p, orders)
}

func (h *Handle) news(ctx context.Context, p *ShopCampaigns, events []commerce.Event) ([]news, error) {
	found, err := h.facts.subjects.CustomersByID(
		ctx,
		p.Shop.ID,
		idsOf(events, func(e commerce.Event) []string { return []string{e.Customer} }),
	)
	if err != nil {
		return nil, err
	}
	roots := make([]string, 0, len(found))
	for _, c := range found {
		roots = append(roots, c.ID)
	}
	ids, err := h.facts.withAliases(ctx, p.Shop.ID, roots)
	list := make([]news, len(events))
	for i, e := range events {
		list[i].Event = e
		if c, known := found[e.Customer]; known {
			list[i].customers = ids[c.ID]
		}
	}
	return list, err
}

func (h *Handle) decideRunning(ctx context.Context, p *ShopCampaigns, list []news) error {
	subjects := idsOf(list, func(n news) []string { return []string{n.Subject} })
	running, err := h.listeners.Reacting(ctx, p.Shop.ID, subjects, subjects, idsOf(list, func(n news) []string { return n.customers }))
	if err != nil {
		return err
	}
	by := byConcern(running)
	var matters []*matter
	for _, n := range list {
		for _, r := range by.of(n) {
			c, err := p.Version(r.Campaign, r.Version)
			if err != nil {
				h.log.Error("event of an enrolment whose campaign version cannot be read", "shop", p.Shop.ID, "enrolment", r.ID, "error", err)
				continue
			}
			occasion := campaigns.Occasion{Kind: campaigns.OnEvent, Event: n.Event}
			matters = append(matters, &matter{campaign: c, id: r.ID, enrolment: unclaimed(r), occasion: occasion, about: aboutEnrolment(r)})
		}
	}
	return h.decisions.decide(ctx, p, matters)
}

// concerns are enrolments by the ids of their order, checkout and customer.
type concerns map[string][]campaigns.Enrolment

func byConcern(list []campaigns.Enrolment) concerns {
	by := concerns{}
	for _, e := range list {
		for _, id := range distinctIDs(e.Order, e.Checkout, e.Customer) {
			by[id] = append(by[id], e)
		}
	}
	return by
}

func distinctIDs(ids ...string) []string {
	return idsOf(ids, func(id string) []string { return []string{id} })
}

// of are the enrolments that an event concerns.
func (by concerns) of(n news) []campaigns.Enrolment {
	var list []campaigns.Enrolment
	seen := map[string]bool{}
	for _, id := range append([]string{n.Subject}, n.customers...) {
		for _, e := range by[id] {
			if !seen[e.ID] {
				seen[e.ID] = true
				list = append(list, e)
			}
		}
	}
	return list
}

// unclaimed is e for a decision by a worker without its claim. Another worker's
// claim stays stored; that worker loses its compare-and-set to ours.
func unclaimed(e campaigns.Enrolment) campaigns.Enrolment {
	e.Claim, e.LeaseUntil = "", time.Time{}
	return e
}

func (h *Handle) decideEntries(ctx context.Context, p *ShopCampaigns, list []news) error {
	var matters []*matter
	for _, n := range list {
		if target := campaigns.EnterTarget(n.Event); target != "" && !p.enters(target) {
			h.log.Warn("a step lets a customer enter a campaign that is not active", "shop", p.Shop.ID, "campaign", target, "event", n.ID)
		}
		for _, c := range slices.Concat(p.Active, p.Paused) {
			if !c.Enters(n.Event) || c.Key == campaigns.ByCustomer && len(n.customers) == 0 {
				continue // without a customer nobody can enter
			}
			customer := ""
			if len(n.customers) > 0 {
				customer = n.customers[0]
			}
			m, err := entry(p, c, customer, campaigns.Occasion{Kind: campaigns.OnTrigger, Event: n.Event})
			if err != nil {
				return err
			}
			matters = append(matters, m)
		}
	}
	return h.decisions.enter(ctx, p, matters)
}

// entry is the matter whether an event enters its subject. In a campaign by customer the
// subject is customer, merges followed.
func entry(p *ShopCampaigns, c *campaigns.Campaign, customer string, o campaigns.Occasion) (*matter, error) {
	subject := o.Event.Subject
	if c.Key == campaigns.ByCustomer {
		subject = customer
	}
	id, err := campaigns.EnrolmentID(c, p.Shop.ID, subject)
	return &matter{campaign: c, id: id, occasion: o, about: aboutEvent(o.Event)}, err
}

// enter decides entries: it reads the enrolments first.
func (d *Decisions) enter(ctx context.Context, p *ShopCampaigns, list []*matter) error {
	if len(list) == 0 {
		return nil
	}
	list, err := d.again(ctx, p.Shop.ID, nil, list)
	if err != nil {
		return err
	}
	return d.decide(ctx, p, list)
}
