package jobs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
)

// Facts reads the facts of decisions as they are now, of many decisions with one read of
// each collection.
type Facts struct {
	subjects subjects
	past     earlier
	now      func() time.Time
}

// subjects reads records by their ids. Those that do not exist are left out.
type subjects interface {
	OrdersByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Order, error)
	ProductsByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Product, error)
	CheckoutsByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Checkout, error)
	CustomersByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Customer, error)
	CustomersNow(ctx context.Context, shop string, ids []string) (map[string]commerce.Customer, error)
	AliasIDs(ctx context.Context, shop string, ids []string) (map[string][]string, error)
}

type earlier interface {
	CustomersEvents(
		ctx context.Context, shop string, customers []string, kinds []commerce.EventKind, after time.Time,
	) ([]commerce.Event, error)
	EventsByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Event, error)
	Siblings(ctx context.Context, shop string, campaigns, customers []string) ([]campaigns.Enrolment, error)
	ListingsAmong(ctx context.Context, shop string, customers []string) ([]segments.Listed, error)
	Address(address commerce.Address) commerce.AddressHash
	SuppressionsAmong(ctx context.Context, shop string, list []commerce.AddressHash) (map[commerce.AddressHash][]commerce.Suppression, error)
	correspondence
}

// correspondence reads the messages to customers.
type correspondence interface {
	MessagesByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Message, error)
	Places(ctx context.Context, shop string, list []commerce.AddressHash) (map[commerce.AddressHash][]campaigns.Place, error)
	CallsByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Call, error)
	Sendings(ctx context.Context, shop string, customers []string) ([]campaigns.Sending, error)
	StepsAhead(ctx context.Context, shop string, customers []string, until time.Time) ([]campaigns.Enrolment, error)
}

// NewFacts makes the facts; now is the clock of due times.
func NewFacts(subjects subjects, past earlier, now func() time.Time) *Facts {
	return &Facts{subjects: subjects, past: past, now: now}
}

// About names the subjects of the facts: ids, as far as known.
type About struct {
	Order, Checkout, Customer string
	Since                     time.Time // events from here on
	Message                   string    // this message is left out of the sends
	Before                    string    // the message that the next step must not overtake
	Call                      string    // the call that the enrolment waits for
	Cause                     string    // the event that the enrolment began with; empty: not to be read
}

// question asks for the facts of one decision of a campaign.
type question struct {
	campaign *campaigns.Campaign
	needs    []campaigns.Fact
	about    About
}

// gather reads the facts of some questions, in their order. A fact that does not exist stays
// nil.
func (f *Facts) gather(ctx context.Context, p *ShopCampaigns, list []question) ([]campaigns.Facts, error) {
	g := gathering{Facts: f, campaigns: p, shop: p.Shop.ID, asked: make([]asked, len(list))}
	for i, q := range list {
		g.asked[i] = asked{question: q, facts: campaigns.Facts{Shop: p.Shop, Params: p.Params}}
	}
	for _, step := range []struct {
		fact  campaigns.Fact
		fetch func(context.Context, []*asked) error
	}{
		{campaigns.FactCheckout, g.checkouts},
		{campaigns.FactOrder, g.orders},
		{campaigns.FactProducts, g.products},
		{campaigns.FactCustomer, g.customers},
		{campaigns.FactCustomerEvents, g.events},
		{campaigns.FactCause, g.causes},
		{campaigns.FactSiblings, g.siblings},
		{campaigns.FactListings, g.listings},
		{campaigns.FactBefore, g.before},
		{campaigns.FactCall, g.calls},
		{campaigns.FactSuppression, g.suppressions},
		{campaigns.FactSends, g.sends},
		{campaigns.FactTroubles, g.troubles},
		{campaigns.FactPlaces, g.places},
	} {
		if some := g.needing(step.fact); len(some) > 0 {
			if err := step.fetch(ctx, some); err != nil {
				return nil, err
			}
		}
	}
	facts := make([]campaigns.Facts, len(list))
	for i := range g.asked {
		facts[i] = g.asked[i].facts
	}
	return facts, nil
}

// gathering is the reading of facts under way.
type gathering struct {
	*Facts
	campaigns *ShopCampaigns
	shop      string
	asked     []asked
}

// asked is a question with what is known of it.
type asked struct {
	question
	facts campaigns.Facts
	ids   []string // ids of the customer and of all customers merged into it
}

