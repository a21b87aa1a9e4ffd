package store_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

var noon = clocktest.All("store").Truncate(24 * time.Hour).Add(12 * time.Hour)

// setup is a store over docs with one shop, s.
func setup(t testing.TB, docs documents.Database) *store.Store {
	t.Helper()
	clocktest.Print(t, noon)
	wall := func() time.Time { return noon }
	key := []byte(strings.Repeat("k", 32))
	s := store.New(docs, store.Keys{Identity: key, Secrets: key}, wall, wall, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err := s.AddShop(t.Context(), commerce.Shop{ID: "s", Currency: "EUR", Zone: "UTC", CreatedAt: noon}); err != nil {
		t.Fatal(err)
	}
	return s
}

// paidOrder is order number n, paid n minutes after noon, by the given buyer.
func paidOrder(n int, b commerce.Buyer) commerce.Order {
	external := fmt.Sprint(n)
	placed := noon.Add(time.Duration(n) * time.Minute)
	return commerce.Order{
		ID: commerce.Key("s", "c", external), Shop: "s", Connection: "c", External: external,
		OrderState: commerce.OrderState{
			Version: placed, Status: commerce.Open, Payment: commerce.Paid, Currency: "EUR", Buyer: b,
			Total: commerce.Money{Minor: int64(100 * n), Currency: "EUR"},
			Lines: []commerce.Line{{ID: "1", Product: "p", Quantity: int64(n), Net: commerce.Money{Minor: int64(100 * n), Currency: "EUR"}}},
		},
		Times: commerce.Timeline{PlacedAt: placed, PaidAt: placed},
	}
}

// recomputeAll computes every dirty profile, as the worker does.
func recomputeAll(ctx context.Context, s *store.Store) error {
	for {
		ids, err := s.Dirty(ctx, "s", 100)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if _, err := s.RecomputeMany(ctx, "s", []string{id}); err != nil {
				return err
			}
		}
	}
}

// One person who bought under three identity shapes is one customer, in any
// order of arrival and with any number of workers. The profile has all the
// orders.
func TestOneBuyerInThreeShapesIsOneCustomer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := setup(t, docs)
		shapes := []commerce.Buyer{
			{Platform: "7", Email: "a@x.cn"}, {Email: "A@x.cn ", Phone: "+8613800000000"}, {Phone: "+8613800000000"},
			{Platform: "7"}, {Phone: "138 0000 0000", Country: "CN"},
		}
		for round, order := range permutations(len(shapes)) {
			if strings.Contains(t.Name(), "mongodb") && round%40 != 0 {
				continue
			}
			arrive(t, s, round, order, shapes)
		}
	})
}

func arrive(t *testing.T, s *store.Store, round int, order []int, shapes []commerce.Buyer) {
	t.Helper()
	ctx := t.Context()
	var group errgroup.Group
	group.SetLimit(8)
	var want int64
	for _, n := range order {
		b := personOf(round, shapes[n])
		o := paidOrder(n+1, b)
		o.External = fmt.Sprint(round, "-", n)
		o.ID = commerce.Key("s", "c", o.External)
		want += o.Total.Minor
		group.Go(func() error {
			_, err := s.SaveOrder(ctx, "s", o)
			return err
		})
		group.Go(func() error { return recomputeAll(ctx, s) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := recomputeAll(ctx, s); err != nil {
		t.Fatal(err)
	}
	owners := map[string]bool{}
	var purchases []commerce.Purchase
	for n := range shapes {
		o, err := s.Order(ctx, "s", commerce.Key("s", "c", fmt.Sprint(round, "-", n)))
		if err != nil {
			t.Fatal(err)
		}
		owners[o.Customer] = true
		purchases = append(purchases, commerce.Purchase{Fact: o.Fact, Buyer: o.Buyer})
	}
	if len(owners) != 1 {
		t.Fatalf("arrival %v: got %d customers, want one", order, len(owners))
	}
	for id := range owners {
		c, err := s.Customer(ctx, "s", id)
		if err != nil {
			t.Fatal(err)
		}
		if c.ID != id || c.History.Figures.Net != want {
			t.Fatalf("arrival %v: got %s with %d net, want %s with %d", order, c.ID, c.History.Figures.Net, id, want)
		}
		recomputed := commerce.Recompute(c.Records, purchases, nil, nil)
		if diff := cmp.Diff(recomputed, c.Profile, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("arrival %v: stored profile is not that of the orders: %s", order, diff)
		}
	}
}

// personOf makes the shape a person of its own in each round.
func personOf(round int, b commerce.Buyer) commerce.Buyer {
	if b.Platform != "" {
		b.Platform = fmt.Sprint("p", round)
	}
	if b.Email != "" {
		b.Email = strings.Replace(b.Email, "@", fmt.Sprint(round, "@"), 1)
	}
	if b.Phone != "" {
		b.Phone = strings.Replace(b.Phone, "0000 0000", fmt.Sprintf("%04d %04d", 0, round), 1)
		b.Phone = strings.Replace(b.Phone, "00000000", fmt.Sprintf("%08d", round), 1)
	}
	return b
}

func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var all [][]int
	for _, shorter := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(shorter), at, n-1))
		}
	}
	return all
}
