package api

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"comeback/campaigns"
)

// health answers probes of the process.
type health struct {
	store     pinger
	queue     func(context.Context) error
	upgrading func() string
	sending   *sendingHealth
	draining  *atomic.Bool
}

type pinger interface {
	Ping(ctx context.Context) error
}

const pingLimit = 2 * time.Second

// live answers as long as the process can answer at all.
func (h *health) live(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) }

// ready answers 200 when requests can be served. A silent queue is shown but
// does not end readiness: deliveries are stored without it, and work starts
// later. The same holds during an upgrade of stored data.
func (h *health) ready(c *gin.Context) {
	state := readiness{Status: "ok", Store: "ok", Queue: h.ping(c, h.queue)}
	if h.upgrading != nil {
		state.Upgrading = h.upgrading()
	}
	if state.Upgrading != "" {
		state.Status = "upgrading"
	}
	if h.draining.Load() {
		state.Status = "stopping"
	}
	if state.Queue == "unavailable" {
		state.Status = "degraded"
	}
	if state.Store = h.ping(c, h.store.Ping); state.Store != "ok" {
		state.Status = "unavailable"
	}
	if state.Store == "ok" {
		state.Sending = h.sends(c)
	}
	if state.Status == "ok" && (state.Sending == string(campaigns.StreamRefusing) || state.Sending == string(campaigns.StreamUnreachable)) {
		state.Status = "degraded"
	}
	status := http.StatusOK
	if state.Store != "ok" || h.draining.Load() {
		status = http.StatusServiceUnavailable
	}
	c.JSON(status, state)
}

type readiness struct {
	Status string `json:"status"`
	Store  string `json:"store"`
	Queue  string `json:"queue,omitempty"`
	// Sending is the state of the relay where it is throttled, refusing or unreachable.
	Sending string `json:"sending,omitempty"`
	// Upgrading names the stored data that is being upgraded.
	Upgrading string `json:"upgrading,omitempty"`
}

// sends is the state of a relay that does not take all mails. Mails that wait do not end readiness.
func (h *health) sends(c *gin.Context) string {
	ctx, cancel := context.WithTimeout(c.Request.Context(), pingLimit)
	defer cancel()
	v, err := h.sending.fresh(ctx)
	if err != nil || v.State == string(campaigns.StreamUp) || v.State == noRelay {
		return ""
	}
	return v.State
}

func (h *health) ping(c *gin.Context, ping func(context.Context) error) string {
	if ping == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), pingLimit)
	defer cancel()
	if err := ping(ctx); err != nil {
		return "unavailable"
	}
	return "ok"
}

// Metrics shows what was registered, for a listener of its own where
// HideMetrics keeps it off the public one.
func Metrics(registry *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
