package campaigns

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// Reach are the conditions, as JSON, whose counts show how many customers a
// campaign could reach. Each condition narrows the one before. An empty one matches
// everybody.
type Reach struct {
	Audience  string
	Consented string // of those, the customers who may be written to
	Addressed string // of those, the customers with an address
	Free      string // of those, the customers below every cap now
	Reported  string // customers with any reported consent for a channel of the steps; empty: class service needs none
}

// ReachOf makes the conditions of a campaign for a shop. Conditions on the trigger's
// order are left out. The caps count messages of every class; those
// of the calendar are left out.
func ReachOf(c *Campaign, shop commerce.Shop) Reach { return c.reachOn(c.Channels(), shop) }

// reachOn is ReachOf where messages can be sent on these channels.
func (c *Campaign) reachOn(channels []string, shop commerce.Shop) Reach {
	var parts []string
	if c.Audience != nil {
		var file struct{ Audience json.RawMessage }
		if json.Unmarshal(c.Raw, &file) == nil {
			parts = append(parts, string(file.Audience))
		}
	}
	if c.Trigger.lapses() {
		parts = append(parts, `{"event": "order.paid"}`)
	}
	var r Reach
	r.Audience = allOf(parts)
	first, sends := c.FirstSend()
	if !sends {
		r.Consented, r.Addressed, r.Free = r.Audience, r.Audience, r.Audience
		return r
	}
	if may := c.consenting(shop, channels); may != "" {
		parts = append(parts, may)
	}
	r.Consented = allOf(parts)
	var ways, free []string // of the customers whom each channel of the first message reaches
	alone := c.Class == Marketing
	for _, route := range first.Routes {
		if !slices.Contains(channels, route.Channel) {
			continue
		}
		way := some(channelConsents(shop, c.Class == Marketing, route.Channel), addressed(route.Channel))
		if len(first.Routes) == 1 {
			way = way[len(way)-1:] // parts ask for the consent
		}
		others := slices.Clone(ways)
		for i, other := range others {
			others[i] = `{"not": ` + other + `}`
		}
		ways = append(ways, allOf(way))
		free = append(free, allOf(slices.Concat(way, others, c.roomOn(route.Channel, shop))))
		alone = alone && onConsentAlone(shop, shop.LawRow(true, route.Channel))
	}
	if alone {
		r.Reported = anyChannel(channels)
	}
	r.Addressed, r.Free = allOf(append(slices.Clone(parts), anyOf(ways))), allOf(append(slices.Clone(parts), anyOf(free)))
	return r
}

// addressed is the condition that a customer has an address on a channel.
func addressed(channel string) string {
	return fmt.Sprintf(`{"field": %q, "op": "set"}`, map[string]string{Email: "customer.email", SMS: "customer.phone"}[channel])
}

// roomOn are the conditions that the caps have room for a message on a channel.
func (c *Campaign) roomOn(channel string, shop commerce.Shop) (parts []string) {
	for _, k := range c.limits(channel, shop.Market).caps {
		parts = append(parts, below("channel", channel, k.Max, k.Per))
	}
	for _, k := range c.Policy.Scoped {
		switch {
		case k.Calendar != "":
		case k.Scope == ScopeCampaign:
			parts = append(parts, below("campaign", c.ID, k.Max, k.Per))
		case k.Scope == ScopeChannel:
			parts = append(parts, below("channel", channel, k.Max, k.Per))
		default:
			parts = append(parts, below("", "", k.Max, k.Per))
		}
	}
	return parts
}

// below is the condition that a customer got fewer messages with a value of a field than a cap
// allows. An empty field: any messages.
func below(field, value string, most int, per time.Duration) string {
	where := ""
	if field != "" {
		where = fmt.Sprintf(`"where": {"field": "message.%s", "op": "is", "value": %q}, `, field, value)
	}
	return fmt.Sprintf(`{"not": {"event": "message.sent", %s"count": {"gte": %d}, "last": {"hours": %d}}}`,
		where, most, max(int(per.Hours()), 1))
}

// ReachProbes are the probes of a campaign's conditions on customers and lines.
func ReachProbes(c *Campaign) []segments.Probe {
	list := segments.Probes(c.root.Member("audience"))
	if c.OnCustomer() {
		return append(list, segments.Probes(c.root.Member("trigger").Member("where"))...)
	}
	if len(c.Trigger.Events) > 0 {
		list = append(list, segments.TriggerProbes(string(c.Trigger.Events[0]), c.root.Member("trigger").Member("where"))...)
	}
	return list
}

// NobodyConsents is the note that a marketing campaign reaches nobody, because
// the shop's platforms report no consent.
func NobodyConsents(c *Campaign, customers int) strictjson.Problem {
	p := c.root.Member("class").Problem("this shop's platforms report no consent for %s: 0 of %s could enter",
		strings.Join(c.Channels(), " or "), commerce.Count(customers, "customer"))
	p.Note = true
	return p
}

// NeedsProof is the note that some of the customers with consent may not be written
// to, because the law of the shop's country wants a proof that conditions do not see.
// known is false where it wants none.
func NeedsProof(c *Campaign, shop commerce.Shop) (p strictjson.Problem, known bool) {
	first, sends := c.FirstSend()
	row := shop.LawRow(true, first.likely())
	if c.Class != Marketing || !sends || row.Proof == commerce.Stated {
		return p, false
	}
	p = c.root.Member("class").Problem("marketing in %s needs %s: customers whose consent has none get no mail, and are counted here",
		strings.ToUpper(row.Law), proofs[row.Proof])
	p.Note = true
	return p, true
}

// anyChannel is the condition that a customer ever said anything about messages on one of these.
func anyChannel(channels []string) string {
	var list []string
	for _, channel := range channels {
		list = append(list, fmt.Sprintf(`{"field": %q, "op": "set"}`, "customer.consent."+channel))
	}
	return anyOf(list)
}

func allOf(parts []string) string {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return `{"all": [` + strings.Join(parts, ", ") + `]}`
}
