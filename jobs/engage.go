package jobs

import (
	"context"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// Engage counts the touches of messages that were sent, opened or clicked, and
// attributes again the orders a late click or open may have brought.
type Engage struct {
	store   touched
	orders  boughtOrders
	catalog *Catalog
	credit  *Credit
}

type touched interface {
	Touched(ctx context.Context, shop string, limit int) ([]string, error)
	Fold(ctx context.Context, shop, id string) (m campaigns.Message, human bool, err error)
}

type boughtOrders interface {
	OrdersPaidSince(ctx context.Context, shop, customer string, since time.Time) ([]commerce.Order, error)
}

// NewEngage makes the stage.
func NewEngage(store touched, orders boughtOrders, catalog *Catalog, credit *Credit) *Engage {
	return &Engage{store: store, orders: orders, catalog: catalog, credit: credit}
}

// Work counts one batch of messages.
func (g *Engage) Work(ctx context.Context, shop string) (done int, err error) {
	ids, err := g.store.Touched(ctx, shop, 256)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	p, err := g.catalog.Programme(ctx, shop)
	if err != nil {
		return 0, err
	}
	err = each(ctx, ids, func(ctx context.Context, id string) error {
		m, human, err := g.store.Fold(ctx, shop, id)
		if err != nil || !human {
			return err
		}
		orders, err := g.orders.OrdersPaidSince(ctx, shop, m.Customer, since(m))
		if err != nil {
			return err
		}
		for _, o := range orders {
			if err := g.credit.order(ctx, p, o); err != nil {
				return err
			}
		}
		return nil
	})
	return len(ids), err
}
