package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

const campaignJSON = `{"schema": 1, "id": %q, "name": "Reminder", "class": "service",
"trigger": {"event": "order.placed"}, "key": "order", "reentry": "never",
"steps": [{"id": "one", "wait": %q, "expires": "24h", "send": {"channel": "email", "template": "unpaid-1"}}]}`

// put stores the next version of a campaign, whose step waits that long.
func put(t *testing.T, s *store.Store, slug, wait string) campaigns.Definition {
	t.Helper()
	d, err := putVersion(t.Context(), s, slug, wait)
	must(t, err)
	return d
}

func putVersion(ctx context.Context, s *store.Store, slug, wait string) (campaigns.Definition, error) {
	c, problems := campaigns.Parse(fmt.Appendf(nil, campaignJSON, slug, wait))
	if c == nil {
		return campaigns.Definition{}, fmt.Errorf("%v", problems)
	}
	d, _, err := s.PutCampaign(ctx, "s", c)
	return d, err
}

// states are those of a campaign's versions, the first version first.
func states(t *testing.T, s *store.Store, slug string) (list []campaigns.CampaignState) {
	t.Helper()
	versions, err := s.Versions(t.Context(), "s", slug)
	must(t, err)
	for _, d := range versions {
		list = append([]campaigns.CampaignState{d.State}, list...)
	}
	return list
}

// Customers enter the version activated last, also after pauses; those under
// way on an older one continue. An archived campaign is over.
func TestCampaignStates(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		put(t, s, "w", "1h")
		put(t, s, "w", "2h")
		put(t, s, "w", "3h")
		put(t, s, "x", "1h")
		ctx := t.Context()
		for _, step := range []struct {
			name string
			do   func() error
			want []campaigns.CampaignState
		}{
			{"all begin as drafts", func() error { return nil }, []campaigns.CampaignState{campaigns.Draft, campaigns.Draft, campaigns.Draft}},
			{"one is activated", func() error { return s.ActivateCampaign(ctx, "s", "w", 1) },
				[]campaigns.CampaignState{campaigns.Active, campaigns.Draft, campaigns.Draft}},
			{"the next replaces it", func() error { return s.ActivateCampaign(ctx, "s", "w", 3) },
				[]campaigns.CampaignState{campaigns.Replaced, campaigns.Draft, campaigns.Active}},
			{"the older comes back", func() error { return s.ActivateCampaign(ctx, "s", "w", 1) },
				[]campaigns.CampaignState{campaigns.Active, campaigns.Draft, campaigns.Replaced}},
			{"it is paused", func() error { return s.PauseCampaign(ctx, "s", "w") },
				[]campaigns.CampaignState{campaigns.Paused, campaigns.Draft, campaigns.Replaced}},
			{"twice is once", func() error { return s.PauseCampaign(ctx, "s", "w") },
				[]campaigns.CampaignState{campaigns.Paused, campaigns.Draft, campaigns.Replaced}},
			{"the same goes on", func() error { return s.ResumeCampaign(ctx, "s", "w") },
				[]campaigns.CampaignState{campaigns.Active, campaigns.Draft, campaigns.Replaced}},
			{"it is archived", func() error { return s.ArchiveCampaign(ctx, "s", "w") },
				[]campaigns.CampaignState{campaigns.Archived, campaigns.Draft, campaigns.Archived}},
		} {
			before, err := s.Shop(ctx, "s")
			must(t, err)
			must(t, step.do())
			if diff := cmp.Diff(states(t, s, "w"), step.want); diff != "" {
				t.Errorf("%s: got, want: %s", step.name, diff)
			}
			after, err := s.Shop(ctx, "s")
			if err != nil || step.name != "all begin as drafts" && after.CampaignsRev <= before.CampaignsRev {
				t.Errorf("%s: got campaigns_rev %d after %d, %v", step.name, after.CampaignsRev, before.CampaignsRev, err)
			}
		}
		if diff := cmp.Diff(states(t, s, "x"), []campaigns.CampaignState{campaigns.Draft}); diff != "" {
			t.Errorf("a neighbour: got, want: %s", diff)
		}
	})
}

