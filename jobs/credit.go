package jobs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

// Credit attributes paid orders to the messages that brought them. It does so
// again whenever an order's money or a message's clicks change.
type Credit struct {
	store  conversions
	facts  *Facts
	tokens *mail.Tokens
}

type conversions interface {
	Message(ctx context.Context, shop, id string) (campaigns.Message, error)
	SentTo(ctx context.Context, shop string, customers []string) ([]campaigns.Message, error)
	TouchesOf(ctx context.Context, shop, message string) ([]campaigns.Touch, error)
	// Conversion has no id where the order was never credited.
	Conversion(ctx context.Context, shop, order string) (campaigns.Conversion, error)
	SaveConversion(ctx context.Context, shop string, before, c campaigns.Conversion) (saved bool, err error)
}

// NewCredit makes the attributor; tokens open the click tokens in landing URLs.
func NewCredit(store conversions, facts *Facts, tokens *mail.Tokens) *Credit {
	return &Credit{store: store, facts: facts, tokens: tokens}
}

// moneyEvents are the events that may change an order's credit.
var moneyEvents = []commerce.EventKind{
	commerce.OrderPaid, commerce.OrderPartiallyRefunded, commerce.OrderRefunded, commerce.OrderRefundClosed, commerce.OrderCancelled,
}

// Credit attributes the event's order, if the event moves money.
func (a *Credit) Credit(ctx context.Context, p *ShopCampaigns, e commerce.Event) error {
	if !slices.Contains(moneyEvents, e.Kind) {
		return nil
	}
	o, err := a.facts.subjects.Order(ctx, p.Shop.ID, e.Subject)
	if err != nil {
		return ifFound(err)
	}
	return a.order(ctx, p, o)
}

// order attributes one order as it is now. An imported order is never credited.
func (a *Credit) order(ctx context.Context, p *ShopCampaigns, o commerce.Order) error {
	if o.Imported || o.Times.PaidAt.IsZero() {
		return nil
	}
	for {
		before, err := a.store.Conversion(ctx, p.Shop.ID, o.ID)
		if err != nil {
			return err
		}
		c, err := a.attribute(ctx, p, o, before)
		if err != nil {
			return err
		}
		saved, err := a.store.SaveConversion(ctx, p.Shop.ID, before, c)
		if err != nil || saved {
			return err
		}
	}
}

// attribute computes the conversion of an order; it names no message where none
// brought the order. before is the conversion so far.
func (a *Credit) attribute(
	ctx context.Context, p *ShopCampaigns, o commerce.Order, before campaigns.Conversion,
) (campaigns.Conversion, error) {
	landed := mail.LandedMessage(a.tokens, o)
	candidates, err := a.candidates(ctx, p, &o, landed, before)
	if err != nil {
		return campaigns.Conversion{}, err
	}
	if c, ok := campaigns.Attribute(p.Shop, o, candidates, landed); ok {
		return c, nil
	}
	return campaigns.Conversion{ID: o.ID}, nil
}

// candidates are the messages sent to the order's customer under any id, and the
// message in its landing URL. The order takes the customer's id after merges.
func (a *Credit) candidates(
	ctx context.Context, p *ShopCampaigns, o *commerce.Order, landed string, before campaigns.Conversion,
) ([]campaigns.Candidate, error) {
	var sent []campaigns.Message
	if o.Customer != "" {
		c, err := a.facts.subjects.Customer(ctx, p.Shop.ID, o.Customer)
		if ifFound(err) != nil {
			return nil, err
		}
		o.Customer = cmp.Or(c.ID, o.Customer) // a customer that is gone keeps its id
		ids, err := a.facts.idsOf(ctx, p.Shop.ID, o.Customer)
		if err != nil {
			return nil, err
		}
		if sent, err = a.store.SentTo(ctx, p.Shop.ID, ids); err != nil {
			return nil, err
		}
	}
	theirs := len(sent)
	if landed != "" && !slices.ContainsFunc(sent, func(m campaigns.Message) bool { return m.ID == landed }) {
		m, err := a.store.Message(ctx, p.Shop.ID, landed)
		if ifFound(err) != nil {
			return nil, err
		}
		if err == nil {
			sent = append(sent, m)
		}
	}
	list := make([]campaigns.Candidate, 0, len(sent))
	for i, m := range sent {
		c, err := a.candidate(ctx, p, m, before)
		if err != nil {
			return nil, err
		}
		if i < theirs {
			c.Customer = o.Customer // merges followed
		}
		list = append(list, c)
	}
	return list, nil
}

// candidate reads a message's touches. A touch that was credited and is deleted by
// now counts as it did.
func (a *Credit) candidate(
	ctx context.Context, p *ShopCampaigns, m campaigns.Message, before campaigns.Conversion,
) (campaigns.Candidate, error) {
	c := campaigns.Candidate{Message: m.ID, Campaign: m.Campaign, Step: m.Step, Customer: m.Customer, SentAt: since(m)}
	campaign, err := p.Version(m.Campaign, m.Version)
	if err != nil {
		return c, err
	}
	c.Window = campaigns.AttributionWindow(p.Shop, campaign, m.Channel)
	touches, err := a.store.TouchesOf(ctx, p.Shop.ID, m.ID)
	if err != nil {
		return c, err
	}
	campaigns.Judge(touches, m.SentAt, len(m.Links))
	for _, t := range touches {
		switch {
		case t.Class != campaigns.HumanAgent:
		case t.Kind == campaigns.Clicked:
			c.Clicks = append(c.Clicks, t.At)
		case t.Kind == campaigns.Opened:
			c.Opens = append(c.Opens, t.At)
		}
	}
	for _, credit := range before.Credits {
		switch {
		case credit.Message != m.ID || !m.Past.Covers(credit.At):
		case credit.Model == campaigns.ByClick:
			c.Clicks = append(c.Clicks, credit.At)
		case credit.Model == campaigns.ByOpen:
			c.Opens = append(c.Opens, credit.At)
		}
	}
	return c, nil
}

// since is the earliest time at which a message may have brought orders. An
// uncertain message counts from when it was rendered.
func since(m campaigns.Message) time.Time {
	if m.SentAt.IsZero() {
		return m.Rendered
	}
	return m.SentAt
}
