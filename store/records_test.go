package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

func someone(shape string) commerce.Buyer {
	return map[string]commerce.Buyer{
		"nobody": {}, "mail": {Email: "a@example.com"}, "phone": {Phone: "+4915112345678"}, "platform": {Platform: "7"},
	}[shape]
}

// saving stores a record of a shop, each time it is called.
type saving func(s *store.Store, shop string) error

// order is the shop's order 1 as of some hours after noon.
func order(shape string, hour int, change func(*commerce.Order)) saving {
	return func(s *store.Store, shop string) error {
		o := moved(paidOrder(1, someone(shape)), shop)
		o.Version = noon.Add(time.Duration(hour) * time.Hour)
		if change != nil {
			change(&o)
		}
		_, err := s.SaveOrder(context.Background(), shop, o)
		return err
	}
}

func basket(shape string, hour int) saving {
	return func(s *store.Store, shop string) error {
		k := checkout(shop, someone(shape))
		k.Version = noon.Add(time.Duration(hour) * time.Hour)
		_, err := s.SaveCheckout(context.Background(), shop, k)
		return err
	}
}

func looseRefund(shape string, hour int, at func(*commerce.Refund, time.Time)) saving {
	return func(s *store.Store, shop string) error {
		saving := noon.Add(time.Duration(hour) * time.Hour)
		r := commerce.LooseRefund{ID: commerce.Key(shop, "c", "r1"), Connection: "c", External: "r1", Buyer: someone(shape), At: saving,
			Refund: commerce.Refund{ID: "r1", Version: saving, Amount: commerce.Money{Minor: int64(50 + hour), Currency: "EUR"}}}
		at(&r.Refund, saving)
		return s.SaveLooseRefund(context.Background(), shop, r)
	}
}

// The order of receipt decides nothing: in any order of the records of one
// order, checkout or refund, the shop ends with the same documents.
func TestOrderOfReceiptDecidesNothing(t *testing.T) {
	t.Parallel()
	requested := func(r *commerce.Refund, at time.Time) { r.RequestedAt = at }
	refunded := func(r *commerce.Refund, at time.Time) { r.RefundedAt = at }
	unpaid := func(o *commerce.Order) { o.Payment, o.Times.PaidAt = commerce.Unpaid, time.Time{} }
	parcel := func(o *commerce.Order) {
		o.Parcels = []commerce.Parcel{{ID: "p1", Version: o.Version, ShippedAt: o.Version}}
	}
	for name, records := range map[string][]saving{
		"a state at a time":                        {order("mail", 1, unpaid), order("mail", 2, nil), order("mail", 3, parcel)},
		"an order that changes hands":              {order("mail", 1, nil), order("phone", 2, nil)},
		"a newest record that names no customer":   {order("mail", 1, nil), order("nobody", 2, nil)},
		"a record that names no customer yet":      {order("nobody", 1, nil), order("mail", 2, nil)},
		"a checkout that changes hands":            {basket("mail", 1), basket("phone", 2)},
		"a refund asked for, then made":            {looseRefund("platform", 1, requested), looseRefund("platform", 2, refunded)},
		"a refund that names no customer at first": {looseRefund("nobody", 1, requested), looseRefund("platform", 2, refunded)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
				var want map[string]any
				for n, arrival := range permutations(len(records)) {
					s, shop := storeAt(docs, newClock()), fmt.Sprintf("r%02d-shop", n)
					must(t, s.AddShop(t.Context(), commerce.Shop{ID: shop, Currency: "EUR", Zone: "UTC", CreatedAt: noon}))
					for _, at := range arrival {
						must(t, records[at](s, shop))
						must(t, records[at](s, shop))
					}
					must(t, recomputeShop(t.Context(), s, shop))
					got := stored(t, docs, shop)
					for _, event := range got { // the customer at the time of finding it differs
						delete(event.(map[string]any), "former")
						if _, ok := event.(map[string]any)["kind"]; ok {
							delete(event.(map[string]any), "customer")
						}
					}
					if want == nil {
						want = got
					}
					if diff := cmp.Diff(got, want); diff != "" {
						t.Errorf("arrival %v: got -, in turn +: %s", arrival, diff)
					}
				}
			})
		})
	}
}

// An order that changes hands moves from one profile to the other, whichever
// process computes them at which time.
func TestOrderThatChangesHandsIsInOneProfile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		_, err := s.SaveOrder(ctx, "s", paidOrder(2, someone("phone")))
		must(t, err)
		for hour, shape := range []string{"mail", "phone", "mail", "phone"} {
			var group errgroup.Group
			group.Go(func() error {
				o := paidOrder(1, someone(shape))
				o.Version = noon.Add(time.Duration(hour) * time.Hour)
				_, err := s.SaveOrder(ctx, "s", o)
				return err
			})
			group.Go(func() error { return recomputeAll(ctx, s) })
			must(t, group.Wait())
			must(t, recomputeAll(ctx, s))
		}
		net := map[string]int64{}
		list, err := s.Customers(ctx, "s", nil, 10)
		must(t, err)
		for _, c := range list {
			net[fmt.Sprint(len(c.History.Orders), " orders")] = c.History.Figures.Net
		}
		if diff := cmp.Diff(net, map[string]int64{"0 orders": 0, "2 orders": 300}); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
	})
}

// Eight workers that find new customers at once, in two processes, give no
// number twice.
func TestCustomersHaveNumbersOfTheirOwn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		a, clock := shopAt(t, docs)
		processes := []*store.Store{a, storeAt(docs, clock)}
		var group errgroup.Group
		group.SetLimit(8)
		for n := range 100 {
			group.Go(func() error {
				_, err := processes[n%2].SaveRecord(t.Context(), "s",
					commerce.CustomerRecord{Connection: "c", External: fmt.Sprint("p", n), Version: noon})
				return err
			})
		}
		must(t, group.Wait())
		list, err := a.Customers(t.Context(), "s", nil, 200)
		must(t, err)
		seen := map[int64]bool{}
		for _, c := range list {
			if c.N < 1 || seen[c.N] {
				t.Errorf("%s: got number %d, want one of its own", c.ID, c.N)
			}
			seen[c.N] = true
		}
		if len(list) != 100 {
			t.Errorf("got %d customers, want 100", len(list))
		}
	})
}

// A flaw of a record is counted once, however often the record comes, and the
// subjects of a delivery are returned.
func TestQualityIsCountedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		o := paidOrder(1, commerce.Buyer{})
		o.Quality = []string{"no_customer", "negative_quantity"}
		records := connectors.Records{
			Orders: []commerce.Order{o}, LooseRefunds: []commerce.LooseRefund{refundOf(9, commerce.Buyer{})},
			Products: []commerce.Product{{ID: "s:c:p", Shop: "s", Connection: "c", External: "p", Version: noon, Title: "Tea"}},
		}
		for range 2 {
			subjects, err := s.SaveRecords(t.Context(), "s", records)
			must(t, err)
			if diff := cmp.Diff(subjects, []string{"s:c:p", "s:c:1", "s:c:r9"}); diff != "" {
				t.Errorf("subjects: got, want: %s", diff)
			}
		}
		counts, err := s.Quality(t.Context(), "s")
		must(t, err)
		if diff := cmp.Diff(counts, map[string]int64{"no_customer": 1, "negative_quantity": 1, "refund_without_order": 1}); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
		if ids, err := s.Flawed(t.Context(), "s", "no_customer", 9); err != nil || cmp.Diff(ids, []commerce.Oddity{{Record: o.ID}}) != "" {
			t.Errorf("got %v, %v, want %s", ids, err, o.ID)
		}
	})
}
