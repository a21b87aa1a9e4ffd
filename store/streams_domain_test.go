package store_test

import (
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// A message that waits for a domain is not claimed with the due ones, until it expires or six
// hours are over. It is claimed for its domain with its own due time; if the worker dies, it waits
// as before. Cancelled messages wait no longer.
func TestMessageThatWaitsForADomainIsClaimedForIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx := t.Context()
		closed := campaigns.Stream{ID: s.StreamID(commerce.Installation, "r", "d.example"), Reason: "no"}
		must(t, s.PlanMessages(ctx, "s", []campaigns.Message{message(1, noon), message(2, noon.Add(time.Second)), message(3, noon)}))
		clock.step(time.Minute)
		list, err := s.ClaimMessages(ctx, "s", nil, nil, 2)
		must(t, err)
		for i, m := range list {
			list[i] = m.Waiting(closed, noon.Add(time.Minute))
		}
		must(t, s.SaveMessages(ctx, "s", list))
		if due, err := s.ClaimMessages(ctx, "s", nil, nil, 9); err != nil || len(due) != 1 || due[0].Awaits != "" {
			t.Errorf("got %d claimed with the due ones, %v; want the one that does not wait", len(due), err)
		}
		awaited, err := s.Awaited(ctx, "s", nil, "", 9)
		counts, err2 := s.WaitingByDomain(ctx, "s")
		if err != nil || err2 != nil || len(awaited) != 1 || awaited[0] != closed.ID || counts[closed.ID] != 2 {
			t.Errorf("got %v, %v, %v %v; want 2 that wait for one domain", awaited, counts, err, err2)
		}
		for range 2 { // the first worker dies
			got, err := s.ClaimWaiting(ctx, "s", closed.ID, nil, nil, 1)
			if err != nil || len(got) != 1 || !got[0].DueAt.Equal(noon) || got[0].ID != list[0].ID {
				t.Fatalf("got %+v, %v; want the longest due one", got, err)
			}
			clock.step(store.LeaseFor + time.Second)
			_, err = s.RecoverMessages(ctx, "s", 9)
			must(t, err)
		}
		must(t, s.CancelMessages(ctx, "s", []campaigns.Cancel{{Enrolment: list[0].Enrolment, Entry: list[0].Entry, Reason: "paid"}}))
		counts, err = s.WaitingByDomain(ctx, "s")
		if err != nil || counts[closed.ID] != 1 {
			t.Errorf("cancelled: got %v, %v; want one that waits", counts, err)
		}
	})
}

// The state of a domain is removed when no mail went to it for a day. That of the relay stays.
func TestStatesOfUnusedDomainsAreRemoved(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx, day := t.Context(), 24*time.Hour
		for domain, seen := range map[string]time.Time{"": noon, "old.example": noon, "new.example": noon.Add(day)} {
			_, err := s.SaveStream(ctx, 0, campaigns.Stream{
				ID: s.StreamID("_", "r", domain), Shop: "_", Relay: "r", Domain: domain, State: campaigns.StreamRefusing, SeenAt: seen,
			})
			must(t, err)
		}
		clock.step(day + time.Hour)
		removed, err := s.Remove(ctx, "_", commerce.OldDomains, 9)
		left, err2 := s.RestrictedDomains(ctx, "_")
		relays, err3 := s.Streams(ctx, "_")
		if err != nil || err2 != nil || err3 != nil || removed != 1 || len(left) != 1 || left[0].Domain != "new.example" || len(relays) != 1 {
			t.Errorf("got %d removed, %v and %v left; want one removed, one domain and the relay left", removed, left, relays)
		}
	})
}
