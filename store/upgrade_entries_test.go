package store_test

import (
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// An upgrade counts the entries stored before there were counts. For a customer
// that had entered again, it also counts the earlier entries that messages
// show.
func TestUpgradeCountsEarlierEntries(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		installed(t, s)
		put(t, s, "w", "1h")
		var list []any
		for n, entry := range []int{1, 3} {
			e := enrolment(n, time.Time{})
			e.Shop, e.Rev, e.Entry, e.State, e.BeganAt, e.EnteredAt = "s", 1, entry, campaigns.Finished, noon.Add(time.Hour), noon.Add(time.Hour)
			list = append(list, e)
		}
		_, err := docs.InsertMany(t.Context(), "enrolments", list)
		must(t, err)
		send(t, s, 0)
		send(t, s, 1) // of the first entry: it was planned at noon
		credit(t, s, converted("10", 1, "1", 1000, 200))
		must(t, s.Upgrade(t.Context(), "s", silent))
		must(t, s.Upgrade(t.Context(), "s", silent))
		shop, err := s.Shop(t.Context(), "s")
		must(t, err)
		tally, err := s.Tally(t.Context(), shop, &campaigns.Campaign{ID: "w", Steps: []campaigns.Step{{ID: "one"}}}, time.Time{}, time.Time{})
		must(t, err)
		if one := tally.Steps[0]; tally.Treated.Entered != 4 || one.Sent != 2 || one.Converted != 1 || one.Revenue != 800 {
			t.Errorf("got %d entered, %+v, want 4, 2 sent and 8.00", tally.Treated.Entered, one)
		}
		e, err := s.Enrolment(t.Context(), "s", enrolment(1, noon).ID)
		if err != nil || len(e.Past) != 2 || !e.Past[0].EnteredAt.Equal(noon) || !e.Past[1].EnteredAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("got %+v, %v, want an entry of noon and one of which nothing is known but that it was no later than the last", e.Past, err)
		}
	})
}
