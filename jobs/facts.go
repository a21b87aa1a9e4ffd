package jobs

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// Facts fetches what decisions read, as it is now.
type Facts struct {
	subjects subjects
	past     past
	now      func() time.Time
}

type subjects interface {
	Order(ctx context.Context, shop, id string) (commerce.Order, error)
	Checkout(ctx context.Context, shop, id string) (commerce.Checkout, error)
	Customer(ctx context.Context, shop, id string) (commerce.Customer, error)
	CustomerNow(ctx context.Context, shop, id string) (commerce.Customer, error)
	Aliases(ctx context.Context, shop, id string) ([]commerce.Customer, error)
}

type past interface {
	CustomerEvents(ctx context.Context, shop, customer string, after time.Time, limit int) ([]commerce.Event, error)
	Siblings(ctx context.Context, shop, campaign string, customers []string) ([]campaigns.Enrolment, error)
	Address(address commerce.Address) commerce.AddressHash
	SuppressionsOf(ctx context.Context, shop string, address commerce.AddressHash) ([]commerce.Suppression, error)
	correspondence
}

// correspondence is what was written to a customer.
type correspondence interface {
	Message(ctx context.Context, shop, id string) (campaigns.Message, error)
	Places(ctx context.Context, shop string, address commerce.AddressHash) ([]campaigns.Place, error)
	Sends(ctx context.Context, shop string, customers []string, since time.Time, message string) ([]campaigns.Send, error)
}

// NewFacts makes a fetcher.
func NewFacts(subjects subjects, past past, now func() time.Time) *Facts {
	return &Facts{subjects: subjects, past: past, now: now}
}

// About says whom and what facts are wanted about: ids, as far as known.
type About struct {
	Order, Checkout, Customer string
	Since                     time.Time // events from here on
	Message                   string    // left out of the sends
	Channel                   string    // of the message, for its address
	Before                    string    // the message that the next step must not overtake
}

// gather fetches needs for one campaign. What does not exist stays nil.
func (f *Facts) gather(ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, needs []campaigns.Fact, a About) (facts campaigns.Facts, err error) {
	g := gathering{Facts: f, live: p, campaign: c, about: a, facts: campaigns.Facts{Shop: p.Shop, Params: p.Params}}
	for _, step := range []struct {
		fact  campaigns.Fact
		fetch func(context.Context) error
	}{
		{campaigns.FactCheckout, g.checkout},
		{campaigns.FactOrder, g.order},
		{campaigns.FactCustomer, g.customer},
		{campaigns.FactCustomerEvents, g.events},
		{campaigns.FactSiblings, g.siblings},
		{campaigns.FactBefore, g.before},
		{campaigns.FactSuppression, g.suppression},
		{campaigns.FactSends, g.sends},
		{campaigns.FactPlaces, g.places},
	} {
		if !slices.Contains(needs, step.fact) {
			continue
		}
		if err := step.fetch(ctx); err != nil {
			return g.facts, err
		}
	}
	return g.facts, nil
}

type gathering struct {
	*Facts
	live *ShopCampaigns
	campaign      *campaigns.Campaign
	about         About
	facts         campaigns.Facts
	everybody     []string // the customer and all aliases
}

func (g *gathering) shop() string { return g.live.Shop.ID }

func (g *gathering) checkout(ctx context.Context) error {
	if g.about.Checkout == "" {
		return nil
	}
	c, err := g.subjects.Checkout(ctx, g.shop(), g.about.Checkout)
	if err != nil {
		return ifFound(err)
	}
	g.facts.Checkout = &c
	if c.Order != "" {
		g.about.Order = commerce.Key(c.Shop, c.Connection, c.Order)
	}
	g.about.Customer = cmp.Or(c.Customer, g.about.Customer) // whoever it was thought to be when it began
	return nil
}

