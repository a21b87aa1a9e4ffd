package campaigns

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// decider contains the input of one decision. It is made for one call and not
// reused.
type decider struct {
	c       *Campaign
	f       Facts
	now     time.Time
	profile *commerce.Profile
	own     *commerce.OrderFact // of f.Order, or what f.Checkout would be; nil: neither
	planned bool                // this decision has planned a message, which cannot be sent yet
	called  bool                // this decision has planned a call, which cannot be answered yet
}

func newDecider(c *Campaign, f Facts, now time.Time) *decider {
	d := &decider{c: c, f: f, now: now.UTC().Truncate(time.Millisecond), profile: &commerce.Profile{}}
	if f.Customer != nil {
		d.profile, d.f.Params.Customer = &f.Customer.Profile, f.Customer.ID
	}
	d.f.Params.Listed = func(segment string) segments.Listing { return d.f.Listed[segment] }
	if d.f.Params.Zone == nil {
		d.f.Params.Zone = f.Shop.Location()
	}
	if d.f.Params.Currency == "" {
		d.f.Params.Currency = f.Shop.Currency
	}
	if f.Cause != nil {
		d.causedBy(*f.Cause)
	}
	switch {
	case f.Order != nil:
		fact := commerce.FactOf(f.Order.Stocked(f.Products), d.f.Params.Currency)
		d.own = &fact
	case f.Checkout != nil:
		fact := d.orderFrom(*f.Checkout)
		d.own = &fact
	}
	return d
}

// satisfies evaluates a condition for the customer and the order id; for a
// checkout, for the order it would become. A nil condition is satisfied.
func (d *decider) satisfies(condition segments.Condition, order string) bool {
	if condition == nil {
		return true
	}
	return segments.Match(condition, d.profile, d.fact(order), d.f.Params, d.now)
}

// observations lists the tests of a condition with the values they saw: of many
// tests the first few.
func (d *decider) observations(condition segments.Condition, order string) string {
	var leaves []string
	var walk func(v segments.Verdict)
	walk = func(v segments.Verdict) {
		if len(v.Parts) == 0 {
			leaves = append(leaves, v.Test+" (saw "+cmp.Or(v.Seen, "nothing")+")")
		}
		for _, part := range v.Parts {
			walk(part)
		}
	}
	walk(segments.Explain(condition, d.profile, d.fact(order), d.f.Params, d.now))
	if len(leaves) > 5 {
		leaves = append(leaves[:5], "...")
	}
	return commerce.Clip(strings.Join(leaves, "; "), 400)
}

// fact is the order as it is now: from its record, or else from the customer's
// history.
func (d *decider) fact(order string) *commerce.OrderFact {
	if d.own != nil && (order == "" || order == d.own.ID) {
		return d.own
	}
	orders := d.profile.History.Orders
	if i := slices.IndexFunc(orders, func(f commerce.OrderFact) bool { return f.ID == order }); i >= 0 && order != "" {
		return &orders[i]
	}
	return nil
}

// orderFrom is the order that a checkout would become. Conditions on its total and
// lines are evaluated on it.
func (d *decider) orderFrom(c commerce.Checkout) commerce.OrderFact {
	fact := commerce.FactOf(commerce.Order{
		Shop: c.Shop, Connection: c.Connection,
		OrderState: commerce.OrderState{
			Status: commerce.Open, Payment: commerce.Unpaid, Currency: c.Currency, Total: c.Total,
			Lines: c.Lines, Coupons: c.Coupons, Source: c.Source,
		},
	}, d.f.Params.Currency)
	fact.PlacedAt = c.StartedAt
	return fact
}

// date is a date of the order as it is now; zero while the order has none.
func (d *decider) date(field DateField, order string) time.Time {
	fact := d.fact(order)
	if fact == nil {
		return time.Time{}
	}
	switch field {
	case CancelAt:
		return fact.CancelAt
	case DueAt:
		return fact.DueAt
	case BalanceFrom:
		return fact.BalanceFrom
	case BalanceTo:
		return fact.BalanceTo
	default:
		return fact.DeliveredAt
	}
}

func pass(check Check, format string, args ...any) Reason {
	return Reason{Check: check, Pass: true, Text: fmt.Sprintf(format, args...)}
}

func fail(check Check, format string, args ...any) Reason {
	return Reason{Check: check, Text: fmt.Sprintf(format, args...)}
}

// stamp writes a time for people, in UTC and whole seconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// asks reports whether a condition anywhere in a file asks for a field.
func asks(n *strictjson.Node, field string) bool {
	if at := n.Member("field"); at != nil && at.Text == field {
		return true
	}
	for _, m := range n.Members {
		if asks(m.Value, field) {
			return true
		}
	}
	return slices.ContainsFunc(n.Items, func(item *strictjson.Node) bool { return asks(item, field) })
}
