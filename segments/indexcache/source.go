package indexcache

import (
	"context"
	"iter"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// Change is a written customer and its stored revision.
type Change struct {
	ID     string
	N, Rev int64
	Gone   bool      // deleted or merged into another
	At     time.Time // when it was stored, by the store's clock
}

// Source is what the cache reads, of any shop.
type Source interface {
	Feed
	Settings
}

// Feed is a shop's customers: Known estimates how many it ever had, Rows lists all
// of them. Rows may reuse one row. A customer written while Rows or Revisions run
// may be missing in them, but is in Revisions from a time before they began.
type Feed interface {
	Known(ctx context.Context, shop string) (customers int64, err error)
	Rows(ctx context.Context, shop string) iter.Seq2[*segments.Row, error]
	RowsOf(ctx context.Context, shop string, ids []string) ([]*segments.Row, error)
	Revisions(ctx context.Context, shop string, from time.Time) iter.Seq2[Change, error]
}

// Settings are the settings of a shop that evaluations need. Fitted is nil where
// nothing was fitted yet.
type Settings interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	Fitted(ctx context.Context, shop string) (*segments.Fitted, error)
	Catalog(ctx context.Context, shop string) (segments.Catalog, error)
	SegmentsInUse(ctx context.Context, shop string) ([]segments.Stored, []segments.Definition, error)
	ListsOf(ctx context.Context, shop, segment string) (segments.Lists, error)
}
