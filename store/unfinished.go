package store

import (
	"context"
	"slices"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// outboxes and work are the indexes that have unfinished work of all shops.
var (
	outboxes = []places{{colOrders, unfinished}, {colCheckouts, unfinished}}
	reviews  = []places{{colConnections, inReview}}
	work     = []places{
		{colDeliveries, unread}, {colDeliveries, underLease},
		{colEvents, unhandled}, {colEvents, underLease},
		{colCustomers, stale},
		{colEnrolments, uncounted},
		{colTouchGroups, waiting}, {colMessages, unfolded}, {colMessages, underLease},
	}
)

type places struct{ coll, index string }

// Unfinished lists the shops in which processes may have died: those with
// outboxes, those with connections in review, and those with work to do that
// no worker is notified of. It asks for all shops at once, so that a shop
// without any costs nothing.
func (s *Store) Unfinished(ctx context.Context) (u commerce.Unfinished, err error) {
	if u.Outboxes, err = s.shopsIn(ctx, outboxes); err != nil {
		return u, err
	}
	if u.Reviews, err = s.shopsIn(ctx, reviews); err != nil {
		return u, err
	}
	if u.Work, err = s.shopsIn(ctx, work); err != nil || len(u.Work) == 0 {
		return u, err
	}
	due, err := s.DueShops(ctx, s.now(), 0)
	known := make(map[string]bool, len(due))
	for _, d := range due {
		known[d.Shop] = true
	}
	u.Work = slices.DeleteFunc(u.Work, func(shop string) bool { return known[shop] })
	return u, err
}

// shopsIn lists the shops with documents in any of the indexes, each once.
func (s *Store) shopsIn(ctx context.Context, list []places) (shops []string, err error) {
	for _, p := range list {
		found, err := s.docs.ShopsWith(ctx, p.coll, p.index)
		if err != nil {
			return nil, err
		}
		shops = append(shops, found...)
	}
	slices.Sort(shops)
	return slices.Compact(shops), nil
}

// MarkedShops lists the shops whose work was marked due after a time, with the
// revision of that. A shop that is not among them has had no change since.
func (s *Store) MarkedShops(ctx context.Context, since time.Time) ([]commerce.Due, error) {
	return find[commerce.Due](ctx, s, colDue, documents.Query{
		Filter: bson.D{{Key: "marked_at", Value: bson.D{{Key: "$gt", Value: since}}}}, Fields: []string{"rev", "shop"}, Global: true,
	})
}
