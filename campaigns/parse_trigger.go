package campaigns

import (
	"slices"
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// eventKinds are the events of the language, in the order of an order's life.
var eventKinds = []commerce.EventKind{
	commerce.CheckoutStarted, commerce.OrderPlaced, commerce.OrderDepositPaid, commerce.OrderPaid, commerce.OrderShipped,
	commerce.OrderDelivered, commerce.OrderCompleted, commerce.OrderRated, commerce.OrderCancelled, commerce.OrderRefundRequested,
	commerce.OrderRefundClosed, commerce.OrderPartiallyRefunded, commerce.OrderRefunded,
}

// laterEvents are names of events that do not exist yet.
var laterEvents = []string{
	"customer.created", "consent.granted", "segment.entered", "segment.left", "message.sent", "message.delivered",
	"message.opened", "message.clicked", "message.unsubscribed",
}

// trigger reads an event trigger or a lapse.
func (r *reader) trigger(n *strictjson.Node) Trigger {
	if !r.object(n, "trigger") {
		return Trigger{}
	}
	_, later := keysOf("trigger")
	event, lapse, where := n.Member("event"), n.Member("lapse"), n.Member("where")
	switch {
	case event != nil && lapse != nil:
		r.problem(n, "trigger: either event or lapse, not both")
	case lapse != nil && where != nil:
		r.problem(where, "where: a lapse has no event to filter; use audience")
	case event != nil:
		events := r.events(event, true)
		return Trigger{Events: events, Where: r.conditionIn(where, scopeOf(events))}
	case lapse != nil:
		return Trigger{Lapse: r.lapse(lapse)}
	case !slices.ContainsFunc(n.Members, func(m strictjson.Member) bool { return slices.Contains(later, m.Key) }):
		r.problem(n, `trigger: one of {"event": ...} and {"lapse": {"days": n}} is missing`)
	}
	return Trigger{}
}

// lapse reads {"days": n}: no paid order for n days of 24 hours.
func (r *reader) lapse(n *strictjson.Node) int {
	if !r.object(n, "lapse") {
		return 0
	}
	if n.Member("days") == nil {
		if n.Member("overdue_ratio") == nil {
			r.needs(n, "lapse", "days")
		}
		return 0
	}
	return r.whole(n.Member("days"), "days", 1, 3660)
}

// events reads the name of an event or a list of them. A checkout can only trigger.
func (r *reader) events(n *strictjson.Node, trigger bool) []commerce.EventKind {
	switch {
	case n == nil:
		return nil
	case n.Kind != strictjson.Array:
		return r.event(nil, n, trigger)
	case len(n.Items) == 0:
		r.problem(n, "event: the list is empty")
	}
	var kinds []commerce.EventKind
	for _, item := range n.Items {
		kinds = r.event(kinds, item, trigger)
	}
	if trigger && len(kinds) > 1 && slices.Contains(kinds, commerce.CheckoutStarted) {
		r.problem(n, "event: checkout.started cannot be listed with events of orders")
	}
	if i := slices.IndexFunc(kinds, commerce.EventKind.Reported); trigger && i >= 0 && !all(kinds, commerce.EventKind.Reported) {
		r.problem(n, "event: %s is about a customer and cannot be listed with events of orders", kinds[i])
	}
	return kinds
}

func (r *reader) event(kinds []commerce.EventKind, n *strictjson.Node, trigger bool) []commerce.EventKind {
	var known []string
	for _, kind := range eventKinds {
		if trigger || kind != commerce.CheckoutStarted {
			known = append(known, string(kind))
		}
	}
	name := r.text(n, "event")
	switch {
	case name == "":
	case slices.Contains(kinds, commerce.EventKind(name)):
		r.problem(n, "event: %s is listed twice", name)
	case slices.Contains(known, name), commerce.EventKind(name).Reported():
		return append(kinds, commerce.EventKind(name))
	case strings.HasPrefix(name, "custom."):
		r.problem(n, "event: %q is no name of a reported event: %s", name, commerce.ReportedRule)
	case slices.Contains(laterEvents, name) || name == string(commerce.CheckoutStarted):
		r.problem(n, "not supported yet: event %q here", name)
	default:
		r.suggest(n, strictjson.Nearest(name, known), "event: %q is none of %s", name, strings.Join(known, ", "))
	}
	return kinds
}
