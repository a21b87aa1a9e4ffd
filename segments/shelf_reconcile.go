package segments

import (
	"context"
	"time"
)

// lacks tells whether a revision of a customer is newer than what the index
// holds, or knows to be gone.
func (ix *Index) lacks(n, rev int64) bool {
	if have, ok := ix.Rev(n); ok {
		return have < rev
	}
	ix.writing.Lock()
	defer ix.writing.Unlock()
	gone, ok := ix.gone[n]
	return !ok || gone < rev
}

// reconcile compares all revisions stored with those of the index, and applies
// what differs. Who changed lately is no difference: the next reading would have
// found it.
func (b *book) reconcile(ctx context.Context) (differences int, err error) {
	ix, settled := b.current.Load().Index, b.at.Add(-deepBack)
	var stored Bitmap
	var open []Change
	for c, err := range b.shelf.source.Revisions(ctx, b.shop, time.Time{}) {
		if err != nil {
			return differences, err
		}
		if c.N >= 0 && c.N <= MaxNumber {
			stored.Add(c.N)
		}
		if !ix.lacks(c.N, c.Rev) {
			continue
		}
		if c.At.Before(settled) {
			differences++
		}
		if open = append(open, c); len(open) == batchMost {
			if err := b.apply(ctx, ix, open); err != nil {
				return differences, err
			}
			open = open[:0]
		}
	}
	if err := b.apply(ctx, ix, open); err != nil {
		return differences, err
	}
	vanished, err := b.vanished(ctx, ix, &stored)
	if err != nil {
		return differences, err
	}
	if differences += len(vanished); len(vanished) > 0 {
		err = ix.Apply(vanished)
	}
	b.publish(ix)
	return differences, err
}

// vanished are tombstones of the customers that the index holds and nobody
// stores: deleted so long ago that their own tombstones are gone.
func (b *book) vanished(ctx context.Context, ix *Index, stored *Bitmap) ([]*Row, error) {
	gone := map[string]*Row{}
	var ids []string
	for _, p := range ix.state.Load().parts {
		for row := range uint32(p.customers.n) {
			if n := p.numberOf(row); p.holds(row) && !stored.Has(n) {
				id := p.id.at(row)
				gone[id], ids = &Row{N: n, ID: id, Rev: p.customers.ints[figureRev].value(row) + 1, Gone: true}, append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := b.shelf.source.RowsOf(ctx, b.shop, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		delete(gone, r.ID)
	}
	rows := make([]*Row, 0, len(gone))
	for _, r := range gone {
		rows = append(rows, r)
	}
	return rows, nil
}
