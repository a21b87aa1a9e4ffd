package store

import (
	"context"

	"comeback/campaigns"
	"comeback/commerce"
)

// read reads all data of the count in a few searches, for any number of parts.
func (c *counter) read(ctx context.Context) error {
	for _, read := range []func(context.Context) error{c.orders, c.enrolments, c.messages, c.conversions, c.goals} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readAmong is amongAll of the counter's shop.
func readAmong[T any](ctx context.Context, c *counter, coll, field string, values []string, fields ...string) (list []T, err error) {
	return amongAll[T](ctx, c.Store, coll, c.shop, field, values, fields...)
}

func (c *counter) orders(ctx context.Context) error {
	roots := make([]string, 0, len(c.ids))
	for root := range c.ids {
		roots = append(roots, root)
		c.gone[root] = true
	}
	people, err := readAmong[commerce.Customer](ctx, c, colCustomers, "_id", roots, "history.orders", "gone_at")
	orders := map[string][]commerce.OrderFact{}
	for _, one := range people {
		if one.GoneAt.IsZero() {
			c.gone[one.ID], orders[one.ID] = false, one.History.Orders
		}
	}
	for p, one := range c.parts {
		one.Orders = orders[p.customer]
	}
	return err
}

func (c *counter) enrolments(ctx context.Context) error {
	type homed struct {
		campaigns.Enrolment `bson:",inline"`
		Homes               []string `bson:"homes"`
	}
	var ids []string
	for _, all := range c.ids {
		ids = append(ids, all...)
	}
	fields := []string{"shop", "campaign", "version", "entry", "state", "arm", "by_shop", "customer", "cause", "began_at", "entered_at",
		"converted_at", "past", "homes"}
	list, err := readAmong[homed](ctx, c, colEnrolments, "customer", ids, fields...)
	for _, e := range list {
		if one := c.parts[part{e.Campaign, c.roots[e.Customer]}]; one != nil {
			one.Enrolments = append(one.Enrolments, e.Enrolment)
			c.homes[e.ID] = e.Homes
		}
	}
	return err
}

func (c *counter) messages(ctx context.Context) error {
	owners, ids := map[string]*campaigns.Participant{}, []string{}
	for _, one := range c.parts {
		for _, e := range one.Enrolments {
			owners[e.ID] = one
			ids = append(ids, e.ID)
		}
	}
	fields := []string{"enrolment", "entry", "step", "state", "sent_at", "opens", "clicks", "machine_opens", "machine_clicks",
		"unsubscribed_at"}
	list, err := readAmong[campaigns.Message](ctx, c, colMessages, "enrolment", ids, fields...)
	for _, m := range list {
		one := owners[m.Enrolment]
		one.Messages[m.Enrolment] = append(one.Messages[m.Enrolment], m)
	}
	return err
}

func (c *counter) conversions(ctx context.Context) error {
	owners, ids := map[string]*campaigns.Participant{}, []string{}
	for _, one := range c.parts {
		for _, list := range one.Messages {
			for _, m := range list {
				owners[m.ID] = one
				ids = append(ids, m.ID)
			}
		}
	}
	fields := []string{"message", "step", "revenue", "margin", "basis", "discount", "reversed", "margin_reversed"}
	list, err := readAmong[campaigns.Conversion](ctx, c, colConversions, "message", ids, fields...)
	for _, v := range list {
		one := owners[v.Message]
		one.Conversions[v.Message] = append(one.Conversions[v.Message], v)
	}
	return err
}

// goals reads the goals of the versions of the entries.
func (c *counter) goals(ctx context.Context) error {
	known := map[string]map[int]*campaigns.Goal{}
	for p, one := range c.parts {
		if known[p.campaign] == nil {
			goals, err := c.goalsOf(ctx, p.campaign)
			if err != nil {
				return err
			}
			known[p.campaign] = goals
		}
		one.Goals = known[p.campaign]
	}
	return nil
}

// goalsOf is the goals of all versions of a campaign. A version that can no
// longer be read has none.
func (c *counter) goalsOf(ctx context.Context, campaign string) (map[int]*campaigns.Goal, error) {
	list, err := c.Versions(ctx, c.shop, campaign)
	goals := map[int]*campaigns.Goal{}
	for _, d := range list {
		version, err := d.Load()
		if err != nil {
			c.log.Error("entries are counted without their goal", "shop", c.shop, "campaign", campaign, "version", d.Version, "error", err)
			continue
		}
		goals[d.Version] = version.Goal
	}
	return goals, err
}
