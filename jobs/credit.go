package jobs

import (
	"cmp"
	"context"
	"maps"
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
	MessagesByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Message, error)
	SentTo(ctx context.Context, shop string, customers []string) ([]campaigns.Message, error)
	TouchesAmong(ctx context.Context, shop string, messages []string) (map[string][]campaigns.Touch, error)
	ConversionsByID(ctx context.Context, shop string, orders []string) (map[string]campaigns.Conversion, error)
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

// Credit attributes the orders of the events that move money.
func (a *Credit) Credit(ctx context.Context, p *ShopCampaigns, list []commerce.Event) error {
	moved := slices.DeleteFunc(slices.Clone(list), func(e commerce.Event) bool { return !slices.Contains(moneyEvents, e.Kind) })
	found, err := a.facts.subjects.OrdersByID(ctx, p.Shop.ID, idsOf(moved, func(e commerce.Event) []string { return []string{e.Subject} }))
	if err != nil {
		return err
	}
	return a.orders(ctx, p, slices.Collect(maps.Values(found)))
}

// orders attributes orders as they are now. An imported order is never credited.
func (a *Credit) orders(ctx context.Context, p *ShopCampaigns, list []commerce.Order) error {
	list = slices.DeleteFunc(list, func(o commerce.Order) bool { return o.Imported || o.Times.PaidAt.IsZero() })
	for len(list) > 0 {
		c, err := a.gather(ctx, p, list)
		if err != nil {
			return err
		}
		unsaved := make([]bool, len(list))
		places := make([]int, len(list))
		for i := range places {
			places[i] = i
		}
		err = each(ctx, places, func(ctx context.Context, i int) error {
			o := list[i]
			now, err := c.attribute(p, o)
			if err != nil {
				return err
			}
			saved, err := a.store.SaveConversion(ctx, p.Shop.ID, c.before[o.ID], now)
			unsaved[i] = !saved
			return err
		})
		if err != nil {
			return err
		}
		var again []commerce.Order
		for i, o := range list {
			if unsaved[i] {
				again = append(again, o)
			}
		}
		list = again
	}
	return nil
}

// crediting is what the attribution of some orders needs.
type crediting struct {
	before    map[string]campaigns.Conversion // of each order, so far
	landed    map[string]string               // of each order, the message in its landing URL
	customers map[string]string               // of each order's customer, its id after all merges
	ids       map[string][]string             // of each of these, all ids
	sent      map[string][]campaigns.Message  // to each id of a customer
	messages  map[string]campaigns.Message    // of landing URLs
	touches   map[string][]campaigns.Touch    // of each message
}

func (a *Credit) gather(ctx context.Context, p *ShopCampaigns, list []commerce.Order) (c crediting, err error) {
	shop := p.Shop.ID
	if c.before, err = a.store.ConversionsByID(ctx, shop, idsOf(list, func(o commerce.Order) []string { return []string{o.ID} })); err != nil {
		return c, err
	}
	if err := a.people(ctx, shop, list, &c); err != nil {
		return c, err
	}
	c.landed = map[string]string{}
	var landed []string
	for _, o := range list {
		if id := mail.LandedMessage(a.tokens, o); id != "" {
			c.landed[o.ID], landed = id, append(landed, id)
		}
	}
	if c.messages, err = a.store.MessagesByID(ctx, shop, landed); err != nil {
		return c, err
	}
	for _, sent := range c.sent {
		for _, m := range sent {
			landed = append(landed, m.ID)
		}
	}
	c.touches, err = a.store.TouchesAmong(ctx, shop, landed)
	return c, err
}

// people reads the orders' customers under all ids, and the messages sent to them. A customer
// that is gone keeps its id.
func (a *Credit) people(ctx context.Context, shop string, list []commerce.Order, c *crediting) error {
	owners := idsOf(list, func(o commerce.Order) []string { return []string{o.Customer} })
	found, err := a.facts.subjects.CustomersByID(ctx, shop, owners)
	if err != nil {
		return err
	}
	c.customers = map[string]string{}
	for _, id := range owners {
		c.customers[id] = cmp.Or(found[id].ID, id)
	}
	roots := slices.Collect(maps.Values(c.customers))
	if c.ids, err = a.facts.withAliases(ctx, shop, distinctIDs(roots...)); err != nil {
		return err
	}
	all := slices.Concat(slices.Collect(maps.Values(c.ids))...)
	sent, err := a.store.SentTo(ctx, shop, all)
	c.sent = map[string][]campaigns.Message{}
	for _, m := range sent {
		c.sent[m.Customer] = append(c.sent[m.Customer], m)
	}
	return err
}

// attribute computes the conversion of an order; it names no message where none brought the
// order.
func (c *crediting) attribute(p *ShopCampaigns, o commerce.Order) (campaigns.Conversion, error) {
	o.Customer = c.customers[o.Customer] // merges followed
	candidates, err := c.candidates(p, o)
	if err != nil {
		return campaigns.Conversion{}, err
	}
	if credited, ok := campaigns.Attribute(p.Shop, o, candidates, c.landed[o.ID]); ok {
		return credited, nil
	}
	return campaigns.Conversion{ID: o.ID}, nil
}

// candidates are the messages sent to the order's customer under any id, and the
// message in its landing URL.
func (c *crediting) candidates(p *ShopCampaigns, o commerce.Order) (list []campaigns.Candidate, err error) {
	known := false
	for _, id := range c.ids[o.Customer] {
		for _, m := range c.sent[id] {
			one, err := c.candidate(p, m, o)
			if err != nil {
				return nil, err
			}
			one.Customer = o.Customer
			list, known = append(list, one), known || m.ID == c.landed[o.ID]
		}
	}
	if m, stored := c.messages[c.landed[o.ID]]; stored && !known {
		one, err := c.candidate(p, m, o)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// candidate is a message with its touches. A touch that was credited and is deleted by
// now counts as it did.
func (c *crediting) candidate(p *ShopCampaigns, m campaigns.Message, o commerce.Order) (campaigns.Candidate, error) {
	one := campaigns.Candidate{Message: m.ID, Campaign: m.Campaign, Step: m.Step, Customer: m.Customer, SentAt: since(m)}
	campaign, err := p.Version(m.Campaign, m.Version)
	if err != nil {
		return one, err
	}
	one.Window = campaigns.AttributionWindow(p.Shop, campaign, m.Channel)
	touches := slices.Clone(c.touches[m.ID])
	campaigns.Judge(touches, m.SentAt, len(m.Links))
	for _, t := range touches {
		switch {
		case t.Class != campaigns.HumanAgent:
		case t.Kind == campaigns.Clicked:
			one.Clicks = append(one.Clicks, t.At)
		case t.Kind == campaigns.Opened:
			one.Opens = append(one.Opens, t.At)
		}
	}
	for _, credit := range c.before[o.ID].Credits {
		switch {
		case credit.Message != m.ID || !m.Past.Covers(credit.At):
		case credit.Model == campaigns.ByClick:
			one.Clicks = append(one.Clicks, credit.At)
		case credit.Model == campaigns.ByOpen:
			one.Opens = append(one.Opens, credit.At)
		}
	}
	return one, nil
}

// since is the earliest time at which a message may have brought orders. An
// uncertain message counts from when it was rendered.
func since(m campaigns.Message) time.Time {
	if m.SentAt.IsZero() {
		return m.Rendered
	}
	return m.SentAt
}
