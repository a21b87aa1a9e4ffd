package api

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"comeback/commerce"
)

// receptions count what is posted to connections. Strangers may post, so counts are
// gathered in memory, for existing connections only, and stored together once a
// minute and at the end. A count that cannot be stored stays. If a database stores
// a count without answering, it may count twice.
type receptions struct {
	store   receptionStore
	log     *slog.Logger
	storing sync.Mutex // held while counts are stored, and while they are read
	mu      sync.Mutex // guards the rest
	waiting map[string]commerce.Reception
	dropped int64
}

type receptionStore interface {
	// AddReceptions adds counts, and returns those that were not added.
	AddReceptions(ctx context.Context, list []commerce.Reception) (missed []commerce.Reception, err error)
	Reception(ctx context.Context, shop, slug string) (commerce.Reception, error)
}

const (
	receptionPause = time.Minute
	receptionMost  = 10_000 // connections; counts of further ones are dropped
	receptionLast  = 5 * time.Second
)

func newReceptions(store receptionStore, log *slog.Logger) *receptions {
	return &receptions{store: store, log: log, waiting: map[string]commerce.Reception{}}
}

// accepted counts an accepted delivery.
func (r *receptions) accepted(c commerce.Connection, at time.Time) {
	r.add(commerce.Reception{ID: c.ID, Shop: c.Shop, Connection: c.Slug, Accepted: commerce.Tally{Count: 1, Last: at}})
}

// refused counts a refused delivery.
func (r *receptions) refused(c commerce.Connection, reason commerce.Refusal, named string, at time.Time) {
	once := map[commerce.Refusal]commerce.Tally{reason: {Count: 1, Last: at, Named: named}}
	r.add(commerce.Reception{ID: c.ID, Shop: c.Shop, Connection: c.Slug, Refused: once})
}

func (r *receptions) add(list ...commerce.Reception) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range list {
		sum, known := r.waiting[one.ID]
		if !known && len(r.waiting) >= receptionMost {
			r.dropped++
			continue
		}
		if !known {
			sum = commerce.Reception{ID: strings.Clone(one.ID), Shop: one.Shop, Connection: one.Connection}
		}
		sum.Add(one)
		r.waiting[sum.ID] = sum
	}
}

// of is what was counted of a connection, the waiting counts of this process
// included.
func (r *receptions) of(ctx context.Context, shop, slug string) (commerce.Reception, error) {
	r.storing.Lock()
	defer r.storing.Unlock()
	sum, err := r.store.Reception(ctx, shop, slug)
	if err != nil {
		return sum, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	sum.Add(r.waiting[commerce.Key(shop, slug)])
	return sum, nil
}

// forget drops the waiting counts of a connection that was removed.
func (r *receptions) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, id)
}

// run stores the counts once a minute until ctx ends, and then the last ones.
func (r *receptions) run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause, cancel := context.WithTimeout(ctx, receptionPause)
		<-pause.Done()
		cancel()
		if ctx.Err() == nil {
			if err := r.flush(ctx); err != nil {
				r.log.Warn("counts of deliveries wait for the store", "error", err)
			}
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), receptionLast)
	defer cancel()
	return r.flush(last)
}

// flush stores the waiting counts, and logs the refused ones: a line a connection.
func (r *receptions) flush(ctx context.Context) error {
	r.storing.Lock()
	defer r.storing.Unlock()
	list, dropped := r.take()
	missed, err := r.store.AddReceptions(ctx, list)
	r.add(missed...)
	left := map[string]bool{}
	for _, one := range missed {
		left[one.ID] = true
	}
	for _, one := range list {
		if len(one.Refused) > 0 && !left[one.ID] {
			r.log.Warn("deliveries were refused", "connection", one.ID, "refused", slog.GroupValue(refusalCounts(one)...))
		}
	}
	if dropped > 0 {
		r.log.Warn("deliveries were not counted: too many connections in a minute", "deliveries", dropped)
	}
	return err
}

func (r *receptions) take() (list []commerce.Reception, dropped int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list = slices.SortedFunc(maps.Values(r.waiting), func(a, b commerce.Reception) int { return cmp.Compare(a.ID, b.ID) })
	dropped, r.dropped = r.dropped, 0
	clear(r.waiting)
	return list, dropped
}

func refusalCounts(r commerce.Reception) (list []slog.Attr) {
	for _, reason := range commerce.Refusals() {
		if t := r.Refused[reason]; t.Count > 0 {
			list = append(list, slog.Int64(string(reason), t.Count))
		}
	}
	return list
}
