package store

import (
	"context"
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
	t := tallying{Store: s, shop: shop, campaign: c, now: s.now(), entries: map[string]int{}, steps: map[string]*campaigns.StepTally{}}
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
	for _, line := range t.steps { // steps of older versions
		t.Steps = append(t.Steps, *line)
	}
	return t.Tally, nil
}

type tallying struct {
	*Store
	campaigns.Tally
	shop     commerce.Shop
	campaign *campaigns.Campaign
	now      time.Time
	entries  map[string]int // enrolment to the entry that is counted
	steps    map[string]*campaigns.StepTally
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
	for _, e := range list {
		if e.EnteredAt.Before(t.From) || !t.To.IsZero() && !e.EnteredAt.Before(t.To) {
			continue
		}
		t.entries[e.ID] = e.Entry
		arm := &t.Treated
		if e.Arm == campaigns.HeldOut {
			arm = &t.Holdout
		}
		arm.Entered++
		if t.campaign.Goal == nil || e.BeganAt.Add(t.Within).After(t.now) {
			continue
		}
		if err := t.countRipe(ctx, arm, e); err != nil {
			return err
		}
	}
	return nil
}

// countRipe adds an entry whose goal window is over: whether it reached the
// goal, and what its customer paid in the window, credited or not.
func (t *tallying) countRipe(ctx context.Context, arm *campaigns.ArmTally, e campaigns.Enrolment) error {
	arm.Ripe++
	end := e.BeganAt.Add(t.Within)
	if !e.ConvertedAt.IsZero() && !e.ConvertedAt.After(end) {
		arm.Converted++
	}
	if e.Customer == "" {
		return nil
	}
	c, err := t.Customer(ctx, t.shop.ID, e.Customer)
	if commerce.CodeOf(err) == commerce.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	var revenue int64
	for _, f := range c.History.Orders {
		if !f.Counts() || f.PaidAt.Before(e.BeganAt) || f.PaidAt.After(end) {
			continue
		}
		margin, _ := campaigns.MarginOf(f, t.shop.Results.MarginBP)
		revenue += f.Net
		arm.Margin += netMargin(f, margin)
	}
	arm.Revenue += revenue
	arm.Squares += float64(revenue) * float64(revenue)
	return nil
}

// netMargin takes a refund's share of an order's margin off it.
func netMargin(f commerce.OrderFact, margin int64) int64 {
	if f.Total <= 0 {
		return 0
	}
	return int64(float64(margin) * float64(f.Net) / float64(f.Total))
}

func (t *tallying) countMessages(ctx context.Context) error {
	fields := []string{"enrolment", "entry", "step", "state", "opens", "clicks", "machine_opens", "machine_clicks", "unsubscribed_at"}
	filter := of(t.shop.ID, bson.E{Key: "campaign", Value: t.campaign.ID})
	return t.docs.Find(ctx, colMessages, Query{Filter: filter, Fields: fields}, func(raw bson.Raw) error {
		var m campaigns.Message
		if err := Unmarshal(raw, &m); err != nil {
			return err
		}
		if entry, counted := t.entries[m.Enrolment]; !counted || entry != m.Entry || m.State != campaigns.Sent {
			return nil
		}
		line := t.step(m.Step)
		line.Sent++
		line.Delivered++ // nothing tells of mail that came back yet
		countTouches(line, m)
		return nil
	})
}

func countTouches(line *campaigns.StepTally, m campaigns.Message) {
	switch {
	case m.Opens > 0:
		line.Opened++
	case m.MachineOpens > 0:
		line.MachineOpened++
	}
	switch {
	case m.Clicks > 0:
		line.Clicked++
	case m.MachineClicks > 0:
		line.MachineClicked++
	}
	if !m.UnsubscribedAt.IsZero() {
		line.Unsubscribed++
	}
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
		enrolment := commerce.Key(parts[:len(parts)-2]...)
		if _, counted := t.entries[enrolment]; !counted {
			return nil
		}
		line := t.step(c.Step)
		line.Converted++
		line.Revenue += c.Revenue - c.Reversed
		line.Margin += c.Margin - c.MarginReversed
		line.Discount += c.Discount
		t.Basis = joinBasis(t.Basis, c.Basis)
		return nil
	})
}

func joinBasis(a, b campaigns.MarginBasis) campaigns.MarginBasis {
	if a == "" || a == b {
		return b
	}
	return campaigns.FromBoth
}
