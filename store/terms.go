package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store/documents"
)

// terms are those of a connection as of at most 2 s ago. Orders of a removed
// connection, or of an import, have none.
func (s *Store) terms(ctx context.Context, shop, slug string) (commerce.Terms, error) {
	id := commerce.Key(shop, slug)
	if known, fresh := s.agreed.get(id, s.wall()); fresh {
		return known, nil
	}
	c, found, err := get[commerce.Connection](ctx, s, colConnections, shop, id)
	if err != nil {
		return commerce.Terms{}, err
	}
	t := commerce.Terms{}
	if found {
		t = connectors.Terms(c)
	}
	s.agreed.put(id, t, s.wall())
	return t, nil
}

// under applies to each order the terms of its connection.
func (s *Store) under(ctx context.Context, shop string, list ...commerce.Order) error {
	for i, o := range list {
		t, err := s.terms(ctx, shop, o.Connection)
		if err != nil {
			return err
		}
		list[i] = o.Under(t)
	}
	return nil
}

// ReviewOrders applies the changed terms of connections to their open orders,
// and requests their customers' profiles. It goes by id, a page at a time;
// after an interruption it begins again.
func (s *Store) ReviewOrders(ctx context.Context, shop string) (reviewed int, err error) {
	list, err := s.Connections(ctx, shop)
	if err != nil {
		return 0, err
	}
	for _, c := range list {
		if c.ReviewAt.IsZero() || c.ReviewAt.After(s.wall()) {
			continue
		}
		s.agreed.drop(c.ID)
		n, err := s.reviewOrders(ctx, shop, c.Slug)
		reviewed += n
		if err != nil {
			return reviewed, err
		}
		done := bson.D{{Key: "$unset", Value: bson.D{{Key: "review_at", Value: ""}}}}
		if _, err := s.docs.Update(ctx, colConnections, byID(shop, c.ID, bson.E{Key: "review_at", Value: c.ReviewAt}), done); err != nil {
			return reviewed, err
		}
	}
	return reviewed, nil
}

func (s *Store) reviewOrders(ctx context.Context, shop, slug string) (reviewed int, err error) {
	filter := of(shop, bson.E{Key: "connection", Value: slug}, bson.E{Key: "state.status", Value: commerce.Open})
	for after := (*documents.Cursor)(nil); ; {
		page, err := find[commerce.Order](ctx, s, colOrders, documents.Query{Filter: filter, Sort: []string{"_id"}, After: after, Limit: 500})
		if err != nil || len(page) == 0 {
			return reviewed, err
		}
		for _, o := range page {
			// Only a stub of it: saving it computes again what terms decide.
			stub := commerce.Order{ID: o.ID, Shop: shop, Connection: o.Connection, External: o.External, Imported: o.Imported}
			saved, err := s.SaveOrder(ctx, shop, stub)
			if err != nil {
				return reviewed, err
			}
			if saved.Rev != o.Rev {
				reviewed++
			}
		}
		if after, err = documents.CursorOf([]string{"_id"}, page[len(page)-1]); err != nil {
			return reviewed, err
		}
	}
}