func (g *gathering) needing(fact campaigns.Fact) []*asked {
	var some []*asked
	for i := range g.asked {
		if slices.Contains(g.asked[i].needs, fact) {
			some = append(some, &g.asked[i])
		}
	}
	return some
}

// idsOf are the different ids that some questions have, without empty ones.
func idsOf[T any](list []T, ids func(T) []string) []string {
	var all []string
	seen := map[string]bool{"": true}
	for _, one := range list {
		for _, id := range ids(one) {
			if !seen[id] {
				seen[id] = true
				all = append(all, id)
			}
		}
	}
	return all
}

func (g *gathering) checkouts(ctx context.Context, list []*asked) error {
	found, err := g.subjects.CheckoutsByID(ctx, g.shop, idsOf(list, func(a *asked) []string { return []string{a.about.Checkout} }))
	for _, a := range list {
		c, known := found[a.about.Checkout]
		if !known {
			continue
		}
		a.facts.Checkout = &c
		if order := c.BecameOrder(); order != "" {
			a.about.Order = commerce.Key(c.Shop, c.Connection, order)
		}
		a.about.Customer = cmp.Or(c.Customer, a.about.Customer) // it may have had another customer when it began
	}
	return err
}

func (g *gathering) orders(ctx context.Context, list []*asked) error {
	found, err := g.subjects.OrdersByID(ctx, g.shop, idsOf(list, func(a *asked) []string { return []string{a.about.Order} }))
	for _, a := range list {
		if o, known := found[a.about.Order]; known {
			a.facts.Order = &o
			a.about.Customer = cmp.Or(o.Customer, a.about.Customer)
		}
	}
	return err
}

func (g *gathering) products(ctx context.Context, list []*asked) error {
	found, err := g.subjects.ProductsByID(ctx, g.shop, idsOf(list, orderedBy))
	for _, a := range list {
		a.facts.Products = some(found, orderedBy(a))
	}
	return err
}

func orderedBy(a *asked) []string {
	if a.facts.Order == nil {
		return nil
	}
	return a.facts.Order.ProductIDs()
}

// customers reads the customers with up-to-date profiles. Another worker may be about to
// compute one; an event comes only once, so the decision needs the profile with this event.
func (g *gathering) customers(ctx context.Context, list []*asked) error {
	found, err := g.subjects.CustomersNow(ctx, g.shop, idsOf(list, func(a *asked) []string { return []string{a.about.Customer} }))
	if err != nil {
		return err
	}
	for _, a := range list {
		if c, known := found[a.about.Customer]; known {
			a.facts.Customer = &c
		}
	}
	ids, err := g.withAliases(ctx, g.shop, idsOf(list, customerOf))
	for _, a := range list {
		if a.facts.Customer != nil {
			a.ids = ids[a.facts.Customer.ID]
		}
	}
	return err
}

func customerOf(a *asked) []string {
	if a.facts.Customer == nil {
		return nil
	}
	return []string{a.facts.Customer.ID}
}

// withAliases are, of each customer, its id and the ids of all customers merged into it.
func (f *Facts) withAliases(ctx context.Context, shop string, customers []string) (map[string][]string, error) {
	aliases, err := f.subjects.AliasIDs(ctx, shop, customers)
	ids := map[string][]string{}
	for _, id := range customers {
		ids[id] = append([]string{id}, aliases[id]...)
	}
	return ids, err
}

// theirIDs are the ids of the customer of a question.
func theirIDs(a *asked) []string { return a.ids }

func (g *gathering) events(ctx context.Context, list []*asked) error {
	var kinds []commerce.EventKind
	var after time.Time
	for _, a := range list {
		kinds = append(kinds, a.campaign.Listens(campaigns.SameCustomer)...)
		if after.IsZero() || a.about.Since.Before(after) {
			after = a.about.Since
		}
	}
	slices.Sort(kinds)
	found, err := g.past.CustomersEvents(ctx, g.shop, idsOf(list, theirIDs), slices.Compact(kinds), after.Add(-time.Millisecond))
	slices.SortStableFunc(found, func(a, b commerce.Event) int { return a.At.Compare(b.At) })
	of := map[string][]commerce.Event{}
	for _, e := range found {
		of[e.Customer] = append(of[e.Customer], e)
	}
	for _, a := range list {
		wanted := a.campaign.Listens(campaigns.SameCustomer)
		for _, id := range a.ids {
			for _, e := range of[id] {
				if !e.At.Before(a.about.Since) && slices.Contains(wanted, e.Kind) {
					a.facts.Events = append(a.facts.Events, e)
				}
			}
		}
	}
	return err
}

