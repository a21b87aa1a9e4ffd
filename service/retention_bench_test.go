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
		usual := acceptP99(b, h, "usual")
		removed, ctx := 0, context.Background()
		ctx, stop := context.WithCancel(ctx)
		chore := jobs.NewRetention(h.Store, jobs.Alone{}, h.at, slog.New(slog.NewTextHandler(io.Discard, nil)))
		var running sync.WaitGroup
		running.Go(func() {
			_ = chore.Run(ctx)
		})
		during := acceptP99(b, h, "during")
		stop()
		running.Wait()
		if left, err := h.Deliveries(b.Context(), "s", commerce.Read, nil, old); err == nil {
			removed = old - len(left)
		}
		b.ReportMetric(during.Seconds()*1000, "p99_ms")
		b.ReportMetric(during.Seconds()/usual.Seconds(), "ratio")
		b.ReportMetric(float64(removed), "removed")
	}
	b.ReportMetric(0, "ns/op")
}

// acceptP99 sends webhooks from 8 callers and returns the p99 of their times.
func acceptP99(b *testing.B, h *harness, name string) time.Duration {
	b.Helper()
	const callers, each = 8, 1000
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
	all := slices.Concat(took...)
	slices.Sort(all)
	if len(all) == 0 {
		b.FailNow()
	}
	return all[len(all)*99/100]
}
