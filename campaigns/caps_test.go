package campaigns_test

import (
	"fmt"
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/commerce"
)

// capped is a marketing campaign with a policy, which sends one mail for each paid order.
func capped(policy, expect string) []byte {
	return fmt.Appendf(nil, `{"schema": 1, "id": "offer", "name": "Offer", "class": "marketing", "key": "order", "reentry": "never",
"trigger": {"event": "order.paid"}, "policy": {"quiet": {"from": "00:00", "to": "00:00"}, "cap": %s},
"steps": [{"id": "one", "send": {"channel": "email", "template": "follow-up-1"}}],
"tests": [{"name": "four orders in a day and a half", "given": [
"0m order.placed order=o1 payment_status=paid", "1h order.placed order=o2 payment_status=paid",
"30h order.placed order=o3 payment_status=paid", "31h order.placed order=o4 payment_status=paid"],
"expect": {"sent": %s}}]}`, policy, expect)
}

// A campaign's own cap takes the place of the market's cap for the same time. It lifts no
// other: of both, the stricter decides.
func TestCampaignsCapLiftsOnlyTheMarketsCapOfTheSamePeriod(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, cap, sent, note string }{
		{"without a cap", ``, `["one@0m", "one@1d", "one@2d", "one@7d"]`, ""}, // 1 in 1d, 3 in 7d
		{"a cap for a week leaves that for a day", `{"max": 2, "per": "7d"}`, `["one@0m", "one@1d", "one@7d", "one@8d"]`, ""},
		{"a high cap for an hour lifts nothing", `{"max": 100, "per": "1h"}`, `["one@0m", "one@1d", "one@2d", "one@7d"]`, "never decides"},
		{"a high cap for a day leaves that for a week", `{"max": 100, "per": "1d"}`, `["one@0m", "one@1h", "one@1d6h", "one@7d"]`,
			"is more than the default"},
		{"each period is changed by its name", `[{"max": 100, "per": "1d"}, {"max": 100, "per": "7d"}]`,
			`["one@0m", "one@1h", "one@1d6h", "one@1d7h"]`, "is more than the default"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := capped(c.cap, c.sent)
			if c.cap == "" {
				data = []byte(strings.Replace(string(data), `, "cap": `, "", 1))
			}
			file, problems := campaigns.Accept(data, nil, commerce.Shop{Market: commerce.West, Zone: "UTC"})
			if file == nil {
				t.Fatal(problems)
			}
			said := fmt.Sprint(problems)
			if c.note != "" && !strings.Contains(said, c.note) || c.note == "" && strings.Contains(said, "cap:") {
				t.Errorf("got %s, want a note about %q", said, c.note)
			}
		})
	}
}

// A policy that lets more through than the market's is noted.
func TestLooserPolicyIsNoted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ policy, note string }{
		{`{"quiet": {"from": "00:00", "to": "00:00"}}`, "quiet: messages go out at hours"},
		{`{"quiet": {"from": "22:00", "to": "08:00"}}`, "quiet: messages go out at hours"},
		{`{"quiet": {"from": "20:00", "to": "09:00"}}`, ""},
		{`{"cap": {"max": 5, "per": "order"}}`, ""}, // marketing has no default for an order
		{`{"cap": {"max": 2, "per": "1d"}}`, "cap: 2 in 1d is more than the default of the market west, 1 in 1d"},
	} {
		data := []byte(`{"schema": 1, "id": "offer", "name": "Offer", "class": "marketing", "key": "order", "reentry": "never",
"trigger": {"event": "order.paid"}, "policy": ` + c.policy + `,
"steps": [{"id": "one", "send": {"channel": "email", "template": "follow-up-1"}}]}`)
		file, problems := campaigns.Accept(data, nil, commerce.Shop{Market: commerce.West, Zone: "UTC"})
		said := fmt.Sprint(problems)
		if file == nil || c.note != "" && !strings.Contains(said, c.note) || c.note == "" && strings.Contains(said, "default of the market") {
			t.Errorf("%s: got %s, want a note about %q", c.policy, said, c.note)
		}
	}
}
