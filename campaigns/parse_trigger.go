package campaigns

import (
	"slices"
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// eventKinds are the events of the language, in the order of an order's life, and then those of
// a customer.
var eventKinds = []commerce.EventKind{
	commerce.CheckoutStarted, commerce.OrderPlaced, commerce.OrderDepositPaid, commerce.OrderPaid, commerce.OrderShipped,
	commerce.OrderDelivered, commerce.OrderCompleted, commerce.OrderRated, commerce.OrderCancelled, commerce.OrderRefundRequested,
	commerce.OrderRefundClosed, commerce.OrderPartiallyRefunded, commerce.OrderRefunded,
	commerce.CustomerCreated, commerce.ConsentGranted, commerce.MessageOpened, commerce.MessageClicked,
}

// laterEvents are names of events that do not exist yet.
var laterEvents = []string{"message.sent", "message.delivered", "message.unsubscribed"}

// triggerKind is one kind of trigger, recognized by its key.
type triggerKind struct {
	key  string
	with []string // other keys that it takes
	read func(r *reader, n *strictjson.Node) Trigger
}

var triggerKinds = []triggerKind{
	{"event", []string{"where", "campaign", "step", "not_followed_by", "within"}, (*reader).eventTrigger},
	{"segment", []string{"on"}, (*reader).segmentTrigger},
	{"lapse", nil, (*reader).lapseTrigger},
	{"date", []string{"offset", "at", "yearly"}, (*reader).dateTrigger},
	{"schedule", []string{"zone"}, (*reader).scheduleTrigger},
	{"broadcast", nil, (*reader).broadcastTrigger},
}

// trigger reads the one trigger of a campaign.
func (r *reader) trigger(n *strictjson.Node) Trigger {
	if !r.object(n, "trigger") {
		return Trigger{}
	}
	var found []triggerKind
	var names []string
	for _, kind := range triggerKinds {
		if names = append(names, `{"`+kind.key+`": ...}`); n.Member(kind.key) != nil {
			found = append(found, kind)
		}
	}
	_, later := keysOf("trigger")
	switch {
	case len(found) > 1:
		r.problem(n, "trigger: either %s or %s, not both", found[0].key, found[1].key)
	case len(found) == 1:
		if r.only(n, found[0]) {
			return found[0].read(r, n)
		}
	case !slices.ContainsFunc(n.Members, func(m strictjson.Member) bool { return slices.Contains(later, m.Key) }):
		r.problem(n, "trigger: one of %s is missing", strings.Join(names, ", "))
	}
	return Trigger{}
}

// only refuses the keys of other kinds of triggers.
func (r *reader) only(n *strictjson.Node, kind triggerKind) bool {
	for _, m := range n.Members {
		known := slices.ContainsFunc(triggerKinds, func(k triggerKind) bool { return slices.Contains(k.with, m.Key) })
		switch {
		case !known || slices.Contains(kind.with, m.Key):
			continue
		case m.Key == "where":
			r.problem(m.Value, "where: a %s has no event to filter; use audience", kind.key)
		default:
			r.problem(m.Value, "%s: not with %s", m.Key, kind.key)
		}
		return false
	}
	return true
}

// eventTrigger reads {"event": ..., "where": ...}. Events of a customer have no order that a
// condition could read.
func (r *reader) eventTrigger(n *strictjson.Node) Trigger {
	t := Trigger{Events: r.events(n.Member("event"), true), Of: r.of(n, n.Member("event"))}
	t.Where, t.Missing = r.conditionIn(n.Member("where"), scopeOf(t.Events)), r.missing(n)
	return t
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
		r.problem(n, "event: checkout.started cannot be listed with other events")
	}
	if i := slices.IndexFunc(kinds, commerce.EventKind.OfCustomer); trigger && i >= 0 && !all(kinds, commerce.EventKind.OfCustomer) {
		r.problem(n, "event: %s is about a customer and cannot be listed with events of orders; make two campaigns", kinds[i])
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
	case name == string(commerce.SegmentEntered) || name == string(commerce.SegmentLeft):
		_, on, _ := strings.Cut(name, ".")
		r.problem(n, `event: instead of %q name the segment: "segment": "...", "on": %q`, name, on)
	case strings.HasPrefix(name, "custom."):
		r.problem(n, "event: %q is no name of a reported event: %s", name, commerce.ReportedRule)
	case slices.Contains(laterEvents, name) || name == string(commerce.CheckoutStarted):
		r.problem(n, "not supported yet: event %q here", name)
	default:
		r.suggest(n, strictjson.Nearest(name, known), "event: %q is none of %s", name, strings.Join(known, ", "))
	}
	return kinds
}
