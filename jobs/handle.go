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

// Handle tells campaigns of events: who runs is told first (exits, goals),
// then who may enter is asked. Every effect is insert-if-absent or
// compare-and-set, and handled is written last, so an event handled twice, by
// two versions, by two workers, does one thing.
type Handle struct {
	events    events
	hearing   hearing
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

type hearing interface {
	Hearing(ctx context.Context, shop, subject string, customers []string) ([]campaigns.Enrolment, error)
	Enrolment(ctx context.Context, shop, id string) (campaigns.Enrolment, error)
}

// Crediter is told of every event of an order, to attribute its money.
type Crediter interface {
	Credit(ctx context.Context, p *ShopCampaigns, e commerce.Event) error
}

// HandleParts is what the stage is made of.
type HandleParts struct {
	Events    events
	Hearing   hearing
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
		events: p.Events, hearing: p.Hearing, cache: p.Cache, facts: p.Facts, decisions: p.Decisions, credit: p.Credit, now: p.Now, log: p.Log,
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
		h.log.Error("campaign stands still", "shop", shop, "error", broken)
	}
	handled := make([]bool, len(batch))
	places := make([]int, len(batch))
	for i := range batch {
		places[i] = i
	}
	err = each(ctx, places, func(ctx context.Context, i int) error {
		if err := h.handle(ctx, p, batch[i]); err != nil {
			return err
		}
		handled[i] = true
		return nil
	})
	var finished []commerce.Event
	for i, e := range batch {
		if handled[i] {
			finished = append(finished, e)
		}
	}
	if failed := h.events.HandledEvents(ctx, shop, finished, h.now()); failed != nil {
		return len(finished), failed
	}
	return len(finished), err
}

func (h *Handle) handle(ctx context.Context, p *ShopCampaigns, e commerce.Event) error {
	everybody, err := h.everybody(ctx, p, e)
	if err != nil {
		return err
	}
	if err := h.tell(ctx, p, e, everybody); err != nil {
		return err
	}
	if err := h.enter(ctx, p, e, everybody); err != nil {
		return err
	}
	if !strings.HasPrefix(string(e.Kind), "order.") {
		return nil
	}
	return h.credit.Credit(ctx, p, e)
}

// everybody is the event's customer, merges followed, and all aliases.
func (h *Handle) everybody(ctx context.Context, p *ShopCampaigns, e commerce.Event) ([]string, error) {
	if e.Customer == "" {
		return nil, nil
	}
	c, err := h.facts.subjects.Customer(ctx, p.Shop.ID, e.Customer)
	if err != nil {
		return nil, ifFound(err)
	}
	return h.facts.everybodyOf(ctx, p.Shop.ID, c.ID)
}

func (h *Handle) tell(ctx context.Context, p *ShopCampaigns, e commerce.Event, everybody []string) error {
	running, err := h.hearing.Hearing(ctx, p.Shop.ID, e.Subject, everybody)
	if err != nil {
		return err
	}
	for _, r := range running {
		c, err := p.Version(r.Campaign, r.Version)
		if err != nil {
			h.log.Error("event for a lost version", "shop", p.Shop.ID, "enrolment", r.ID, "error", err)
			continue
		}
		occasion := campaigns.Occasion{Kind: campaigns.OnEvent, Event: e}
		if _, err := h.decisions.decide(ctx, p, c, r.ID, unclaimed(r), occasion, aboutEnrolment(r)); err != nil {
			return err
		}
	}
	return nil
}

// unclaimed is e for a decision that is not its claimer's: another worker's
// claim stays where it is, and its compare-and-set is lost to ours.
func unclaimed(e campaigns.Enrolment) campaigns.Enrolment {
	e.Claim, e.LeaseUntil = "", time.Time{}
	return e
}

func (h *Handle) enter(ctx context.Context, p *ShopCampaigns, e commerce.Event, everybody []string) error {
	for _, c := range slices.Concat(p.Active, p.Paused) {
		if !c.Triggers(e.Kind) || c.Key == campaigns.ByCustomer && len(everybody) == 0 {
			continue // or nobody is known: nobody can enter
		}
		customer := ""
		if len(everybody) > 0 {
			customer = everybody[0]
		}
		if _, err := h.decisions.trigger(ctx, p, c, customer, campaigns.Occasion{Kind: campaigns.OnTrigger, Event: e}); err != nil {
			return err
		}
	}
	return nil
}

// trigger asks whether an event makes its subject enter, or, of a campaign by
// customer, customer: merges followed.
func (d *Decisions) trigger(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, customer string, o campaigns.Occasion) (decided campaigns.Enrolment, err error) {
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
