package segments_test

import (
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// now is Sunday 15 March 2026, 10:30 in Shanghai.
const now = "2026-03-15T10:30:00+08:00"

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// shanghai is a shop that counts in yuan.
func shanghai(t testing.TB) segments.Params {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return segments.Params{Zone: zone, Currency: "CNY", Customer: "s1:email:c1"}
}

func parse(t testing.TB, text string, scope segments.Scope) segments.Condition {
	t.Helper()
	c, problems := tryParse(text, scope)
	if strictjson.Refused(problems) {
		t.Fatalf("%s: %v", text, problems)
	}
	name := "condition"
	if scope.Order {
		name = "order_condition"
	}
	if err := fits(published(t), name, text); err != nil {
		t.Fatalf("%s: parsed, but the schema refuses it: %v", text, err)
	}
	return c
}

func tryParse(text string, scope segments.Scope) (segments.Condition, []strictjson.Problem) {
	node, problems := strictjson.Read([]byte(text))
	if node == nil {
		return nil, problems
	}
	return segments.Parse(node, scope)
}

// matches evaluates a condition on a customer at now, and checks that Explain
// agrees.
func matches(t testing.TB, text string, profile commerce.Profile) bool {
	t.Helper()
	c := parse(t, text, segments.Scope{})
	return agree(t, text, c, &profile, nil, shanghai(t), instant(t, now))
}

// matchesOrder evaluates a condition on an order at now.
func matchesOrder(t testing.TB, text string, order *commerce.OrderFact) bool {
	t.Helper()
	c := parse(t, text, segments.Scope{Order: true})
	return agree(t, text, c, &commerce.Profile{}, order, shanghai(t), instant(t, now))
}

func agree(t testing.TB, text string, c segments.Condition, profile *commerce.Profile, order *commerce.OrderFact, p segments.Params,
	at time.Time) bool {
	t.Helper()
	got := segments.Match(c, profile, order, p, at)
	if verdict := segments.Explain(c, profile, order, p, at); verdict.Match != got {
		t.Fatalf("%s: Match returns %v, Explain %+v", text, got, verdict)
	}
	return got
}

// paid is a paid order over amount minor units.
func paid(t testing.TB, id, at string, amount int64, lines ...commerce.LineFact) commerce.OrderFact {
	t.Helper()
	o := commerce.OrderFact{ID: id, PlacedAt: instant(t, at).Add(-time.Minute), PaidAt: instant(t, at), Status: commerce.Open,
		Payment:  commerce.Paid,
		Currency: "CNY", Total: amount, Net: amount, Lines: lines}
	for _, l := range lines {
		o.Units += l.Quantity
	}
	return o
}

func customer(orders ...commerce.OrderFact) commerce.Profile {
	return commerce.Profile{History: commerce.NewHistory(orders, nil)}
}
