package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/commerce"
)

// Retention removes old data, shop by shop, once a day. It works in small batches
// with pauses, so that webhooks are accepted meanwhile. Of several workers one does
// it. Afterwards it returns free room to the file system, where the database can.
type Retention struct {
	store   oldData
	duties  duties
	wall    func() time.Time
	log     *slog.Logger
	removed *prometheus.CounterVec

	queue    []string // shops to go through
	begun    bool     // with the first of them
	kind     int      // of EachOldData, for that shop
	listed   time.Time
	loose    bool // the file may have free room
	news     map[commerce.OldData]int
	reported time.Time // wall clock, of the last line in the log
}

type oldData interface {
	shopWalker
	BeginReconcile(ctx context.Context, shop, name string) (ours bool, err error)
	EndReconcile(ctx context.Context, shop, name string) error
	Remove(ctx context.Context, shop string, kind commerce.OldData, limit int) (removed int, err error)
	Compact(ctx context.Context) (more bool, err error)
}

const (
	retention      = "retention" // the name of the duty, and of the daily work
	removeAtOnce   = 25          // a batch delays other writes by a few milliseconds
	removeEvery    = 100 * time.Millisecond
	retentionLists = time.Hour // how often the shops are asked for their daily work
)

// NewRetention makes the chore. How old data may be is a setting of the store.
func NewRetention(store oldData, duties duties, wall func() time.Time, log *slog.Logger) *Retention {
	return &Retention{
		store: store, duties: duties, wall: wall, log: log, loose: true, news: map[commerce.OldData]int{},
		removed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "comeback_retention_removed_total", Help: "Old things that were deleted, by kind.",
		}, []string{"kind"}),
	}
}

// Metrics are the figures of the chore.
func (r *Retention) Metrics() prometheus.Collector { return r.removed }

// Run removes old data until ctx ends.
func (r *Retention) Run(ctx context.Context) error {
	every(ctx, removeEvery, func(ctx context.Context) {
		if _, err := r.Step(ctx); err != nil && ctx.Err() == nil {
			r.log.Warn("remove old data", "error", err)
		}
	})
	return nil
}

// Step does one small batch; more is false when nothing is left for now. A shop
// that fails is left until the next hour.
func (r *Retention) Step(ctx context.Context) (more bool, err error) {
	if !r.duties.Owns(retention) {
		r.queue, r.begun = nil, false
		return false, nil
	}
	if len(r.queue) > 0 {
		if err := r.batch(ctx, r.queue[0]); err != nil {
			r.next()
			return true, err
		}
		return true, nil
	}
	if r.loose {
		if r.loose, err = r.store.Compact(ctx); r.loose || err != nil {
			return true, err
		}
	}
	r.report()
	if age := r.wall().Sub(r.listed); age >= 0 && age < retentionLists {
		return false, nil
	}
	return true, r.list(ctx)
}

func (r *Retention) list(ctx context.Context) error {
	r.listed = r.wall()
	r.queue = append(r.queue, commerce.Installation) // it has the domains of relays
	return r.store.EachShop(ctx, func(shop commerce.Shop) error {
		r.queue = append(r.queue, shop.ID)
		return nil
	})
}

// batch removes one batch of the shop's old data, or goes on to the next kind.
func (r *Retention) batch(ctx context.Context, shop string) error {
	if !r.begun {
		ours, err := r.store.BeginReconcile(ctx, shop, retention)
		if err != nil || !ours {
			r.next()
			return err
		}
		r.begun = true
	}
	kinds := commerce.EachOldData()
	n, err := r.store.Remove(ctx, shop, kinds[r.kind], removeAtOnce)
	if err != nil {
		return err
	}
	if n > 0 {
		r.removed.WithLabelValues(string(kinds[r.kind])).Add(float64(n))
		r.news[kinds[r.kind]] += n
		r.loose = true
		return nil
	}
	if r.kind++; r.kind < len(kinds) {
		return nil
	}
	r.next()
	return r.store.EndReconcile(ctx, shop, retention)
}

func (r *Retention) next() { r.queue, r.begun, r.kind = r.queue[min(1, len(r.queue)):], false, 0 }

// report writes what was removed to the log, once a day at most.
func (r *Retention) report() {
	if age := r.wall().Sub(r.reported); len(r.news) == 0 || age >= 0 && age < 24*time.Hour && !r.reported.IsZero() {
		return
	}
	var figures []any
	for _, kind := range commerce.EachOldData() {
		figures = append(figures, string(kind), r.news[kind])
	}
	r.log.Info("removed old data", figures...)
	clear(r.news)
	r.reported = r.wall()
}
