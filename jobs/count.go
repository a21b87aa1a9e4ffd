package jobs

import "context"

// Count counts the entries of changed enrolments again, for campaign results.
type Count struct{ store changedEnrolments }

type changedEnrolments interface {
	// CountMarked counts up to limit changed enrolments of a campaign ("": of all).
	CountMarked(ctx context.Context, shop, campaign string, limit int) (found int, err error)
}

// NewCount makes the stage.
func NewCount(store changedEnrolments) *Count { return &Count{store: store} }

// Work counts one batch.
func (c *Count) Work(ctx context.Context, shop string) (done int, err error) {
	return c.store.CountMarked(ctx, shop, "", 500)
}
