// Package jobs does the work that is due: it reads deliveries, keeps profiles,
// handles events, advances enrolments and hands messages over. The database
// says what is due; asynq only rings the bell, so Redis may lose everything
// and nothing is lost. Every duty is one small struct in one file; main wires
// them. It imports the rules (connectors, campaigns) and asynq, never store,
// api or a channel: what it needs of them it declares beside the struct.
package jobs

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// quantum is how long one bell's handler works before it makes room for other
// shops.
const quantum = 2 * time.Second

// parallel is how many documents of one batch are worked on at once. The
// embedded database answers a group of writers with one commit.
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
