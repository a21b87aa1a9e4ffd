package jobs

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// Watch runs time triggers. It has one watch for each customer and active campaign
// with a time trigger. The watch is written whenever the profile is, and decided
// when it is due.
type Watch struct {
	store     watches
	profiles  buyers
	cache     *CampaignCache
	decisions *Decisions
	now       func() time.Time
}

type watches interface {
	PutWatches(ctx context.Context, shop string, list []campaigns.Watch) error
	ClaimWatches(ctx context.Context, shop string, held []string, limit int) ([]campaigns.Watch, error)
	SaveWatches(ctx context.Context, shop string, list []campaigns.Watch) error
	BeginReconcile(ctx context.Context, shop, name string) (ours bool, err error)
	EndReconcile(ctx context.Context, shop, name string) error
}

type buyers interface {
	EachBuyer(ctx context.Context, shop string, each func(commerce.Customer) error) error
}

// NewWatch makes the stage, which is also the Watcher of Recount.
func NewWatch(store watches, profiles buyers, cache *CampaignCache, decisions *Decisions, now func() time.Time) *Watch {
	return &Watch{store: store, profiles: profiles, cache: cache, decisions: decisions, now: now}
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

// put writes the watches of customers in campaigns. A new watch that is due already is left
// out: the customer lapsed before the campaign was active or before the shop was connected.
func (w *Watch) put(ctx context.Context, p *ShopCampaigns, all []*campaigns.Campaign, list []commerce.Customer) error {
	var watches []campaigns.Watch
	for _, campaign := range all {
		for i := range list {
			watch, ok := campaigns.WatchOf(campaign, campaigns.Facts{Shop: p.Shop, Customer: &list[i]})
			if ok && !watch.DueAt.Before(w.now()) {
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
		if c.Trigger.Lapse > 0 {
			if err := w.reconcile(ctx, p, c); err != nil {
				return 0, err
			}
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
	var postponed, lapsed []*dueWatch
	for _, due := range list {
		c := active[due.Campaign]
		switch {
		case !due.ReceivedAt.IsZero() && c == nil:
			ended = append(ended, due.Resumed(campaigns.Enrolment{}))
		case !due.ReceivedAt.IsZero():
			postponed = append(postponed, &dueWatch{Watch: due, matter: matter{campaign: c}})
		case c == nil || c.Trigger.Lapse == 0:
			due.DueAt = time.Time{}
			ended = append(ended, due)
		default:
			lapsed = append(lapsed, &dueWatch{Watch: due, matter: matter{campaign: c}})
		}
	}
	if err := w.store.SaveWatches(ctx, p.Shop.ID, ended); err != nil {
		return err
	}
	if err := w.resume(ctx, p, postponed); err != nil {
		return err
	}
	return w.lapsed(ctx, p, lapsed)
}

// dueWatch is a watch with the matter of its decision.
type dueWatch struct {
	campaigns.Watch
	matter
	next campaigns.Watch // as it is stored afterwards
}

// lapsed decides whether customers enter because they bought nothing. It starts over with
// those that another worker decided meanwhile.
func (w *Watch) lapsed(ctx context.Context, p *ShopCampaigns, list []*dueWatch) (err error) {
	for _, due := range list {
		if due.id, err = campaigns.EnrolmentID(due.campaign, p.Shop.ID, due.Watch.Customer); err != nil {
			return err
		}
		due.about = About{Customer: due.Watch.Customer, Order: causeOrder(due.Cause), Since: due.CauseAt}
	}
	for len(list) > 0 {
		decided, entering, err := w.askLapsed(ctx, p, list)
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

// askLapsed gets the engine's answers. decided are the watches that are answered without an
// entry. The watch of a merged customer ends, and the survivor's serves both: with two
// watches one person could enter twice.
func (w *Watch) askLapsed(ctx context.Context, p *ShopCampaigns, list []*dueWatch) (
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
		if c := facts[i].Customer; c != nil && c.ID != due.Watch.Customer {
			if watch, ok := campaigns.WatchOf(due.campaign, facts[i]); ok {
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

// causeOrder is the id of the order in an event id; "" where it names none.
func causeOrder(event string) string {
	parts, err := commerce.SplitKey(event)
	if err != nil || len(parts) < 3 || !strings.HasPrefix(parts[1], "order.") {
		return ""
	}
	return parts[2]
}

// reconcile writes the watches of all buyers of the shop, once a day and version.
func (w *Watch) reconcile(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign) error {
	name := commerce.Key("watches", c.ID, c.Hash)
	ours, err := w.store.BeginReconcile(ctx, p.Shop.ID, name)
	if err != nil || !ours {
		return err
	}
	var some []commerce.Customer
	err = w.profiles.EachBuyer(ctx, p.Shop.ID, func(customer commerce.Customer) error {
		if some = append(some, customer); len(some) < batchSize {
			return nil
		}
		full := some
		some = nil
		return w.put(ctx, p, []*campaigns.Campaign{c}, full)
	})
	if err == nil {
		err = w.put(ctx, p, []*campaigns.Campaign{c}, some)
	}
	if err != nil {
		return err
	}
	return w.store.EndReconcile(ctx, p.Shop.ID, name)
}
