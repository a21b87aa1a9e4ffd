package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// pausedShop has the campaigns named, all active, with n enrolments, messages and
// watches each that are due.
func pausedShop(t testing.TB, docs documents.Database, n int, slugs ...string) *store.Store {
	t.Helper()
	s, _ := shopAt(t, docs)
	for _, slug := range slugs {
		_, err := putVersion(t.Context(), s, slug, "1m")
		must(t, err)
		must(t, s.ActivateCampaign(t.Context(), "s", slug, 1))
		fillDue(t, docs, slug, n)
	}
	return s
}

// pausedBeside has two paused campaigns, one with due work, and one that runs and has
// nothing to do.
func pausedBeside(t testing.TB, docs documents.Database) *store.Store {
	t.Helper()
	s := pausedShop(t, docs, 20, "w")
	for _, slug := range []string{"x", "y"} {
		_, err := putVersion(t.Context(), s, slug, "1m")
		must(t, err)
		must(t, s.ActivateCampaign(t.Context(), "s", slug, 1))
	}
	must(t, s.PauseCampaign(t.Context(), "s", "w"))
	must(t, s.PauseCampaign(t.Context(), "s", "x"))
	return s
}

// fillDue stores n due enrolments, messages and watches of a campaign.
func fillDue(t testing.TB, docs documents.Database, slug string, n int) {
	t.Helper()
	const batch = 1000
	for from := 0; from < n; from += batch {
		var enrolments, messages, watches []any
		for i := from; i < min(n, from+batch); i++ {
			at := noon.Add(-time.Duration(i) * time.Millisecond)
			e, m, w := enrolment(i, at), message(i, at), watch(i, at)
			e.ID, e.Campaign, e.Shop, e.Rev = commerce.Key("s", slug, fmt.Sprint(i)), slug, "s", 1
			m.ID, m.Campaign, m.Rev = commerce.Key("s", slug, fmt.Sprint(i), "1", "one"), slug, 1
			w.ID, w.Campaign, w.Shop, w.Rev = commerce.Key("s", slug, fmt.Sprint(i)), slug, "s", 1
			enrolments, messages, watches = append(enrolments, e), append(messages, m), append(watches, w)
		}
		for coll, list := range map[string][]any{"enrolments": enrolments, "messages": messages, "watches": watches} {
			_, err := docs.InsertMany(t.Context(), coll, list)
			must(t, err)
		}
	}
}

// claimer claims due work of each kind and returns the campaigns of what it got, by id.
type claimer func(ctx context.Context, s *store.Store, paused []string) (map[string]string, error)

func claimers() map[string]claimer {
	return map[string]claimer{
		"enrolments": func(ctx context.Context, s *store.Store, paused []string) (map[string]string, error) {
			list, err := s.ClaimEnrolments(ctx, "s", paused, 5)
			return byID(list, func(e campaigns.Enrolment) (string, string) { return e.ID, e.Campaign }), err
		},
		"messages": func(ctx context.Context, s *store.Store, paused []string) (map[string]string, error) {
			list, err := s.ClaimMessages(ctx, "s", paused, nil, 5)
			return byID(list, func(m campaigns.Message) (string, string) { return m.ID, m.Campaign }), err
		},
		"watches": func(ctx context.Context, s *store.Store, paused []string) (map[string]string, error) {
			list, err := s.ClaimWatches(ctx, "s", paused, 5)
			return byID(list, func(w campaigns.Watch) (string, string) { return w.ID, w.Campaign }), err
		},
	}
}

func byID[T any](list []T, of func(T) (id, campaign string)) map[string]string {
	found := map[string]string{}
	for _, item := range list {
		id, campaign := of(item)
		found[id] = campaign
	}
	return found
}

// Campaigns are paused and resumed while workers claim. Each piece of work goes to one
// worker, none to a worker that knew of the pause, and after the last pause all that
// was left is taken at once.
func TestPausesAndClaimsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		const each = 40
		s := pausedShop(t, docs, each, "w", "x", "y")
		for kind, claim := range claimers() {
			var mu sync.Mutex
			taken := map[string]int{}
			take := func(paused []string) (int, error) {
				got, err := claim(t.Context(), s, paused)
				mu.Lock()
				defer mu.Unlock()
				for id, campaign := range got {
					taken[id]++
					if slices.Contains(paused, campaign) {
						t.Errorf("%s %s was claimed while %v were known to be paused", kind, id, paused)
					}
				}
				return len(got), err
			}
			var group errgroup.Group
			for worker := range 4 {
				group.Go(func() error {
					for range 6 {
						slug := []string{"w", "x"}[worker%2]
						if err := s.PauseCampaign(t.Context(), "s", slug); err != nil {
							return err
						}
						paused, err := s.Paused(t.Context(), "s")
						if err == nil {
							_, err = take(paused)
						}
						if err == nil {
							err = s.ResumeCampaign(t.Context(), "s", slug)
						}
						if err != nil {
							return err
						}
					}
					return nil
				})
			}
			must(t, group.Wait())
			for n := 1; n > 0; {
				var err error
				n, err = take(nil)
				must(t, err)
			}
			if len(taken) != 3*each {
				t.Errorf("%s: %d were claimed, want %d", kind, len(taken), 3*each)
			}
			for id, n := range taken {
				if n != 1 {
					t.Errorf("%s %s was claimed %d times", kind, id, n)
				}
			}
		}
	})
}

// The work of a paused campaign is not claimed. After the pause it is due at once.
func TestWorkOfAPauseIsDueAfterIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := pausedBeside(t, docs)
		costs(t, s) // nothing is claimed
		must(t, s.ResumeCampaign(t.Context(), "s", "w"))
		if next, err := s.NextDue(t.Context(), "s"); err != nil || next.After(noon) {
			t.Errorf("after the pause: due at %v, %v, want at once", next, err)
		}
		list, err := s.ClaimEnrolments(t.Context(), "s", []string{"x"}, 9)
		if err != nil || len(list) != 9 {
			t.Errorf("after the pause: claimed %d, %v, want 9", len(list), err)
		}
	})
}

// costs are the shortest times of some calls of a worker that finds nothing to do.
func costs(t testing.TB, s *store.Store) map[string]time.Duration {
	t.Helper()
	paused, err := s.Paused(t.Context(), "s")
	must(t, err)
	calls := map[string]func() error{"the next due time": func() error {
		_, err := s.NextDue(t.Context(), "s")
		return err
	}}
	for kind, claim := range claimers() {
		calls["a claim of "+kind] = func() error {
			got, err := claim(t.Context(), s, paused)
			if len(got) > 0 {
				t.Errorf("claimed %v of paused campaigns", got)
			}
			return err
		}
	}
	shortest := map[string]time.Duration{}
	for range 15 {
		for what, call := range calls {
			began := time.Now()
			must(t, call())
			if took := time.Since(began); shortest[what] == 0 || took < shortest[what] {
				shortest[what] = took
			}
		}
	}
	return shortest
}

// A claim beside 100,000 due messages of a paused campaign, as a multiple of a claim
// without them, in one run.
func BenchmarkClaimsBesidePausedWork(b *testing.B) {
	for b.Loop() {
		docs := storetest.Embedded(b, store.Collections())
		s := pausedBeside(b, docs)
		before := costs(b, s)
		fillDue(b, docs, "x", 100_000)
		for what, took := range costs(b, s) {
			b.Logf("%s: %v, %.1f times %v", what, took, float64(took)/float64(before[what]), before[what])
			if what == "a claim of messages" {
				b.ReportMetric(float64(took)/float64(before[what]), "ratio")
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}
