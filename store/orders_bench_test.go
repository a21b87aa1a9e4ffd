package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/storetest"
)

// BenchmarkOrderIn saves orders of 500 buyers, 16 at once, each with its outbox
// finished: order, events, customer.
func BenchmarkOrderIn(b *testing.B) {
	s := setup(b, storetest.Embedded(b, store.Collections()))
	var next atomic.Int64
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := int(next.Add(1))
			o := paidOrder(n, commerce.Buyer{Platform: fmt.Sprint(n % 500), Email: fmt.Sprintf("p%d@example.com", n%500)})
			if _, err := s.SaveOrder(b.Context(), "s", o); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}

// BenchmarkHandOver takes messages through the store's part of a hand-over, 64
// a batch: claim, mark before DATA one by one, results together.
func BenchmarkHandOver(b *testing.B) {
	s := setup(b, storetest.Embedded(b, store.Collections()))
	for from := 0; from < b.N; from += 1000 {
		var list []campaigns.Message
		for n := from; n < min(b.N, from+1000); n++ {
			list = append(list, message(n, noon))
		}
		must(b, s.PlanMessages(b.Context(), "s", list))
	}
	b.ResetTimer()
	for {
		batch, err := s.ClaimMessages(b.Context(), "s", nil, nil, 64)
		if err != nil || len(batch) == 0 {
			must(b, err)
			break
		}
		done := make(chan error, len(batch))
		for i := range batch {
			go func() {
				_, err := begun(b, s, batch[i])
				batch[i].State, batch[i].SentAt = campaigns.Sent, noon
				done <- err
			}()
		}
		for range batch {
			must(b, <-done)
		}
		must(b, s.SaveMessages(b.Context(), "s", batch))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