func (g *gathering) causes(ctx context.Context, list []*asked) error {
	ids := idsOf(list, func(a *asked) []string { return []string{a.about.Cause} })
	if len(ids) == 0 {
		return nil
	}
	found, err := g.past.EventsByID(ctx, g.shop, ids)
	for _, a := range list {
		if e, known := found[a.about.Cause]; known {
			a.facts.Cause = &e
		}
	}
	return err
}

func (g *gathering) siblings(ctx context.Context, list []*asked) error {
	slugs := idsOf(list, func(a *asked) []string { return []string{a.campaign.ID} })
	found, err := g.past.Siblings(ctx, g.shop, slugs, idsOf(list, theirIDs))
	of := map[string][]campaigns.Enrolment{}
	for _, e := range found {
		of[e.Customer] = append(of[e.Customer], e)
	}
	for _, a := range list {
		for _, id := range a.ids {
			for _, e := range of[id] {
				if e.Campaign == a.campaign.ID {
					a.facts.Siblings = append(a.facts.Siblings, e)
				}
			}
		}
	}
	return err
}

// listings reads how people and imports listed the customers in segments. Of two listings of one
// person that contradict, excluded counts.
func (g *gathering) listings(ctx context.Context, list []*asked) error {
	found, err := g.past.ListingsAmong(ctx, g.shop, idsOf(list, theirIDs))
	of := map[string][]segments.Listed{}
	for _, l := range found {
		of[l.Customer] = append(of[l.Customer], l)
	}
	for _, a := range list {
		a.facts.Listed = map[string]segments.Listing{}
		for _, id := range a.ids {
			for _, l := range of[id] {
				switch {
				case !l.Included:
					a.facts.Listed[l.Segment] = segments.Excluded
				case a.facts.Listed[l.Segment] == segments.Unlisted:
					a.facts.Listed[l.Segment] = segments.Included
				}
			}
		}
	}
	return err
}

func (g *gathering) before(ctx context.Context, list []*asked) error {
	found, err := g.past.MessagesByID(ctx, g.shop, idsOf(list, func(a *asked) []string { return []string{a.about.Before} }))
	for _, a := range list {
		if m, known := found[a.about.Before]; known {
			a.facts.Before = &m
		}
	}
	return err
}

func (g *gathering) suppressions(ctx context.Context, list []*asked) error {
	found, err := g.past.SuppressionsAmong(ctx, g.shop, g.addresses(list))
	for _, a := range list {
		a.facts.Suppressions = byChannel(g, a, found)
	}
	return err
}

func (g *gathering) places(ctx context.Context, list []*asked) error {
	found, err := g.past.Places(ctx, g.shop, g.addresses(list))
	for _, a := range list {
		a.facts.Places = byChannel(g, a, found)
	}
	return err
}

// byChannel is what is known of the addresses of a question, by the campaign's channels; nil where
// nothing is.
func byChannel[T any](g *gathering, a *asked, found map[commerce.AddressHash][]T) (by map[string][]T) {
	for _, channel := range a.campaign.Channels() {
		if list := found[g.address(a, channel)]; len(list) > 0 {
			if by == nil {
				by = map[string][]T{}
			}
			by[channel] = list
		}
	}
	return by
}

// address is the hashed address of a message on a channel; zero where there is none.
func (g *gathering) address(a *asked, channel string) commerce.AddressHash {
	return g.past.Address(campaigns.Address(a.campaign.Class, channel, a.facts.Customer, a.facts.Order, a.facts.Checkout))
}

func (g *gathering) addresses(list []*asked) []commerce.AddressHash {
	var all []commerce.AddressHash
	for _, a := range list {
		for _, channel := range a.campaign.Channels() {
			if address := g.address(a, channel); !address.IsZero() {
				all = append(all, address)
			}
		}
	}
	return all
}

// aboutEvent names the subjects of an event.
func aboutEvent(e commerce.Event) About {
	a := About{Customer: e.Customer, Since: e.At}
	a.Order, a.Checkout = campaigns.SubjectOf(e)
	return a
}

// aboutEnrolment names the subjects of an enrolment.
func aboutEnrolment(e campaigns.Enrolment) About {
	return About{
		Order: e.Order, Checkout: e.Checkout, Customer: e.Customer, Since: e.CauseAt, Before: e.Before(), Call: e.Awaited(), Cause: e.Cause,
	}
}
