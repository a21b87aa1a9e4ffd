package jobs

import (
	"context"
	"time"
)

// every calls work at each interval of the wall clock until ctx ends, the first
// time after one interval. Calls never overlap; a long one delays the next.
func every(ctx context.Context, interval time.Duration, work func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			work(ctx)
		}
	}
}

// pause waits, and returns at once when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	waited, end := context.WithCancel(ctx)
	every(waited, d, func(context.Context) { end() })
	end()
}
