package api

import (
	"context"
	"time"

	"comeback/campaigns"
	"comeback/connectors"
	"comeback/strictjson"
)

// neighbours are the notes about a campaign beside the shop's other campaigns and its stores.
func (h *campaignReach) neighbours(ctx context.Context, shop string, c *campaigns.Campaign) ([]strictjson.Problem, error) {
	live, err := h.store.LiveCampaigns(ctx, shop)
	if err != nil {
		return nil, err
	}
	var others []*campaigns.Campaign
	for _, d := range live {
		if other, err := d.Load(); err == nil { // one that cannot be read does not run
			others = append(others, other)
		}
	}
	connections, err := h.store.Connections(ctx, shop)
	if err != nil {
		return nil, err
	}
	closes := map[string]time.Duration{}
	for _, one := range connections {
		closes[one.Slug] = connectors.Terms(one).ClosesAfter
	}
	return append(campaigns.Rivals(c, others), campaigns.AfterClosing(c, closes)...), nil
}

// volume is the note that the shop has too few customers for the campaign's holdout.
func (h *campaignReach) volume(ctx context.Context, shop string, c *campaigns.Campaign) ([]strictjson.Problem, error) {
	condition := campaigns.HoldoutVolume(c)
	if condition == "" {
		return nil, nil
	}
	sizes, _, ok, err := h.judge.tallied(ctx, shop, []string{condition})
	if err != nil || !ok || sizes[0] < 0 {
		return nil, err
	}
	if note, slow := campaigns.SlowHoldout(c, sizes[0]); slow {
		return []strictjson.Problem{note}, nil
	}
	return nil, nil
}
