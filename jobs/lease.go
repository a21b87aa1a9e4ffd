package jobs

import (
	"context"
	"sync"
	"time"
)

// renewEvery is how often a lease is renewed while work goes on under it. Every
// lease is longer than twice this.
const renewEvery = 15 * time.Second

// underLease runs work and renews its lease meanwhile. Work's context ends when
// renew reports that another process has the lease. underLease returns work's
// error after the last call of renew has returned.
func underLease(ctx context.Context, renew func(context.Context) (ours bool), work func(context.Context) error) error {
	held, lost := context.WithCancel(ctx)
	defer lost()
	var renewing sync.WaitGroup
	renewing.Go(func() {
		every(held, renewEvery, func(ctx context.Context) {
			if !renew(ctx) {
				lost()
			}
		})
	})
	err := work(held)
	lost()
	renewing.Wait()
	return err
}
