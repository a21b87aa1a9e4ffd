package api

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/campaigns"
)

// Recorder stores touches in groups, each with one write. An answer does not wait for the
// write of its touch, unless a touch came TouchWindow ago and is not stored yet. So a
// crash loses the touches of TouchWindow at most, also where the database is slow.
//
// Where the database fails, touches wait in memory and no answer waits. Touches that do not
// fit are dropped and counted.
type Recorder struct {
	store  touchStore
	marker Marker
	wall   func() time.Time
	log    *slog.Logger

	mu        sync.Mutex
	gathering *touchGroup // takes touches
	writing   *touchGroup // the one before; nil: none
	waiting   int         // touches of both
	known     *recent[string, *touchGroup]

	begun   chan struct{} // the gathering group has its first touch
	hurry   chan struct{} // the gathering group is large, or somebody waits for it
	running atomic.Bool
	failing atomic.Bool // the last write did not succeed

	recorded *prometheus.CounterVec
	dropped  prometheus.Counter
}

type touchStore interface {
	// KeepTouches stores groups of touches, each once, to be counted later.
	KeepTouches(ctx context.Context, groups []campaigns.TouchGroup) error
}

// touchGroup is the touches of one write.
type touchGroup struct {
	touches []campaigns.Touch      // nil once it ended
	left    []campaigns.TouchGroup // the same touches by shop, as they are stored: those that are not stored yet
	began   time.Time              // when its first touch came
	ended   chan struct{}          // closed when all of it is stored or dropped
}

// TouchWindow is the time whose touches a crash may lose.
const TouchWindow = 10 * time.Millisecond

const (
	touchesWaiting  = 16_384 // further touches are dropped and counted
	touchBatch      = 1024   // touches of one stored group
	touchesKnown    = 16_384 // touches that are found to be stored already
	touchesGathered = 5 * time.Millisecond
	touchPatience   = time.Second // longest wait of an answer
	touchPause      = time.Second // pause after an error of the store
	touchLast       = 5 * time.Second
)

// NewRecorder makes a recorder; Run must be running for touches to be stored. wall is the
// clock of TouchWindow.
func NewRecorder(store touchStore, marker Marker, wall func() time.Time, metrics *prometheus.Registry, log *slog.Logger) *Recorder {
	r := &Recorder{
		store: store, marker: marker, wall: wall, log: log,
		gathering: newTouchGroup(), known: newRecent[string, *touchGroup](touchesKnown),
		begun: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		recorded: prometheus.NewCounterVec(
			prometheus.CounterOpts{
				Name: "comeback_touches_total",
				Help: "Opens, clicks and unsubscriptions by kind and agent, classified from each request alone.",
			},
			[]string{"kind", "agent"},
		),
		dropped: prometheus.NewCounter(
			prometheus.CounterOpts{Name: "comeback_touches_dropped_total", Help: "Touches that could not be stored."},
		),
	}
	waiting := prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "comeback_touches_waiting", Help: "Touches in memory that are not stored yet. A crash loses them."},
		func() float64 { return float64(r.Waiting()) },
	)
	metrics.MustRegister(r.recorded, r.dropped, waiting)
	return r
}

func newTouchGroup() *touchGroup { return &touchGroup{ended: make(chan struct{})} }

// Add adds a touch. It waits only where a crash would lose more than the touches of
// TouchWindow.
func (r *Recorder) Add(ctx context.Context, t campaigns.Touch) {
	if group, late := r.put(t); late {
		r.await(ctx, group)
	}
}

// Store adds a touch and waits until it is stored.
func (r *Recorder) Store(ctx context.Context, t campaigns.Touch) {
	if group, _ := r.put(t); group != nil {
		r.await(ctx, group)
	}
}

// put adds a touch to a group, or finds the group that it is in already. late reports
// whether the answer must wait for it.
func (r *Recorder) put(t campaigns.Touch) (group *touchGroup, late bool) {
	r.recorded.WithLabelValues(string(t.Kind), string(t.Agent)).Inc()
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.wall()
	group, found := r.known.get(t.ID)
	switch {
	case found && group.touches == nil:
		return group, false
	case found:
		return group, r.late(now)
	case r.waiting >= touchesWaiting:
		r.dropped.Inc()
		return nil, false
	}
	group = r.gathering
	if len(group.touches) == 0 {
		group.began = now
		signal(r.begun)
	}
	group.touches = append(group.touches, t)
	r.waiting++
	r.known.put(t.ID, group)
	if len(group.touches) == touchBatch {
		signal(r.hurry)
	}
	return group, r.late(now)
}

// late reports whether the oldest touch that is not stored is as old as TouchWindow.
func (r *Recorder) late(now time.Time) bool {
	oldest := r.gathering
	if r.writing != nil {
		oldest = r.writing
	}
	return now.Sub(oldest.began) >= TouchWindow
}

// await waits until the group has ended. It does not wait long, and not for a database
// that fails.
func (r *Recorder) await(ctx context.Context, group *touchGroup) {
	if !r.running.Load() || r.failing.Load() {
		return
	}
	signal(r.hurry)
	ctx, cancel := context.WithTimeout(ctx, touchPatience)
	defer cancel()
	select {
	case <-group.ended:
	case <-ctx.Done():
	}
}

func signal(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// Waiting is the number of touches that are neither stored nor dropped yet.
func (r *Recorder) Waiting() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int64(r.waiting)
}
