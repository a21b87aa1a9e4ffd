package email

import (
	"context"
	"time"
)

// Run closes connections that have been idle too long. When ctx ends it closes the
// channel as Close does. Deliver works without Run too; the relay then closes idle
// connections.
func (e *Channel) Run(ctx context.Context) error {
	tick := time.NewTicker(e.settings.Idle / 2)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.pool.closeIdle()
		case <-ctx.Done():
			e.Close()
			return nil
		}
	}
}
