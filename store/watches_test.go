package store_test

import (
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// One customer has one watch a campaign. A new cause sets it again, an answered
// one of the same cause stays answered, and a waiting one is only ever brought
// forward.
func TestWatches(t *testing.T) {
	t.Parallel()
	hour := noon.Add(time.Hour)
	for name, c := range map[string]struct {
		answered bool
		cause    string
		due      time.Time
		want     time.Time
	}{
		"a new cause waits anew":           {false, "later", hour.Add(time.Hour), hour.Add(time.Hour)},
		"also where the last was answered": {true, "later", hour.Add(time.Hour), hour.Add(time.Hour)},
		"an answered cause stays answered": {true, "paid1", noon, time.Time{}},
		"a shorter wait brings it forward": {false, "paid1", noon.Add(time.Minute), noon.Add(time.Minute)},
		"a longer one leaves it":           {false, "paid1", hour.Add(time.Hour), hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
				s, clock := shopAt(t, docs)
				must(t, s.PutWatches(t.Context(), "s", []campaigns.Watch{watch(1, hour)}))
				if c.answered {
					clock.step(time.Hour)
					list, err := s.ClaimWatches(t.Context(), "s", nil, 1)
					if err != nil || len(list) != 1 {
						t.Fatalf("claimed %d, %v", len(list), err)
					}
					list[0].DueAt = time.Time{}
					must(t, s.SaveWatches(t.Context(), "s", []campaigns.Watch{list[0]}))
				}
				again := watch(1, c.due)
				again.Cause = c.cause
				must(t, s.PutWatches(t.Context(), "s", []campaigns.Watch{again}))
				if got, err := s.NextDue(t.Context(), "s"); err != nil || !got.Equal(c.want) && !(got.IsZero() && c.want.IsZero()) {
					t.Errorf("got it due %v, %v, want %v", got, err, c.want)
				}
			})
		})
	}
}

// A watch that moved while it was being answered is due again: the answer was
// for the old cause.
func TestMovedWatchIsDueAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		must(t, s.PutWatches(t.Context(), "s", []campaigns.Watch{watch(1, noon)}))
		list, err := s.ClaimWatches(t.Context(), "s", nil, 1)
		if err != nil || len(list) != 1 {
			t.Fatalf("claimed %d, %v", len(list), err)
		}
		moved := watch(1, noon.Add(time.Hour))
		moved.Cause = "later"
		must(t, s.PutWatches(t.Context(), "s", []campaigns.Watch{moved}))
		list[0].DueAt = time.Time{}
		must(t, s.SaveWatches(t.Context(), "s", []campaigns.Watch{list[0]}))
		clock.step(time.Hour)
		if list, err = s.ClaimWatches(t.Context(), "s", nil, 1); err != nil || len(list) != 1 || list[0].Cause != "later" {
			t.Errorf("got %+v, %v, want the moved one", list, err)
		}
	})
}

// One of many processes begins daily work; it is begun again if its process
// does not end it, and the next day.
func TestDailyWorkIsBegunByOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		for _, step := range []struct {
			after time.Duration
			end   bool
			want  int
		}{{0, false, 1}, {9 * time.Minute, false, 0}, {time.Minute, true, 1}, {23 * time.Hour, false, 0}, {time.Hour, true, 1}} {
			clock.step(step.after)
			began := make([]bool, 8)
			var group errgroup.Group
			for n := range began {
				group.Go(func() (err error) {
					began[n], err = s.BeginReconcile(t.Context(), "s", "watches")
					return err
				})
			}
			must(t, group.Wait())
			got := 0
			for _, ours := range began {
				if ours {
					got++
				}
			}
			if got != step.want {
				t.Errorf("at %v: begun by %d, want %d", clock.now(), got, step.want)
			}
			if step.end {
				must(t, s.EndReconcile(t.Context(), "s", "watches"))
			}
		}
	})
}

