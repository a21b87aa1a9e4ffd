package jobs

import (
	"context"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// Explain shows why a customer is in a campaign or not. It calls the engine that
// decides, on the facts as they are now, and writes nothing.
type Explain struct {
	store customerHistory
	state campaignState
	cache *CampaignCache
	facts *Facts
	now   func() time.Time
}

// customerHistory lists the orders, checkouts, events and messages of a customer.
type customerHistory interface {
	// LatestEvents lists events of some kinds of some customers, the latest first.
	LatestEvents(
		ctx context.Context, shop string, customers []string, kinds []commerce.EventKind, limit int,
	) ([]commerce.Event, error)
	ListOrders(ctx context.Context, shop string, f commerce.OrderFilter, after string, limit int) ([]commerce.Order, string, error)
	ListCheckouts(ctx context.Context, shop, customer, after string, limit int) ([]commerce.Checkout, string, error)
	ListMessages(
		ctx context.Context, shop, campaign, customer string, state campaigns.MessageState, after string, limit int,
	) ([]campaigns.Message, string, error)
	ListRuns(ctx context.Context, shop, campaign, after string, limit int) ([]campaigns.Run, string, error)
}

// campaignState reads what campaigns have stored.
type campaignState interface {
	Versions(ctx context.Context, shop, slug string) ([]campaigns.Definition, error)
	Enrolment(ctx context.Context, shop, id string) (campaigns.Enrolment, error)
	Watch(ctx context.Context, shop, id string) (campaigns.Watch, error)
}

// NewExplain makes the explainer.
func NewExplain(store customerHistory, state campaignState, cache *CampaignCache, facts *Facts, now func() time.Time) *Explain {
	return &Explain{store: store, state: state, cache: cache, facts: facts, now: now}
}

// Campaign explains a campaign for a customer, merges followed. An unknown campaign
// or customer is NotFound.
func (x *Explain) Campaign(ctx context.Context, shop, slug, customer string) (campaigns.Explanation, error) {
	p, err := x.cache.Of(ctx, shop)
	if err != nil {
		return campaigns.Explanation{}, err
	}
	c, err := x.version(ctx, shop, slug)
	if err != nil {
		return campaigns.Explanation{}, err
	}
	result := campaigns.Explanation{Campaign: c, At: x.now()}
	found, err := x.facts.subjects.CustomersNow(ctx, shop, []string{customer})
	if err != nil {
		return result, err
	}
	known := false
	if result.Customer, known = found[customer]; !known {
		return result, commerce.Errorf(commerce.NotFound, "customer %q: not found in this shop", customer)
	}
	all, err := x.facts.withAliases(ctx, shop, []string{result.Customer.ID})
	if err != nil {
		return result, err
	}
	ids := all[result.Customer.ID]
	if result.Causes, err = x.causes(ctx, p, c, result.Customer.ID, ids); err != nil {
		return result, err
	}
	if result.Enrolments, err = x.facts.past.Siblings(ctx, shop, []string{slug}, ids); err != nil {
		return result, err
	}
	for _, alias := range ids {
		if err := x.messages(ctx, p, c, alias, &result); err != nil {
			return result, err
		}
	}
	return result, nil
}

// version is the active or paused version of a campaign, else the newest.
func (x *Explain) version(ctx context.Context, shop, slug string) (*campaigns.Campaign, error) {
	versions, err := x.state.Versions(ctx, shop, slug)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, commerce.Errorf(commerce.NotFound, "campaign: not found in this shop")
	}
	for _, d := range versions {
		if d.State == campaigns.Active || d.State == campaigns.Paused {
			return d.Load()
		}
	}
	return versions[0].Load()
}

// known is the enrolment of a subject, and the facts of its explanation.
func (x *Explain) known(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, subject string, a About,
) (before campaigns.Enrolment, f campaigns.Facts, err error) {
	id, err := campaigns.EnrolmentID(c, p.Shop.ID, subject)
	if err != nil {
		return before, f, err
	}
	if before, err = x.state.Enrolment(ctx, p.Shop.ID, id); err != nil {
		return before, f, err
	}
	f, err = x.gather(ctx, p, question{c, campaigns.ExplainNeeds(c), a})
	return before, f, err
}

func (x *Explain) gather(ctx context.Context, p *ShopCampaigns, q question) (campaigns.Facts, error) {
	facts, err := x.facts.gather(ctx, p, []question{q})
	if err != nil {
		return campaigns.Facts{}, err
	}
	return facts[0], nil
}

// messages adds the campaign's latest messages to a customer. For each message that
// is still to be sent it adds the checks as they would decide now.
func (x *Explain) messages(
	ctx context.Context, p *ShopCampaigns, active *campaigns.Campaign, customer string, result *campaigns.Explanation,
) error {
	list, _, err := x.store.ListMessages(ctx, p.Shop.ID, active.ID, customer, "", "", 50)
	if err != nil {
		return err
	}
	for _, m := range list {
		out := campaigns.ExplainedMessage{Message: m}
		if m.State == campaigns.Planned || m.State == campaigns.Deferred {
			if out.Checks, err = x.outstanding(ctx, p, m); err != nil {
				return err
			}
		}
		result.Messages = append(result.Messages, out)
	}
	return nil
}

func (x *Explain) outstanding(ctx context.Context, p *ShopCampaigns, m campaigns.Message) ([]campaigns.Reason, error) {
	c, err := p.Version(m.Campaign, m.Version)
	if err != nil {
		return nil, err
	}
	e, err := x.state.Enrolment(ctx, p.Shop.ID, m.Enrolment)
	if err != nil {
		return nil, err
	}
	about := aboutEnrolment(e)
	about.Message = m.ID
	facts, err := x.gather(ctx, p, question{c, campaigns.HandOverNeeds(c), about})
	if err != nil {
		return nil, err
	}
	return campaigns.HandOver(c, m, e, facts, x.now()).Reasons, nil
}
