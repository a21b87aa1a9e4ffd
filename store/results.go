package store

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
)

// Tally counts what a campaign did for those who entered in [from, to) (zero:
// no bound), as the documents say now: every figure of its results comes from
// here. c is the version whose goal and windows are printed. Of a key that
// entered several times only the last entry is kept, and counted.
func (s *Store) Tally(ctx context.Context, shop commerce.Shop, c *campaigns.Campaign, from, to time.Time) (campaigns.Tally, error) {
	t := tallying{Store: s, shop: shop, campaign: c, now: s.now(), entries: map[string]counted{}, steps: map[string]*campaigns.StepTally{}}
	t.Tally = campaigns.Tally{
		Campaign: c.ID, From: from, To: to, Currency: shop.Currency, Window: campaigns.AttributionWindow(shop, c, campaigns.Email),
		OpensCount: shop.Results.CountOpens, MessagePrice: shop.Results.MessagePrice, MarginBP: shop.Results.MarginBP,
	}
	if c.Goal != nil {
		t.Within = c.Goal.Within
		for i, kind := range c.Goal.Events {
			if i > 0 {
				t.Goal += " or "
			}
			t.Goal += string(kind)
		}
	}
	for _, count := range []func(context.Context) error{t.countEntries, t.countMessages, t.countConversions} {
		if err := count(ctx); err != nil {
			return t.Tally, err
		}
	}
	for _, step := range c.Steps {
		line := t.step(step.ID)
		t.Steps = append(t.Steps, *line)
		delete(t.steps, step.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(t.steps)) { // steps of older versions
		t.Steps = append(t.Steps, *t.steps[id])
	}
	return t.Tally, nil
}

type tallying struct {
	*Store
	campaigns.Tally
	shop     commerce.Shop
	campaign *campaigns.Campaign
	now      time.Time
	entries  map[string]counted // by enrolment
	steps    map[string]*campaigns.StepTally
}

// counted is the entry of an enrolment that is counted.
type counted struct {
	entry int
	ripe  bool // its goal window is over
}

func (t *tallying) step(id string) *campaigns.StepTally {
	if t.steps[id] == nil {
		t.steps[id] = &campaigns.StepTally{Step: id}
	}
	return t.steps[id]
}

func (t *tallying) countEntries(ctx context.Context) error {
	fields := []string{"customer", "arm", "entry", "began_at", "entered_at", "converted_at", "state"}
	filter := of(t.shop.ID, bson.E{Key: "campaign", Value: t.campaign.ID})
	list, err := find[campaigns.Enrolment](ctx, t.Store, colEnrolments, Query{Filter: filter, Fields: fields})
	if err != nil {
		return err
	}
	people := map[string][]campaigns.Enrolment{}
	for _, e := range list {
		if e.EnteredAt.Before(t.From) || !t.To.IsZero() && !e.EnteredAt.Before(t.To) {
			continue
		}
		ripe := t.campaign.Goal != nil && !t.now.Before(e.BeganAt.Add(t.campaign.Goal.Within))
		t.entries[e.ID] = counted{e.Entry, ripe}
		people[e.Customer] = append(people[e.Customer], e)
	}
	return t.countPeople(ctx, people)
}

// countPeople counts entries and money by customer, merges followed: the arm is
// the customer's, and an order counts once however often they entered.
func (t *tallying) countPeople(ctx context.Context, people map[string][]campaigns.Enrolment) error {
	roots := map[string][]campaigns.Enrolment{}
	orders := map[string][]commerce.OrderFact{}
	for id, entries := range people {
		c, err := t.Customer(ctx, t.shop.ID, id)
		if err != nil && commerce.CodeOf(err) != commerce.NotFound {
			return err
		}
		roots[c.ID] = append(roots[c.ID], entries...) // "" stands for those erased since
		orders[c.ID] = c.History.Orders
	}
	for id, entries := range roots {
		byArm := map[campaigns.Arm][]campaigns.Enrolment{}
		for _, e := range entries {
			byArm[e.Arm] = append(byArm[e.Arm], e)
		}
		t.Treated.AddCustomer(byArm[campaigns.Treated], orders[id], t.campaign.Goal, t.MarginBP, t.now)
		t.Holdout.AddCustomer(byArm[campaigns.HeldOut], orders[id], t.campaign.Goal, t.MarginBP, t.now)
	}
	return nil
}

func (t *tallying) countMessages(ctx context.Context) error {
	fields := []string{"enrolment", "entry", "step", "state", "sent_at", "opens", "clicks", "machine_opens", "machine_clicks", "unsubscribed_at"}
	filter := of(t.shop.ID, bson.E{Key: "campaign", Value: t.campaign.ID})
	return t.docs.Find(ctx, colMessages, Query{Filter: filter, Fields: fields}, func(raw bson.Raw) error {
		var m campaigns.Message
		if err := Unmarshal(raw, &m); err != nil {
			return err
		}
		if e := t.entries[m.Enrolment]; e.entry == m.Entry {
			t.step(m.Step).AddMessage(m)
			if e.ripe && !m.SentAt.IsZero() {
				t.Ripe.Sent++
			}
		}
		return nil
	})
}

// countConversions adds the orders credited to messages of the counted entries.
func (t *tallying) countConversions(ctx context.Context) error {
	filter := of(t.shop.ID, bson.E{Key: "campaign", Value: t.campaign.ID})
	return t.docs.Find(ctx, colConversions, Query{Filter: filter}, func(raw bson.Raw) error {
		var c campaigns.Conversion
		if err := Unmarshal(raw, &c); err != nil {
			return err
		}
		parts, err := commerce.SplitKey(c.Message)
		if err != nil || len(parts) < 4 {
			return err
		}
		enrolment, of := commerce.Key(parts[:len(parts)-2]...), parts[len(parts)-2]
		if e := t.entries[enrolment]; of == strconv.Itoa(e.entry) {
			if e.ripe {
				t.Ripe.Discount += c.Discount
			}
			t.step(c.Step).AddConversion(c)
			t.Basis = t.Basis.And(c.Basis)
		}
		return nil
	})
}
