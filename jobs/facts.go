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

// Facts reads the facts of decisions as they are now.
type Facts struct {
	subjects subjects
	past     earlier
	now      func() time.Time
}

type subjects interface {
	Order(ctx context.Context, shop, id string) (commerce.Order, error)
	Checkout(ctx context.Context, shop, id string) (commerce.Checkout, error)
	Customer(ctx context.Context, shop, id string) (commerce.Customer, error)
	CustomerNow(ctx context.Context, shop, id string) (commerce.Customer, error)
	Aliases(ctx context.Context, shop, id string) ([]commerce.Customer, error)
}

type earlier interface {
	CustomerEvents(ctx context.Context, shop, customer string, after time.Time, limit int) ([]commerce.Event, error)
	Siblings(ctx context.Context, shop, campaign string, customers []string) ([]campaigns.Enrolment, error)
	Address(address commerce.Address) commerce.AddressHash
	SuppressionsOf(ctx context.Context, shop string, address commerce.AddressHash) ([]commerce.Suppression, error)
	correspondence
}

// correspondence reads the messages to a customer.
type correspondence interface {
	Message(ctx context.Context, shop, id string) (campaigns.Message, error)
	Places(ctx context.Context, shop string, address commerce.AddressHash) ([]campaigns.Place, error)
	Sends(ctx context.Context, shop string, customers []string, since time.Time, message string) ([]campaigns.Send, error)
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
	Channel                   string    // of the message, for its address
	Before                    string    // the message that the next step must not overtake
}

// gather reads the needed facts for one campaign. A fact that does not exist stays
// nil.
func (f *Facts) gather(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, needs []campaigns.Fact, a About,
) (facts campaigns.Facts, err error) {
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
	live     *ShopCampaigns
	campaign *campaigns.Campaign
	about    About
	facts    campaigns.Facts
	ids      []string // ids of the customer and of all customers merged into it
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
	g.about.Customer = cmp.Or(c.Customer, g.about.Customer) // it may have had another customer when it began
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
	// Another worker may be about to compute the profile. An event comes only once,
	// so the decision needs the profile with this event.
	c, err := g.subjects.CustomerNow(ctx, g.shop(), g.about.Customer)
	if err != nil {
		return ifFound(err)
	}
	g.facts.Customer = &c
	g.ids, err = g.idsOf(ctx, g.shop(), c.ID)
	return err
}

// idsOf returns the customer's id and the ids of all customers merged into it.
func (f *Facts) idsOf(ctx context.Context, shop, customer string) ([]string, error) {
	aliases, err := f.subjects.Aliases(ctx, shop, customer)
	ids := []string{customer}
	for _, a := range aliases {
		ids = append(ids, a.ID)
	}
	return ids, err
}

func (g *gathering) events(ctx context.Context) error {
	kinds := g.campaign.Listens(campaigns.SameCustomer)
	for _, id := range g.ids {
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
	if len(g.ids) > 0 {
		g.facts.Siblings, err = g.past.Siblings(ctx, g.shop(), g.campaign.ID, g.ids)
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

// address is the hashed address of the message; zero where there is none.
func (g *gathering) address() commerce.AddressHash {
	return g.past.Address(campaigns.Address(g.campaign.Class, g.about.Channel, g.facts.Customer, g.facts.Order, g.facts.Checkout))
}

func (g *gathering) sends(ctx context.Context) (err error) {
	if len(g.ids) > 0 {
		g.facts.Sends, err = g.past.Sends(ctx, g.shop(), g.ids, g.now().Add(-campaigns.CapWindow), g.about.Message)
	}
	return err
}

// ifFound drops a NotFound error: that a record does not exist is a fact too.
func ifFound(err error) error {
	if commerce.CodeOf(err) == commerce.NotFound {
		return nil
	}
	return err
}

// aboutEvent names the subjects of an event.
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

// aboutEnrolment names the subjects of an enrolment.
func aboutEnrolment(e campaigns.Enrolment) About {
	return About{Order: e.Order, Checkout: e.Checkout, Customer: e.Customer, Since: e.CauseAt, Before: e.Before()}
}