// Every shop is visited once, and of a shop every buyer, in pages.
func TestEachShopAndBuyerIsVisitedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		must(t, s.AddShop(t.Context(), commerce.Shop{ID: "z", CreatedAt: noon.Add(time.Second)}))
		var shops []string
		must(t, s.EachShop(t.Context(), func(shop commerce.Shop) error {
			shops = append(shops, shop.ID)
			return nil
		}))
		for n, shape := range []string{"mail", "phone", "platform"} {
			o := paidOrder(n+1, someone(shape))
			if shape == "phone" {
				o.Payment, o.Times.PaidAt = commerce.Unpaid, time.Time{}
			}
			_, err := s.SaveOrder(t.Context(), "s", o)
			must(t, err)
		}
		must(t, recomputeShop(t.Context(), s, "s"))
		buyers := 0
		must(t, s.EachBuyer(t.Context(), "s", func(c commerce.Customer) error {
			buyers += int(c.History.Figures.Count)
			return nil
		}))
		if len(shops) != 2 || shops[0] != "s" || buyers != 2 {
			t.Errorf("got shops %v and %d buyers, want s, z and 2", shops, buyers)
		}
	})
}

// A decision is stored once: only by a process that read the stored state, and
// under the claim it was made under; the first entry by the first process.
func TestDecisionsNeedTheStateTheyRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		var group errgroup.Group
		saved := make([]bool, 8)
		for n := range saved {
			group.Go(func() (err error) {
				saved[n], err = s.SaveEnrolment(ctx, "s", enrolment(1, noon))
				return err
			})
		}
		must(t, group.Wait())
		first := 0
		for _, ours := range saved {
			if ours {
				first++
			}
		}
		if first != 1 {
			t.Errorf("eight entered at once: got %d saved, want one", first)
		}
		read, err := s.Enrolment(ctx, "s", enrolment(1, noon).ID)
		must(t, err)
		claimed, err := s.ClaimEnrolments(ctx, "s", nil, 1)
		must(t, err)
		if ours, err := s.SaveEnrolment(ctx, "s", read); ours || err != nil {
			t.Errorf("read before it was claimed: got saved %v, %v", ours, err)
		}
		other := claimed[0]
		other.Claim = "another"
		if ours, err := s.SaveEnrolment(ctx, "s", other); ours || err != nil {
			t.Errorf("another's claim: got saved %v, %v", ours, err)
		}
		e := claimed[0]
		e.State, e.DueAt, e.EndedAt, e.Reason = campaigns.Exited, time.Time{}, noon, "cancelled"
		if ours, err := s.SaveEnrolment(ctx, "s", e); !ours || err != nil {
			t.Errorf("got saved %v, %v, want the claim's own decision", ours, err)
		}
		got, err := s.Enrolment(ctx, "s", e.ID)
		must(t, err)
		if got.State != campaigns.Exited || !got.DueAt.IsZero() || got.Claim != "" || !got.LeaseUntil.IsZero() || got.Rev != e.Rev+1 {
			t.Errorf("got %+v, want it exited, free and not due", got)
		}
	})
}

// Events matter to running enrolments, and to ended ones that may still reach
// their goal, of the order, the checkout or the customers that they name.
func TestEventsConcernEnrolments(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		for n, state := range []campaigns.EnrolmentState{campaigns.Enrolled, campaigns.Finished, campaigns.Exited,
			campaigns.Superseded, campaigns.Converted, campaigns.Merged} {
			e := enrolment(n, noon)
			e.State, e.Customer, e.Order = state, "s:ann", "s:c:1"
			_, err := s.SaveEnrolment(ctx, "s", e)
			must(t, err)
		}
		basket := enrolment(7, noon)
		basket.Checkout, basket.Customer = "s:c:k", "s:bob"
		_, err := s.SaveEnrolment(ctx, "s", basket)
		must(t, err)
		for _, c := range []struct {
			subject   string
			customers []string
			want      int
		}{{"s:c:1", nil, 4}, {"s:c:2", []string{"s:ann"}, 4}, {"s:c:1", []string{"s:ann", "s:bob"}, 5}, {"s:c:k", nil, 1}, {"s:c:2", nil, 0}} {
			if list, err := s.Reacting(ctx, "s", []string{c.subject}, []string{c.subject}, c.customers); err != nil || len(list) != c.want {
				t.Errorf("%s of %v: got %d, %v, want %d", c.subject, c.customers, len(list), err, c.want)
			}
		}
	})
}

