package api

import (
	"context"
	"iter"

	"comeback/commerce"
)

// places bound what runs at once.
type places chan struct{}

// listsAtOnce is how many lists of people are read or written whole at once.
const listsAtOnce = 2

// enter waits for a place; leave gives it back.
func (p places) enter(ctx context.Context) (leave func(), err error) {
	select {
	case p <- struct{}{}:
		return func() { <-p }, nil
	case <-ctx.Done():
		return nil, commerce.Errorf(commerce.Unavailable, "%d of these run already, ask again in a moment", cap(p))
	}
}

// inBatches gathers values; the slice is good until the next.
func inBatches[T any](values iter.Seq[T], size int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		batch := make([]T, 0, size)
		for v := range values {
			if batch = append(batch, v); len(batch) < size {
				continue
			}
			if !yield(batch) {
				return
			}
			batch = batch[:0]
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}
