package jobs

import (
	"context"
	"time"
)

// Count counts the entries of changed enrolments again, for campaign results.
type Count struct{ store changedEnrolments }

type changedEnrolments interface {
	// CountMarked counts up to limit changed enrolments of a campaign ("": of all).
	CountMarked(ctx context.Context, shop, campaign string, limit int) (found int, err error)
}

// NewCount makes the stage.
func NewCount(store changedEnrolments) *Count { return &Count{store: store} }

// Patience lets marks wait for each other: a campaign's messages mark their entries several
// times while they are planned and sent. Results are older by this at most.
func (c *Count) Patience() time.Duration { return 5 * time.Second }

// Work counts one batch.
func (c *Count) Work(ctx context.Context, shop string) (done int, err error) {
	return c.store.CountMarked(ctx, shop, "", 500)
}
