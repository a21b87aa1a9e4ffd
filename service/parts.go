package service

import (
	"context"
	"errors"
	"sync"
)

// part is something that runs until its context ends.
type part func(context.Context) error

// inOrder runs all parts at once and ends them phase by phase. When ctx ends, it ends
// the contexts of the first phase. It ends those of the next phase when all parts
// of the first have returned, and so on. A part that fails ends all phases in the
// same order. The errors of all parts are returned.
func inOrder(ctx context.Context, phases ...[]part) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var errs []error
	running := make([]sync.WaitGroup, len(phases))
	ends := make([]context.CancelFunc, len(phases))
	for i, phase := range phases {
		within := ctx
		if i > 0 {
			within, ends[i] = context.WithCancel(context.WithoutCancel(ctx))
			defer ends[i]()
		}
		for _, run := range phase {
			running[i].Go(func() {
				if err := run(within); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
					stop()
				}
			})
		}
	}
	<-ctx.Done()
	for i := range phases {
		if i > 0 {
			ends[i]()
		}
		running[i].Wait()
	}
	return errors.Join(errs...)
}
