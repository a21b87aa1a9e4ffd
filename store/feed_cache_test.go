package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/segments/indexcache"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
	"comeback/strictjson"
)

// cached is a shop whose index is cached.
type cached struct {
	*store.Store
	docs    documents.Database
	clock   *clock
	indexes *indexcache.Cache
}

const plenty = 1 << 30

func cachedAt(t testing.TB, docs documents.Database) *cached {
	t.Helper()
	s, c := shopAt(t, docs)
	return &cached{s, docs, c, indexcache.New(s, plenty, c.now)}
}

// customers stores n customers as an import would leave them, numbered from
// first, each changed now.
func (s *cached) customers(t testing.TB, shop string, first, n int) {
	t.Helper()
	list := make([]any, n)
	for i := range list {
		k := first + i
		list[i] = commerce.Customer{ID: fmt.Sprintf("%s:email:%06d", shop, k), Shop: shop, N: int64(k), Rev: 1, ChangedAt: s.clock.now(),
			Profile: commerce.Profile{Attributes: commerce.Attributes{Email: fmt.Sprintf("c%06d@example.com", k), City: "Bonn"}}}
	}
	_, err := s.docs.InsertMany(t.Context(), "customers", list)
	must(t, err)
}

// move changes the city of customers, as a write whose changed_at is at.
func (s *cached) move(t testing.TB, at time.Time, city string, numbers ...int) {
	t.Helper()
	ops := make([]documents.Op, len(numbers))
	for i, k := range numbers {
		filter := bson.D{{Key: "shop", Value: "s"}, {Key: "_id", Value: fmt.Sprintf("s:email:%06d", k)}}
		ops[i] = documents.UpdateOp(filter,
			bson.D{{Key: "$set", Value: bson.D{{Key: "attributes.city", Value: city}, {Key: "changed_at", Value: at}}},
				{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}}})
	}
	totals, _, err := s.docs.Bulk(t.Context(), "customers", ops)
	if err != nil || totals.Matched != len(numbers) {
		t.Fatalf("got %d moved (%v), want %d", totals.Matched, err, len(numbers))
	}
}

func (s *cached) open(t testing.TB, shop string) *indexcache.Handle {
	t.Helper()
	h, err := s.indexes.Open(t.Context(), shop)
	must(t, err)
	return h
}

// count opens the shop's index, counts a condition and closes it.
func (s *cached) count(t testing.TB, shop, condition string) int {
	t.Helper()
	h := s.open(t, shop)
	defer h.Close()
	return h.Index.Count(conditionOf(t, condition, h.Set), s.clock.now())
}

func conditionOf(t testing.TB, text string, others *segments.Set) segments.Condition {
	t.Helper()
	if text == everybody {
		return nil
	}
	node, problems := strictjson.Read([]byte(text))
	if node == nil {
		t.Fatal(problems)
	}
	c, problems := segments.Parse(node, segments.Scope{Segments: others})
	if c == nil {
		t.Fatal(problems)
	}
	return c
}

const (
	everybody = ""
	inCologne = `{"field": "customer.city", "op": "is", "value": "Cologne"}`
	buyers    = `{"field": "orders.count", "op": "gte", "value": 1}`
)

func wantCount(t testing.TB, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

// An order that was saved and counted into its customer's profile is in every
// segment's count a quarter of a second later.
func TestAnOrderIsInTheNextCount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := cachedAt(t, docs)
		wantCount(t, "before", s.count(t, "s", buyers), 0)
		for n := 1; n <= 3; n++ {
			_, err := s.SaveOrder(t.Context(), "s", paidOrder(n, commerce.Buyer{Email: fmt.Sprintf("%d@example.com", n)}))
			must(t, err)
			must(t, recomputeShop(t.Context(), s.Store, "s"))
			s.clock.step(250 * time.Millisecond)
			wantCount(t, "buyers", s.count(t, "s", buyers), n)
		}
	})
}

// A write with a right time that appears late is found: its commit took 3 s
// while 1,000 others passed it.
func TestADelayedCommitIsFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := cachedAt(t, docs)
		s.customers(t, "s", 1, 1001)
		wantCount(t, "before", s.count(t, "s", inCologne), 0)
		s.clock.step(time.Minute)
		stamped := s.clock.now()
		for i := range 10 {
			s.clock.step(300 * time.Millisecond)
			var some []int
			for k := range 100 {
				some = append(some, 1+100*i+k)
			}
			s.move(t, s.clock.now(), "Cologne", some...)
			wantCount(t, "passing it", s.count(t, "s", inCologne), 100*(i+1))
		}
		s.move(t, stamped, "Cologne", 1001)
		for range 17 {
			s.clock.step(300 * time.Millisecond)
			s.count(t, "s", inCologne)
		}
		wantCount(t, "5 s later", s.count(t, "s", inCologne), 1001)
	})
}

