package api

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/campaigns"
	"comeback/commerce"
)

// sendingHealth is the state of all relays and the due messages of all shops, read at most
// every few seconds. /readyz, /metrics and GET /v1/sending show it.
type sendingHealth struct {
	store     sendingStore
	now, wall func() time.Time

	up    *prometheus.GaugeVec
	state *prometheus.GaugeVec
	due   prometheus.Gauge
	late  prometheus.Gauge
	stops prometheus.Gauge
	held  prometheus.Gauge

	restricted *prometheus.GaugeVec
	waiting    prometheus.Gauge

	mu   sync.Mutex
	view sendingView
	at   time.Time
}

const (
	// figuresFor is how long figures of all shops are shown.
	figuresFor = 10 * time.Second
	// figuresLimit is how long a scrape waits for them.
	figuresLimit = 2 * time.Second
	// heldShops is the longest time after which a shop with held messages looks again.
	heldShops = 6 * time.Minute
)

func newSendingHealth(c Config) *sendingHealth {
	h := &sendingHealth{
		store: c.Store, now: c.Now, wall: c.Wall,
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "comeback_relay_up", Help: "1 while the relay takes mails, 0 while mails are held.",
		}, []string{"relay"}),
		state: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "comeback_relay_state", Help: "1 for the state that the relay has: up, throttled, refusing or unreachable.",
		}, []string{"relay", "state"}),
		due: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "comeback_messages_due", Help: "Messages that are due and wait, of all shops; up to 10,000 of each.",
		}),
		late: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "comeback_messages_oldest_due_seconds", Help: "How long the oldest due message waits; 0 without any.",
		}),
	}
	h.stops = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "comeback_sending_stopped", Help: "1 while a person has stopped all mails of the installation.",
	})
	h.held = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "comeback_shops_held", Help: "Shops whose mails a person has stopped, or whose marketing mails the breaker holds.",
	})
	h.restricted = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "comeback_domains_restricted",
		Help: "Domains of recipients in a state: throttled, refusing or unreachable; up to 1,000 in all.",
	}, []string{"state"})
	h.waiting = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "comeback_messages_waiting_for_domains", Help: "Messages that wait for a domain that refuses or throttles mails.",
	})
	c.Metrics.MustRegister(h)
	return h
}

// Describe describes the metrics.
func (h *sendingHealth) Describe(to chan<- *prometheus.Desc) {
	for _, c := range h.collectors() {
		c.Describe(to)
	}
}

// Collect shows the metrics as of a few seconds ago. Where the database does not answer,
// the last ones stay.
func (h *sendingHealth) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), figuresLimit)
	defer cancel()
	_, _ = h.fresh(ctx)
	for _, c := range h.collectors() {
		c.Collect(to)
	}
}

func (h *sendingHealth) collectors() []prometheus.Collector {
	return []prometheus.Collector{h.up, h.state, h.due, h.late, h.stops, h.held, h.restricted, h.waiting}
}

// fresh is the state as of a few seconds ago. One caller at a time reads it.
func (h *sendingHealth) fresh(ctx context.Context) (sendingView, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := h.wall().Sub(h.at); !h.at.IsZero() && age >= 0 && age < figuresFor {
		return h.view, nil
	}
	view, err := h.read(ctx)
	if err == nil {
		h.view, h.at = view, h.wall()
	}
	return view, err
}

// current is fresh, but a stop of all mails and its end show at once: a person has just asked
// for them.
func (h *sendingHealth) current(ctx context.Context) (sendingView, error) {
	whole, err := h.store.Permit(ctx, commerce.Installation)
	if err != nil {
		return sendingView{}, err
	}
	view, err := h.fresh(ctx)
	if err != nil || whole.Stopped == (view.Stopped != nil) {
		return view, err
	}
	h.mu.Lock()
	h.at = time.Time{}
	h.mu.Unlock()
	return h.fresh(ctx)
}

func (h *sendingHealth) read(ctx context.Context) (sendingView, error) {
	relays, err := h.store.Streams(ctx, commerce.Installation)
	if err != nil {
		return sendingView{}, err
	}
	now := h.wall()
	v := showStream(campaigns.InForce(commerce.Installation, relays, nil, now))
	h.up.Reset()
	h.state.Reset()
	for _, s := range relays {
		if !s.Alive(now) {
			continue
		}
		x := showStream(s, true)
		v.Relays = append(v.Relays, relayView{s.Name, x.State, x.Reason, x.Since, x.NextProbeAt, x.RatePerMinute, moment(s.AcceptedAt)})
		h.up.WithLabelValues(s.Name).Set(one(!s.Held()))
		for _, state := range []campaigns.StreamState{
			campaigns.StreamUp, campaigns.StreamThrottled, campaigns.StreamRefusing, campaigns.StreamUnreachable,
		} {
			h.state.WithLabelValues(s.Name, string(state)).Set(one(s.State == state))
		}
	}
	if err := h.decided(ctx, &v); err != nil {
		return v, err
	}
	if err := h.domains(ctx, &v); err != nil {
		return v, err
	}
	return v, h.count(ctx, &v)
}

// decided shows what people and breakers decided.
func (h *sendingHealth) decided(ctx context.Context, v *sendingView) error {
	whole, err := h.store.Permit(ctx, commerce.Installation)
	if err != nil {
		return err
	}
	held, err := h.store.HeldShops(ctx)
	for _, shop := range held {
		if shop != commerce.Installation {
			v.HeldShops = append(v.HeldShops, shop)
		}
	}
	v.stop(whole)
	h.stops.Set(one(whole.Stopped))
	h.held.Set(float64(len(v.HeldShops)))
	return err
}

// count counts the due messages of all shops. Only shops that are due soon can have any.
func (h *sendingHealth) count(ctx context.Context, v *sendingView) error {
	now := h.now()
	shops, err := h.store.DueShops(ctx, now.Add(heldShops), 10_000)
	if err != nil {
		return err
	}
	due, more, first := 0, false, time.Time{}
	for _, shop := range shops {
		n, oldest, err := h.store.DueMessages(ctx, shop.Shop, mostCounted+1)
		if err != nil {
			return err
		}
		due, more = due+min(n, mostCounted), more || n > mostCounted
		if !oldest.IsZero() && (first.IsZero() || oldest.Before(first)) {
			first = oldest
		}
	}
	v.Due, v.More, v.OldestDueAt = &due, more, moment(first)
	h.due.Set(float64(due))
	h.late.Set(0)
	if !first.IsZero() {
		h.late.Set(max(0, now.Sub(first).Seconds()))
	}
	return nil
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
