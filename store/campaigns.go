package store

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// PutCampaign stores c as the next version of its campaign, as a draft. If it
// equals the newest version byte for byte, nothing is stored.
func (s *Store) PutCampaign(ctx context.Context, shop string, c *campaigns.Campaign) (d campaigns.Definition, created bool, err error) {
	for {
		known, err := s.Versions(ctx, shop, c.ID)
		if err != nil {
			return d, false, err
		}
		next := *c
		next.Version = 1
		if len(known) > 0 {
			newest := known[0]
			if newest.Hash == c.Hash {
				return newest, false, nil
			}
			next.Version = newest.Version + 1
		}
		d = campaigns.NewDefinition(shop, &next, s.now())
		d.Rev = 1
		created, err = s.docs.Insert(ctx, colCampaigns, d)
		if err != nil || created {
			return d, created, err
		}
	}
}

// Versions lists a campaign's versions, the newest first.
func (s *Store) Versions(ctx context.Context, shop, slug string) ([]campaigns.Definition, error) {
	list, standing, err := s.versionsOf(ctx, shop, slug)
	for i, d := range list {
		list[i] = standing.Apply(d)
	}
	return list, err
}

// Definition reads one version of a campaign; NotFound when there is none.
func (s *Store) Definition(ctx context.Context, shop, slug string, version int) (campaigns.Definition, error) {
	list, err := s.Versions(ctx, shop, slug)
	for _, d := range list {
		if d.Version == version {
			return d, nil
		}
	}
	if err == nil {
		err = missing("campaign version", slug)
	}
	return campaigns.Definition{}, err
}

// Campaigns lists all versions of all of a shop's campaigns, without their JSON.
func (s *Store) Campaigns(ctx context.Context, shop string) ([]campaigns.Definition, error) {
	standings, err := find[campaigns.Lifecycle](ctx, s, colStandings, documents.Query{Filter: of(shop)})
	if err != nil {
		return nil, err
	}
	list, err := find[campaigns.Definition](ctx, s, colCampaigns, documents.Query{
		Filter: of(shop), Sort: []string{"campaign", "version"},
		Fields: []string{"shop", "campaign", "version", "state", "hash", "created_at", "changed_at", "rev"},
	})
	known := map[string]campaigns.Lifecycle{}
	for _, standing := range standings {
		known[standing.Campaign] = standing
	}
	for from := 0; from < len(list); {
		to := from
		for to < len(list) && list[to].Campaign == list[from].Campaign {
			to++
		}
		standing, stored := known[list[from].Campaign]
		if !stored {
			standing = campaigns.LifecycleOf(shop, list[from].Campaign, list[from:to])
		}
		for ; from < to; from++ {
			list[from] = standing.Apply(list[from])
		}
	}
	return list, err
}

// LiveCampaigns lists the versions that enrolments may run on.
func (s *Store) LiveCampaigns(ctx context.Context, shop string) ([]campaigns.Definition, error) {
	all, err := s.Campaigns(ctx, shop)
	if err != nil {
		return nil, err
	}
	live, ids := map[string]campaigns.Definition{}, bson.A{}
	for _, d := range all {
		if d.State != campaigns.Draft {
			live[d.ID], ids = d, append(ids, d.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := find[campaigns.Definition](ctx, s, colCampaigns,
		documents.Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}})})
	for i, d := range list {
		own := live[d.ID]
		list[i].State, list[i].ChangedAt, list[i].Since, list[i].Migration = own.State, own.ChangedAt, own.Since, own.Migration
	}
	return list, err
}

// Paused lists the paused campaigns.
func (s *Store) Paused(ctx context.Context, shop string) ([]string, error) {
	all, err := s.standings(ctx, shop)
	return all.paused, err
}

// standings are the states of a shop's campaigns.
type standings struct {
	paused    []string
	activated bool      // one was ever activated since campaigns have states of their own
	migrates  time.Time // when customers are next looked at who run on other versions; zero: never
}

func (s *Store) standings(ctx context.Context, shop string) (all standings, err error) {
	list, err := find[campaigns.Lifecycle](ctx, s, colStandings,
		documents.Query{Filter: of(shop), Fields: []string{"campaign", "state", "migration"}})
	if err != nil {
		return standings{}, err
	}
	all = standings{paused: []string{}, activated: len(list) > 0}
	for _, one := range list {
		if one.State == campaigns.Paused {
			all.paused = append(all.paused, one.Campaign)
		}
		if m := one.Migration; m != nil && !m.Done && one.State == campaigns.Active {
			all.migrates = earlier(all.migrates, m.Settles())
		}
	}
	paused := bson.E{Key: "state", Value: string(campaigns.Paused)}
	// A campaign that was paused before campaign_states existed has the state
	// in itself.
	old, err := find[campaigns.Definition](ctx, s, colCampaigns, documents.Query{Filter: of(shop, paused), Fields: []string{"campaign"}})
	for _, d := range old {
		_, stored, failed := get[campaigns.Lifecycle](ctx, s, colStandings, shop, commerce.Key(shop, d.Campaign))
		if failed != nil {
			return standings{}, failed
		}
		if !stored {
			all.paused = append(all.paused, d.Campaign)
		}
	}
	return all, err
}

// running selects the work of all campaigns but the paused ones. It names those
// campaigns, so that an index leads past paused work, however much of it is due. It is
// empty where none is paused.
func (s *Store) running(ctx context.Context, shop string, paused []string) (bson.D, error) {
	if len(paused) == 0 {
		return nil, nil
	}
	all, err := find[campaigns.Definition](ctx, s, colCampaigns,
		documents.Query{Filter: of(shop), Fields: []string{"campaign"}, Sort: []string{"campaign", "version"}})
	slugs, last := bson.A{}, ""
	for _, d := range all {
		if d.Campaign != last && !slices.Contains(paused, d.Campaign) {
			slugs = append(slugs, d.Campaign)
		}
		last = d.Campaign
	}
	return bson.D{{Key: "campaign", Value: bson.D{{Key: "$in", Value: slugs}}}}, err
}

