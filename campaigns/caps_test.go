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

// scoped is a marketing campaign that writes two mails for each paid order, with caps of scopes
// and no others, and what its test expects of three orders of one customer.
func scoped(caps, given, sent string) []byte {
	return fmt.Appendf(nil, `{"schema": 1, "id": "offer", "name": "Offer", "class": "marketing", "key": "order", "reentry": "never",
"trigger": {"event": "order.paid"}, "policy": {"quiet": {"from": "00:00", "to": "00:00"},
"cap": [{"max": 100, "per": "1d"}, {"max": 100, "per": "7d"}], "caps": %s},
"steps": [{"id": "one", "send": {"channel": "email", "template": "follow-up-1"}},
{"id": "two", "wait": "1h", "expires": "20d", "send": {"channel": "email", "template": "follow-up-2"}}],
"tests": [{"name": "t", "given": %s, "expect": {"sent": %s}}]}`, caps, given, sent)
}

// A cap of a scope holds beside all others: rolling, or in a day, week or month of the customer's
// calendar. A message above it waits for the next period, or is dropped.
func TestCapsOfScopes(t *testing.T) {
	t.Parallel()
	const once = `["0m order.placed payment_status=paid"]` // on a Monday, the 2nd, at 10:00
	const abroad = `["0m order.placed payment_status=paid zone=Asia/Tokyo"]`
	for _, c := range []struct{ name, caps, given, sent string }{
		{"without a cap of a scope", `[]`, once, `["one@0m", "two@1h"]`},
		{"rolling", `[{"scope": "campaign", "max": 1, "per": "3d"}]`, once, `["one@0m", "two@3d"]`},
		{"a day", `[{"scope": "channel", "max": 1, "per": "day"}]`, once, `["one@0m", "two@14h"]`},
		{"a day at the customer's", `[{"scope": "channel", "max": 1, "per": "day"}]`, abroad, `["one@0m", "two@5h"]`},
		{"a week", `[{"scope": "shop", "max": 1, "per": "week"}]`, once, `["one@0m", "two@6d14h"]`},
		{"a month", `[{"scope": "shop", "max": 1, "per": "month"}]`, once, `["one@0m"]`}, // expires before April
		{"a larger month", `[{"scope": "shop", "max": 2, "per": "month"}]`, once, `["one@0m", "two@1h"]`},
		{"dropped", `[{"scope": "shop", "max": 1, "per": "day", "over": "drop"}]`, once, `["one@0m"]`},
		{"the strictest of several", `[{"scope": "shop", "max": 1, "per": "day"}, {"scope": "campaign", "max": 1, "per": "2d"}]`, once,
			`["one@0m", "two@2d"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file, problems := campaigns.Accept(scoped(c.caps, c.given, c.sent), nil, commerce.Shop{Market: commerce.West, Zone: "UTC"})
			if file == nil {
				t.Fatal(problems)
			}
		})
	}
}

// A cap of a scope that is wrong is refused with its place and the remedy.
func TestCapsOfScopesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ caps, want string }{
		{`[{"max": 1, "per": "day"}]`, `(/policy/caps/0): caps: "scope" is missing`},
		{`[{"scope": "chanel", "max": 1, "per": "day"}]`, `did you mean "channel"?`},
		{`[{"scope": "shop", "max": 0, "per": "day"}]`, "max: a whole number from 1 to 1000 is wanted"},
		{`[{"scope": "shop", "max": 1, "per": "year"}]`, "per: more than nothing and at most 30 days, or day, week or month"},
		{`[{"scope": "shop", "max": 1, "per": "31d"}]`, "per: more than nothing and at most 30 days"},
		{`[{"scope": "shop", "max": 1, "per": "0m"}]`, "per: more than nothing"},
		{`[{"scope": "shop", "max": 1, "per": "order"}]`, `a limit about one order is {"cap"`},
		{`[{"scope": "shop", "max": 1, "per": "day"}, {"scope": "shop", "max": 2, "per": "day"}]`, "(/policy/caps/1): caps: there is one"},
		{`{"scope": "shop", "max": 1, "per": "day"}`, "caps: a list is wanted"},
	} {
		file, problems := campaigns.Parse(scoped(c.caps, `["0m order.placed"]`, `[]`))
		if said := fmt.Sprint(problems); file != nil || !strings.Contains(said, c.want) {
			t.Errorf("%s: got %s, want %s", c.caps, said, c.want)
		}
	}
}
