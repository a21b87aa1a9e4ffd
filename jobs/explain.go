package jobs

import (
	"cmp"
	"context"
	"slices"
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

// mostCauses is how many causes an explanation shows, the latest first.
const mostCauses = 20

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

// causes evaluates the latest events that trigger c, its runs, or the lapse.
func (x *Explain) causes(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, customer string, ids []string,
) ([]campaigns.CauseOutcome, error) {
	if c.OnTime() {
		return x.runs(ctx, p, c, customer)
	}
	if c.Backfills() {
		filled, err := x.runs(ctx, p, c, customer)
		if err != nil {
			return nil, err
		}
		caused, err := x.caused(ctx, p, c, customer, ids)
		list := append(caused, filled...)
		slices.SortStableFunc(list, func(a, b campaigns.CauseOutcome) int { return b.Event.At.Compare(a.Event.At) })
		return list, err
	}
	if c.WatchesCustomers() {
		o, err := x.timed(ctx, p, c, customer)
		return []campaigns.CauseOutcome{o}, err
	}
	return x.caused(ctx, p, c, customer, ids)
}

// caused evaluates the latest events that trigger c.
func (x *Explain) caused(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, customer string, ids []string,
) ([]campaigns.CauseOutcome, error) {
	events, err := x.events(ctx, p.Shop.ID, c, ids)
	if err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(e commerce.Event) bool { return !c.Enters(e) })
	slices.SortFunc(events, func(a, b commerce.Event) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	var list []campaigns.CauseOutcome
	for _, e := range events[:min(len(events), mostCauses)] {
		e.Customer = customer
		o, err := x.cause(ctx, p, c, e)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

// events are those of a customer's orders and checkouts, as the records show them, or for a
// campaign of customers' events the stored ones.
func (x *Explain) events(ctx context.Context, shop string, c *campaigns.Campaign, ids []string) (events []commerce.Event, err error) {
	switch {
	case slices.ContainsFunc(c.Trigger.Events, commerce.EventKind.Reported): // there may be very many
		return x.store.LatestEvents(ctx, shop, ids, c.Trigger.Events, mostCauses)
	case c.OnCustomer():
		return x.facts.past.CustomersEvents(ctx, shop, ids, c.Trigger.Events, time.Time{})
	}
	for _, alias := range ids {
		orders, _, err := x.store.ListOrders(ctx, shop, commerce.OrderFilter{Customer: alias}, "", 500)
		if err != nil {
			return nil, err
		}
		for _, o := range orders {
			events = append(events, commerce.AllEvents(o)...)
		}
		checkouts, _, err := x.store.ListCheckouts(ctx, shop, alias, "", 500)
		if err != nil {
			return nil, err
		}
		for _, k := range checkouts {
			events = append(events, commerce.CheckoutEvents(commerce.Checkout{}, k)...)
		}
	}
	return events, nil
}

func (x *Explain) cause(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, e commerce.Event,
) (o campaigns.CauseOutcome, err error) {
	subject := e.Subject
	if c.Key == campaigns.ByCustomer {
		subject = e.Customer
	}
	before, facts, err := x.known(ctx, p, c, subject, aboutEvent(e))
	if err != nil {
		return o, err
	}
	id := campaigns.PostponedID(p.Shop.ID, c.ID, e.ID)
	if c.WatchesEvents() {
		id = campaigns.MissingID(p.Shop.ID, c.ID, e.ID)
	}
	waiting, err := x.state.Watch(ctx, p.Shop.ID, id)
	return campaigns.NewCauseOutcome(campaigns.ExplainEntry(c, before, e, facts, x.now()), before, waiting), err
}

// timed evaluates the time of a customer.
func (x *Explain) timed(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, customer string,
) (o campaigns.CauseOutcome, err error) {
	before, facts, err := x.known(ctx, p, c, customer, About{Customer: customer})
	if err != nil {
		return o, err
	}
	id, err := campaigns.EnrolmentID(c, p.Shop.ID, customer)
	if err != nil {
		return o, err
	}
	stored, err := x.state.Watch(ctx, p.Shop.ID, id)
	return campaigns.NewCauseOutcome(campaigns.ExplainWatch(c, before, stored, facts, x.now()), before, stored), err
}

// runs evaluates the latest runs of c for the customer. Without any it evaluates the one
// that an activation now would plan.
func (x *Explain) runs(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, customer string) ([]campaigns.CauseOutcome, error) {
	runs, _, err := x.store.ListRuns(ctx, p.Shop.ID, c.ID, "", mostCauses)
	if err != nil {
		return nil, err
	}
	if first, ok := campaigns.FirstRun(c, p.Shop, x.now()); len(runs) == 0 && ok {
		runs = append(runs, first)
	}
	about := About{Customer: customer, Cause: campaigns.BackfillCause(c, p.Shop.ID, customer)}
	before, facts, err := x.known(ctx, p, c, customer, about)
	if err != nil {
		return nil, err
	}
	list := make([]campaigns.CauseOutcome, len(runs))
	for i, r := range runs {
		list[i] = campaigns.NewRunOutcome(campaigns.ExplainRun(c, before, r, customer, facts, x.now()), before, r)
	}
	return list, nil
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
