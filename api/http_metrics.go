package api

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// measured counts requests and their durations by route. A request without a route has the
// route "none", so that strangers cannot make labels.
func measured(registry *prometheus.Registry, wall func() time.Time) gin.HandlerFunc {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "comeback_http_requests_total", Help: "HTTP requests by method, route and status code.",
	}, []string{"method", "route", "code"})
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "comeback_http_request_duration_seconds", Help: "Time to answer an HTTP request, by method and route.",
	}, []string{"method", "route"})
	registry.MustRegister(requests, took)
	return func(c *gin.Context) {
		began := wall()
		c.Next()
		method, route := c.Request.Method, c.FullPath()
		if route == "" {
			method, route = "other", "none"
		}
		requests.WithLabelValues(method, route, strconv.Itoa(c.Writer.Status())).Inc()
		took.WithLabelValues(method, route).Observe(wall().Sub(began).Seconds())
	}
}
