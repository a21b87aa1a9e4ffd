package store_test

import (
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// A checkout is in the profile of the customer it names. If it turns out to be
// another's, both profiles show that.
func TestCheckoutsAreInTheProfile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, ctx := setup(t, docs), t.Context()
		save := func(b commerce.Buyer, hour int) string {
			k := checkout("s", b)
			k.Version, k.Total = noon.Add(time.Duration(hour)*time.Hour), commerce.Money{Minor: 1250, Currency: "EUR"}
			k, err := s.SaveCheckout(ctx, "s", k)
			must(t, err)
			must(t, recomputeAll(ctx, s))
			return k.Customer
		}
		kept := func(customer string) []commerce.CheckoutFact {
			c, err := s.Customer(ctx, "s", customer)
			must(t, err)
			return c.Checkouts
		}
		first := save(someone("mail"), 0)
		want := []commerce.CheckoutFact{{ID: commerce.Key("s", "c", "k1"), At: noon, Currency: "EUR", Total: 1250}}
		if d := cmp.Diff(kept(first), want); d != "" {
			t.Errorf("got, want: %s", d)
		}
		second := save(someone("phone"), 1)
		if d := cmp.Diff(kept(second), want); d != "" || second == first {
			t.Errorf("of %s: got, want: %s", second, d)
		}
		if left := kept(first); len(left) > 0 {
			t.Errorf("of %s: got %v, want none", first, left)
		}
	})
}
