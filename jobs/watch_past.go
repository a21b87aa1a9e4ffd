package jobs

import (
	"context"
	"strconv"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// watched reads who may need a watch: when a campaign begins to run, and every day.
type watched interface {
	// BeginWatching returns since when profiles may have changed; zero: all are to be read.
	BeginWatching(ctx context.Context, shop, campaign, basis string) (since time.Time, ours bool, err error)
	EndWatching(ctx context.Context, shop, campaign, basis string, began time.Time) error
	EachBuyer(ctx context.Context, shop string, each func(commerce.Customer) error) error
	EachPerson(ctx context.Context, shop string, since time.Time, each func([]commerce.Customer) error) error
	EachEventSince(ctx context.Context, shop string, kinds []commerce.EventKind, since time.Time, each func([]commerce.Event) error) error
}

// reconcile writes the watches that a campaign has and that are not stored: of everybody when
// it begins to run, and of changed customers once a day. Events need it once, because each
// later one is handled.
func (w *Watch) reconcile(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign) error {
	from, replays := c.Replays()
	if !c.WatchesCustomers() && !c.WatchesEvents() && !replays {
		return nil
	}
	basis, began := watchBasis(p, c), w.wall()
	since, ours, err := w.past.BeginWatching(ctx, p.Shop.ID, c.ID, basis)
	if err != nil || !ours {
		return err
	}
	switch {
	case replays && since.IsZero():
		err = w.replay(ctx, p, c, from)
	case c.WatchesEvents() && since.IsZero():
		err = w.putEvents(ctx, p, c)
	case c.WatchesBuyers() && since.IsZero():
		err = w.putBuyers(ctx, p, c)
	case c.WatchesCustomers():
		err = w.past.EachPerson(ctx, p.Shop.ID, since, func(some []commerce.Customer) error {
			return w.put(ctx, p, []*campaigns.Campaign{c}, some)
		})
	}
	if err != nil {
		return err
	}
	return w.past.EndWatching(ctx, p.Shop.ID, c.ID, basis, began)
}

// watchBasis names what the times of a campaign depend on besides each profile: its version,
// when it started, the zone of the shop, and the gaps of all customers.
func watchBasis(p *ShopCampaigns, c *campaigns.Campaign) string {
	fitted := ""
	if c.WatchesGaps() && p.Params.Fitted != nil {
		fitted = strconv.FormatInt(p.Params.Fitted.At.UnixMilli(), 10)
	}
	return commerce.Key(c.Hash, strconv.FormatInt(c.Since.UnixMilli(), 10), p.Shop.Zone, fitted)
}

// putBuyers writes the watches of all buyers of the shop.
func (w *Watch) putBuyers(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign) error {
	var some []commerce.Customer
	put := func() error {
		full := some
		some = nil
		return w.put(ctx, p, []*campaigns.Campaign{c}, full)
	}
	err := w.past.EachBuyer(ctx, p.Shop.ID, func(customer commerce.Customer) error {
		if some = append(some, customer); len(some) < batchSize {
			return nil
		}
		return put()
	})
	if err != nil {
		return err
	}
	return put()
}

// putEvents writes the watches of events before the campaign's start whose time is not over,
// or of all under a backfill.
func (w *Watch) putEvents(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign) error {
	since, all := c.AwaitedSince()
	if all {
		since = time.Unix(0, 0)
	}
	return w.past.EachEventSince(ctx, p.Shop.ID, c.Trigger.Events, since, func(some []commerce.Event) error {
		var list []campaigns.Watch
		for _, e := range some {
			if watch, ok := campaigns.MissingWatch(c, e, w.now()); ok {
				list = append(list, watch)
			}
		}
		return w.store.PutWatches(ctx, p.Shop.ID, list)
	})
}

// replay lets a campaign with a backfill decide the events since a time that happened before its start.
func (w *Watch) replay(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, since time.Time) error {
	return w.past.EachEventSince(ctx, p.Shop.ID, c.Trigger.Events, since, func(some []commerce.Event) error {
		var list []campaigns.Watch
		for _, e := range some {
			if watch, ok := campaigns.ReplayWatch(c, e, w.now()); ok {
				list = append(list, watch)
			}
		}
		return w.store.PutWatches(ctx, p.Shop.ID, list)
	})
}
