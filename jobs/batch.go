package jobs

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/commerce"
)

// quantum is how long a worker works on one shop before it makes room for other
// shops.
const quantum = 2 * time.Second

// batchSize is how many items one batch of a stage has.
const batchSize = 256

// parallel is how many items of one batch are worked on at once. The embedded
// database commits the writes of a group of writers together.
const parallel = 16

// each calls work for every item, some at once, and returns the first error;
// the other calls still run to their end.
func each[T any](ctx context.Context, items []T, work func(context.Context, T) error) error {
	return eachOf(ctx, parallel, items, work)
}

// eachOf is each with a limit of its own.
func eachOf[T any](ctx context.Context, limit int, items []T, work func(context.Context, T) error) error {
	var group errgroup.Group
	group.SetLimit(limit)
	for _, item := range items {
		group.Go(func() error { return work(ctx, item) })
	}
	return group.Wait()
}

// apart calls work for a whole list. Where that fails because of one item, it calls work for
// parts of the list, so that the others get on. Work may be done twice for an item. It
// returns the errors; where the database is away, it stops at once.
func apart[T any](ctx context.Context, list []T, work func(context.Context, []T) error) error {
	if len(list) == 0 {
		return nil
	}
	err := work(ctx, list)
	if err == nil || len(list) == 1 || commerce.CodeOf(err) == commerce.Unavailable || ctx.Err() != nil {
		return err
	}
	half := len(list) / 2
	return errors.Join(apart(ctx, list[:half], work), apart(ctx, list[half:], work))
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
