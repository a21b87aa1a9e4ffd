package campaigns

import (
	"slices"

	"comeback/strictjson"
)

// laterChannels are channels that no version sends on yet.
var laterChannels = []string{"webhook", "wechat", "push"}

// routes reads "send": one channel with its template, or a list of channels with the template of
// each.
func (r *reader) routes(n *strictjson.Node) []Route {
	if !r.object(n, "send") {
		return nil
	}
	r.needs(n, "send", "channel")
	at := n.Member("channel")
	switch {
	case at == nil:
		return nil
	case at.Kind == strictjson.Array:
		return r.several(n, at)
	}
	if templates := n.Member("templates"); templates != nil {
		r.problem(templates, `templates: of a list of channels; with one channel it is "template": "..."`)
	} else {
		r.needs(n, "send", "template")
	}
	channel := r.oneOf(at, "channel", Senders(), append([]string{SMS}, laterChannels...))
	return []Route{{Channel: channel, Template: r.text(n.Member("template"), "template")}}
}

// several reads {"channel": ["sms", "email"], "templates": {"sms": "a", "email": "b"}}.
func (r *reader) several(n, at *strictjson.Node) (routes []Route) {
	if template := n.Member("template"); template != nil {
		r.problem(template, `template: of one channel; with a list of channels it is "templates": {"email": "..."}`)
	} else {
		r.needs(n, "send", "templates")
	}
	templates := n.Member("templates")
	if templates != nil && !r.object(templates, "channel_templates") {
		templates = nil
	}
	if len(at.Items) == 0 {
		r.problem(at, "channel: the list is empty")
	}
	for _, item := range at.Items {
		channel := r.oneOf(item, "channel", []string{Email, SMS}, laterChannels)
		if slices.ContainsFunc(routes, func(route Route) bool { return route.Channel == channel }) && channel != "" {
			r.problem(item, "channel: %s is listed twice", channel)
			continue
		}
		route := Route{Channel: channel}
		if templates != nil && channel != "" {
			r.needs(templates, "templates", channel)
			route.Template = r.text(templates.Member(channel), "template")
		}
		routes = append(routes, route)
	}
	if all(routes, func(route Route) bool { return route.Channel != "" }) {
		r.unlisted(templates, routes)
	}
	r.senderless(at, routes)
	return routes
}

// unlisted refuses templates of channels that are not in the list.
func (r *reader) unlisted(templates *strictjson.Node, routes []Route) {
	if templates == nil {
		return
	}
	for _, m := range templates.Members {
		known := slices.Contains([]string{Email, SMS}, m.Key)
		if known && !slices.ContainsFunc(routes, func(route Route) bool { return route.Channel == m.Key }) {
			r.problem(m.Value, "templates: %s is none of the channels of this step; add it to channel, or leave its template out", m.Key)
		}
	}
}

// senderless refuses a list of channels of which none has a sender. It notes each that has none.
func (r *reader) senderless(at *strictjson.Node, routes []Route) {
	sends := slices.ContainsFunc(routes, func(route Route) bool { return hasSender(route.Channel) })
	for i, route := range routes {
		switch {
		case route.Channel == "" || hasSender(route.Channel):
		case !sends:
			r.problem(at.Items[i], "not supported yet: channel %q", route.Channel)
		case i+1 < len(routes):
			r.note(at.Items[i], "channel: %s has no sender yet; customers are reached by the next channel", route.Channel)
		default:
			r.note(at.Items[i], "channel: %s has no sender yet; who is not reached by a channel before it gets nothing", route.Channel)
		}
	}
}
