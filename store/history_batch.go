package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store/documents"
)

// historyBatch are the orders and refunds of one batch of an import, while they are
// saved.
type historyBatch struct {
	store    *Store
	shop     string
	settings commerce.Shop
	orders   []historyOrder
	refunds  []historyRefund
}

// historyOrder is one order of a batch. before is the stored order; it has no id if
// there was none.
type historyOrder struct {
	in, before, after commerce.Order
	owner             whose
	way               writing
}

// writing is how a record of a batch is stored.
type writing int

const (
	asNew     writing = iota // inserted in bulk
	asIs                     // stored already: nothing to do
	replaced                 // changed in bulk: it has no events, and keeps or changes its customer
	oneByOne                 // changed by SaveOrder: it has events, or more of it is under way
	following                // another record of the same order is before it in the batch
)

// compareHistory compares the records with the stored orders and refunds. It reads
// them in a few round trips.
func (s *Store) compareHistory(ctx context.Context, shop string, r connectors.Records) (*historyBatch, error) {
	settings, err := s.settings(ctx, shop)
	if err != nil {
		return nil, err
	}
	b := &historyBatch{
		store: s, shop: shop, settings: settings,
		orders: make([]historyOrder, len(r.Orders)), refunds: make([]historyRefund, len(r.LooseRefunds)),
	}
	ids := make([]string, len(r.Orders))
	for i, in := range r.Orders {
		in.Imported = true
		b.orders[i].in, ids[i] = in, in.ID
	}
	known, err := byIDs(ctx, s, colOrders, shop, ids, func(o commerce.Order) string { return o.ID })
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i := range b.orders {
		o := &b.orders[i]
		o.before = known[o.in.ID]
		if seen[o.in.ID] {
			o.way = following
		}
		seen[o.in.ID] = true
	}
	if err := together(len(b.orders), func(i int) error { return b.compare(ctx, &b.orders[i]) }); err != nil {
		return nil, err
	}
	return b, b.compareRefunds(ctx, r.LooseRefunds)
}

// byIDs reads documents by their ids.
func byIDs[T any](ctx context.Context, s *Store, coll, shop string, ids []string, id func(T) string) (map[string]T, error) {
	known, codec := make(map[string]T, len(ids)), s.docs.Codec()
	var doc, none T // decoded in one place, because many are large
	for chunk := range slices.Chunk(distinct(ids), inChunk) {
		err := s.docs.Find(ctx, coll, documents.Query{Filter: of(shop, among("_id", chunk))}, func(raw bson.Raw) error {
			doc = none
			if err := codec.Unmarshal(raw, &doc); err != nil {
				return err
			}
			known[id(doc)] = doc
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// compare decides how an order is stored, and merges it if it is known.
func (b *historyBatch) compare(ctx context.Context, o *historyOrder) error {
	switch {
	case o.way == following || o.before.ID == "":
		return nil
	case o.before.Pending || !o.before.RedactedAt.IsZero():
		o.way = oneByOne
		return nil
	}
	o.after = commerce.Merge(o.before, o.in)
	same, err := b.store.equalDocs(o.before.Unreceived(), o.after.Unreceived())
	if err != nil || same {
		o.way = asIs
		return err
	}
	o.way = replaced
	if len(commerce.Events(o.before, o.after)) > 0 || o.before.Home != "" {
		o.way = oneByOne
	}
	return nil
}

// findOwners finds or makes the customers of the records that are stored in bulk.
func (b *historyBatch) findOwners(ctx context.Context) error {
	var buyers []named
	var owners []*whose
	for i := range b.orders {
		if o := &b.orders[i]; o.way == asNew || o.way == replaced {
			buyers, owners = append(buyers, named{o.in.Connection, o.in.Buyer}), append(owners, &o.owner)
		}
	}
	for i := range b.refunds {
		if f := &b.refunds[i]; f.way == asNew {
			buyers, owners = append(buyers, named{f.in.Connection, f.in.Buyer}), append(owners, &f.owner)
		}
	}
	found, err := b.store.customersOf(ctx, b.shop, buyers)
	if err != nil {
		return err
	}
	for i, owner := range found {
		*owners[i] = owner
	}
	for i := range b.orders {
		if o := &b.orders[i]; o.way == replaced {
			o.owner = o.newOwner(o.owner)
		}
	}
	return nil
}

// newOwner is the owner of a changed order. It keeps its customer if the newest record
// names the same buyer as before, or nobody.
func (o historyOrder) newOwner(named whose) whose {
	known := whose{o.before.Customer, o.before.Customer} // the home of others is stored: they go one by one
	if o.after.Buyer == o.before.Buyer {
		return known.or(named)
	}
	return named.or(known)
}

// customers are those whose profiles the batch changes.
func (b *historyBatch) customers() []string {
	var ids []string
	for _, o := range b.orders {
		if o.way == asNew || o.way == replaced {
			ids = append(ids, o.owner.customer, o.before.Customer)
		}
	}
	for _, f := range b.refunds {
		ids = append(ids, f.owner.customer)
	}
	return distinct(ids)
}

// saved is the result of the batch.
func (b *historyBatch) saved() (orders []commerce.SavedOrder, refunds []commerce.SavedRefund) {
	for _, o := range b.orders {
		saved := commerce.SavedOrder{Before: o.before, After: o.before}
		if o.way != asIs {
			saved.After, saved.Changed = o.after, changedFields(o.before, o.after)
		}
		orders = append(orders, saved)
	}
	for _, f := range b.refunds {
		refunds = append(refunds, commerce.SavedRefund{Before: f.before, After: f.after})
	}
	return orders, refunds
}
