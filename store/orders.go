package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// Order reads one order; NotFound when there is none.
func (s *Store) Order(ctx context.Context, shop, id string) (commerce.Order, error) {
	o, found, err := get[commerce.Order](ctx, s, colOrders, shop, id)
	if err == nil && !found {
		err = missing("order", id)
	}
	if err != nil {
		return o, err
	}
	t, err := s.terms(ctx, shop, o.Connection)
	return o.Under(t), err
}

// OrdersByID reads orders; those that do not exist are left out.
func (s *Store) OrdersByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Order, error) {
	list, err := byIDs(ctx, s, colOrders, shop, ids, func(o commerce.Order) string { return o.ID })
	if err != nil {
		return nil, err
	}
	for id, o := range list {
		t, err := s.terms(ctx, shop, o.Connection)
		if err != nil {
			return nil, err
		}
		list[id] = o.Under(t)
	}
	return list, nil
}

// FirstOrder is when the first of a shop's orders was placed; the zero time
// without any.
func (s *Store) FirstOrder(ctx context.Context, shop string) (time.Time, error) {
	placed := bson.E{Key: "times.placed_at", Value: bson.D{{Key: "$gt", Value: time.Time{}}}}
	list, err := find[commerce.Order](ctx, s, colOrders,
		documents.Query{Filter: of(shop, placed), Sort: []string{"times.placed_at"}, Fields: []string{"times.placed_at"}, Limit: 1})
	if err != nil || len(list) == 0 {
		return time.Time{}, err
	}
	return list[0].Times.PlacedAt, nil
}

// OrdersOf lists the orders of customers, merges followed, by the ids that were asked.
func (s *Store) OrdersOf(ctx context.Context, shop string, customers []string) (map[string][]commerce.Order, error) {
	roots, err := s.mergeEnds(ctx, shop, customers)
	if err != nil {
		return nil, err
	}
	home := map[string][]string{} // of each customer now, the ids that were asked
	for id, root := range roots {
		home[root] = append(home[root], id)
	}
	list, err := amongAll[commerce.Order](ctx, s, colOrders, shop, "customer", slices.Collect(maps.Keys(home)))
	of := map[string][]commerce.Order{}
	for _, o := range list {
		for _, id := range home[o.Customer] {
			of[id] = append(of[id], o)
		}
	}
	return of, err
}

// SaveOrder merges a record of an order into the stored order, see outboxed.
func (s *Store) SaveOrder(ctx context.Context, shop string, in commerce.Order) (commerce.Order, error) {
	return s.outboxedOrders().save(ctx, s, shop, in)
}

// outboxedOrders is how orders are saved.
func (s *Store) outboxedOrders() outboxed[commerce.Order] {
	return outboxed[commerce.Order]{
		coll:     colOrders,
		optional: []string{"customer", "home", "former", "live", "past", "deleted", "lists", "withdrawn", "retold"},
		fields: func(o commerce.Order) outboxFields {
			return outboxFields{shop: o.Shop, id: o.ID, connection: o.Connection, customer: o.Customer, home: o.Home,
				former: o.Former, buyer: o.Buyer, outbox: o.Outbox, repeated: o.Repeated, pending: o.Pending, rev: o.Rev}
		},
		with: func(o commerce.Order, f outboxFields) commerce.Order {
			o.Shop, o.Customer, o.Home, o.Former, o.Rev = f.shop, f.customer, f.home, f.former, f.rev
			o.Outbox, o.Repeated, o.Pending = f.outbox, f.repeated, f.pending
			return o
		},
		merge:  s.mergeOrder,
		derive: s.deriveOrder,
		news:   commerce.Order.Unreceived,
		events: outboxEvents,
	}
}

// mergeOrder merges a record into an order. It leaves out an erased person, and
// fails for an unknown shop before a customer is made.
func (s *Store) mergeOrder(ctx context.Context, shop string, before, in commerce.Order) (after, record commerce.Order, err error) {
	if _, err := s.settings(ctx, shop); err != nil {
		return after, in, err
	}
	after = commerce.Merge(before, in)
	if after.RedactedAt.IsZero() {
		return after, in, nil
	}
	record = withoutPerson(in, after.RedactedAt)
	return withoutPerson(commerce.Merge(before, record), after.RedactedAt), record, nil
}

// deriveOrder sets the fact of an order and its outbox.
func (s *Store) deriveOrder(ctx context.Context, shop string, before, _, after commerce.Order) (commerce.Order, error) {
	settings, err := s.settings(ctx, shop)
	if err != nil {
		return after, err
	}
	terms, err := s.terms(ctx, shop, after.Connection)
	if err != nil {
		return after, err
	}
	after.Fact = commerce.FactOf(after.Under(terms), settings.Currency)
	events := commerce.Events(before, after)
	after.Repeated = commerce.Repeated(before, events)
	for _, e := range events {
		after.Outbox = append(after.Outbox, e.ID)
	}
	return after, nil
}

// buyerOf is the customer of the newest record of an order or a checkout, or
// the known one if that record names nobody. The customer of the incoming
// record is made also if the record is older: the order of receipt decides
// nothing.
func (s *Store) buyerOf(ctx context.Context, shop string, known whose, connection string, newest, came commerce.Buyer) (whose, error) {
	w, err := s.customerOf(ctx, shop, connection, came)
	if err == nil && newest != came {
		named := w
		w, err = s.customerOf(ctx, shop, connection, newest)
		w = w.or(known).or(named)
	}
	if err != nil || known.home == "" || w.or(known) == known || w.customer != known.customer {
		return w.or(known), err
	}
	home, err := s.strongRoot(ctx, shop, known.home)
	if home == w.home { // the same, under the id it had: nothing has changed
		w.home = known.home
	}
	return w, err
}

// followMerge repoints a document whose home was merged, joined or parted while
// it was saved, and returns its owner.
func (s *Store) followMerge(ctx context.Context, coll, shop, id string, w whose) (root string, err error) {
	if w.customer == "" {
		return "", nil
	}
	home := cmp.Or(w.home, w.customer)
	root, err = s.root(ctx, shop, home)
	if err != nil || root == w.customer {
		return root, err
	}
	_, err = s.docs.Update(ctx, coll, byID(shop, id, bson.E{Key: "customer", Value: w.customer}),
		bson.D{set(bson.E{Key: "customer", Value: root}, bson.E{Key: "home", Value: home})})
	return root, err
}

// outboxEvents are the events that the outbox names, made again from the state.
func outboxEvents(o commerce.Order) []commerce.Event {
	return slices.DeleteFunc(commerce.AllEvents(o), func(e commerce.Event) bool { return !slices.Contains(o.Outbox, e.ID) })
}

// FinishOrders finishes up to limit orders that a dead process left unfinished.
func (s *Store) FinishOrders(ctx context.Context, shop string, limit int) (finished int, err error) {
	return s.outboxedOrders().finishAll(ctx, s, shop, limit)
}
