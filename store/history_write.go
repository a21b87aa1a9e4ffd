package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// save writes the batch: first in bulk, then what must go one by one.
func (b *historyBatch) save(ctx context.Context) error {
	if err := b.derive(ctx); err != nil {
		return err
	}
	for _, write := range []func(context.Context) error{b.insert, b.replace, b.insertRefunds, b.saveSingly, b.noteFlaws} {
		if err := write(ctx); err != nil {
			return err
		}
	}
	for _, holder := range b.holders() { // customers joined to it by phones may have parted meanwhile
		if err := b.store.bringHome(ctx, b.shop, holder); err != nil {
			return err
		}
	}
	if err := b.store.raiseRoots(ctx, b.shop, b.customers()); err != nil || !b.hasEvents() {
		return err
	}
	return b.store.MarkDue(ctx, b.shop, b.store.now())
}

// derive completes the orders that are written in bulk.
func (b *historyBatch) derive(ctx context.Context) error {
	return together(len(b.orders), func(i int) error {
		o := &b.orders[i]
		switch o.way {
		case asNew:
			o.after = commerce.Merge(commerce.Order{}, o.in)
		case replaced:
		default:
			return nil
		}
		terms, err := b.store.terms(ctx, b.shop, o.in.Connection)
		if err != nil {
			return err
		}
		o.after.Customer, o.after.Home, o.after.Rev = o.owner.customer, o.owner.ownHome(), o.before.Rev+1
		o.after.Fact = commerce.FactOf(o.after.Under(terms), b.settings.Currency)
		return nil
	})
}

// insert inserts the new orders. An order that another process inserted meanwhile is
// saved one by one.
func (b *historyBatch) insert(ctx context.Context) error {
	var docs []any
	var orders []*historyOrder
	for i := range b.orders {
		if o := &b.orders[i]; o.way == asNew {
			docs, orders = append(docs, o.after), append(orders, o)
		}
	}
	err := together(len(docs), func(i int) (err error) {
		docs[i], err = b.store.docs.Codec().Marshal(docs[i])
		return err
	})
	if err != nil {
		return err
	}
	inserted, err := b.store.insertMany(ctx, colOrders, docs)
	for i, done := range inserted {
		if !done {
			orders[i].way = oneByOne
		}
	}
	return err
}

// replace writes the changed orders by compare-and-set. The bulk reports only how
// many matched: if another process changed one meanwhile, all are saved once more.
func (b *historyBatch) replace(ctx context.Context) error {
	var orders []*historyOrder
	for i := range b.orders {
		if o := &b.orders[i]; o.way == replaced {
			orders = append(orders, o)
		}
	}
	if len(orders) == 0 {
		return nil
	}
	ops := make([]documents.Op, len(orders))
	err := together(len(orders), func(i int) error {
		update, err := b.store.replacing(orders[i].after, b.store.outboxedOrders().optional...)
		ops[i] = documents.UpdateOp(byID(b.shop, orders[i].in.ID, bson.E{Key: "rev", Value: orders[i].before.Rev}), update)
		return err
	})
	if err != nil {
		return err
	}
	totals, results, err := b.store.docs.Bulk(ctx, colOrders, ops)
	for _, r := range results {
		if err == nil {
			err = r.Err
		}
	}
	if totals.Matched < len(ops) {
		for _, o := range orders {
			o.way = oneByOne
		}
	}
	return err
}

// saveSingly saves the records that need more than a bulk.
func (b *historyBatch) saveSingly(ctx context.Context) error {
	for _, way := range []writing{oneByOne, following} { // following ones see the order before them
		for i := range b.orders {
			o := &b.orders[i]
			if o.way != way {
				continue
			}
			if err := b.saveOrder(ctx, o); err != nil {
				return err
			}
		}
	}
	for i := range b.refunds {
		if f := &b.refunds[i]; f.way == oneByOne {
			if err := b.store.SaveLooseRefund(ctx, b.shop, f.in); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *historyBatch) saveOrder(ctx context.Context, o *historyOrder) error {
	if o.way == following {
		before, _, err := get[commerce.Order](ctx, b.store, colOrders, b.shop, o.in.ID)
		if err != nil {
			return err
		}
		o.before = before
	}
	after, err := b.store.SaveOrder(ctx, b.shop, o.in)
	o.after = after
	return err
}

func (b *historyBatch) hasEvents() bool {
	return slices.ContainsFunc(b.orders, func(o historyOrder) bool { return o.way != asIs && !o.after.Imported })
}

// holders are the customers that have documents of others, joined by phones.
func (b *historyBatch) holders() []string {
	var holders []string
	add := func(w whose) {
		if w.ownHome() != "" {
			holders = append(holders, w.customer)
		}
	}
	for _, o := range b.orders {
		add(o.owner)
	}
	for _, f := range b.refunds {
		add(f.owner)
	}
	return distinct(holders)
}

// noteFlaws stores what is odd about the records that are new or changed.
func (b *historyBatch) noteFlaws(ctx context.Context) error {
	var flaws []any
	for _, o := range b.orders {
		if o.way != asIs {
			flaws = append(flaws, b.store.flaws(b.shop, o.in.ID, o.in.Quality)...)
		}
	}
	for _, f := range b.refunds {
		if f.way != asIs {
			flaws = append(flaws, b.store.flaws(b.shop, f.in.ID, append(slices.Clone(f.in.Quality), "refund_without_order"))...)
		}
	}
	_, err := b.store.insertMany(ctx, colQuality, flaws)
	return err
}
