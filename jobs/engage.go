package jobs

import (
	"context"
	"maps"
	"slices"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// Engage counts the opens and clicks of sent messages. It attributes the orders
// again that a late click or open may have brought, and marks the entries of the
// messages to be counted. Only then are the messages marked as folded, so another
// process repeats the work of one that died.
type Engage struct {
	store  touchedMessages
	orders paidOrders
	cache  *CampaignCache
	credit *Credit
}

type touchedMessages interface {
	Touched(ctx context.Context, shop string, limit int) ([]string, error)
	Fold(ctx context.Context, shop string, ids []string) (list []campaigns.Folded, err error)
	MarkEnrolments(ctx context.Context, shop string, enrolments []string) error
	Folded(ctx context.Context, shop string, list []campaigns.Message) error
}

type paidOrders interface {
	OrdersOf(ctx context.Context, shop string, customers []string) (map[string][]commerce.Order, error)
}

// NewEngage makes the stage.
func NewEngage(store touchedMessages, orders paidOrders, cache *CampaignCache, credit *Credit) *Engage {
	return &Engage{store: store, orders: orders, cache: cache, credit: credit}
}

// Patience lets touches wait for each other: a campaign's mails are opened and clicked several
// times while it is sent. Their results and profiles are older by this at most.
func (g *Engage) Patience() time.Duration { return time.Second }

// Work counts one batch of messages.
func (g *Engage) Work(ctx context.Context, shop string) (done int, err error) {
	ids, err := g.store.Touched(ctx, shop, batchSize)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	p, err := g.cache.Of(ctx, shop)
	if err != nil {
		return 0, err
	}
	return len(ids), apart(ctx, ids, func(ctx context.Context, some []string) error { return g.fold(ctx, p, some) })
}

// fold counts the touches of messages and attributes the orders that they may have brought.
func (g *Engage) fold(ctx context.Context, p *ShopCampaigns, ids []string) error {
	folded, err := g.store.Fold(ctx, p.Shop.ID, ids)
	if err != nil {
		return err
	}
	touched := slices.DeleteFunc(slices.Clone(folded), func(f campaigns.Folded) bool { return !f.Human })
	paid, err := g.orders.OrdersOf(ctx, p.Shop.ID, idsOf(touched, func(f campaigns.Folded) []string { return []string{f.Customer} }))
	if err != nil {
		return err
	}
	orders := map[string]commerce.Order{}
	for _, f := range touched {
		for _, o := range paid[f.Customer] {
			if !o.Times.PaidAt.Before(since(f.Message)) {
				orders[o.ID] = o
			}
		}
	}
	if err := g.credit.orders(ctx, p, slices.Collect(maps.Values(orders))); err != nil {
		return err
	}
	entries := idsOf(folded, func(f campaigns.Folded) []string { return []string{f.Enrolment} })
	if err := g.store.MarkEnrolments(ctx, p.Shop.ID, entries); err != nil {
		return err
	}
	messages := make([]campaigns.Message, len(folded))
	for i, f := range folded {
		messages[i] = f.Message
	}
	return g.store.Folded(ctx, p.Shop.ID, messages)
}
