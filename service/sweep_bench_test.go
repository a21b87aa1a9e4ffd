package service

import (
	"fmt"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/storetest"
)

const (
	benchSwept    = 100_000
	benchSegments = 100
)

// A sweep of a hundred segments, with the changes stored and emitted: without
// changes, and with a thousand customers who bought since the last sweep.
func BenchmarkStoredSweep(b *testing.B) {
	w := newSweepWorld(b, storetest.Embedded(b, store.Collections()))
	for n := 0; n < benchSwept; n += 1000 {
		docs := make([]any, 1000)
		for i := range docs {
			docs[i] = benchCustomer(w.clock.now(), n+i)
		}
		_, err := w.docs.InsertMany(b.Context(), "customers", docs)
		ok(b, err)
	}
	for i := range benchSegments {
		w.segment(b, fmt.Sprint("b", i), fmt.Sprintf(`"condition": {"all": [
			{"event": "order.paid", "count": {"gte": %d}, "last": {"days": %d}},
			{"field": "orders.net", "op": "gte", "value": %d}]}`, 1+i%3, 3+3*i, 5*i))
	}
	began := time.Now()
	_, err := w.segments.Sweep(b.Context(), "s")
	ok(b, err)
	first := time.Since(began)
	for name, changed := range map[string]int{"unchanged": 0, "thousand": 1000} {
		b.Run(name, func(b *testing.B) {
			entered, n := 0, 0
			for b.Loop() {
				b.StopTimer()
				for range changed {
					o := boughtOrder(n, commerce.Buyer{Email: fmt.Sprintf("%d@example.com", n%2000)}, 500, w.clock.now())
					_, err := w.SaveOrder(b.Context(), "s", o)
					ok(b, err)
					n++
				}
				ok(b, w.settled(b.Context()))
				w.clock.step(time.Second)
				b.StartTimer()
				report, err := w.segments.Sweep(b.Context(), "s")
				ok(b, err)
				entered += report.Entered + report.Left
			}
			b.ReportMetric(float64(entered)/float64(b.N), "events")
			b.ReportMetric(first.Seconds(), "s-first")
		})
	}
}

func benchCustomer(now time.Time, n int) commerce.Customer {
	c := commerce.Customer{
		ID: commerce.Key("s", "bench", fmt.Sprint(n)), Shop: "s", N: int64(1_000_000 + n), Rev: 1, ChangedAt: now, CreatedAt: now,
	}
	for k := range 1 + n%5 {
		at := now.AddDate(0, 0, -(7*n+61*k)%400)
		o := boughtOrder(n*10+k, commerce.Buyer{}, int64(10+n%90), at)
		c.History.Orders = append(c.History.Orders, commerce.FactOf(o, "EUR"))
	}
	c.History = commerce.History{Orders: c.History.Orders, Figures: c.History.Figures}
	for _, o := range c.History.Orders {
		f := &c.History.Figures
		f.Count, f.Net, f.Total, f.Units, f.LastAt = f.Count+1, f.Net+o.Net, f.Total+o.Total, f.Units+1, o.PaidAt
	}
	return c
}
