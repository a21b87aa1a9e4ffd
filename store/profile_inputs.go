package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// profileInputs are what the profiles of some customers are computed from, by customer.
type profileInputs struct {
	aliases   map[string][]commerce.CustomerRecord // of those merged into the customer
	purchases map[string][]commerce.Purchase
	refunds   map[string][]commerce.RefundFact // that name no order
	checkouts map[string][]commerce.StartedCheckout
}

// inputsOf reads the inputs of customers, with one search of each collection.
func (s *Store) inputsOf(ctx context.Context, shop string, ids []string) (in profileInputs, err error) {
	if in.aliases, err = s.aliasRecords(ctx, shop, ids); err != nil {
		return in, err
	}
	of := of(shop, among("customer", ids))
	if in.purchases, err = s.purchases(ctx, of); err != nil {
		return in, err
	}
	if in.refunds, err = s.looseRefunds(ctx, shop, of); err != nil {
		return in, err
	}
	in.checkouts, err = s.checkoutsBegun(ctx, of)
	return in, err
}

// aliasRecords are the records of the customers that were merged into ids, directly or by
// others.
func (s *Store) aliasRecords(ctx context.Context, shop string, ids []string) (map[string][]commerce.CustomerRecord, error) {
	records, home := map[string][]commerce.CustomerRecord{}, map[string]string{}
	for _, id := range ids {
		home[id] = id
	}
	for open := ids; len(open) > 0; {
		list, err := find[commerce.Customer](ctx, s, colCustomers,
			documents.Query{Filter: of(shop, among("merged_into", open)), Fields: []string{"records", "merged_into"}})
		if err != nil {
			return nil, err
		}
		open = nil
		for _, c := range list {
			if _, known := home[c.ID]; known {
				continue
			}
			to := home[c.MergedInto]
			home[c.ID], open = to, append(open, c.ID)
			records[to] = commerce.MergeRecords(records[to], c.Records...)
		}
	}
	return records, nil
}

func (s *Store) purchases(ctx context.Context, filter bson.D) (map[string][]commerce.Purchase, error) {
	type row struct {
		Customer string             `bson:"customer"`
		Fact     commerce.OrderFact `bson:"fact"`
		Imported bool               `bson:"imported"`
		State    struct {
			Buyer commerce.Buyer `bson:"buyer"`
		} `bson:"state"`
	}
	list := map[string][]commerce.Purchase{}
	q := documents.Query{Filter: filter, Fields: []string{"customer", "fact", "state.buyer", "imported"}}
	err := s.docs.Find(ctx, colOrders, q, func(raw bson.Raw) error {
		var r row
		if err := s.docs.Codec().Unmarshal(raw, &r); err != nil {
			return err
		}
		if !r.Fact.PlacedAt.IsZero() { // a stub counts once the order itself is known
			list[r.Customer] = append(list[r.Customer], commerce.Purchase{Fact: r.Fact, Buyer: r.State.Buyer, Imported: r.Imported})
		}
		return nil
	})
	return list, err
}

func (s *Store) checkoutsBegun(ctx context.Context, filter bson.D) (map[string][]commerce.StartedCheckout, error) {
	fields := []string{"_id", "customer", "connection", "started_at", "completed_at", "state.total", "state.buyer", "imported"}
	list, err := find[commerce.Checkout](ctx, s, colCheckouts, documents.Query{Filter: filter, Fields: fields})
	begun := map[string][]commerce.StartedCheckout{}
	for _, c := range list {
		if f, ok := commerce.CheckoutFactOf(c); ok {
			begun[c.Customer] = append(begun[c.Customer], commerce.StartedCheckout{Fact: f, Buyer: c.Buyer, Imported: c.Imported})
		}
	}
	return begun, err
}
