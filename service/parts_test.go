package service

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

// Parts end phase by phase: no part loses the parts that it needs while it
// runs. A part that fails ends all others in the same order.
func TestPartsEndInOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		fail error
	}{{"stopped", nil}, {"a part fails", errors.New("died")}} {
		t.Run(c.name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var mu sync.Mutex
			var ended []string
			named := func(name string) part {
				return func(ctx context.Context) error {
					<-ctx.Done()
					mu.Lock()
					defer mu.Unlock()
					ended = append(ended, name)
					return nil
				}
			}
			last := func(ctx context.Context) error {
				if c.fail == nil {
					stop()
					<-ctx.Done()
				}
				return c.fail
			}
			err := inOrder(ctx, []part{named("edge")}, []part{named("work")}, []part{named("relay"), last})
			if !errors.Is(err, c.fail) || c.fail == nil && err != nil {
				t.Errorf("got %v, want %v", err, c.fail)
			}
			if want := []string{"edge", "work", "relay"}; !slices.Equal(ended, want) {
				t.Errorf("got %v, want %v", ended, want)
			}
		})
	}
}
