package store_test

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/storetest"
)

// BenchmarkIdentity saves orders whose identities conflict, eight at a time,
// and computes the profiles. In each group of four, one phone is carried by two
// e-mails, an account and an order with nothing else.
func BenchmarkIdentity(b *testing.B) {
	s := setup(b, storetest.Embedded(b, store.Collections()))
	ctx := context.Background()
	b.ResetTimer()
	var group errgroup.Group
	group.SetLimit(8)
	for n := range b.N {
		family := n / 4
		buyer := commerce.Buyer{Phone: fmt.Sprintf("+4915%09d", 123_400_000+family)}
		switch n % 4 {
		case 0:
			buyer.Email = fmt.Sprintf("a%d@example.com", family)
		case 1:
			buyer.Platform = fmt.Sprint(family)
		case 2:
			buyer.Email = fmt.Sprintf("b%d@example.com", family)
		}
		group.Go(func() error {
			_, err := s.SaveOrder(ctx, "s", paidOrder(n+1, buyer))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	if _, err := s.RecomputeAll(ctx, "s"); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}
