package campaigns

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
)

// personFields are the fields that lines of reported events have too. Any other
// name is a property, and so is each name behind "event.".
var personFields = []string{
	"customer", "at", "consent", "email", "zone", "country", "language", "gender", "tag", "suppressed", "holdout",
}

// property adds a property of a reported event. A name that is there twice becomes a
// list. It is false for a field of the customer.
func (g *Given) property(name, value string) bool {
	key, prefixed := strings.CutPrefix(name, "event.")
	if !prefixed && slices.Contains(personFields, name) {
		return false
	}
	i := slices.IndexFunc(g.Properties, func(p commerce.Property) bool { return p.Key == key })
	if i < 0 {
		g.Properties = append(g.Properties, commerce.Property{Key: key, Value: value})
		commerce.SortProperties(g.Properties)
		return true
	}
	p := &g.Properties[i]
	if p.Type != commerce.ListProperty {
		p.Type, p.List, p.Value = commerce.ListProperty, []string{p.Value}, ""
	}
	p.List = append(p.List, value)
	return true
}

// checkProperties returns what is wrong with the properties of a line; "" if nothing
// is.
func (g *Given) checkProperties() string {
	if len(g.Properties) > commerce.MaxProperties {
		return "an event has at most " + strconv.Itoa(commerce.MaxProperties) + " properties"
	}
	for _, p := range g.Properties {
		if err := p.Check(); err != nil {
			return err.Error()
		}
	}
	return ""
}

// reported stores the reported event of a line.
func (w *world) reported(customer string, g Given, at time.Time) {
	ev := commerce.NewEvent(w.shop.ID, g.Event, customer, strconv.Itoa(len(w.events)+1), at)
	ev.Customer, ev.Properties = customer, g.Properties
	w.recompute(customer)
	w.announce([]commerce.Event{ev})
}
