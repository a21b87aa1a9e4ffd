package service

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// messageMeter counts what becomes of messages.
type messageMeter struct {
	results *prometheus.CounterVec
	late    *prometheus.HistogramVec
}

func newMessageMeter(registry *prometheus.Registry) *messageMeter {
	m := &messageMeter{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "comeback_messages_total", Help: "Results of messages by channel: each attempt, and each decision not to send.",
		}, []string{"channel", "result"}),
		late: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "comeback_message_lateness_seconds", Help: "Time from the due time of a message until the relay accepted it.",
			Buckets: []float64{1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600},
		}, []string{"channel"}),
	}
	registry.MustRegister(m.results, m.late)
	return m
}

// Result counts one result of a message.
func (m *messageMeter) Result(channel, result string) {
	m.results.WithLabelValues(channel, result).Inc()
}

// Sent counts how late a message was sent.
func (m *messageMeter) Sent(channel string, late time.Duration) {
	m.late.WithLabelValues(channel).Observe(max(0, late.Seconds()))
}

// callMeter counts attempts of calls to receivers outside.
type callMeter struct{ attempts *prometheus.CounterVec }

func newCallMeter(registry *prometheus.Registry) callMeter {
	m := callMeter{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "comeback_calls_total", Help: "Attempts of webhooks and notifications, by kind and result.",
	}, []string{"kind", "result"})}
	registry.MustRegister(m.attempts)
	return m
}

// Called counts one attempt.
func (m callMeter) Called(kind, result string) { m.attempts.WithLabelValues(kind, result).Inc() }

// newTouchMeter counts the opens and clicks that are not stored one by one.
func newTouchMeter(registry *prometheus.Registry) prometheus.Counter {
	over := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "comeback_touches_over_total",
		Help: "Touches that were more than the 500 stored of one message, kind and day (UTC). They are counted only.",
	})
	registry.MustRegister(over)
	return over
}

// processMetrics are those of the Go runtime and of the operating system's process.
func processMetrics() []prometheus.Collector {
	return []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
}
