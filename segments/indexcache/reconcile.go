package indexcache

import (
	"comeback/segments"
	"context"
	"maps"
	"slices"
	"time"
)

// reconcile compares all stored revisions with those of the index, and applies the
// differences. A recent change does not count: the next reading would find it.
func (b *shopIndex) reconcile(ctx context.Context) (differences int, err error) {
	ix, settled := b.current.Load().Index, b.at.Add(-deepBack)
	var stored segments.Bitmap
	var open []Change
	for c, err := range b.cache.source.Revisions(ctx, b.shop, time.Time{}) {
		if err != nil {
			return differences, err
		}
		if c.N >= 0 && c.N <= segments.MaxNumber {
			stored.Add(c.N)
		}
		if !ix.Lacks(c.N, c.Rev) {
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

// vanished are tombstones of the customers that are in the index and not in the
// store: deleted so long ago that the store has no tombstone.
func (b *shopIndex) vanished(ctx context.Context, ix *segments.Index, stored *segments.Bitmap) ([]*segments.Row, error) {
	gone := ix.Beyond(stored)
	ids := slices.Collect(maps.Keys(gone))
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := b.cache.source.RowsOf(ctx, b.shop, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		delete(gone, r.ID)
	}
	rows := make([]*segments.Row, 0, len(gone))
	for _, r := range gone {
		rows = append(rows, r)
	}
	return rows, nil
}
