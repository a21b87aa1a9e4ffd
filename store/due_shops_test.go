package store_test

import (
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// A worker that finds no more work sets the shop's next due time to its next
// work, unless work was written since its reading.
func TestSettle(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx := t.Context()
		due := func(want time.Time, why string) {
			t.Helper()
			w, err := s.DueOf(ctx, "s")
			if err != nil || !w.NextDue.Equal(want) {
				t.Errorf("%s: got the next due time at %v, %v, want %v", why, w.NextDue, err, want)
			}
		}
		settle := func(rev int64, want bool, why string) {
			t.Helper()
			if got, err := s.Settle(ctx, "s", rev); got != want || err != nil {
				t.Errorf("%s: got settled %v, %v, want %v", why, got, err, want)
			}
		}
		_, err := s.SaveStream(ctx, 0, campaigns.Stream{
			ID: s.StreamID("_", "r", ""), Shop: "_", Relay: "r", State: campaigns.StreamUp, SeenAt: noon.Add(time.Hour),
		})
		must(t, err)
		must(t, s.MarkDue(ctx, "s", noon.Add(time.Hour)))
		must(t, s.MarkDue(ctx, "s", noon))
		must(t, s.MarkDue(ctx, "s", noon.Add(2*time.Hour)))
		due(noon, "the earliest of three")
		seen, err := s.DueOf(ctx, "s")
		must(t, err)
		must(t, s.PlanMessages(ctx, "s", []campaigns.Message{message(1, noon.Add(time.Hour))}))
		must(t, s.MarkDue(ctx, "s", noon.Add(time.Hour)))
		settle(seen.Rev, false, "work written since")
		due(noon, "not settled")
		seen, err = s.DueOf(ctx, "s")
		must(t, err)
		settle(seen.Rev, true, "nothing written since")
		due(noon.Add(time.Hour), "settled")
		clock.step(time.Hour)
		settle(seen.Rev, false, "work is due already")
		save(t, s, claimOne(t, s, message(1, noon)), campaigns.Cancelled)
		settle(seen.Rev, true, "nothing is left")
		due(time.Time{}, "nothing is left")
		must(t, s.PlanMessages(ctx, "s", []campaigns.Message{message(2, noon.Add(3*time.Hour))}))
		must(t, s.LowerDue(ctx, "s"))
		due(noon.Add(3*time.Hour), "a next due time that was never written")
		must(t, s.LowerDue(ctx, "s"))
		due(noon.Add(3*time.Hour), "lowered again")
		if list, err := s.DueShops(ctx, noon.Add(3*time.Hour), 10); err != nil || len(list) != 1 || list[0].Shop != "s" {
			t.Errorf("got %v, %v, want the shop to be rung for", list, err)
		}
		if list, err := s.DueShops(ctx, noon.Add(3*time.Hour-1), 10); err != nil || len(list) != 0 {
			t.Errorf("a moment before: got %v, %v, want none", list, err)
		}
	})
}

// A shop has four slots. A renewed one stays its holder's. Another is free
// after its lease, and its old holder cannot release a later one.
func TestSlots(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx := t.Context()
		if _, _, ok, err := s.TakeSlot(ctx, "s"); ok || err != nil {
			t.Errorf("a shop never woken: got a slot %v, %v", ok, err)
		}
		must(t, s.MarkDue(ctx, "s", noon))
		holders := map[int]string{}
		for range store.Slots {
			slot, holder, ok, err := s.TakeSlot(ctx, "s")
			if !ok || err != nil || holders[slot] != "" {
				t.Fatalf("got slot %d, %v, %v, want a free one", slot, ok, err)
			}
			holders[slot] = holder
		}
		taken := func() bool { _, _, ok, err := s.TakeSlot(ctx, "s"); must(t, err); return ok }
		if taken() {
			t.Error("a fifth slot was given")
		}
		clock.step(store.LeaseFor - time.Second)
		for slot := 1; slot < store.Slots; slot++ {
			if renewed, err := s.RenewSlot(ctx, "s", slot, holders[slot]); !renewed || err != nil {
				t.Errorf("slot %d: got renewed %v, %v", slot, renewed, err)
			}
		}
		clock.step(2 * time.Second)
		if slot, _, ok, err := s.TakeSlot(ctx, "s"); slot != 0 || !ok || err != nil {
			t.Errorf("got slot %d, %v, %v, want the one that was not renewed", slot, ok, err)
		}
		if renewed, err := s.RenewSlot(ctx, "s", 0, holders[0]); renewed || err != nil {
			t.Errorf("its old holder: got renewed %v, %v", renewed, err)
		}
		must(t, s.FreeSlot(ctx, "s", 0, holders[0]))
		if taken() {
			t.Error("the old holder freed another's slot")
		}
		must(t, s.FreeSlot(ctx, "s", 2, holders[2]))
		if !taken() {
			t.Error("a slot given back is not free")
		}
	})
}
