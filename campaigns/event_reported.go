package campaigns

import (
	"slices"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// EventTest is a test of events: one of some kinds that passes a condition. In the
// condition, event.* are the properties of a reported event, and order.* and line.*
// the order of an order's event.
type EventTest struct {
	Kinds []commerce.EventKind
	Where segments.Condition // nil: every such event
	Of    Of                 // of events of segments and messages
}

// passes reports whether ev is one of the events that t asks for. It asks neither
// when ev happened nor whether it is still true.
func (d *decider) passes(t EventTest, ev commerce.Event) bool {
	if !slices.Contains(t.Kinds, ev.Kind) || !t.Of.has(ev) {
		return false
	}
	if t.Where == nil {
		return true
	}
	params, fact := d.f.Params, (*commerce.OrderFact)(nil)
	if params.Reported = ev.Properties; ev.Kind.OfOrder() {
		fact = d.fact(ev.Subject)
	}
	return segments.Match(t.Where, d.profile, fact, params, d.now)
}

// onReported reports whether events that the shop reports let customers enter.
func (c *Campaign) onReported() bool {
	return slices.ContainsFunc(c.Trigger.Events, commerce.EventKind.Reported)
}

// causedBy makes the properties of the cause those that conditions read as event.*.
func (d *decider) causedBy(ev commerce.Event) {
	if ev.Kind.Reported() {
		d.f.Params.Reported = ev.Properties
	}
}

// scopeOf is what conditions about events of these kinds may refer to: the order of
// events of orders and checkouts, the properties of reported events, and without
// events the order that a customer paid last.
func scopeOf(kinds []commerce.EventKind) segments.Scope {
	return segments.Scope{
		Order:    !slices.ContainsFunc(kinds, commerce.EventKind.OfCustomer),
		Reported: len(kinds) > 0 && all(kinds, commerce.EventKind.Reported),
		Named:    true,
	}
}

func all[T any](list []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(list, func(one T) bool { return !holds(one) })
}

// eventCondition reads the where of an exit or a goal. Some events are about the
// customer, so they belong to no order.
func (r *reader) eventCondition(n *strictjson.Node, kinds []commerce.EventKind, same Same) segments.Condition {
	if i := slices.IndexFunc(kinds, commerce.EventKind.OfCustomer); i >= 0 && same == SameOrder {
		r.suggest(n.Member("same"), string(SameCustomer), "same: %s is about a customer, not about an order", kinds[i])
	}
	return r.conditionIn(n.Member("where"), scopeOf(kinds))
}

// soundCustomer refuses parts of a campaign that cannot fit a trigger of a customer's
// events.
func (r *reader) soundCustomer(c *Campaign, root *strictjson.Node) {
	if !c.OnCustomer() {
		return
	}
	if c.Class == Service {
		r.suggest(root.Member("class"), string(Marketing), "class: service is about an order the customer made, and this trigger has none")
	}
	if c.Key != ByCustomer {
		r.suggest(root.Member("key"), string(ByCustomer), "key: %s is about a customer, not about an order", c.Trigger.Events[0])
	}
	r.backfillable(c, root)
	for _, s := range c.Steps {
		if s.Latest != nil {
			r.problem(s.at.Member("no_later_than"), "no_later_than: %s is about no order, so there is no %s", c.Trigger.Events[0], s.Latest.Date)
		}
	}
	for i, x := range c.Exits {
		if x.Same == SameOrder {
			r.suggest(root.Member("exit").Items[i].Member("same"), string(SameCustomer), "same: this trigger has no order")
		}
	}
	if c.Goal != nil && c.Goal.Same == SameOrder {
		r.suggest(root.Member("goal").Member("same"), string(SameCustomer), "same: this trigger has no order")
	}
}
