package jobs

import "context"

// Count counts anew, for results, the entries of enrolments of which something
// has changed that they count.
type Count struct{ store marked }

type marked interface {
	// CountMarked counts up to limit enrolments of a campaign ("": all).
	CountMarked(ctx context.Context, shop, campaign string, limit int) (found int, err error)
}

// NewCount makes the stage.
func NewCount(store marked) *Count { return &Count{store: store} }

// Work counts one batch.
func (c *Count) Work(ctx context.Context, shop string) (done int, err error) {
	return c.store.CountMarked(ctx, shop, "", 500)
}
