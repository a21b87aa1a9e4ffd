package jobs

import (
	"context"
	"slices"

	"comeback/campaigns"
	"comeback/commerce"
)

// sends reads the other messages to the customers: those that caps count, and those that want
// the customer too.
func (g *gathering) sends(ctx context.Context, list []*asked) error {
	found, err := g.past.Sendings(ctx, g.shop, idsOf(list, theirIDs))
	of := map[string][]campaigns.Sending{}
	for _, s := range found {
		of[s.Customer] = append(of[s.Customer], s)
	}
	now := g.now()
	for _, a := range list {
		var theirs []campaigns.Sending
		for _, id := range a.ids {
			theirs = append(theirs, of[id]...)
		}
		a.facts.Sends = campaigns.SendsBefore(theirs, a.about.Message, now.Add(-campaigns.CapWindow), now)
		a.facts.Wants = campaigns.WantsOf(theirs, a.about.Message, g.campaigns.running, now)
	}
	return err
}

// troubles reads when refunds and tickets of the customers were opened and closed, where that
// can change the decision.
func (g *gathering) troubles(ctx context.Context, list []*asked) error {
	list = slices.DeleteFunc(list, func(a *asked) bool { return !campaigns.TroublesMatter(a.campaign, a.facts.Shop, a.facts.Wants) })
	if len(list) == 0 {
		return nil
	}
	found, err := g.past.CustomersEvents(ctx, g.shop, idsOf(list, theirIDs), campaigns.TroubleKinds(), g.now().Add(-campaigns.TroubleWindow))
	of := map[string][]commerce.Event{}
	for _, e := range found {
		of[e.Customer] = append(of[e.Customer], e)
	}
	for _, a := range list {
		for _, id := range a.ids {
			a.facts.Troubles = append(a.facts.Troubles, of[id]...)
		}
	}
	return err
}

// running is a version of a campaign whose messages may go now; nil if it is held or archived.
func (p *ShopCampaigns) running(campaign string, version int) *campaigns.Campaign {
	c := p.versions[campaign][version]
	if c == nil || !c.Runs() || slices.Contains(p.Held, campaign) {
		return nil
	}
	return c
}

// holding is p where these campaigns are held.
func (p *ShopCampaigns) holding(held []string) *ShopCampaigns {
	holding := *p
	holding.Held = held
	return &holding
}
