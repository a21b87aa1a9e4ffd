package jobs

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// quantum is how long a worker works on one shop before it makes room for other
// shops.
const quantum = 2 * time.Second

// parallel is how many items of one batch are worked on at once. The embedded
// database commits the writes of a group of writers together.
const parallel = 16

// each calls work for every item, some at once, and returns the first error;
// the other calls still run to their end.
func each[T any](ctx context.Context, items []T, work func(context.Context, T) error) error {
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, item := range items {
		group.Go(func() error { return work(ctx, item) })
	}
	return group.Wait()
}

// collect calls work for every item, some at once. It returns the results of
// the items that succeeded, in the order of items, and the first error.
func collect[T, R any](ctx context.Context, items []T, work func(context.Context, T) (R, error)) ([]R, error) {
	results, succeeded := make([]R, len(items)), make([]bool, len(items))
	places := make([]int, len(items))
	for i := range items {
		places[i] = i
	}
	err := each(ctx, places, func(ctx context.Context, i int) (err error) {
		results[i], err = work(ctx, items[i])
		succeeded[i] = err == nil
		return err
	})
	finished := make([]R, 0, len(items))
	for i, result := range results {
		if succeeded[i] {
			finished = append(finished, result)
		}
	}
	return finished, err
}
