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
	indexing  func() (what string, failed bool)
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
// later. The same holds during an upgrade of stored data and the building of
// indexes: a load balancer must not withhold webhooks for that.
func (h *health) ready(c *gin.Context) {
	state := readiness{Status: "ok", Store: "ok", Queue: h.ping(c, h.queue)}
	h.prepares(&state)
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

// prepares shows what is done to stored data before work begins.
func (h *health) prepares(state *readiness) {
	failed := false
	if h.indexing != nil {
		state.Indexing, failed = h.indexing()
	}
	if h.upgrading != nil {
		state.Upgrading = h.upgrading()
	}
	switch {
	case failed:
		state.Status = "degraded"
	case state.Indexing != "":
		state.Status = "indexing"
	case state.Upgrading != "":
		state.Status = "upgrading"
	}
}

type readiness struct {
	Status string `json:"status"`
	Store  string `json:"store"`
	Queue  string `json:"queue,omitempty"`
	// Sending is the state of the relay where it is throttled, refusing or unreachable.
	Sending string `json:"sending,omitempty"`
	// Upgrading names the stored data that is being upgraded.
	Upgrading string `json:"upgrading,omitempty"`
	// Indexing names the indexes that are being built, or why they cannot be.
	Indexing string `json:"indexing,omitempty"`
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
