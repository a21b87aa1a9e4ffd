package store

import (
	"bytes"
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/failpoint"
	"comeback/store/documents"
)

// outboxed is a kind of document that is saved with an outbox: orders and
// checkouts.
type outboxed[T any] struct {
	coll     string
	optional []string // fields that a document may lack
	// fields reads the fields that saving works on; with sets them, except id,
	// connection and buyer.
	fields func(T) outboxFields
	with   func(T, outboxFields) T
	// merge merges a record into the stored document. record is in, without its
	// person if that was erased.
	merge func(ctx context.Context, shop string, before, in T) (after, record T, err error)
	// derive sets the fields that follow from after and its customer, and puts its
	// events into the outbox.
	derive func(ctx context.Context, shop string, before, record, after T) (T, error)
	// news is a document without its times of receipt.
	news func(T) T
	// events are the events of the outbox.
	events func(T) []commerce.Event
}

// outboxFields are the fields of a document that saving it works on.
type outboxFields struct {
	shop, id, connection   string
	customer, home, former string
	buyer                  commerce.Buyer
	outbox, repeated       []string
	pending                bool
	rev                    int64
}

// save merges a record into the stored document, in one compare-and-set that
// also fills the outbox; then it finishes the outbox. A saved document is never
// lost: if the process dies, the sweeper finishes its outbox. It returns the
// document as stored.
func (k outboxed[T]) save(ctx context.Context, s *Store, shop string, in T) (T, error) {
	for {
		before, after, err := k.merged(ctx, s, shop, in)
		if err != nil {
			return after, err
		}
		again, err := s.equalDocs(k.news(before), k.news(after))
		if err != nil {
			return after, err
		}
		if again { // platforms send one change under several topics: it makes events once
			return after, k.receivedAgain(ctx, s, before, after)
		}
		f := k.fields(after)
		f.shop, f.pending, f.rev = shop, true, k.fields(before).rev+1
		after = k.with(after, f)
		saved, err := k.swap(ctx, s, before, after)
		if err != nil {
			return after, err
		}
		if saved {
			return after, k.finish(ctx, s, after)
		}
	}
}

// merged reads the document, finishes the outbox it finds (the coming swap would
// overwrite it), merges the record and finds the customer.
func (k outboxed[T]) merged(ctx context.Context, s *Store, shop string, in T) (before, after T, err error) {
	before, found, err := get[T](ctx, s, k.coll, shop, k.fields(in).id)
	if err != nil {
		return before, after, err
	}
	old := k.fields(before)
	if found && old.pending {
		if err := k.finish(ctx, s, before); err != nil {
			return before, after, err
		}
		old.pending, old.outbox, old.repeated, old.former = false, nil, nil, ""
		before = k.with(before, old)
	}
	after, record, err := k.merge(ctx, shop, before, in)
	if err != nil {
		return before, after, err
	}
	f := k.fields(after)
	w, err := s.buyerOf(ctx, shop, whose{old.home, old.customer}, f.connection, f.buyer, k.fields(record).buyer)
	if err != nil {
		return before, after, err
	}
	f.customer, f.home = w.customer, w.ownHome()
	if f.customer != old.customer {
		f.former = old.customer
	}
	after, err = k.derive(ctx, shop, before, record, k.with(after, f))
	return before, after, err
}

// receivedAgain stores the time of receipt of a record without news.
func (k outboxed[T]) receivedAgain(ctx context.Context, s *Store, before, after T) error {
	same, err := s.equalDocs(before, after)
	if err != nil || same {
		return err
	}
	_, err = k.swap(ctx, s, before, after)
	return err
}

// swap stores after if before is still stored.
func (k outboxed[T]) swap(ctx context.Context, s *Store, before, after T) (saved bool, err error) {
	old, f := k.fields(before), k.fields(after)
	return s.swap(ctx, k.coll, byID(f.shop, f.id, bson.E{Key: "rev", Value: old.rev}), old.id == "", after, k.optional)
}

// finish carries out the outbox: first the want of the customer (of both when the
// document changed hands), then the events. So a reader of an event finds the
// profile marked as older than it. Then it clears the outbox. The caller writes
// the next due time, once a batch.
func (k outboxed[T]) finish(ctx context.Context, s *Store, doc T) error {
	f := k.fields(doc)
	root, err := s.followMerge(ctx, k.coll, f.shop, f.id, whose{f.home, f.customer})
	if err != nil {
		return err
	}
	failpoint.Hit(failpoint.BeforeEvents)
	if err := s.raise(ctx, f.shop, f.customer, f.former, root); err != nil {
		return err
	}
	if err := s.addEvents(ctx, f.shop, k.events(doc), f.repeated, f.rev); err != nil {
		return err
	}
	done := bson.D{set(bson.E{Key: "pending", Value: false}, bson.E{Key: "outbox", Value: bson.A{}}),
		{Key: "$unset", Value: bson.D{{Key: "former", Value: ""}, {Key: "retold", Value: ""}}}}
	_, err = s.docs.Update(ctx, k.coll, byID(f.shop, f.id, bson.E{Key: "rev", Value: f.rev}), done)
	return err
}

// finishAll finishes up to limit documents that a dead process left unfinished.
func (k outboxed[T]) finishAll(ctx context.Context, s *Store, shop string, limit int) (finished int, err error) {
	list, err := find[T](ctx, s, k.coll, documents.Query{Filter: of(shop, bson.E{Key: "pending", Value: true}), Limit: limit})
	for _, doc := range list {
		if err := k.finish(ctx, s, doc); err != nil {
			return finished, err
		}
		finished++
	}
	return finished, err
}

// swap stores after as a new document, or else over the one that filter selects:
// its optional fields are unset where after lacks them.
func (s *Store) swap(ctx context.Context, coll string, filter bson.D, isNew bool, after any, optional []string) (saved bool, err error) {
	if isNew {
		return s.docs.Insert(ctx, coll, after)
	}
	update, err := s.replacing(after, optional...)
	if err != nil {
		return false, err
	}
	return s.docs.Update(ctx, coll, filter, update)
}

func (s *Store) equalDocs(a, b any) (bool, error) {
	rawA, err := s.docs.Codec().Marshal(a)
	if err != nil {
		return false, err
	}
	rawB, err := s.docs.Codec().Marshal(b)
	return bytes.Equal(rawA, rawB), err
}
