package service

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/jobs"
	"comeback/store"
	"comeback/store/storetest"
)

// The p99 of accepting a webhook while old data is removed, as a multiple of the
// p99 without. One run measures both, over 40,000 old deliveries of 6 KB.
func BenchmarkWebhookAcceptDuringRetention(b *testing.B) {
	for b.Loop() {
		docs := storetest.Embedded(b, store.Collections())
		h := newHarness(b, docs, clocktest.Now(b))
		h.Keep(commerce.Retention{Bodies: 30 * day, Quarantined: 90 * day, Events: 400 * day, Touches: 400 * day})
		const old = 40_000
		for n := 0; n < old; n += 1000 {
			batch := make([]any, 1000)
			for i := range batch {
				batch[i] = commerce.Delivery{
					ID: commerce.Key("s", "generic", fmt.Sprint(n+i)), Shop: "s", Connection: "generic", Platform: "generic", State: commerce.Read,
					ReceivedAt: h.at().Add(-500 * day), Body: []byte(strings.Repeat("x", 6000)),
				}
			}
			if _, err := docs.InsertMany(b.Context(), "deliveries", batch); err != nil {
				b.Fatal(err)
			}
		}
		var usual, during []time.Duration
		for round := range 4 { // in turns, so that a busy machine slows both
			usual = append(usual, acceptTimes(b, h, fmt.Sprint("usual", round))...)
			during = append(during, duringRetention(b, h, fmt.Sprint("during", round))...)
		}
		removed, err := docs.Count(b.Context(), "deliveries", bson.D{{Key: "shop", Value: "s"}, {Key: "removed", Value: true}})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(p99(during).Seconds()*1000, "p99_ms")
		b.ReportMetric(p99(during).Seconds()/p99(usual).Seconds(), "ratio")
		b.ReportMetric(float64(removed), "bodies_removed")
	}
	b.ReportMetric(0, "ns/op")
}

// duringRetention is acceptTimes while old data is removed.
func duringRetention(b *testing.B, h *harness, name string) []time.Duration {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	chore := jobs.NewRetention(h.Store, jobs.Alone{}, h.at, slog.New(slog.NewTextHandler(io.Discard, nil)))
	var running sync.WaitGroup
	running.Go(func() { _ = chore.Run(ctx) })
	defer running.Wait()
	defer stop()
	defer h.moveTo(h.at().Add(day)) // the chore of the next round has its turn
	return acceptTimes(b, h, name)
}

func p99(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)*99/100]
}

// acceptTimes sends webhooks from 8 callers and returns the times of the answers.
func acceptTimes(b *testing.B, h *harness, name string) []time.Duration {
	b.Helper()
	const callers, each = 8, 300
	took := make([][]time.Duration, callers)
	var running sync.WaitGroup
	for caller := range callers {
		running.Go(func() {
			for n := range each {
				began := time.Now()
				body := fmt.Appendf(nil, `{"id": "%s-%d-%d", "pad": %q}`, name, caller, n, strings.Repeat("x", 6000))
				status, err := h.send(b.Context(), delivery{platform: "woocommerce", topic: "order.created", body: body})
				if err != nil || status != 200 {
					b.Errorf("got %d, %v", status, err)
					return
				}
				took[caller] = append(took[caller], time.Since(began))
			}
		})
	}
	running.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return slices.Concat(took...)
}
