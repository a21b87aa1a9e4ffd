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

// BenchmarkIdentity saves orders whose identities conflict, eight at a time, and
// computes the profiles: of each four one phone is carried by two e-mails, an
// account and nobody else.
func BenchmarkIdentity(b *testing.B) {
	s := setup(b, storetest.Embedded(b, store.Collections()))
	ctx := context.Background()
	b.ResetTimer()
	var group errgroup.Group
	group.SetLimit(8)
	for n := range b.N {
		family := n / 4
		who := commerce.Buyer{Phone: fmt.Sprintf("+4915%09d", 123_400_000+family)}
		switch n % 4 {
		case 0:
			who.Email = fmt.Sprintf("a%d@example.com", family)
		case 1:
			who.Platform = fmt.Sprint(family)
		case 2:
			who.Email = fmt.Sprintf("b%d@example.com", family)
		}
		group.Go(func() error {
			_, err := s.SaveOrder(ctx, "s", paidOrder(n+1, who))
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