// Activating an unknown campaign or version changes nothing.
func TestUnknownCampaignsAreNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		put(t, s, "w", "1h")
		must(t, s.ActivateCampaign(t.Context(), "s", "w", 1))
		for name, err := range map[string]error{
			"a version": s.ActivateCampaign(t.Context(), "s", "w", 2), "a campaign": s.PauseCampaign(t.Context(), "s", "y"),
			"of another shop": s.ArchiveCampaign(t.Context(), "other", "w"),
		} {
			if commerce.CodeOf(err) != commerce.NotFound {
				t.Errorf("%s: got %v, want not found", name, err)
			}
		}
		if diff := cmp.Diff(states(t, s, "w"), []campaigns.CampaignState{campaigns.Active}); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
	})
}

// Storing the newest version again makes no version; any other JSON is the next
// one, also with concurrent writers.
func TestVersionsAreNumberedInTurn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		first := put(t, s, "w", "1h")
		if again := put(t, s, "w", "1h"); again.Version != first.Version {
			t.Errorf("the same again: got version %d, want %d", again.Version, first.Version)
		}
		versions := make([]int, 4)
		var group errgroup.Group
		for n := range versions {
			group.Go(func() error {
				d, err := putVersion(t.Context(), s, "w", fmt.Sprint(n+2, "h"))
				versions[n] = d.Version
				return err
			})
		}
		must(t, group.Wait())
		slices.Sort(versions)
		if diff := cmp.Diff(versions, []int{2, 3, 4, 5}); diff != "" {
			t.Errorf("four at once: got, want: %s", diff)
		}
		if loaded, err := s.Definition(t.Context(), "s", "w", 1); err != nil || loaded.Hash != first.Hash {
			t.Errorf("got %+v, %v, want the first version as it was", loaded, err)
		}
	})
}

// A store in which every version has its own state opens unchanged. If a race
// left two active versions in it, it has one from now on.
func TestOldVersionsWithOwnStatesAreRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		for slug, held := range map[string][]campaigns.CampaignState{
			"w": {campaigns.Replaced, campaigns.Active, campaigns.Active, campaigns.Draft}, "x": {campaigns.Paused},
		} {
			for i, state := range held {
				c, _ := campaigns.Parse(fmt.Appendf(nil, campaignJSON, slug, fmt.Sprint(i+1, "h")))
				c.Version = i + 1
				d := campaigns.NewDefinition("s", c, noon)
				d.State, d.Rev = state, 1
				_, err := docs.Insert(t.Context(), "campaigns", d)
				must(t, err)
			}
		}
		replaced := []campaigns.CampaignState{campaigns.Replaced, campaigns.Replaced, campaigns.Active, campaigns.Draft}
		if diff := cmp.Diff(states(t, s, "w"), replaced); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
		paused, err := s.Paused(t.Context(), "s")
		if err != nil || !slices.Equal(paused, []string{"x"}) {
			t.Errorf("paused: got %v, %v, want x", paused, err)
		}
		live, err := s.LiveCampaigns(t.Context(), "s")
		if err != nil || len(live) != 4 || live[0].Since.IsZero() {
			t.Errorf("got %d live versions, %v, want 4 that run since they were put", len(live), err)
		}
		must(t, s.ResumeCampaign(t.Context(), "s", "x"))
		must(t, s.ActivateCampaign(t.Context(), "s", "w", 4))
		replaced[2], replaced[3] = campaigns.Replaced, campaigns.Active
		if diff := cmp.Diff(states(t, s, "w"), replaced); diff != "" {
			t.Errorf("after an activation: got, want: %s", diff)
		}
		if paused, err = s.Paused(t.Context(), "s"); err != nil || len(paused) > 0 {
			t.Errorf("paused: got %v, %v, want none", paused, err)
		}
	})
}
