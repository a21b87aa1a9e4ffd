package api

import (
	"context"
	"time"

	"comeback/api/limits"
	"comeback/commerce"
	"comeback/segments"
	"comeback/segments/indexcache"
)

// Indexes contains the indexes of shops in memory.
type Indexes interface {
	// Open returns the shop's index, with all changes of more than a second
	// ago. It is built first if it does not exist. TooLarge: the shop does not
	// fit into memory.
	Open(ctx context.Context, shop string) (*indexcache.Handle, error)
	// Current is the shop's index as it was read last; nil: this process has none.
	Current(shop string) *indexcache.Handle
}

// judge evaluates conditions for all customers of a shop: in its index, or in
// the store if the shop does not fit into memory.
type judge struct {
	indexes Indexes
	store   definedSegments
	crowds  crowdStore
	now     func() time.Time
	heavy   *limits.Places // evaluations that read every fact of a shop
}

// crowdStore evaluates for shops without an index, which is slower.
type crowdStore interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	Fitted(ctx context.Context, shop string) (*segments.Fitted, error)
	Catalog(ctx context.Context, shop string) (segments.Catalog, error)
	// CountMatching is TooLarge if too many customers would need single
	// evaluation. A nil condition matches all.
	CountMatching(ctx context.Context, shop string, c segments.Condition, p segments.Params) (int64, error)
	// ListMatching lists by number, after the number after. A page may contain
	// fewer than limit, or none, and still have a next.
	ListMatching(
		ctx context.Context, shop string, c segments.Condition, p segments.Params, after int64, limit int,
	) (list []commerce.Customer, next int64, err error)
}

// heavyAtOnce is how many heavy evaluations run at once, one of a shop; more wait.
const heavyAtOnce = 2

func newJudge(cfg Config) *judge {
	return &judge{indexes: cfg.Indexes, store: cfg.Store, crowds: cfg.Store, now: cfg.Now, heavy: limits.NewPlaces(heavyAtOnce, 1)}
}

// open returns the shop's index. A process may be configured without indexes.
func (j *judge) open(ctx context.Context, shop string) (*indexcache.Handle, error) {
	if j.indexes == nil {
		return nil, commerce.Errorf(commerce.Unsupported, "segments: this process does not evaluate segments")
	}
	return j.indexes.Open(ctx, shop)
}

// params are the parameters for evaluating the shop's customers.
func (j *judge) params(ctx context.Context, shop string) (segments.Params, error) {
	held, err := j.open(ctx, shop)
	if err == nil {
		held.Close()
		return held.Params, nil
	}
	if commerce.CodeOf(err) != commerce.TooLarge {
		return segments.Params{}, err
	}
	return j.storedParams(ctx, shop)
}

// storedParams are params of a shop without an index.
func (j *judge) storedParams(ctx context.Context, shop string) (segments.Params, error) {
	s, err := j.crowds.Shop(ctx, shop)
	if err != nil {
		return segments.Params{}, err
	}
	fitted, err := j.crowds.Fitted(ctx, shop)
	if err != nil {
		return segments.Params{}, err
	}
	catalog, err := j.crowds.Catalog(ctx, shop)
	p := segments.Params{Zone: s.Location(), Currency: s.Currency, Fitted: fitted}
	p.Use(catalog)
	return p, err
}

// member is the condition that an active segment's members match.
func (j *judge) member(ctx context.Context, shop, slug string) (segments.Condition, error) {
	kept, _, err := j.store.Segment(ctx, shop, slug)
	if err != nil {
		return nil, err
	}
	if kept.State != segments.Active {
		return nil, commerce.Errorf(commerce.Conflict, "segment %s: is archived, restore it first", kept.Segment)
	}
	_, definitions, err := j.store.SegmentsInUse(ctx, shop)
	if err != nil {
		return nil, err
	}
	set := segments.NewSet(filesOf(definitions))
	if problems := set.Broken()[slug]; problems != nil {
		return nil, commerce.Errorf(commerce.Conflict, "segment %s: is no longer valid: %s", slug, problems[0])
	}
	c, ok := set.Member(slug)
	if !ok {
		return nil, commerce.Errorf(commerce.NotFound, "segment %s: not found in this shop", slug)
	}
	return c, nil
}
