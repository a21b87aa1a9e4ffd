package api

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/campaigns"
	"comeback/commerce"
)

// Recorder stores touches after the answer, so that a redirect never waits for
// the disk. Touches that arrive during a write form the next batch. A crash
// loses at most the touches of one write, some milliseconds.
type Recorder struct {
	store    touchStore
	marker   Marker
	log      *slog.Logger
	queue    chan campaigns.Touch
	waiting  atomic.Int64
	recorded *prometheus.CounterVec
	dropped  prometheus.Counter
}

type touchStore interface {
	// AddTouches stores touches once each, and marks their messages for
	// counting.
	AddTouches(ctx context.Context, shop string, list []campaigns.Touch) error
}

const (
	touchesWaiting = 16_384 // further touches are dropped and counted
	touchBatch     = 1024
	touchPause     = time.Second // pause after an error of the store
	touchLast      = 5 * time.Second
)

// NewRecorder makes a recorder; Run must be running for touches to be stored.
func NewRecorder(store touchStore, marker Marker, metrics *prometheus.Registry, log *slog.Logger) *Recorder {
	r := &Recorder{
		store: store, marker: marker, log: log, queue: make(chan campaigns.Touch, touchesWaiting),
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
	metrics.MustRegister(r.recorded, r.dropped)
	return r
}

// Add adds a touch and never waits.
func (r *Recorder) Add(t campaigns.Touch) {
	r.recorded.WithLabelValues(string(t.Kind), string(t.Agent)).Inc()
	r.waiting.Add(1)
	select {
	case r.queue <- t:
	default:
		r.waiting.Add(-1)
		r.dropped.Inc()
	}
}

// Waiting is the number of touches that are neither stored nor dropped yet.
func (r *Recorder) Waiting() int64 { return r.waiting.Load() }

// Run stores touches until ctx ends, and then the waiting ones. The error shows
// how many were lost.
func (r *Recorder) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return r.finish(ctx)
		case t := <-r.queue:
			r.keep(ctx, r.gather(t))
		}
	}
}

// gather takes the touches added since the last write.
func (r *Recorder) gather(first campaigns.Touch) []campaigns.Touch {
	batch := []campaigns.Touch{first}
	for len(batch) < touchBatch {
		select {
		case t := <-r.queue:
			batch = append(batch, t)
		default:
			return batch
		}
	}
	return batch
}

// keep stores a batch and retries while the store does not answer. If ctx ends
// first, the batch waits for finish.
func (r *Recorder) keep(ctx context.Context, batch []campaigns.Touch) {
	for {
		left, err := r.write(ctx, batch)
		if len(left) == 0 {
			return
		}
		if batch = left; ctx.Err() == nil {
			r.log.Warn("touches wait for the store", "touches", len(batch), "error", err)
		}
		pause, cancel := context.WithTimeout(ctx, touchPause)
		<-pause.Done()
		cancel()
		if ctx.Err() != nil {
			r.putBack(batch)
			return
		}
	}
}

func (r *Recorder) putBack(batch []campaigns.Touch) {
	for _, t := range batch {
		select {
		case r.queue <- t:
		default:
			r.waiting.Add(-1)
			r.dropped.Inc()
		}
	}
}

// finish stores the waiting touches when the process ends.
func (r *Recorder) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), touchLast)
	defer cancel()
	lost := 0
	for {
		select {
		case t := <-r.queue:
			left, _ := r.write(ctx, r.gather(t))
			lost += len(left)
		default:
			if lost > 0 {
				r.dropped.Add(float64(lost))
				return commerce.Errorf(commerce.Unavailable, "%s could not be stored at the end", commerce.Count(lost, "touch"))
			}
			return nil
		}
	}
}

// write stores a batch shop by shop. left is what a retry may store; touches
// that the store will never accept are dropped.
func (r *Recorder) write(ctx context.Context, batch []campaigns.Touch) (left []campaigns.Touch, err error) {
	shops := map[string][]campaigns.Touch{}
	for _, t := range batch {
		shops[t.Shop] = append(shops[t.Shop], t)
	}
	for shop, list := range shops {
		failed := r.store.AddTouches(ctx, shop, list)
		switch codeOf(failed) {
		case "":
			r.marker.Mark(shop)
			r.waiting.Add(-int64(len(list)))
		case commerce.Unavailable:
			left, err = append(left, list...), failed
		default:
			r.waiting.Add(-int64(len(list)))
			r.dropped.Add(float64(len(list)))
			r.log.Error("touches refused by the store", "shop", shop, "touches", len(list), "error", failed)
		}
	}
	return left, err
}
