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
	PutWatch(ctx context.Context, shop string, w campaigns.Watch) error
	ClaimWatches(ctx context.Context, shop string, held []string, limit int) ([]campaigns.Watch, error)
	SaveWatch(ctx context.Context, shop string, w campaigns.Watch) error
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

// ProfileChanged writes the customer's watches.
func (w *Watch) ProfileChanged(ctx context.Context, shop string, c commerce.Customer) error {
	p, err := w.cache.Of(ctx, shop)
	if err != nil {
		return err
	}
	for _, campaign := range slices.Concat(p.Active, p.Paused) {
		if err := w.put(ctx, p, campaign, c); err != nil {
			return err
		}
	}
	return nil
}

// put writes one watch. A new watch that is due already is left out: the customer
// lapsed before the campaign was active or before the shop was connected.
func (w *Watch) put(ctx context.Context, p *ShopCampaigns, campaign *campaigns.Campaign, c commerce.Customer) error {
	watch, ok := campaigns.WatchOf(campaign, campaigns.Facts{Shop: p.Shop, Customer: &c})
	if !ok || watch.DueAt.Before(w.now()) {
		return nil
	}
	return w.store.PutWatch(ctx, p.Shop.ID, watch)
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
	batch, err := w.store.ClaimWatches(ctx, shop, p.Held, 256)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	active := map[string]*campaigns.Campaign{}
	for _, c := range p.Active {
		active[c.ID] = c
	}
	err = each(ctx, batch, func(ctx context.Context, due campaigns.Watch) error {
		return w.decide(ctx, p, active[due.Campaign], due)
	})
	return len(batch), err
}

// decide calls the engine for a due watch. The watch of an archived campaign is
// never due again.
func (w *Watch) decide(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, due campaigns.Watch) error {
	if !due.ReceivedAt.IsZero() {
		return w.resume(ctx, p, c, due)
	}
	if c == nil || c.Trigger.Lapse == 0 {
		due.DueAt = time.Time{}
		return w.store.SaveWatch(ctx, p.Shop.ID, due)
	}
	id, err := campaigns.EnrolmentID(c, p.Shop.ID, due.Customer)
	if err != nil {
		return err
	}
	about := About{Customer: due.Customer, Order: causeOrder(due.Cause), Since: due.CauseAt}
	for {
		e, err := w.decisions.store.Enrolment(ctx, p.Shop.ID, id)
		if err != nil {
			return err
		}
		facts, err := w.decisions.facts.gather(ctx, p, c, campaigns.WatchNeeds(c), about)
		if err != nil {
			return err
		}
		if facts.Customer != nil && facts.Customer.ID != due.Customer {
			return w.moveToSurvivor(ctx, c, facts, due)
		}
		next, entered, actions := campaigns.DecideWatch(c, due, unclaimed(e), facts, w.now())
		if entered.State != "" && entered.Entry > e.Entry {
			saved, err := w.decisions.effect(ctx, p.Shop.ID, entered, actions)
			if err != nil {
				return err
			}
			if !saved {
				continue
			}
		}
		return w.store.SaveWatch(ctx, p.Shop.ID, next)
	}
}

// resume decides a cause again that came during a pause, and stores the result.
func (w *Watch) resume(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, due campaigns.Watch) error {
	if c == nil {
		return w.store.SaveWatch(ctx, p.Shop.ID, due.Resumed(campaigns.Enrolment{}))
	}
	event, err := commerce.EventOf(due.Cause, due.CauseAt)
	if err != nil {
		return err
	}
	customer, err := w.decisions.facts.subjects.Customer(ctx, p.Shop.ID, due.Customer)
	if ifFound(err) != nil {
		return err
	}
	event.Customer = cmp.Or(customer.ID, due.Customer)
	occasion := campaigns.Occasion{Kind: campaigns.OnTrigger, Event: event, ReceivedAt: due.ReceivedAt}
	decided, err := w.decisions.trigger(ctx, p, c, event.Customer, occasion)
	if err != nil {
		return err
	}
	return w.store.SaveWatch(ctx, p.Shop.ID, due.Resumed(decided))
}

// moveToSurvivor ends the watch of a merged customer. The survivor's watch serves
// both: with two watches one person could enter twice.
func (w *Watch) moveToSurvivor(ctx context.Context, c *campaigns.Campaign, facts campaigns.Facts, due campaigns.Watch) error {
	if watch, ok := campaigns.WatchOf(c, facts); ok {
		if err := w.store.PutWatch(ctx, facts.Shop.ID, watch); err != nil {
			return err
		}
	}
	due.DueAt = time.Time{}
	return w.store.SaveWatch(ctx, facts.Shop.ID, due)
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
	err = w.profiles.EachBuyer(ctx, p.Shop.ID, func(customer commerce.Customer) error { return w.put(ctx, p, c, customer) })
	if err != nil {
		return err
	}
	return w.store.EndReconcile(ctx, p.Shop.ID, name)
}
