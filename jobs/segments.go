package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/segments/indexcache"
)

// Segments finds the customers that entered or left each segment in use, by a
// change of data or because time passed. It emits one event for each exactly once:
// a change is stored before its events, and the next change only after all of
// them. Any number of workers may run it. Each sweeps its share of the shops and
// caches their members, which saves database reads. The shares are for speed only:
// two workers that sweep one shop at once emit no event twice.
type Segments struct {
	indexes indexes
	store   memberships
	people  people
	shops   segmentShops
	fits    fits
	duties  duties
	now     func() time.Time
	wall    func() time.Time
	log     *slog.Logger

	mu     sync.Mutex
	byShop map[string]*duty

	all    []commerce.Shop  // as read at listed; only Tick uses this and the next
	marks  map[string]int64 // by shop, the revision of its next due time, as read until marked
	listed time.Time
	marked time.Time
}

type indexes interface {
	Current(shop string) *indexcache.Handle
	Open(ctx context.Context, shop string) (*indexcache.Handle, error)
	CatchUp(ctx context.Context, shop string) error
	Reconcile(ctx context.Context, shop string) (differences int, err error)
}

type memberships interface {
	Memberships(ctx context.Context, shop string) ([]segments.Membership, error)
	MembersOf(ctx context.Context, shop, slug string) (segments.Membership, *segments.Bitmap, error)
	SaveMembership(ctx context.Context, shop string, m segments.Membership, members, entered, left *segments.Bitmap) (saved bool, err error)
	Unemitted(ctx context.Context, shop, slug string) (m segments.Membership, entered, left *segments.Bitmap, err error)
	MarkEmitted(ctx context.Context, shop, slug string, version int64) error
}

type people interface {
	Customer(ctx context.Context, shop, id string) (commerce.Customer, error)
	Numbered(ctx context.Context, shop string, numbers []int64) ([]commerce.Customer, error)
	MergedInto(ctx context.Context, shop string, ids []string) ([]commerce.Customer, error)
	AddEvents(ctx context.Context, shop string, events []commerce.Event) error
	MarkDue(ctx context.Context, shop string, at time.Time) error
}

type segmentShops interface {
	shopWalker
	SegmentsInUse(ctx context.Context, shop string) ([]segments.Stored, []segments.Definition, error)
	MarkedShops(ctx context.Context, since time.Time) ([]commerce.Due, error)
}

// segmentStore is the part of the store that a sweep needs.
type segmentStore interface {
	memberships
	people
	segmentShops
	fits
}

// SegmentsParts are the parts of a sweeper of segments. Duties reports which shops
// are this worker's; nil means all. Now is the clock of conditions and events, Wall
// the clock of rounds.
type SegmentsParts struct {
	Indexes indexes
	Store   segmentStore
	Duties  duties
	Now     func() time.Time
	Wall    func() time.Time
	Log     *slog.Logger
}

// NewSegments makes a sweeper of segments.
func NewSegments(p SegmentsParts) *Segments {
	if p.Duties == nil {
		p.Duties = Alone{}
	}
	return &Segments{
		indexes: p.Indexes, store: p.Store, people: p.Store, shops: p.Store, fits: p.Store, duties: p.Duties,
		now: p.Now, wall: p.Wall, log: p.Log, byShop: map[string]*duty{}, marks: map[string]int64{},
	}
}

// Report is the result of a sweep.
type Report struct {
	Segments int // evaluated
	Changed  int // of them, whose members changed
	Entered  int // customers, each counted once a segment
	Left     int
}

// duty is what a process knows of a shop that it sweeps. mu is locked during a
// sweep.
type duty struct {
	mu    sync.Mutex
	known map[string]*roster
	sets  []*segments.Bitmap // buffers, reused by each sweep

	entered, left, moved segments.Bitmap // buffers too

	state  uint64        // of the index, as evaluated last
	at     time.Time     // wall clock, of the last sweep's end
	cost   time.Duration // of evaluating the segments, in the last sweep
	whole  time.Time     // wall clock, when the index was last compared with all stored customers
	again  bool          // the next sweep must run even without a change of data
	failed bool

	looked, inUse bool      // the shop has segments in use,
	rev           int64     // as of this shop.SegmentsRev
	marks         int64     // the newest revision of the shop's next due time,
	markedAt      time.Time // wall clock, and when it was first seen
	basis         basis     // of the last sweep that read the store,
	stored        time.Time // wall clock, and when it began
}

