package jobs

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
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
	Reacting(ctx context.Context, shop, subject string, customers []string) ([]campaigns.Enrolment, error)
	Enrolment(ctx context.Context, shop, id string) (campaigns.Enrolment, error)
}

// Crediter receives every event of an order and attributes the order's money.
type Crediter interface {
	Credit(ctx context.Context, p *ShopCampaigns, e commerce.Event) error
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
	batch, err := h.events.ClaimEvents(ctx, shop, 128)
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
	finished, err := collect(ctx, batch, func(ctx context.Context, e commerce.Event) (commerce.Event, error) {
		return e, h.handle(ctx, p, e)
	})
	if failed := h.events.HandledEvents(ctx, shop, finished, h.now()); failed != nil {
		return len(finished), failed
	}
	return len(finished), err
}

func (h *Handle) handle(ctx context.Context, p *ShopCampaigns, e commerce.Event) error {
	customers, err := h.customers(ctx, p, e)
	if err != nil {
		return err
	}
	if err := h.decideRunning(ctx, p, e, customers); err != nil {
		return err
	}
	if err := h.decideEntries(ctx, p, e, customers); err != nil {
		return err
	}
	if !strings.HasPrefix(string(e.Kind), "order.") {
		return nil
	}
	return h.credit.Credit(ctx, p, e)
}

// customers are the ids of the event's customer, merges followed, and of all
// customers merged into it.
func (h *Handle) customers(ctx context.Context, p *ShopCampaigns, e commerce.Event) ([]string, error) {
	if e.Customer == "" {
		return nil, nil
	}
	c, err := h.facts.subjects.Customer(ctx, p.Shop.ID, e.Customer)
	if err != nil {
		return nil, ifFound(err)
	}
	return h.facts.idsOf(ctx, p.Shop.ID, c.ID)
}

func (h *Handle) decideRunning(ctx context.Context, p *ShopCampaigns, e commerce.Event, customers []string) error {
	running, err := h.listeners.Reacting(ctx, p.Shop.ID, e.Subject, customers)
	if err != nil {
		return err
	}
	for _, r := range running {
		c, err := p.Version(r.Campaign, r.Version)
		if err != nil {
			h.log.Error("event of an enrolment whose campaign version cannot be read", "shop", p.Shop.ID, "enrolment", r.ID, "error", err)
			continue
		}
		occasion := campaigns.Occasion{Kind: campaigns.OnEvent, Event: e}
		if _, err := h.decisions.decide(ctx, p, c, r.ID, unclaimed(r), occasion, aboutEnrolment(r)); err != nil {
			return err
		}
	}
	return nil
}

// unclaimed is e for a decision by a worker without its claim. Another worker's
// claim stays stored; that worker loses its compare-and-set to ours.
func unclaimed(e campaigns.Enrolment) campaigns.Enrolment {
	e.Claim, e.LeaseUntil = "", time.Time{}
	return e
}

func (h *Handle) decideEntries(ctx context.Context, p *ShopCampaigns, e commerce.Event, customers []string) error {
	for _, c := range slices.Concat(p.Active, p.Paused) {
		if !c.Triggers(e.Kind) || c.Key == campaigns.ByCustomer && len(customers) == 0 {
			continue // without a customer nobody can enter
		}
		customer := ""
		if len(customers) > 0 {
			customer = customers[0]
		}
		if _, err := h.decisions.trigger(ctx, p, c, customer, campaigns.Occasion{Kind: campaigns.OnTrigger, Event: e}); err != nil {
			return err
		}
	}
	return nil
}

// trigger decides whether an event enters its subject. In a campaign by customer
// the subject is customer, merges followed.
func (d *Decisions) trigger(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, customer string, o campaigns.Occasion,
) (decided campaigns.Enrolment, err error) {
	subject := o.Event.Subject
	if c.Key == campaigns.ByCustomer {
		subject = customer
	}
	id, err := campaigns.EnrolmentID(c, p.Shop.ID, subject)
	if err != nil {
		return decided, err
	}
	known, err := d.store.Enrolment(ctx, p.Shop.ID, id)
	if err != nil {
		return decided, err
	}
	return d.decide(ctx, p, c, id, unclaimed(known), o, aboutEvent(o.Event))
}