// The watches of a campaign are written for everybody when it begins and when the basis of
// its times changes, and of changed customers every day, by one process.
func TestWatchesAreWrittenOnceADayAndBasis(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		first := clock.now()
		for _, step := range []struct {
			after    time.Duration
			basis    string
			end      bool
			ours     bool
			everyone bool
		}{
			{0, "a", false, true, true},
			{9 * time.Minute, "a", false, false, false},
			{time.Minute, "a", true, true, true},
			{23 * time.Hour, "a", true, false, false},
			{time.Hour, "a", true, true, false},
			{time.Minute, "b", false, true, true},
			{time.Minute, "b", false, false, false},
			{10 * time.Minute, "b", true, true, true},
		} {
			clock.step(step.after)
			since, ours, err := s.BeginWatching(t.Context(), "s", "c", step.basis)
			must(t, err)
			if ours != step.ours || since.IsZero() != (step.everyone || !step.ours) || since.After(clock.now()) {
				t.Errorf("after %v, basis %s: got %v since %v, want %v for everybody %v",
					clock.now().Sub(first), step.basis, ours, since, step.ours, step.everyone)
			}
			if ours && step.end {
				must(t, s.EndWatching(t.Context(), "s", "c", step.basis, clock.now()))
			}
		}
	})
}

// A cause that was decided is not written again: the occurrence after it is. A watch that is
// over brings only a stored one of the same cause forward.
func TestDecidedWatchIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx, hour := t.Context(), clock.now().Add(time.Hour)
		must(t, s.PutWatches(ctx, "s", []campaigns.Watch{watch(1, clock.now())}))
		list, err := s.ClaimWatches(ctx, "s", nil, 1)
		must(t, err)
		list[0].Decided, list[0].Outcome, list[0].Cause, list[0].DueAt = list[0].Cause, "entered", "next", hour.Add(time.Hour)
		must(t, s.SaveWatches(ctx, "s", list))
		again, next := watch(1, clock.now()), watch(1, hour)
		next.Cause, again.Next = "next", &next
		must(t, s.PutWatches(ctx, "s", []campaigns.Watch{again}))
		got, err := s.Watch(ctx, "s", again.ID)
		must(t, err)
		if got.Cause != "next" || !got.DueAt.Equal(hour) || got.Decided != again.Cause || got.Outcome != "entered" {
			t.Errorf("got %+v, want the next one brought forward, and the decision kept", got)
		}
		late := watch(1, clock.now())
		late.Cause, late.Late = "other", true
		unknown := watch(2, clock.now())
		unknown.Late = true
		must(t, s.PutWatches(ctx, "s", []campaigns.Watch{late, unknown}))
		if got, err = s.Watch(ctx, "s", again.ID); err != nil || got.Cause != "next" {
			t.Errorf("got %+v, %v, want what is over left out", got, err)
		}
		if got, err = s.Watch(ctx, "s", unknown.ID); err != nil || got.ID != "" {
			t.Errorf("got %+v, %v, want nothing", got, err)
		}
		late.Cause = "next"
		must(t, s.PutWatches(ctx, "s", []campaigns.Watch{late}))
		if got, err = s.Watch(ctx, "s", again.ID); err != nil || !got.DueAt.Equal(clock.now()) {
			t.Errorf("got %+v, %v, want it brought forward", got, err)
		}
	})
}