// basis is what a sweep depends on besides the time of day, as far as a worker
// knows it without a request.
type basis struct {
	marks, rev                 int64 // of the shop's next due time, and of its segments
	zone, currency, trade, day string
}

// roster is a membership as it is stored.
type roster struct {
	version int64
	members *segments.Bitmap
	days    []segments.Day
}

// Round sweeps every shop once, without leases. After a shop that fails it goes on
// with the next.
func (s *Segments) Round(ctx context.Context) error {
	var failed []error
	err := s.shops.EachShop(ctx, func(shop commerce.Shop) error {
		if _, err := s.Sweep(ctx, shop.ID); err != nil {
			failed = append(failed, err)
		}
		return ctx.Err()
	})
	return errors.Join(append(failed, err)...)
}

// Sweep updates the shop's parameters and all its memberships, and emits events for
// the customers that entered or left. Events that an earlier sweep left are emitted
// first.
func (s *Segments) Sweep(ctx context.Context, shop string) (Report, error) {
	d := s.duty(shop)
	d.mu.Lock()
	defer d.mu.Unlock()
	began := s.wall()
	fitted := s.fit(ctx, shop)
	r, err := s.sweep(ctx, d, shop)
	d.at = s.wall()
	d.failed = err != nil
	s.log.Debug("swept segments", "shop", shop, "segments", r.Segments, "changed", r.Changed, "entered", r.Entered, "left", r.Left,
		"took_ms", d.at.Sub(began).Milliseconds())
	return r, errors.Join(fitted, err)
}

func (s *Segments) duty(shop string) *duty {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.byShop[shop]
	if d == nil {
		d = &duty{known: map[string]*roster{}}
		s.byShop[shop] = d
	}
	return d
}

func (s *Segments) sweep(ctx context.Context, d *duty, shop string) (r Report, err error) {
	// The memberships are read before the customers: this sweep does not overwrite
	// what another process finds meanwhile in newer data.
	stored, err := s.stored(ctx, shop)
	if err != nil {
		return r, err
	}
	kept, _, err := s.shops.SegmentsInUse(ctx, shop)
	if err != nil || len(kept) == 0 {
		return r, err
	}
	if err := s.indexes.CatchUp(ctx, shop); err != nil {
		return r, err
	}
	held, err := s.indexes.Open(ctx, shop)
	if err != nil {
		return r, err
	}
	defer held.Close()
	p := &pass{Segments: s, duty: d, held: held, shop: shop, at: s.now().UTC().Truncate(time.Millisecond)}
	d.state, d.again = held.State, false
	open := s.evaluate(d, held, p.at)
	r.Segments = len(open)
	var changed []string
	var failed []error
	for i, k := range open {
		saved, pending, err := p.change(ctx, k, stored[k.Segment], &d.sets[i], &r)
		if err != nil {
			failed = append(failed, err)
		}
		if saved {
			r.Changed++
		}
		if pending {
			changed = append(changed, k.Segment)
		}
	}
	return r, errors.Join(append(failed, s.emitAll(ctx, shop, changed))...)
}

// stored lists the shop's memberships, after it has emitted the pending events of
// earlier sweeps.
func (s *Segments) stored(ctx context.Context, shop string) (map[string]segments.Membership, error) {
	list, err := s.store.Memberships(ctx, shop)
	if err != nil {
		return nil, err
	}
	stored := make(map[string]segments.Membership, len(list))
	var pending []string
	for _, m := range list {
		stored[m.Segment] = m
		if !m.Emitted {
			pending = append(pending, m.Segment)
		}
	}
	return stored, s.emitAll(ctx, shop, pending)
}

// evaluate sets d.sets to the members of the segments in use, in the order of the
// list that it returns.
func (s *Segments) evaluate(d *duty, held *indexcache.Handle, at time.Time) (open []segments.Stored) {
	var conditions []segments.Condition
	for _, k := range held.Segments {
		if c, ok := held.Set.Member(k.Segment); ok { // a broken one keeps its members
			open, conditions = append(open, k), append(conditions, c)
		}
	}
	for len(d.sets) < len(open) {
		d.sets = append(d.sets, &segments.Bitmap{})
	}
	began := s.wall()
	held.Index.Sweep(conditions, at, d.sets[:len(open)])
	d.cost = s.wall().Sub(began)
	return open
}
