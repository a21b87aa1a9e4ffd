package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/failpoint"
	"comeback/segments"
)

// Broadcast runs broadcasts, schedules and backfills. A run passes the shop's customers by number, a
// page at a time: the engine decides who enters, the entries are stored, and last the
// number of the customer passed last. So a page that a dead process left is passed again,
// and each customer enters once.
type Broadcast struct {
	store     runs
	sending   *Sending
	cache     *CampaignCache
	decisions *Decisions
	now       func() time.Time
	log       *slog.Logger

	mu    sync.Mutex
	ready map[string]int64 // by shop: the campaigns_rev at which its runs were planned
}

type runs interface {
	PlanRun(ctx context.Context, shop string, r campaigns.Run) error
	OpenRuns(ctx context.Context, shop string) ([]campaigns.Run, error)
	ClaimRuns(ctx context.Context, shop string, held []string, limit int) ([]campaigns.Run, error)
	SaveRun(ctx context.Context, shop string, r campaigns.Run) (saved bool, err error)
	Pass(ctx context.Context, shop string, after int64, limit int, audience segments.Condition, p segments.Params) (campaigns.Passage, error)
	// PassMembers is Pass for the members of a segment; ready is false before its first sweep.
	PassMembers(ctx context.Context, shop, segment string, after int64, limit int) (page campaigns.Passage, ready bool, err error)
}

// NewBroadcast makes the stage; now is the clock of due times.
func NewBroadcast(
	store runs, sending *Sending, cache *CampaignCache, decisions *Decisions, now func() time.Time, log *slog.Logger,
) *Broadcast {
	return &Broadcast{store: store, sending: sending, cache: cache, decisions: decisions, now: now, log: log, ready: map[string]int64{}}
}

// Work begins a run that is due, or passes one page of customers. While people have stopped
// the shop's mails, nobody is passed.
func (b *Broadcast) Work(ctx context.Context, shop string) (done int, err error) {
	p, err := b.cache.Of(ctx, shop)
	if err != nil {
		return 0, err
	}
	if err := b.prepare(ctx, p); err != nil {
		return 0, err
	}
	if !slices.ContainsFunc(slices.Concat(p.Active, p.Paused), (*campaigns.Campaign).HasRuns) {
		return 0, nil
	}
	stopped, held, err := b.sending.stops(ctx, p)
	if err != nil || stopped {
		return 0, err
	}
	batch, err := b.store.ClaimRuns(ctx, shop, held, 1)
	for _, r := range batch {
		n, failed := b.advance(ctx, p, r)
		done, err = done+n, errors.Join(err, failed)
	}
	return done, err
}

