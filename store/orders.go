package store

import (
	"bytes"
	"cmp"
	"context"
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

// Orders lists a shop's orders, the latest placed first; customer "" means any.
func (s *Store) Orders(ctx context.Context, shop, customer string, after *documents.Cursor, limit int) ([]commerce.Order, error) {
	q := documents.Query{Filter: of(shop), Sort: []string{"-times.placed_at"}, After: after, Limit: limit}
	if customer != "" {
		q.Filter, q.Sort = of(shop, bson.E{Key: "customer", Value: customer}), []string{"_id"}
	}
	list, err := find[commerce.Order](ctx, s, colOrders, q)
	if err != nil {
		return nil, err
	}
	return list, s.under(ctx, shop, list...)
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

// OrdersPaidSince lists a customer's orders that were paid at a time or later.
func (s *Store) OrdersPaidSince(ctx context.Context, shop, customer string, since time.Time) ([]commerce.Order, error) {
	root, err := s.root(ctx, shop, customer)
	if err != nil {
		return nil, err
	}
	list, err := find[commerce.Order](ctx, s, colOrders, documents.Query{Filter: of(shop, bson.E{Key: "customer", Value: root})})
	return slices.DeleteFunc(list, func(o commerce.Order) bool { return o.Times.PaidAt.Before(since) }), err
}

// SaveOrder merges a record of an order into the stored order, in one
// compare-and-set that also fills the outbox; then it finishes the outbox. A
// saved order is never lost: if the process dies, the sweeper finishes its
// outbox. It returns the order as stored.
func (s *Store) SaveOrder(ctx context.Context, shop string, in commerce.Order) (commerce.Order, error) {
	for {
		before, after, err := s.mergedOrder(ctx, shop, in)
		if err != nil {
			return after, err
		}
		again, err := equalDocs(before.Unreceived(), after.Unreceived())
		if err != nil {
			return after, err
		}
		if again { // platforms send one change under several topics: it makes events once
			return after, s.receivedAgain(ctx, before, after)
		}
		after.Shop, after.Pending, after.Rev = shop, true, before.Rev+1
		saved, err := s.swapOrder(ctx, before, after)
		if err != nil {
			return after, err
		}
		if saved {
			return after, s.finishOrder(ctx, after)
		}
	}
}

// receivedAgain stores the time of receipt of a record without news.
func (s *Store) receivedAgain(ctx context.Context, before, after commerce.Order) error {
	same, err := equalDocs(before, after)
	if err != nil || same {
		return err
	}
	_, err = s.swapOrder(ctx, before, after)
	return err
}

// mergedOrder reads the order, finishes the outbox it finds (the coming swap
// would overwrite it), and merges.
func (s *Store) mergedOrder(ctx context.Context, shop string, in commerce.Order) (before, after commerce.Order, err error) {
	before, found, err := get[commerce.Order](ctx, s, colOrders, shop, in.ID)
	if err != nil {
		return before, after, err
	}
	if found && before.Pending {
		if err := s.finishOrder(ctx, before); err != nil {
			return before, after, err
		}
		before.Pending, before.Outbox, before.Repeated, before.Former = false, nil, nil, ""
	}
	settings, err := s.settings(ctx, shop)
	if err != nil {
		return before, after, err
	}
	after = commerce.Merge(before, in)
	if !after.RedactedAt.IsZero() {
		in = withoutPerson(in, after.RedactedAt)
		after = withoutPerson(commerce.Merge(before, in), after.RedactedAt)
	}
	w, err := s.buyerOf(ctx, shop, whose{before.Home, before.Customer}, after.Connection, after.Buyer, in.Buyer)
	if err != nil {
		return before, after, err
	}
	after.Customer, after.Home = w.customer, w.ownHome()
	terms, err := s.terms(ctx, shop, after.Connection)
	if err != nil {
		return before, after, err
	}
	after.Fact = commerce.FactOf(after.Under(terms), settings.Currency)
	if before.Customer != after.Customer {
		after.Former = before.Customer
	}
	events := commerce.Events(before, after)
	after.Repeated = commerce.Repeated(before, events)
	for _, e := range events {
		after.Outbox = append(after.Outbox, e.ID)
	}
	return before, after, nil
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

// swapOrder stores after if before is still stored.
func (s *Store) swapOrder(ctx context.Context, before, after commerce.Order) (saved bool, err error) {
	if before.ID == "" {
		return s.docs.Insert(ctx, colOrders, after)
	}
	update, err := replacing(after, "customer", "home", "former", "live", "past", "deleted", "lists", "withdrawn", "retold")
	if err != nil {
		return false, err
	}
	return s.docs.Update(ctx, colOrders, byID(after.Shop, after.ID, bson.E{Key: "rev", Value: before.Rev}), update)
}

func equalDocs(a, b any) (bool, error) {
	rawA, err := documents.Marshal(a)
	if err != nil {
		return false, err
	}
	rawB, err := documents.Marshal(b)
	return bytes.Equal(rawA, rawB), err
}

// finishOrder carries out the outbox of o: first its customer's want (of both
// when it changed hands), then its events. So a reader of an event finds the
// profile marked as older than it. Then it clears the outbox. The caller writes
// the next due time, once a batch.
func (s *Store) finishOrder(ctx context.Context, o commerce.Order) error {
	root, err := s.followMerge(ctx, colOrders, o.Shop, o.ID, whose{o.Home, o.Customer})
	if err != nil {
		return err
	}
	if err := s.raise(ctx, o.Shop, o.Customer, o.Former, root); err != nil {
		return err
	}
	if err := s.addEvents(ctx, o.Shop, outboxEvents(o), o.Repeated, o.Rev); err != nil {
		return err
	}
	done := bson.D{set(bson.E{Key: "pending", Value: false}, bson.E{Key: "outbox", Value: bson.A{}}),
		{Key: "$unset", Value: bson.D{{Key: "former", Value: ""}, {Key: "retold", Value: ""}}}}
	_, err = s.docs.Update(ctx, colOrders, byID(o.Shop, o.ID, bson.E{Key: "rev", Value: o.Rev}), done)
	return err
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
	list, err := find[commerce.Order](ctx, s, colOrders, documents.Query{Filter: of(shop, bson.E{Key: "pending", Value: true}), Limit: limit})
	for _, o := range list {
		if err := s.finishOrder(ctx, o); err != nil {
			return finished, err
		}
		finished++
	}
	return finished, err
}
