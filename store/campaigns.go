package store

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
)

// PutCampaign stores c as the next version of its campaign, as a draft. The
// newest version again, byte for byte, is that version: nothing is stored.
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
	return find[campaigns.Definition](ctx, s, colCampaigns, Query{Filter: of(shop, bson.E{Key: "campaign", Value: slug}), Sort: []string{"-version"}})
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
	return find[campaigns.Definition](ctx, s, colCampaigns, Query{
		Filter: of(shop), Sort: []string{"campaign", "version"},
		Fields: []string{"shop", "campaign", "version", "state", "hash", "created_at", "changed_at", "rev"},
	})
}

// LiveCampaigns lists the versions that enrolments may run on.
func (s *Store) LiveCampaigns(ctx context.Context, shop string) ([]campaigns.Definition, error) {
	states := bson.A{string(campaigns.Active), string(campaigns.Replaced), string(campaigns.Paused), string(campaigns.Archived)}
	return find[campaigns.Definition](ctx, s, colCampaigns, Query{Filter: of(shop, bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: states}}})})
}

// ActivateCampaign makes one version the one that enters. The new version is
// active before the old one is replaced, so no event falls between them: an
// enrolment's key has no version, so both together enter once.
func (s *Store) ActivateCampaign(ctx context.Context, shop, slug string, version int) error {
	if _, err := s.Definition(ctx, shop, slug, version); err != nil {
		return err
	}
	return s.moveCampaign(ctx, shop, slug, func(d campaigns.Definition) campaigns.CampaignState {
		switch {
		case d.Version == version:
			return campaigns.Active
		case d.State == campaigns.Active || d.State == campaigns.Paused:
			return campaigns.Replaced
		}
		return d.State
	})
}

// PauseCampaign holds all of a campaign, also who is under way on older
// versions; ResumeCampaign lets the same version enter again.
func (s *Store) PauseCampaign(ctx context.Context, shop, slug string) error {
	return s.moveCampaign(ctx, shop, slug, func(d campaigns.Definition) campaigns.CampaignState {
		if d.State == campaigns.Active {
			return campaigns.Paused
		}
		return d.State
	})
}

// ResumeCampaign ends a pause.
func (s *Store) ResumeCampaign(ctx context.Context, shop, slug string) error {
	return s.moveCampaign(ctx, shop, slug, func(d campaigns.Definition) campaigns.CampaignState {
		if d.State == campaigns.Paused {
			return campaigns.Active
		}
		return d.State
	})
}

// ArchiveCampaign ends a campaign: nobody enters and nothing is sent any more.
func (s *Store) ArchiveCampaign(ctx context.Context, shop, slug string) error {
	return s.moveCampaign(ctx, shop, slug, func(d campaigns.Definition) campaigns.CampaignState {
		if d.State == campaigns.Draft {
			return d.State
		}
		return campaigns.Archived
	})
}

// moveCampaign gives every version, the newest first, the state that to says,
// then tells all processes and wakes the shop.
func (s *Store) moveCampaign(ctx context.Context, shop, slug string, to func(campaigns.Definition) campaigns.CampaignState) error {
	list, err := s.Versions(ctx, shop, slug)
	if err == nil && len(list) == 0 {
		err = missing("campaign", slug)
	}
	if err != nil {
		return err
	}
	now := s.now()
	moved := []campaigns.Definition{} // what becomes active first: no moment without
	for _, d := range list {
		before := d.State
		switch d.State = to(d); d.State {
		case before:
		case campaigns.Active:
			moved = slices.Insert(moved, 0, d)
		default:
			moved = append(moved, d)
		}
	}
	for _, d := range moved {
		if err := s.setCampaignState(ctx, d, now); err != nil {
			return err
		}
	}
	if err := s.BumpCampaigns(ctx, shop); err != nil {
		return err
	}
	return s.Wake(ctx, shop, now)
}

func (s *Store) setCampaignState(ctx context.Context, d campaigns.Definition, now time.Time) error {
	moved, err := s.docs.Update(ctx, colCampaigns, byID(d.Shop, d.ID, bson.E{Key: "rev", Value: d.Rev}),
		bson.D{set(bson.E{Key: "state", Value: string(d.State)}, bson.E{Key: "changed_at", Value: now}, bson.E{Key: "rev", Value: d.Rev + 1})})
	if err == nil && !moved {
		return commerce.Errorf(commerce.Conflict, "campaign %q: changed meanwhile, try again", d.Campaign)
	}
	return err
}
