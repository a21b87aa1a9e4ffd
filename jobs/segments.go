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

// Segments finds who entered and who left each segment in use, whether by a
// change of data or by time passing, and tells of each as an event exactly once:
// what changed is stored before anybody is told, and the next change is stored
// only when all of that is. Any number of processes may run it; each shop is
// swept by the one that holds its duty, whose cached members spare the
// database. The duty is for speed: two who sweep at once tell nothing twice.
type Segments struct {
	indexes indexes
	store   memberships
	people  people
	shops   swept
	fits    fits
	holder  string
	now     func() time.Time
	wall    func() time.Time
	log     *slog.Logger

	mu     sync.Mutex
	duties map[string]*duty
}

type indexes interface {
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

type swept interface {
	walked
	SegmentsInUse(ctx context.Context, shop string) ([]segments.Stored, []segments.Definition, error)
	Hold(ctx context.Context, shop, name, holder string) (ours bool, err error)
	LetGo(ctx context.Context, shop, name, holder string) error
}

// sweptStore is all of them: what the store is to a sweep.
type sweptStore interface {
	memberships
	people
	swept
	fits
}

// NewSegments makes a sweeper of segments. holder is the name of this process
// among those that sweep, unlike any other's.
func NewSegments(indexes indexes, store sweptStore, holder string, now, wall func() time.Time, log *slog.Logger) *Segments {
	return &Segments{
		indexes: indexes, store: store, people: store, shops: store, fits: store, holder: holder,
		now: now, wall: wall, log: log, duties: map[string]*duty{},
	}
}

// Report says what a sweep found.
type Report struct {
	Segments int // evaluated
	Changed  int // of them, whose members are others now
	Entered  int // customers, each counted once a segment
	Left     int
}

// duty is what a process knows of a shop it sweeps. mu is held while it does.
type duty struct {
	mu    sync.Mutex
	known map[string]*roster
	sets  []*segments.Bitmap // buffers: a sweep needs no new memory

	entered, left, moved segments.Bitmap // buffers too

	state  uint64        // of the index, as evaluated last
	at     time.Time     // wall clock, of the last sweep's end
	cost   time.Duration // of evaluating the segments, in the last sweep
	whole  time.Time     // wall clock, when the index was last compared with all that is stored
	again  bool          // something waits for data that are about to come
	failed bool

	looked, inUse bool      // the shop has segments in use,
	rev           int64     // as of this shop.SegmentsRev
	asked         time.Time // wall clock, when the duty was asked for,
	ours          bool      // and what the answer was
}

// roster is a membership as it is stored.
type roster struct {
	version int64
	members *segments.Bitmap
	days    []segments.Day
}

// Round sweeps every shop once, whoever's duty it is. A shop that fails does
// not hide the others.
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

// Sweep brings the shop's parameters and all its memberships up to date, and
// tells who entered and left. What an earlier sweep stored and did not tell is
// told first.
func (s *Segments) Sweep(ctx context.Context, shop string) (Report, error) {
	d := s.duty(shop)
	d.mu.Lock()
	defer d.mu.Unlock()
	began := s.wall()
	fitted := s.fit(ctx, shop)
	r, err := s.sweep(ctx, d, shop)
	d.at = s.wall()
	d.failed = err != nil
	s.log.Debug("swept segments", "shop", shop, "segments", r.Segments, "changed", r.Changed, "entered", r.Entered, "left", r.Left, "took_ms", d.at.Sub(began).Milliseconds())
	return r, errors.Join(fitted, err)
}

func (s *Segments) duty(shop string) *duty {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.duties[shop]
	if d == nil {
		d = &duty{known: map[string]*roster{}}
		s.duties[shop] = d
	}
	return d
}

func (s *Segments) sweep(ctx context.Context, d *duty, shop string) (r Report, err error) {
	// Read before the customers are: what another stores meanwhile, of newer
	// data, is not overwritten by what is found here.
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
	var open []segments.Stored
	var conditions []segments.Condition
	for _, k := range held.Segments {
		if c, ok := held.Set.Member(k.Segment); ok { // a broken one stands still
			open, conditions = append(open, k), append(conditions, c)
		}
	}
	for len(d.sets) < len(open) {
		d.sets = append(d.sets, &segments.Bitmap{})
	}
	began := s.wall()
	held.Index.Sweep(conditions, p.at, d.sets[:len(open)])
	d.cost = s.wall().Sub(began)
	r.Segments = len(open)
	var changed []string
	var failed []error
	for i, k := range open {
		saved, untold, err := p.change(ctx, k, stored[k.Segment], &d.sets[i], &r)
		if err != nil {
			failed = append(failed, err)
		}
		if saved {
			r.Changed++
		}
		if untold {
			changed = append(changed, k.Segment)
		}
	}
	return r, errors.Join(append(failed, s.tellAll(ctx, shop, changed))...)
}

// stored lists the shop's memberships, all told: first those that were not are.
func (s *Segments) stored(ctx context.Context, shop string) (map[string]segments.Membership, error) {
	list, err := s.store.Memberships(ctx, shop)
	if err != nil {
		return nil, err
	}
	stored := make(map[string]segments.Membership, len(list))
	var untold []string
	for _, m := range list {
		stored[m.Segment] = m
		if !m.Emitted {
			untold = append(untold, m.Segment)
		}
	}
	return stored, s.tellAll(ctx, shop, untold)
}
