package jobs

import (
	"context"
	"slices"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// sends reads the other messages to the customers: those that caps count, and those that want
// the customer too. Where the shop has a window, the steps that are due in it want the customer too.
func (g *gathering) sends(ctx context.Context, list []*asked) error {
	found, err := g.past.Sendings(ctx, g.shop, idsOf(list, theirIDs))
	if err != nil {
		return err
	}
	of, now := map[string][]campaigns.Sending{}, g.now()
	for _, s := range found {
		of[s.Customer] = append(of[s.Customer], s)
	}
	ahead, err := g.ahead(ctx, list, now)
	for _, a := range list {
		var theirs []campaigns.Sending
		var steps []campaigns.Enrolment
		for _, id := range a.ids {
			theirs = append(theirs, of[id]...)
			steps = append(steps, ahead[id]...)
		}
		a.facts.Sends = campaigns.SendsBefore(theirs, a.about.Message, now.Add(-campaigns.CapWindow), now)
		a.facts.Wants = campaigns.WantsOf(theirs, a.about.Message, g.campaigns.running, now)
		a.facts.Wants = append(a.facts.Wants, campaigns.WantsAhead(steps, g.campaigns.running)...)
	}
	return err
}

// ahead reads the enrolments of the customers whose next step is due within the shop's window.
func (g *gathering) ahead(ctx context.Context, list []*asked, now time.Time) (map[string][]campaigns.Enrolment, error) {
	window := g.campaigns.Shop.Contact.Window()
	if window == 0 {
		return nil, nil
	}
	found, err := g.past.StepsAhead(ctx, g.shop, idsOf(list, theirIDs), now.Add(window))
	of := map[string][]campaigns.Enrolment{}
	for _, e := range found {
		of[e.Customer] = append(of[e.Customer], e)
	}
	return of, err
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

// calls reads the calls that enrolments wait for.
func (g *gathering) calls(ctx context.Context, list []*asked) error {
	ids := idsOf(list, func(a *asked) []string { return []string{a.about.Call} })
	if len(ids) == 0 {
		return nil
	}
	found, err := g.past.CallsByID(ctx, g.shop, ids)
	for _, a := range list {
		if k, known := found[a.about.Call]; known {
			a.facts.Call = &k
		}
	}
	return err
}
