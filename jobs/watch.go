package jobs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// Watch runs time triggers. It has one watch for each active campaign and each customer
// or event that the campaign's time may be over for. The watch of a customer is written
// whenever the profile is, that of an event when the event is handled. Both are decided
// when they are due.
type Watch struct {
	store     watches
	past      watched
	cache     *CampaignCache
	decisions *Decisions
	now, wall func() time.Time
}

type watches interface {
	PutWatches(ctx context.Context, shop string, list []campaigns.Watch) error
	ClaimWatches(ctx context.Context, shop string, held []string, limit int) ([]campaigns.Watch, error)
	SaveWatches(ctx context.Context, shop string, list []campaigns.Watch) error
}

// NewWatch makes the stage, which is also the Watcher of Recount. now is the clock of due
// times, wall that of leases.
func NewWatch(store watches, past watched, cache *CampaignCache, decisions *Decisions, now, wall func() time.Time) *Watch {
	return &Watch{store: store, past: past, cache: cache, decisions: decisions, now: now, wall: wall}
}

// ProfilesChanged writes the customers' watches.
func (w *Watch) ProfilesChanged(ctx context.Context, shop string, list []commerce.Customer) error {
	if len(list) == 0 {
		return nil
	}
	p, err := w.cache.Of(ctx, shop)
	if err != nil {
		return err
	}
	return w.put(ctx, p, slices.Concat(p.Active, p.Paused), list)
}

// put writes the watches of customers in campaigns. A new lapse that is over already is left
// out, unless the campaign has a backfill. Where the time depends on figures of all customers
// it may bring a stored one forward.
func (w *Watch) put(ctx context.Context, p *ShopCampaigns, all []*campaigns.Campaign, list []commerce.Customer) error {
	var watches []campaigns.Watch
	for _, campaign := range all {
		for i := range list {
			if !campaign.WatchesCustomers() {
				break
			}
			watch, ok := campaigns.WatchOf(campaign, campaigns.Facts{Shop: p.Shop, Customer: &list[i], Params: p.Params}, w.now())
			if watch.Late = !campaign.Current(watch, w.now()); ok && (!watch.Late || campaign.WatchesGaps()) {
				watches = append(watches, watch)
			}
		}
	}
	return w.store.PutWatches(ctx, p.Shop.ID, watches)
}

// Work decides one batch of due watches. When a version becomes active, and every
// day from then on, it also writes missing watches: of customers known before, or
// lost with a process that died.
func (w *Watch) Work(ctx context.Context, shop string) (done int, err error) {
	p, err := w.cache.Of(ctx, shop)
	if err != nil {
		return 0, err
	}
	for _, c := range p.Active {
		if err := w.reconcile(ctx, p, c); err != nil {
			return 0, err
		}
	}
	batch, err := w.store.ClaimWatches(ctx, shop, p.Held, batchSize)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	return len(batch), apart(ctx, batch, func(ctx context.Context, some []campaigns.Watch) error { return w.decide(ctx, p, some) })
}

// decide calls the engine for due watches. The watch of an archived campaign is never due
// again.
func (w *Watch) decide(ctx context.Context, p *ShopCampaigns, list []campaigns.Watch) error {
	active := map[string]*campaigns.Campaign{}
	for _, c := range p.Active {
		active[c.ID] = c
	}
	var ended []campaigns.Watch
	var postponed, timed []*dueWatch
	for _, due := range list {
		c := active[due.Campaign]
		switch {
		case !due.ReceivedAt.IsZero() && c == nil:
			ended = append(ended, due.Resumed(campaigns.Enrolment{}))
		case !due.ReceivedAt.IsZero():
			postponed = append(postponed, &dueWatch{Watch: due, matter: matter{campaign: c}})
		case c == nil || !c.Watches(due):
			due.DueAt = time.Time{}
			ended = append(ended, due)
		default:
			timed = append(timed, &dueWatch{Watch: due, matter: matter{campaign: c}})
		}
	}
	if err := w.store.SaveWatches(ctx, p.Shop.ID, ended); err != nil {
		return err
	}
	if err := w.resume(ctx, p, postponed); err != nil {
		return err
	}
	return w.timed(ctx, p, timed)
}

// dueWatch is a watch with the matter of its decision.
type dueWatch struct {
	campaigns.Watch
	matter
	next campaigns.Watch // as it is stored afterwards
}

