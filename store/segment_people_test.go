package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
	"comeback/strictjson"
)

// Customers are found by number in rising order, and by their identities as
// they are after merges; unknown ones are left out.
func TestCustomersAreFoundByIdentity(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		a, b, c := person(t, s, "a@example.com", "", 1), person(t, s, "", "+4915112345678", 2), person(t, s, "c@example.com", "", 3)
		both := person(t, s, "a@example.com", "", 2)
		list, err := s.CustomersNumbered(ctx, "s", []int64{c.N, b.N, 99, a.N})
		must(t, err)
		var numbers []int64
		for _, found := range list {
			numbers = append(numbers, found.N)
		}
		if diff := cmp.Diff(numbers, []int64{both.N, c.N}); diff != "" || len(list[1].Records) == 0 {
			t.Errorf("got, want: %s", diff)
		}
		if none, err := s.CustomersNumbered(ctx, "s", nil); len(none) > 0 || err != nil {
			t.Errorf("got %v, %v of no number, want none", none, err)
		}
		mail := commerce.Identity{Kind: commerce.Email, Value: "a@example.com"}
		phone := commerce.Identity{Kind: commerce.Phone, Value: "+4915112345678"}
		other := commerce.Identity{Kind: commerce.Email, Value: "x@example.com"}
		byID, byIdentity, err := s.CustomersNamed(ctx, "s", []string{a.ID, b.ID, "s:c:none"}, []commerce.Identity{mail, phone, other})
		must(t, err)
		now := commerce.Customer{ID: both.ID, N: both.N}
		if diff := cmp.Diff(byIdentity, map[commerce.Identity]commerce.Customer{mail: now, phone: now}); diff != "" {
			t.Errorf("by identity: got, want: %s", diff)
		}
		if diff := cmp.Diff(byID, map[string]commerce.Customer{a.ID: now, b.ID: now}); diff != "" {
			t.Errorf("by id: got, want: %s", diff)
		}
	})
}

// The customers that match a condition are listed page by page, each once, by
// number; an empty condition matches all.
func TestListMatching(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		var want []int64
		for n := range 7 {
			want = append(want, person(t, s, fmt.Sprintf("p%d@example.com", n), "", n).N)
		}
		unsold, problems := segments.Parse(read(t, `{"field": "orders.count", "op": "lt", "value": 1}`), segments.Scope{})
		if unsold == nil {
			t.Fatal(problems)
		}
		for _, c := range []segments.Condition{unsold, nil} {
			var got []int64
			for after, more := int64(0), true; more; more = after > 0 {
				list, next, err := s.ListMatching(ctx, "s", c, segments.Params{}, after, 3)
				must(t, err)
				for _, c := range list {
					got = append(got, c.N)
				}
				after = next
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("got, want: %s", diff)
			}
			if n, err := s.CountMatching(ctx, "s", c, segments.Params{}); n != 7 || err != nil {
				t.Errorf("got %d, %v, want 7", n, err)
			}
		}
	})
}

func read(t testing.TB, text string) *strictjson.Node {
	t.Helper()
	n, problems := strictjson.Read([]byte(text))
	if n == nil {
		t.Fatal(problems)
	}
	return n
}