func (g *gathering) order(ctx context.Context) error {
	if g.about.Order == "" {
		return nil
	}
	o, err := g.subjects.Order(ctx, g.shop(), g.about.Order)
	if err != nil {
		return ifFound(err)
	}
	g.facts.Order = &o
	g.about.Customer = cmp.Or(o.Customer, g.about.Customer)
	return nil
}

func (g *gathering) customer(ctx context.Context) error {
	if g.about.Customer == "" {
		return nil
	}
	// Another worker may be about to compute the profile: an event is not told
	// twice, so nobody is judged by what they did before it.
	c, err := g.subjects.CustomerNow(ctx, g.shop(), g.about.Customer)
	if err != nil {
		return ifFound(err)
	}
	g.facts.Customer = &c
	g.everybody, err = g.everybodyOf(ctx, g.shop(), c.ID)
	return err
}

// everybodyOf is the customer's id and those of all aliases.
func (f *Facts) everybodyOf(ctx context.Context, shop, customer string) ([]string, error) {
	aliases, err := f.subjects.Aliases(ctx, shop, customer)
	ids := []string{customer}
	for _, a := range aliases {
		ids = append(ids, a.ID)
	}
	return ids, err
}

func (g *gathering) events(ctx context.Context) error {
	kinds := g.campaign.Listens(campaigns.SameCustomer)
	for _, id := range g.everybody {
		list, err := g.past.CustomerEvents(ctx, g.shop(), id, g.about.Since.Add(-time.Millisecond), 500)
		if err != nil {
			return err
		}
		for _, e := range list {
			if slices.Contains(kinds, e.Kind) {
				g.facts.Events = append(g.facts.Events, e)
			}
		}
	}
	return nil
}

func (g *gathering) siblings(ctx context.Context) (err error) {
	if len(g.everybody) > 0 {
		g.facts.Siblings, err = g.past.Siblings(ctx, g.shop(), g.campaign.ID, g.everybody)
	}
	return err
}

func (g *gathering) before(ctx context.Context) error {
	if g.about.Before == "" {
		return nil
	}
	m, err := g.past.Message(ctx, g.shop(), g.about.Before)
	if err != nil {
		return ifFound(err)
	}
	g.facts.Before = &m
	return nil
}

func (g *gathering) suppression(ctx context.Context) (err error) {
	if address := g.address(); !address.IsZero() {
		g.facts.Suppressions, err = g.past.SuppressionsOf(ctx, g.shop(), address)
	}
	return err
}

func (g *gathering) places(ctx context.Context) (err error) {
	if address := g.address(); !address.IsZero() {
		g.facts.Places, err = g.past.Places(ctx, g.shop(), address)
	}
	return err
}

// address is where the message goes; zero where there is none.
func (g *gathering) address() commerce.AddressHash {
	return g.past.Address(campaigns.Address(g.campaign.Class, g.about.Channel, g.facts.Customer, g.facts.Order, g.facts.Checkout))
}

func (g *gathering) sends(ctx context.Context) (err error) {
	if len(g.everybody) > 0 {
		g.facts.Sends, err = g.past.Sends(ctx, g.shop(), g.everybody, g.now().Add(-campaigns.CapWindow), g.about.Message)
	}
	return err
}

// ifFound drops the error that nothing is there: the fact is that it is not.
func ifFound(err error) error {
	if commerce.CodeOf(err) == commerce.NotFound {
		return nil
	}
	return err
}

// aboutEvent is what an event names.
func aboutEvent(e commerce.Event) About {
	a := About{Customer: e.Customer, Since: e.At}
	switch family, _, _ := strings.Cut(string(e.Kind), "."); family {
	case "order":
		a.Order = e.Subject
	case "checkout":
		a.Checkout = e.Subject
	}
	return a
}

// aboutEnrolment is what an enrolment is about.
func aboutEnrolment(e campaigns.Enrolment) About {
	return About{Order: e.Order, Checkout: e.Checkout, Customer: e.Customer, Since: e.CauseAt, Before: e.Before()}
}