// timed decides whether customers or orders enter because a time is over. It starts over with
// those that another worker decided meanwhile.
func (w *Watch) timed(ctx context.Context, p *ShopCampaigns, list []*dueWatch) (err error) {
	for _, due := range list {
		if due.id, err = due.campaign.Watched(due.Watch); err != nil {
			return err
		}
		due.about = About{Customer: due.Watch.Customer, Order: due.Watch.Order(), Since: due.CauseAt}
	}
	for len(list) > 0 {
		decided, entering, err := w.ask(ctx, p, list)
		if err != nil {
			return err
		}
		matters := make([]*matter, len(entering))
		for i, due := range entering {
			matters[i] = &due.matter
		}
		saved, err := w.decisions.effect(ctx, p.Shop.ID, matters)
		if err != nil {
			return err
		}
		list = nil
		for i, due := range entering {
			if saved[i] {
				decided = append(decided, due.next)
			} else {
				list = append(list, due)
			}
		}
		if err := w.store.SaveWatches(ctx, p.Shop.ID, decided); err != nil {
			return err
		}
	}
	return nil
}

// ask gets the engine's answers. decided are the watches that are answered without an
// entry. The watch of a merged customer ends, and the survivor's serves both: with two
// watches one person could enter twice. The watch of an event has the customer of its order.
func (w *Watch) ask(ctx context.Context, p *ShopCampaigns, list []*dueWatch) (
	decided []campaigns.Watch, entering []*dueWatch, err error,
) {
	known, err := w.decisions.store.EnrolmentsByID(ctx, p.Shop.ID, idsOf(list, func(due *dueWatch) []string { return []string{due.id} }))
	if err != nil {
		return nil, nil, err
	}
	questions := make([]question, len(list))
	for i, due := range list {
		questions[i] = question{due.campaign, campaigns.WatchNeeds(due.campaign), due.about}
	}
	facts, err := w.decisions.facts.gather(ctx, p, questions)
	if err != nil {
		return nil, nil, err
	}
	var survivors []campaigns.Watch
	for i, due := range list {
		if c := facts[i].Customer; c != nil && c.ID != due.Watch.Customer && due.campaign.WatchesCustomers() {
			if watch, ok := campaigns.WatchOf(due.campaign, facts[i], w.now()); ok {
				survivors = append(survivors, watch)
			}
			ended := due.Watch
			ended.DueAt = time.Time{}
			decided = append(decided, ended)
			continue
		}
		before := known[due.id]
		due.next, due.decided, due.actions = campaigns.DecideWatch(due.campaign, due.Watch, unclaimed(before), facts[i], w.now())
		if due.decided.State != "" && due.decided.Entry > before.Entry {
			entering = append(entering, due)
		} else {
			decided = append(decided, due.next)
		}
	}
	return decided, entering, w.store.PutWatches(ctx, p.Shop.ID, survivors)
}

// resume decides causes again that came during a pause, and stores the results.
func (w *Watch) resume(ctx context.Context, p *ShopCampaigns, list []*dueWatch) error {
	if len(list) == 0 {
		return nil
	}
	found, err := w.decisions.facts.subjects.CustomersByID(ctx, p.Shop.ID,
		idsOf(list, func(due *dueWatch) []string { return []string{due.Watch.Customer} }))
	if err != nil {
		return err
	}
	reported, err := w.reported(ctx, p.Shop.ID, list)
	if err != nil {
		return err
	}
	matters := make([]*matter, len(list))
	for i, due := range list {
		event, err := commerce.EventOf(due.Cause, due.CauseAt)
		if err != nil {
			return err
		}
		event.Properties = reported[event.ID].Properties
		event.Customer = cmp.Or(found[due.Watch.Customer].ID, due.Watch.Customer)
		occasion := campaigns.Occasion{Kind: campaigns.OnTrigger, Event: event, ReceivedAt: due.ReceivedAt}
		if matters[i], err = entry(p, due.campaign, event.Customer, occasion); err != nil {
			return err
		}
	}
	if err := w.decisions.enter(ctx, p, slices.Clone(matters)); err != nil {
		return err
	}
	resumed := make([]campaigns.Watch, len(list))
	for i, due := range list {
		resumed[i] = due.Watch.Resumed(matters[i].decided)
	}
	return w.store.SaveWatches(ctx, p.Shop.ID, resumed)
}

// reported are those causes that the shop reported, with their properties.
func (w *Watch) reported(ctx context.Context, shop string, list []*dueWatch) (map[string]commerce.Event, error) {
	ids := idsOf(list, func(due *dueWatch) []string {
		if event, err := commerce.EventOf(due.Cause, due.CauseAt); err == nil && event.Kind.Reported() {
			return []string{due.Cause}
		}
		return nil
	})
	if len(ids) == 0 {
		return nil, nil
	}
	return w.decisions.facts.past.EventsByID(ctx, shop, ids)
}
