package campaigns_test

import (
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/commerce"
)

// The examples inside a file follow the laws of the shop and of the customer's country, as
// the live campaign does.
func TestExamplesFollowTheLaws(t *testing.T) {
	t.Parallel()
	file := head + strings.Replace(unpaidTrigger, `"class": "service"`, `"class": "marketing"`, 1) + `"steps": [` + r1 + `], "tests": [
		{"name": "nobody refused", "given": ["0m order.placed consent=unknown"], "expect": {"sent": ["r1"]}},
		{"name": "a refusal", "given": ["0m order.placed consent=false"], "expect": {"sent": []}},
		{"name": "a German without consent", "given": ["0m order.placed consent=unknown country=DE"], "expect": {"sent": []}},
		{"name": "a German with consent", "given": ["0m order.placed country=DE"], "expect": {"sent": ["r1"]}},
		{"name": "a country outside the table", "given": ["0m order.placed country=BR"], "expect": {"sent": []}},
		{"name": "a Canadian who bought", "given": ["0m order.placed order=o2 payment_status=paid consent=unknown country=CA",
			"1d order.placed"], "expect": {"sent": ["r1"]}},
		{"name": "a Canadian who did not", "given": ["1d order.placed consent=unknown country=CA"], "expect": {"sent": []}}]}`
	c := parse(t, file)
	for _, r := range campaigns.RunTests(c, commerce.Shop{Country: "US", Zone: "UTC", Market: commerce.West}) {
		if !r.Passed() {
			t.Errorf("%s: %v", r.Name, r.Failures)
		}
	}
}
