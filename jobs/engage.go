package jobs

import (
	"context"
	"errors"
	"slices"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// Engage counts the opens and clicks of sent messages. It attributes the orders
// again that a late click or open may have brought, and counts the entries of the
// messages. Only then are the messages marked as counted, so another process
// repeats the work of one that died.
type Engage struct {
	store  touchedMessages
	orders paidOrders
	cache  *CampaignCache
	credit *Credit
}

type touchedMessages interface {
	Touched(ctx context.Context, shop string, limit int) ([]string, error)
	Fold(ctx context.Context, shop, id string) (m campaigns.Message, human bool, err error)
	CountEntries(ctx context.Context, shop string, enrolments []string) (again map[string]bool, err error)
	Folded(ctx context.Context, shop string, list []campaigns.Message) error
}

type paidOrders interface {
	OrdersPaidSince(ctx context.Context, shop, customer string, since time.Time) ([]commerce.Order, error)
}

// NewEngage makes the stage.
func NewEngage(store touchedMessages, orders paidOrders, cache *CampaignCache, credit *Credit) *Engage {
	return &Engage{store: store, orders: orders, cache: cache, credit: credit}
}

// Work counts one batch of messages.
func (g *Engage) Work(ctx context.Context, shop string) (done int, err error) {
	ids, err := g.store.Touched(ctx, shop, 256)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	p, err := g.cache.Of(ctx, shop)
	if err != nil {
		return 0, err
	}
	folded, err := collect(ctx, ids, func(ctx context.Context, id string) (campaigns.Message, error) { return g.fold(ctx, p, id) })
	return len(ids), errors.Join(err, g.count(ctx, shop, folded))
}

// fold counts the touches of one message and attributes the orders that they may
// have brought.
func (g *Engage) fold(ctx context.Context, p *ShopCampaigns, id string) (campaigns.Message, error) {
	m, human, err := g.store.Fold(ctx, p.Shop.ID, id)
	if err != nil || !human {
		return m, err
	}
	orders, err := g.orders.OrdersPaidSince(ctx, p.Shop.ID, m.Customer, since(m))
	if err != nil {
		return m, err
	}
	for _, o := range orders {
		if err := g.credit.order(ctx, p, o); err != nil {
			return m, err
		}
	}
	return m, nil
}

// count counts the entries of the folded messages and marks the messages as
// counted. A message without an id was deleted meanwhile.
func (g *Engage) count(ctx context.Context, shop string, folded []campaigns.Message) error {
	var enrolments []string
	for _, m := range folded {
		if m.ID != "" {
			enrolments = append(enrolments, m.Enrolment)
		}
	}
	slices.Sort(enrolments)
	again, err := g.store.CountEntries(ctx, shop, slices.Compact(enrolments))
	if err != nil {
		return err
	}
	return g.store.Folded(ctx, shop, slices.DeleteFunc(folded, func(m campaigns.Message) bool { return m.ID == "" || again[m.Enrolment] }))
}
