package campaigns_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// whom draws a shop's law, and a customer with a country, a consent and sales. A granted
// consent has every proof, because conditions see none.
func whom(t *rapid.T, s *scene) {
	shop, customer := &s.facts.Shop, &s.facts.Customer.Profile
	countries := []string{"", "DE", "FR", "IT", "GB", "CH", "US", "CA", "AU", "SG", "JP", "KR", "CN", "BR"}
	shop.Country = rapid.SampledFrom(countries).Draw(t, "shop")
	daysAgo := []int{0, 1, 100, 400, 700, 760, 1500}
	if offered := rapid.SampledFrom(daysAgo).Draw(t, "offered"); offered > 0 {
		shop.SoftOptInSince = ten().AddDate(0, 0, -offered).Add(-1)
	}
	customer.Attributes.Country = rapid.SampledFrom(countries).Draw(t, "customer")
	customer.Consents = nil
	switch said := rapid.SampledFrom([]string{"", "granted", "refused", "suppressed"}).Draw(t, "said"); said {
	case "":
	case "granted":
		customer.Consents = []commerce.Consent{{Channel: campaigns.Email, Granted: true, Explicit: true, Confirmed: true, At: ten(), Source: "x"}}
	default:
		state := map[string]commerce.ConsentState{"refused": "", "suppressed": commerce.ConsentStopped}[said]
		customer.Consents = []commerce.Consent{{Channel: campaigns.Email, At: ten(), Source: "x", State: state}}
	}
	if bought := rapid.SampledFrom(daysAgo).Draw(t, "bought"); bought > 0 {
		at := ten().AddDate(0, 0, -bought)
		customer.History = commerce.NewHistory([]commerce.OrderFact{{ID: "shop:woo:0", PlacedAt: at, PaidAt: at, Payment: commerce.Paid}}, nil)
		customer.Sales = []commerce.Sale{{Address: "ann@example.com", PlacedAt: at, PaidAt: at}}
	}
}

// The customers that reach counts as those who may be written to are those who enter,
// under every law of a shop and of a customer, for both classes.
func TestReachCountsThoseWhomTheLawsAllow(t *testing.T) {
	t.Parallel()
	for _, class := range []string{"marketing", "service"} {
		rapid.Check(t, func(rt *rapid.T) {
			s := setup(t, strings.Replace(unpaid, `"class": "service"`, `"class": "`+class+`"`, 1))
			whom(rt, &s)
			entered := s.enter(ten()).State == campaigns.Enrolled
			counted := true
			if text := campaigns.ReachOf(s.c, s.facts.Shop).Consented; text != "" {
				root, problems := strictjson.Read([]byte(text))
				if len(problems) > 0 {
					rt.Fatalf("%s: %v", text, problems)
				}
				condition, found := segments.Parse(root, segments.Scope{})
				if strictjson.Refused(found) {
					rt.Fatalf("%s: %v", text, found)
				}
				counted = segments.Match(condition, &s.facts.Customer.Profile, nil, segments.Params{}, ten())
			}
			if counted != entered {
				rt.Fatalf("%s, shop in %q, customer %+v: counted %v, entered %v",
					class, s.facts.Shop.Country, s.facts.Customer.Profile, counted, entered)
			}
		})
	}
}
