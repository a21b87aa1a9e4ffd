package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// namedSegments are the segments that campaigns can name.
type namedSegments interface {
	SegmentsInUse(ctx context.Context, shop string) ([]segments.Stored, []segments.Definition, error)
}

// missingSegments are the places at which a campaign names a segment that is not in use.
func missingSegments(ctx context.Context, store namedSegments, shop string, c *campaigns.Campaign) ([]strictjson.Problem, error) {
	if len(c.Segments()) == 0 {
		return nil, nil
	}
	_, definitions, err := store.SegmentsInUse(ctx, shop)
	return campaigns.MissingSegments(c, segments.NewSet(filesOf(definitions))), err
}

// namesOf are the problems of the names in a campaign's file: a segment that is missing is refused,
// a campaign or a step that is missing is noted.
func namesOf(ctx context.Context, store definitionStore, shop string, c *campaigns.Campaign) ([]strictjson.Problem, error) {
	problems, err := missingSegments(ctx, store, shop, c)
	if err != nil || !c.NamesCampaigns() {
		return problems, err
	}
	list, err := store.Campaigns(ctx, shop)
	known := make([]string, len(list))
	for i, d := range list {
		known[i] = d.Campaign
	}
	if err != nil {
		return nil, err
	}
	problems = append(problems, campaigns.MissingCampaigns(c, known)...)
	for _, slug := range c.NamedSteps() {
		versions, err := versionsOf(ctx, store, shop, slug)
		if err != nil {
			return nil, err
		}
		if slug == c.ID {
			versions = append(versions, c)
		}
		problems = append(problems, campaigns.MissingSteps(c, slug, versions)...)
	}
	return problems, nil
}

// versionsOf are the versions of a campaign that can be read.
func versionsOf(ctx context.Context, store definitionStore, shop, slug string) (list []*campaigns.Campaign, err error) {
	stored, err := store.Versions(ctx, shop, slug)
	for _, d := range stored {
		if version, err := d.Load(); err == nil {
			list = append(list, version)
		}
	}
	return list, err
}

// usingCampaigns are the campaigns that may name a segment.
type usingCampaigns interface {
	// LiveCampaigns are the versions that were ever active.
	LiveCampaigns(ctx context.Context, shop string) ([]campaigns.Definition, error)
	// Running reports whether an enrolment still runs on a version of a campaign.
	Running(ctx context.Context, shop, campaign string, version int) (bool, error)
}

// unused refuses to take a segment away from campaigns that need it: active and paused ones,
// and older versions on which customers still are. It names them.
func unused(ctx context.Context, store usingCampaigns, shop, segment string) error {
	list, err := store.LiveCampaigns(ctx, shop)
	if err != nil {
		return err
	}
	var users []string
	for _, d := range list {
		parsed, _ := campaigns.Parse(d.JSON)
		if d.State == campaigns.Archived || parsed == nil || !slices.Contains(parsed.Segments(), segment) {
			continue
		}
		running := d.State != campaigns.Replaced
		if !running {
			if running, err = store.Running(ctx, shop, d.Campaign, d.Version); err != nil {
				return err
			}
		}
		if running {
			users = append(users, fmt.Sprintf("%s (version %d, %s)", d.Campaign, d.Version, d.State))
		}
	}
	if len(users) == 0 {
		return nil
	}
	slices.Sort(users)
	return commerce.Errorf(commerce.Conflict, "segment: campaigns name it: %s: activate a version without it, or archive them first",
		strings.Join(users, ", "))
}
