package store

import (
	"context"

	"comeback/commerce"
	"comeback/connectors"
)

// SaveLive is SaveRecords for an import that counts like webhooks. It reports what is
// stored now of each order.
func (s *Store) SaveLive(ctx context.Context, shop string, r connectors.Records) (saved commerce.HistorySaved, err error) {
	ids, refunds := make([]string, len(r.Orders)), make([]string, len(r.LooseRefunds))
	for i, o := range r.Orders {
		ids[i] = o.ID
	}
	for i, f := range r.LooseRefunds {
		refunds[i] = f.ID
	}
	before, loose, err := s.historyByIDs(ctx, shop, ids, refunds)
	if err != nil {
		return saved, err
	}
	if _, err := s.SaveRecords(ctx, shop, r); err != nil {
		return saved, err
	}
	after, looseAfter, err := s.historyByIDs(ctx, shop, ids, refunds)
	for _, id := range distinct(ids) {
		saved.Orders = append(saved.Orders, commerce.SavedOrder{
			Before: before[id], After: after[id], Changed: changedFields(before[id], after[id]),
		})
	}
	for _, id := range distinct(refunds) {
		saved.Refunds = append(saved.Refunds, commerce.SavedRefund{Before: loose[id], After: looseAfter[id]})
	}
	return saved, err
}

// historyByIDs reads orders, and refunds that name none.
func (s *Store) historyByIDs(ctx context.Context, shop string, orders, refunds []string) (
	map[string]commerce.Order, map[string]commerce.LooseRefund, error,
) {
	known, err := byIDs(ctx, s, colOrders, shop, orders, func(o commerce.Order) string { return o.ID })
	if err != nil {
		return nil, nil, err
	}
	loose, err := byIDs(ctx, s, colRefunds, shop, refunds, func(r commerce.LooseRefund) string { return r.ID })
	return known, loose, err
}
