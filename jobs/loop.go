package jobs

import (
	"context"
	"time"
)

// every calls work each interval of the wall clock until ctx ends. Rounds
// never overlap; one that takes longer delays the next.
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
