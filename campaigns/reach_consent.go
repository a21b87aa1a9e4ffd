package campaigns

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// consenting is the condition of the customers whom the laws of the shop and of their
// country allow to write to, on one of some channels. Empty: everybody. It sees
// no proof of a consent, and not which address an order named.
func (c *Campaign) consenting(shop commerce.Shop, channels []string) string {
	var list []string
	for _, channel := range channels {
		may := channelConsents(shop, c.Class == Marketing, channel)
		if may == "" {
			return ""
		}
		list = append(list, may)
	}
	return anyOf(list)
}

// channelConsents is that condition for one channel. Customers of one country are asked the
// same, and countries with the same question are asked together.
func channelConsents(shop commerce.Shop, marketing bool, channel string) string {
	own := lawsCondition(shop, shop.Laws(marketing, channel, ""))
	var conditions []string
	countries := map[string][]string{}
	for _, country := range commerce.Countries() {
		condition := lawsCondition(shop, shop.Laws(marketing, channel, country))
		if !slices.Contains(conditions, condition) {
			conditions = append(conditions, condition)
		}
		countries[condition] = append(countries[condition], country)
	}
	var others, groups []string
	for _, condition := range conditions {
		if condition == own {
			continue
		}
		others = append(others, countries[condition]...)
		if condition != nobody {
			groups = append(groups, allOf(some(inCountries(countries[condition]), condition)))
		}
	}
	if len(others) == 0 || own == nobody {
		return own // nothing goes out where the shop's own law allows nothing
	}
	return anyOf(append([]string{allOf(some(`{"not": `+inCountries(others)+`}`, own))}, groups...))
}

func inCountries(codes []string) string {
	text, _ := json.Marshal(map[string]any{"field": "customer.country", "op": "in", "value": codes})
	return string(text)
}

// lawsCondition is what rows of the table of laws ask of a customer. Empty: nothing.
func lawsCondition(shop commerce.Shop, rows []commerce.LawRow) string {
	strictest := rows[0]
	var sales []string
	consent := false
	for _, r := range rows {
		strictest, consent = commerce.Stricter(strictest, r), consent || onConsentAlone(shop, r)
		if sale := saleCondition(shop, r); sale != "" {
			sales = append(sales, sale)
		}
	}
	unrefused := `{"not": ` + consentIs(rows[0].Channel, false) + `}`
	switch {
	case strictest.Basis == commerce.NoMarketing:
		return nobody
	case consent:
		return consentIs(rows[0].Channel, true)
	case strictest.Basis == commerce.NoneNeeded:
		return ""
	case len(sales) == 0:
		return unrefused
	}
	return anyOf([]string{consentIs(rows[0].Channel, true), allOf(append([]string{unrefused}, sales...))})
}

// onConsentAlone reports whether only a consent satisfies the row.
func onConsentAlone(shop commerce.Shop, r commerce.LawRow) bool {
	return r.Basis == commerce.ByConsent || r.Basis == commerce.SoftOptIn && shop.SoftOptInSince.IsZero()
}

func saleCondition(shop commerce.Shop, r commerce.LawRow) string {
	switch r.Basis {
	case commerce.Inferred:
		return `{"event": "order.paid"}`
	case commerce.Implied:
		return fmt.Sprintf(`{"event": "order.paid", "last": {"months": %d}}`, commerce.ImpliedMonths)
	case commerce.SoftOptIn:
		return fmt.Sprintf(`{"event": "order.paid", "where": {"field": "order.placed_at", "op": "after", "value": %q}}`,
			shop.SoftOptInSince.UTC().Format(time.RFC3339))
	}
	return ""
}

func consentIs(channel string, granted bool) string {
	return fmt.Sprintf(`{"field": "customer.consent.%s", "op": "is", "value": %t}`, channel, granted)
}

func anyOf(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return `{"any": [` + strings.Join(parts, ", ") + `]}`
}

// some are the parts that are not empty.
func some(parts ...string) []string {
	return slices.DeleteFunc(parts, func(part string) bool { return part == "" })
}

// nobody is a condition that no customer meets.
const nobody = `{"all": [{"field": "customer.email", "op": "set"}, {"not": {"field": "customer.email", "op": "set"}}]}`