// ActivateCampaign makes one version the one that customers enter. Of two
// concurrent calls with two versions one decides; the other is a Conflict and
// changes nothing.
func (s *Store) ActivateCampaign(ctx context.Context, shop, slug string, version int) error {
	return s.activate(ctx, shop, slug, version, nil)
}

// MigrateCampaign does the same, and moves the customers who are under way on other versions, see
// campaigns.Migration.
func (s *Store) MigrateCampaign(ctx context.Context, shop, slug string, version int, steps []commerce.KV) error {
	return s.activate(ctx, shop, slug, version, &campaigns.Migration{To: version, Steps: steps, At: s.now()})
}

func (s *Store) activate(ctx context.Context, shop, slug string, version int, m *campaigns.Migration) error {
	list, before, err := s.versionsOf(ctx, shop, slug)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(d campaigns.Definition) bool { return d.Version == version }) {
		return missing("campaign version", slug)
	}
	at := s.now()
	activated := func(now campaigns.Lifecycle) campaigns.Lifecycle {
		if m == nil {
			return now.Activated(version, at)
		}
		return now.Migrating(*m)
	}
	moved, err := s.moveCampaign(ctx, before, activated(before))
	if err != nil || moved {
		return err
	}
	_, now, err := s.versionsOf(ctx, shop, slug)
	if err == nil && !now.Same(activated(now)) {
		err = commerce.Errorf(commerce.Conflict,
			"campaign %q: another version was activated, or it was paused or archived, at the same moment; "+
				"look at its versions and activate again", slug)
	}
	return err
}

// EndMigration notes that a migration has moved everybody.
func (s *Store) EndMigration(ctx context.Context, shop, slug string, m campaigns.Migration) error {
	return s.changeCampaign(ctx, shop, slug, func(now campaigns.Lifecycle, _ time.Time) campaigns.Lifecycle { return now.Migrated(m) })
}

// PauseCampaign pauses all of a campaign, also customers under way on older
// versions. ResumeCampaign lets customers enter the same version again.
func (s *Store) PauseCampaign(ctx context.Context, shop, slug string) error {
	return s.changeCampaign(ctx, shop, slug, campaigns.Lifecycle.Paused)
}

// ResumeCampaign ends a pause.
func (s *Store) ResumeCampaign(ctx context.Context, shop, slug string) error {
	return s.changeCampaign(ctx, shop, slug, campaigns.Lifecycle.Resumed)
}

// ArchiveCampaign ends a campaign: no customer enters it and nothing more is
// sent.
func (s *Store) ArchiveCampaign(ctx context.Context, shop, slug string) error {
	return s.changeCampaign(ctx, shop, slug, campaigns.Lifecycle.Archived)
}

// changeCampaign makes a change that is meant for any active version. If
// another change overtakes it, it is repeated after that one.
func (s *Store) changeCampaign(ctx context.Context, shop, slug string, to func(campaigns.Lifecycle, time.Time) campaigns.Lifecycle) error {
	for {
		list, before, err := s.versionsOf(ctx, shop, slug)
		if err == nil && len(list) == 0 {
			err = missing("campaign", slug)
		}
		if err != nil {
			return err
		}
		moved, err := s.moveCampaign(ctx, before, to(before, s.now()))
		if err != nil || moved {
			return err
		}
	}
}

// moveCampaign is the one write that changes the states of a campaign's
// versions, a compare-and-set on its own document. It then notifies all
// processes and marks the shop due. It does so also if nothing changed: the
// process that made the change may have died before.
func (s *Store) moveCampaign(ctx context.Context, before, after campaigns.Lifecycle) (moved bool, err error) {
	changes := []bson.E{
		{Key: "state", Value: string(after.State)}, {Key: "versions", Value: after.Versions}, {Key: "since", Value: after.Since},
		{Key: "rev", Value: before.Rev + 1},
	}
	if after.Migration != nil {
		changes = append(changes, bson.E{Key: "migration", Value: *after.Migration})
	}
	switch {
	case after.Same(before):
		moved = true
	case before.Rev == 0:
		after.Rev = 1
		moved, err = s.docs.Insert(ctx, colStandings, after)
	default:
		moved, err = s.docs.Update(ctx, colStandings, byID(after.Shop, after.ID, bson.E{Key: "rev", Value: before.Rev}),
			bson.D{set(changes...)})
	}
	if err != nil || !moved {
		return false, err
	}
	if err := s.BumpCampaigns(ctx, after.Shop); err != nil {
		return true, err
	}
	return true, s.MarkDue(ctx, after.Shop, s.now())
}

// versionsOf reads a campaign's versions as they are stored, and its own
// document. If there is none, the document is made of the versions, with Rev 0.
func (s *Store) versionsOf(ctx context.Context, shop, slug string) ([]campaigns.Definition, campaigns.Lifecycle, error) {
	known, stored, err := get[campaigns.Lifecycle](ctx, s, colStandings, shop, commerce.Key(shop, slug))
	if err != nil {
		return nil, known, err
	}
	list, err := find[campaigns.Definition](ctx, s, colCampaigns,
		documents.Query{Filter: of(shop, bson.E{Key: "campaign", Value: slug}), Sort: []string{"-version"}})
	if !stored {
		known = campaigns.LifecycleOf(shop, slug, list)
	}
	return list, known, err
}
