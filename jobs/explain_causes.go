package jobs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// mostCauses is how many causes an explanation shows, the latest first.
const mostCauses = 20

// causes evaluates the latest events that trigger c, its runs, or the lapse; and the steps of other
// campaigns that let the customer enter.
func (x *Explain) causes(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, customer string, ids []string,
) (list []campaigns.CauseOutcome, err error) {
	var events []commerce.Event
	switch {
	case c.OnTime():
		list, err = x.runs(ctx, p, c, customer)
	case c.WatchesCustomers():
		list = make([]campaigns.CauseOutcome, 1)
		list[0], err = x.timed(ctx, p, c, customer)
	default:
		if events, err = x.events(ctx, p.Shop.ID, c, ids); err == nil && c.Backfills() {
			list, err = x.runs(ctx, p, c, customer)
		}
	}
	if err != nil {
		return nil, err
	}
	stepped, err := x.facts.past.CustomersEvents(ctx, p.Shop.ID, ids, []commerce.EventKind{commerce.CampaignEnter}, time.Time{})
	if err != nil {
		return nil, err
	}
	caused, err := x.caused(ctx, p, c, customer, append(events, stepped...))
	if len(caused) == 0 {
		return list, err
	}
	list = append(list, caused...)
	slices.SortStableFunc(list, func(a, b campaigns.CauseOutcome) int { return b.Event.At.Compare(a.Event.At) })
	return list, err
}

// caused evaluates the latest of some events that let the customer enter c.
func (x *Explain) caused(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, customer string, events []commerce.Event,
) ([]campaigns.CauseOutcome, error) {
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
