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
func ReachOf(c *Campaign, shop commerce.Shop) Reach {
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
	if len(c.channels()) == 0 {
		r.Consented, r.Addressed, r.Free = r.Audience, r.Audience, r.Audience
		return r
	}
	if may := c.consenting(shop); may != "" {
		parts = append(parts, may)
	}
	first, _ := c.FirstSend()
	if c.Class == Marketing && onConsentAlone(shop, shop.LawRow(true, first.Channel)) {
		r.Reported = anyChannel(c, "set", nil)
	}
	r.Consented = allOf(parts)
	address := map[string]string{Email: "customer.email", SMS: "customer.phone"}[first.Channel]
	parts = append(parts, fmt.Sprintf(`{"field": %q, "op": "set"}`, address))
	r.Addressed = allOf(parts)
	for _, k := range c.limits(first.Channel, shop.Market).caps {
		parts = append(parts, below("channel", first.Channel, k.Max, k.Per))
	}
	for _, k := range c.Policy.Scoped {
		switch {
		case k.Calendar != "":
		case k.Scope == ScopeCampaign:
			parts = append(parts, below("campaign", c.ID, k.Max, k.Per))
		case k.Scope == ScopeChannel:
			parts = append(parts, below("channel", first.Channel, k.Max, k.Per))
		default:
			parts = append(parts, below("", "", k.Max, k.Per))
		}
	}
	r.Free = allOf(parts)
	return r
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
		strings.Join(c.channels(), " or "), commerce.Count(customers, "customer"))
	p.Note = true
	return p
}

// NeedsProof is the note that some of the customers with consent may not be written
// to, because the law of the shop's country wants a proof that conditions do not see.
// known is false where it wants none.
func NeedsProof(c *Campaign, shop commerce.Shop) (p strictjson.Problem, known bool) {
	first, sends := c.FirstSend()
	row := shop.LawRow(true, first.Channel)
	if c.Class != Marketing || !sends || row.Proof == commerce.Stated {
		return p, false
	}
	p = c.root.Member("class").Problem("marketing in %s needs %s: customers whose consent has none get no mail, and are counted here",
		strings.ToUpper(row.Law), proofs[row.Proof])
	p.Note = true
	return p, true
}

func (c *Campaign) channels() []string {
	var list []string
	for _, s := range c.sends() {
		if !slices.Contains(list, s.Channel) {
			list = append(list, s.Channel)
		}
	}
	return list
}

func anyChannel(c *Campaign, op string, value any) string {
	var list []string
	for _, channel := range c.channels() {
		test := map[string]any{"field": "customer.consent." + channel, "op": op}
		if value != nil {
			test["value"] = value
		}
		text, _ := json.Marshal(test)
		list = append(list, string(text))
	}
	if len(list) == 1 {
		return list[0]
	}
	return `{"any": [` + strings.Join(list, ", ") + `]}`
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
