package store

import (
	"context"

	"comeback/commerce"
)

// historyRefund is one refund of a batch that names no order.
type historyRefund struct {
	in, before, after commerce.LooseRefund
	owner             whose
	way               writing
}

// compareRefunds compares the refunds with those that are stored.
func (b *historyBatch) compareRefunds(ctx context.Context, refunds []commerce.LooseRefund) error {
	ids := make([]string, len(refunds))
	for i, in := range refunds {
		in.Shop, in.Imported = b.shop, true
		b.refunds[i].in, ids[i] = in, in.ID
	}
	known, err := byIDs(ctx, b.store, colRefunds, b.shop, ids, func(r commerce.LooseRefund) string { return r.ID })
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range b.refunds {
		f := &b.refunds[i]
		f.before = known[f.in.ID]
		f.after = commerce.MergeLoose(f.before, f.in)
		if f.before.ID != "" {
			f.after.Customer, f.after.Home, f.after.Rev = f.before.Customer, f.before.Home, f.before.Rev
			same, err := b.store.equalDocs(f.before.Unreceived(), f.after.Unreceived())
			if err != nil {
				return err
			}
			if f.way = oneByOne; same {
				f.way = asIs
			}
		}
		if seen[f.in.ID] {
			f.way = oneByOne
		}
		seen[f.in.ID] = true
	}
	return nil
}

// insertRefunds inserts the new refunds. One that another process inserted meanwhile
// is saved one by one.
func (b *historyBatch) insertRefunds(ctx context.Context) error {
	var docs []any
	var refunds []*historyRefund
	for i := range b.refunds {
		if f := &b.refunds[i]; f.way == asNew {
			f.after.Customer, f.after.Home, f.after.Rev = f.owner.customer, f.owner.ownHome(), 1
			docs, refunds = append(docs, f.after), append(refunds, f)
		}
	}
	inserted, err := b.store.insertMany(ctx, colRefunds, docs)
	for i, done := range inserted {
		if !done {
			refunds[i].way = oneByOne
		}
	}
	return err
}