// prepare plans the first run of each campaign that has none, and ends the runs of those
// that let nobody enter any more. It does so once for each change of the campaigns.
func (b *Broadcast) prepare(ctx context.Context, p *ShopCampaigns) error {
	b.mu.Lock()
	at, known := b.ready[p.Shop.ID]
	b.mu.Unlock()
	if known && at == p.Shop.CampaignsRev {
		return nil
	}
	open, err := b.store.OpenRuns(ctx, p.Shop.ID)
	if err != nil {
		return err
	}
	for _, r := range open {
		if why := over(p, r); why != "" {
			if _, err := b.store.SaveRun(ctx, p.Shop.ID, r.Over(why, b.now())); err != nil {
				return err
			}
		}
	}
	for _, c := range p.Active {
		if slices.ContainsFunc(open, func(r campaigns.Run) bool { return r.Of(c) }) {
			continue
		}
		if first, ok := campaigns.FirstRun(c, p.Shop, c.StateAt); ok {
			if err := b.store.PlanRun(ctx, p.Shop.ID, first); err != nil {
				return err
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready[p.Shop.ID] = p.Shop.CampaignsRev
	return nil
}

// over is why nobody enters by a run any more; empty while somebody may.
func over(p *ShopCampaigns, r campaigns.Run) string {
	for _, c := range slices.Concat(p.Active, p.Paused) {
		switch {
		case c.ID != r.Campaign:
		case !r.Of(c) || !c.HasRuns():
			return "another version is active"
		default:
			return ""
		}
	}
	return "the campaign is archived"
}

// advance does the next part of a claimed run.
func (b *Broadcast) advance(ctx context.Context, p *ShopCampaigns, r campaigns.Run) (done int, err error) {
	i := slices.IndexFunc(p.Active, func(c *campaigns.Campaign) bool { return r.Of(c) && c.HasRuns() })
	switch {
	case i < 0:
		why := over(p, r)
		if why == "" {
			return 0, nil // it was paused a moment ago
		}
		_, err = b.store.SaveRun(ctx, p.Shop.ID, r.Over(why, b.now()))
		return 1, err
	case r.State == campaigns.RunPlanned:
		return 1, b.begin(ctx, p, p.Active[i], r)
	}
	return b.pass(ctx, p, p.Active[i], r)
}

// begin begins a run, after the next one of the schedule is planned: so there is always one.
func (b *Broadcast) begin(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, r campaigns.Run) error {
	begun, next := campaigns.Begin(c, p.Shop, r, b.now())
	if next.ID != "" {
		if err := b.store.PlanRun(ctx, p.Shop.ID, next); err != nil {
			return err
		}
	}
	failpoint.Hit(failpoint.BeforeBegin)
	saved, err := b.store.SaveRun(ctx, p.Shop.ID, begun)
	if err == nil && saved {
		b.log.Info("run", "shop", p.Shop.ID, "campaign", r.Campaign, "planned", r.Local, "state", begun.State, "reason", begun.Reason)
	}
	return err
}

// pass lets a run pass one page of customers.
func (b *Broadcast) pass(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, r campaigns.Run) (done int, err error) {
	page, ready, err := b.page(ctx, p, c, r)
	switch {
	case err != nil:
		return 0, err
	case !ready:
		_, err = b.store.SaveRun(ctx, p.Shop.ID, r.Later(b.now()))
		return 0, err
	}
	matters := make([]*matter, len(page.Customers))
	for i, customer := range page.Customers {
		id, err := campaigns.EnrolmentID(c, p.Shop.ID, customer)
		if err != nil {
			return 0, err
		}
		matters[i] = &matter{
			campaign: c, id: id, about: About{Customer: customer, Since: r.DueAt, Cause: campaigns.BackfillCause(c, p.Shop.ID, customer)},
			occasion: campaigns.Occasion{Kind: campaigns.OnRun, Run: r, Event: commerce.Event{Customer: customer}},
		}
	}
	decided, err := b.decide(ctx, p, matters)
	if err != nil {
		return 0, err
	}
	next := r.Leave(page.Skipped, campaigns.CheckAudience).Leave(len(matters)-len(decided), campaigns.CheckFault)
	for _, e := range decided {
		next = next.Pass(e)
	}
	if next.Passed = page.Last; page.End {
		next = next.Done(b.now())
	}
	failpoint.Hit(failpoint.BeforePassed)
	saved, err := b.store.SaveRun(ctx, p.Shop.ID, next)
	if saved && page.End {
		b.log.Info("run", "shop", p.Shop.ID, "campaign", r.Campaign, "planned", r.Local, "state", next.State,
			"seen", next.Seen, "entered", next.Entered)
	}
	return max(len(matters), 1), err
}

// page lists the next customers that a run passes. It is not ready while the members of a segment
// that a backfill is about are not found yet.
func (b *Broadcast) page(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, r campaigns.Run) (
	page campaigns.Passage, ready bool, err error,
) {
	if segment := c.Trigger.Of.Segment; r.OfBackfill() && segment != "" {
		return b.store.PassMembers(ctx, p.Shop.ID, segment, r.Passed, batchSize)
	}
	page, err = b.store.Pass(ctx, p.Shop.ID, r.Passed, batchSize, c.Audience, paramsOf(p))
	return page, true, err
}

// decide are the decisions about customers. One customer who cannot be decided about, as
// with a damaged record, is logged and left out: the run must get on. An absent database
// stops the page.
func (b *Broadcast) decide(ctx context.Context, p *ShopCampaigns, list []*matter) (decided []campaigns.Enrolment, err error) {
	err = apart(ctx, list, func(ctx context.Context, some []*matter) error {
		err := b.decisions.enter(ctx, p, slices.Clone(some))
		for _, m := range some {
			if err == nil {
				decided = append(decided, m.decided)
			}
		}
		return err
	})
	switch {
	case err == nil:
	case ctx.Err() != nil || commerce.CodeOf(err) == commerce.Unavailable || len(decided) == 0 && len(list) > 1:
		return nil, err
	default:
		b.log.Error("a run leaves customers out about whom nothing can be decided", "shop", p.Shop.ID,
			"customers", len(list)-len(decided), "error", err)
	}
	return decided, nil
}

// paramsOf are the parameters of conditions of the shop, as the engine sets them.
func paramsOf(p *ShopCampaigns) segments.Params {
	params := p.Params
	params.Zone, params.Currency = p.Shop.Location(), p.Shop.Currency
	return params
}