// A deleted customer is in no segment and in no answer. A new record of the
// person makes a new customer.
func TestADeletedCustomerIsGone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := cachedAt(t, docs)
		s.customers(t, "s", 1000, 3)
		c := person(t, s.Store, "a@example.com", "", 1)
		must(t, recomputeShop(t.Context(), s.Store, "s"))
		wantCount(t, "before", s.count(t, "s", everybody), 4)
		s.clock.step(time.Second)
		must(t, s.DeleteCustomer(t.Context(), "s", c.ID))
		must(t, s.DeleteCustomer(t.Context(), "s", c.ID))
		wantCount(t, "deleted", s.count(t, "s", everybody), 3)
		var left bson.M
		_, err := docs.Get(t.Context(), "customers", "s", c.ID, &left)
		must(t, err)
		if diff := cmp.Diff([]string{"_id", "changed_at", "dirty", "gone_at", "have", "n", "rev", "shop", "want"},
			slices.Sorted(maps.Keys(left))); diff != "" {
			t.Errorf("left of the customer (-want +got):\n%s", diff)
		}
		if _, err := s.Customer(t.Context(), "s", c.ID); commerce.CodeOf(err) != commerce.NotFound {
			t.Errorf("read: got %v, want not found", err)
		}
		if list, _, err := s.ListCustomers(t.Context(), "s", commerce.CustomerFilter{}, "", 9); len(list) != 3 || err != nil {
			t.Errorf("listed: got %d (%v), want 3", len(list), err)
		}
		s.clock.step(time.Second)
		again := person(t, s.Store, "a@example.com", "", 1)
		must(t, recomputeShop(t.Context(), s.Store, "s"))
		if again.N != c.N || again.ID != c.ID {
			t.Errorf("back: got %s %d, want the number it had: %s %d", again.ID, again.N, c.ID, c.N)
		}
		wantCount(t, "back", s.count(t, "s", everybody), 4)
	})
}

// Tombstones stay for a week, so that every cache of customers reads them.
func TestTombstonesStayAWeek(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := cachedAt(t, docs)
		a, b := person(t, s.Store, "a@example.com", "", 1), person(t, s.Store, "b@example.com", "", 2)
		must(t, s.DeleteCustomer(t.Context(), "s", a.ID))
		s.clock.step(24 * time.Hour)
		must(t, s.DeleteCustomer(t.Context(), "s", b.ID))
		for days, want := range []int{0, 0, 0, 0, 0, 0, 1, 1} {
			s.clock.step(24*time.Hour - time.Minute*time.Duration(days/7))
			n, err := s.PurgeTombstones(t.Context(), "s", 9)
			must(t, err)
			wantCount(t, fmt.Sprint("after day ", days+2), n, want)
		}
	})
}

// Of two merged customers one is in the segments, with the orders of both.
func TestAMergedCustomerIsGone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := cachedAt(t, docs)
		for n, b := range []commerce.Buyer{{Email: "a@example.com"}, {Phone: "+4915112345678"}} {
			_, err := s.SaveOrder(t.Context(), "s", paidOrder(n+1, b))
			must(t, err)
		}
		must(t, recomputeShop(t.Context(), s.Store, "s"))
		wantCount(t, "two", s.count(t, "s", buyers), 2)
		s.clock.step(time.Second)
		_, err := s.SaveOrder(t.Context(), "s", paidOrder(3, commerce.Buyer{Email: "a@example.com", Phone: "+4915112345678"}))
		must(t, err)
		must(t, recomputeShop(t.Context(), s.Store, "s"))
		wantCount(t, "one", s.count(t, "s", everybody), 1)
		wantCount(t, "with all orders", s.count(t, "s", strings.Replace(buyers, "1", "3", 1)), 1)
	})
}

// The nightly comparison finds and repairs what no change reported: a document
// written past the store, and one that vanished without a tombstone.
func TestReconcileRepairs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := cachedAt(t, docs)
		s.customers(t, "s", 1, 50)
		wantCount(t, "before", s.count(t, "s", inCologne), 0)
		s.clock.step(time.Hour)
		s.count(t, "s", everybody)
		s.move(t, noon.Add(-time.Hour), "Cologne", 7, 8)
		_, err := docs.Delete(t.Context(), "customers", "s", "s:email:000009")
		must(t, err)
		s.clock.step(time.Hour)
		wantCount(t, "unnoticed", s.count(t, "s", inCologne), 0)
		for _, want := range []int{3, 0} {
			differences, err := s.indexes.Reconcile(t.Context(), "s")
			must(t, err)
			wantCount(t, "differences", differences, want)
		}
		wantCount(t, "repaired", s.count(t, "s", inCologne), 2)
		wantCount(t, "without the one that vanished", s.count(t, "s", everybody), 49)
	})
}

// Every write of a customer that a condition could see records its time and
// raises the revision, so a reader of changes misses none.
func TestCustomerWritesAreChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, c := shopAt(t, docs)
		last := map[string]int64{}
		changed := func(what string, do func()) {
			c.step(time.Minute)
			do()
			list, err := s.Changes(t.Context(), "s", c.now())
			must(t, err)
			if len(list) == 0 || slices.ContainsFunc(list, func(x indexcache.Change) bool { return x.Rev <= last[x.ID] && last[x.ID] > 0 }) {
				t.Errorf("%s: got %v after %v, want a newer revision", what, list, last)
			}
			for _, x := range list {
				last[x.ID] = x.Rev
			}
		}
		changed("a new customer", func() { person(t, s, "a@example.com", "", 1) })
		changed("a record", func() {
			_, err := s.SaveRecord(t.Context(), "s",
				commerce.CustomerRecord{Connection: "c", External: "9", Email: "a@example.com", Version: noon, Verified: true})
			must(t, err)
		})
		changed("a profile", func() { must(t, recomputeShop(t.Context(), s, "s")) })
		changed("profiles of an import", func() {
			_, err := s.SaveOrder(t.Context(), "s", paidOrder(5, commerce.Buyer{Email: "a@example.com"}))
			must(t, err)
			_, err = s.RecomputeAll(t.Context(), "s")
			must(t, err)
		})
		changed("a merge", func() {
			person(t, s, "", "+4915112345678", 6)
			_, err := s.SaveOrder(t.Context(), "s", paidOrder(7, commerce.Buyer{Email: "a@example.com", Phone: "+4915112345678"}))
			must(t, err)
		})
	})
}
