package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// person makes a customer with an e-mail and a phone, as they are given.
func person(t testing.TB, s *store.Store, email, phone string, n int) commerce.Customer {
	t.Helper()
	id, err := s.SaveRecord(t.Context(), "s",
		commerce.CustomerRecord{Connection: "c", External: fmt.Sprint(n), Email: email, Verified: email != "", Phone: phone, Version: noon})
	must(t, err)
	c, err := s.Customer(t.Context(), "s", id)
	must(t, err)
	return c
}

// listing lists customers in vip, or out of it, and returns how many listings
// changed.
func listing(t testing.TB, s *store.Store, included bool, reason string, customers ...string) int {
	t.Helper()
	var list []segments.Listed
	for _, c := range customers {
		list = append(list, segments.Listed{Segment: "vip", Customer: c, Included: included, Reason: reason, By: "key", At: noon})
	}
	changed, err := s.SaveListed(t.Context(), "s", list)
	must(t, err)
	return changed
}

// listsOf are the customers listed in and out of vip, by number.
func listsOf(t testing.TB, s *store.Store) [2][]int64 {
	t.Helper()
	lists, err := s.ListsOf(t.Context(), "s", "vip")
	must(t, err)
	return [2][]int64{slices.Collect(lists.In.All()), slices.Collect(lists.Out.All())}
}

// A customer is put into a segment, or out of it, by hand with a reason.
// Repeating that changes nothing, and dropping it leaves no trace. Each change
// notifies all processes.
func TestListing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		createSegment(t, s, "vip", bought)
		a, b := person(t, s, "a@example.com", "", 1), person(t, s, "b@example.com", "", 2)
		for _, step := range []struct {
			name    string
			do      func() int
			changed int
			want    [2][]int64
		}{
			{"one is put in", func() int { return listing(t, s, true, "founder", a.ID) }, 1, [2][]int64{{a.N}, nil}},
			{"the same again", func() int { return listing(t, s, true, "founder", a.ID) }, 0, [2][]int64{{a.N}, nil}},
			{"for another reason", func() int { return listing(t, s, true, "friend", a.ID) }, 1, [2][]int64{{a.N}, nil}},
			{"both are put out", func() int { return listing(t, s, false, "fraud", a.ID, b.ID, b.ID) }, 2, [2][]int64{nil, {a.N, b.N}}},
			{"one is left to the condition", func() int {
				n, err := s.DropListed(ctx, "s", "vip", []string{a.ID, a.ID})
				must(t, err)
				return n
			}, 1, [2][]int64{nil, {b.N}}},
		} {
			before := segmentsRev(t, s)
			if changed := step.do(); changed != step.changed || segmentsRev(t, s) == before {
				t.Errorf("%s: got %d changed, want %d, and all processes notified", step.name, changed, step.changed)
			}
			if diff := cmp.Diff(listsOf(t, s), step.want); diff != "" {
				t.Errorf("%s: got, want: %s", step.name, diff)
			}
		}
		list, next, err := s.ListListed(ctx, "s", "vip", "", 9)
		if must(t, err); len(list) != 1 || list[0].Reason != "fraud" || list[0].By != "key" || next != "" {
			t.Errorf("got %+v, want the customer that was put out", list)
		}
		k, _, err := s.Segment(ctx, "s", "vip")
		if must(t, err); k.ListingsRev != 5 || k.Rev != 1 {
			t.Errorf("got lists of rev %d, segment of rev %d, want 5 and 1", k.ListingsRev, k.Rev)
		}
	})
}

// Unknown customers and segments are not listed, and then nothing is.
func TestUnknownCustomersAreNotListed(t *testing.T) {
	t.Parallel()
	s, _ := shopAt(t, storetest.Embedded(t, store.Collections()))
	createSegment(t, s, "vip", `"static": true`)
	a := person(t, s, "a@example.com", "", 1)
	for name, l := range map[string]segments.Listed{"customer": {Segment: "vip", Customer: "s:c:nobody"},
		"segment": {Segment: "none", Customer: a.ID}} {
		list := []segments.Listed{{Segment: "vip", Customer: a.ID, Included: true}, l}
		if _, err := s.SaveListed(t.Context(), "s", list); commerce.CodeOf(err) != commerce.NotFound {
			t.Errorf("%s: got %v, want it not found", name, err)
		}
	}
	if got := listsOf(t, s); got[0] != nil {
		t.Errorf("got %v listed, want none", got)
	}
}

// The listings of a merged customer apply to its survivor, which is excluded if
// the two contradict. All processes are notified of it.
func TestListingsFollowMerges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		createSegment(t, s, "vip", bought)
		a, b := person(t, s, "a@example.com", "", 1), person(t, s, "", "+4915112345678", 2)
		listing(t, s, true, "founder", a.ID)
		listing(t, s, true, "founder", b.ID)
		before := segmentsRev(t, s)
		both := person(t, s, "a@example.com", "", 2)
		if segmentsRev(t, s) == before {
			t.Error("no process was notified of the merge")
		}
		if diff := cmp.Diff(listsOf(t, s), [2][]int64{{both.N}, nil}); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
		of := func(customer string) segments.Listing {
			m, err := s.ListingsOf(ctx, "s", customer)
			must(t, err)
			return m["vip"]
		}
		for _, id := range []string{a.ID, b.ID} {
			if got := of(id); got != segments.Included {
				t.Errorf("got %v, want included", got)
			}
		}
		loser := a.ID
		if both.ID == a.ID {
			loser = b.ID
		}
		// A listing of the merged customer from before the merge is still under
		// its id.
		n, err := s.DropListed(ctx, "s", "vip", []string{loser})
		if must(t, err); n != 2 || of(both.ID) != segments.Unlisted {
			t.Errorf("got %d dropped, %v, want both, and none listed", n, of(both.ID))
		}
		if listing(t, s, false, "fraud", loser); of(both.ID) != segments.Excluded {
			t.Errorf("got %v, want the survivor excluded", of(both.ID))
		}
	})
}

// If a process died between writing lists and notifying others, repeating the
// call notifies them.
func TestListChangesAreNotifiedAgain(t *testing.T) {
	t.Parallel()
	docs := &meddling{Database: storetest.Embedded(t, store.Collections())}
	s, _ := shopAt(t, docs)
	createSegment(t, s, "vip", bought)
	a := person(t, s, "a@example.com", "", 1)
	list := []segments.Listed{{Segment: "vip", Customer: a.ID, Included: true, At: noon}}
	ctx, die := context.WithCancel(t.Context())
	docs.meddle = die
	if _, err := s.SaveListed(ctx, "s", list); err == nil {
		t.Fatal("the process did not die")
	}
	before := segmentsRev(t, s)
	if _, err := s.SaveListed(t.Context(), "s", list); err != nil || segmentsRev(t, s) == before {
		t.Errorf("got %v, want all processes notified", err)
	}
}
