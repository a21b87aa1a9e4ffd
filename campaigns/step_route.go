package campaigns

import (
	"cmp"
	"slices"
	"strings"

	"comeback/strictjson"
)

// Route is a way on which a step may send: a channel, and the step's template for it.
type Route struct{ Channel, Template string }

// Senders lists the channels that messages can be sent on. The caller owns the result.
func Senders() []string { return []string{Email} }

// sendsOn reports whether messages can be sent on a channel.
func (d *decider) sendsOn(channel string) bool {
	if d.f.Senders == nil {
		return hasSender(channel)
	}
	return slices.Contains(d.f.Senders, channel)
}

// hasSender reports whether a channel is one of Senders.
func hasSender(channel string) bool { return channel == Email }

// Channels lists the channels on which the campaign sends, each once: those with a sender. The
// caller must not change the result.
func (c *Campaign) Channels() []string {
	if all(c.routed, hasSender) {
		return c.routed
	}
	return slices.DeleteFunc(slices.Clone(c.routed), func(channel string) bool { return !hasSender(channel) })
}

// routedOn lists the channels of all routes of steps, each once.
func routedOn(steps []Step) (channels []string) {
	for _, s := range steps {
		for _, route := range s.Routes {
			if !slices.Contains(channels, route.Channel) {
				channels = append(channels, route.Channel)
			}
		}
	}
	return channels
}

// several reports whether the step has several routes.
func (s Step) several() bool { return len(s.Routes) > 1 }

// sendable are the routes of the step that have a sender.
func (s Step) sendable() []Route {
	return slices.DeleteFunc(slices.Clone(s.Routes), func(route Route) bool { return !hasSender(route.Channel) })
}

// likely is the channel of the first of them; empty where the step sends nothing.
func (s Step) likely() string {
	for _, route := range s.Routes {
		if hasSender(route.Channel) {
			return route.Channel
		}
	}
	return ""
}

// named is the place in the file at which the route's template is named.
func (route Route) named(send *strictjson.Node) *strictjson.Node {
	if at := send.Member("templates"); at != nil {
		return at.Member(route.Channel)
	}
	return send.Member("template")
}

// routeOf is the route on which a message of the step reaches the customer now: the first one whose
// channel has a sender and an address of the customer, and on which laws, consents and suppressions
// allow the message. If there is none, it is the last one with a sender, and why has failed.
func (d *decider) routeOf(s Step) (route Route, why Reason) {
	if len(s.Routes) == 1 {
		return s.Routes[0], Reason{}
	}
	route, why, _ = d.firstRoute(s.Routes)
	return route, why
}

// firstRoute is routeOf for several routes. state is what a message without a route becomes:
// suppressed if the person refused it on one of the channels.
func (d *decider) firstRoute(routes []Route) (route Route, why Reason, state MessageState) {
	var refused []string
	for _, r := range routes {
		c := d.reaches(r.Channel)
		if c.reason.Pass {
			if len(refused) == 0 {
				return r, pass(CheckChannel, "%s reaches the customer", r.Channel), ""
			}
			return r, pass(CheckChannel, "%s reaches the customer; %s", r.Channel, strings.Join(refused, "; ")), ""
		}
		refused = append(refused, "not "+r.Channel+": "+c.reason.Text)
		if state = cmp.Or(state, c.state); d.sendsOn(r.Channel) {
			route = r
		}
	}
	return route, fail(CheckChannel, "no channel reaches the customer: %s", strings.Join(refused, "; ")), state
}

// reaches checks whether a message of the campaign could reach the customer on a channel.
func (d *decider) reaches(channel string) check {
	if !d.sendsOn(channel) {
		return check{reason: fail(CheckChannel, "%s has no sender yet", channel)}
	}
	if c := d.guardAddress(channel); !c.reason.Pass {
		return c
	}
	return d.guardConsent(channel)
}

// guardRoute checks the address of the message's channel. Of a step with several routes the message
// first takes the one that reaches the customer now. A message that was handed over before stays on
// its channel: there it may have arrived.
func (d *decider) guardRoute(step int, m *Message, v *Verdict) check {
	if step < 0 || !d.c.Steps[step].several() {
		return d.guardAddress(m.Channel)
	}
	if m.Attempts > 0 {
		v.Reasons = append(v.Reasons, pass(CheckChannel, "%s, on which it was handed over before", m.Channel))
		return d.guardAddress(m.Channel)
	}
	route, why, state := d.firstRoute(d.c.Steps[step].Routes)
	m.Channel, m.Template, v.Route = route.Channel, route.Template, route
	if !why.Pass {
		return check{reason: why, state: state}
	}
	v.Reasons = append(v.Reasons, why)
	return d.guardAddress(m.Channel)
}
