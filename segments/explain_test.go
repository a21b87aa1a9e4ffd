package segments_test

import (
	"testing"

	"comeback/commerce"
	"comeback/segments"

	"github.com/google/go-cmp/cmp"
)

// An explanation has the shape of the condition: every test with the value it
// found and the orders that counted, even if the result was already clear.
func TestExplain(t *testing.T) {
	t.Parallel()
	const text = `{"all": [
		{"field": "customer.age", "op": "gte", "value": 40},
		{"not": {"field": "customer.city", "op": "is", "value": "Ningbo"}},
		{"event": "order.paid", "avg": "order.net", "gt": 50, "last": {"days": 60}},
		{"share": {"event": "order.paid", "where": {"field": "order.coupon", "op": "set"}}, "of": {"event": "order.paid"}, "gte": 0.5},
		{"ratio": [{"event": "order.paid", "sum": "order.net"}, {"event": "order.paid"}], "lt": 90}]}`
	p := regular(t)
	p.Attributes.Birthday = "1990-03-16"
	got := segments.Explain(parse(t, text, segments.Scope{}), &p, nil, shanghai(t), instant(t, now))
	want := segments.Verdict{Test: "all of", Parts: []segments.Verdict{
		{Pointer: "/all/0", Test: "customer.age gte 40", Seen: "35"},
		{Pointer: "/all/1", Test: "not", Match: true,
			Parts: []segments.Verdict{{Pointer: "/all/1/not", Test: "customer.city is Ningbo", Seen: "unset"}}},
		{Pointer: "/all/2", Test: "event order.paid, avg order.net, gt 50, last {days: 60}", Match: true, Seen: "75.005 CNY",
			Orders: []string{"o2", "o3"}},
		{Pointer: "/all/3", Test: "share {event: order.paid, where: {field: order.coupon, op: set}}, of {event: order.paid}, gte 0.5",
			Seen: "1 of 3", Orders: []string{"o2"}},
		{Pointer: "/all/4", Test: "ratio [{event: order.paid, sum: order.net}, {event: order.paid}], lt 90", Match: true, Seen: "80.0033",
			Parts: []segments.Verdict{
				{Pointer: "/all/4", Test: "sum order.net", Match: true, Seen: "240.01 CNY", Orders: []string{"o1", "o2", "o3"}},
				{Pointer: "/all/4", Test: "count", Match: true, Seen: "3", Orders: []string{"o1", "o2", "o3"}},
			}},
	}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Fatalf("got, want:\n%s", diff)
	}
}

// An explanation of a condition on lines shows the line that passes, else the
// first.
func TestExplainShowsTheLine(t *testing.T) {
	t.Parallel()
	order := paid(t, "o1", now, 100, commerce.LineFact{Brand: "Acme"}, commerce.LineFact{Brand: "Bolt"})
	for brand, want := range map[string]string{"Bolt": "Bolt", "Cord": "Acme"} {
		c := parse(t, `{"field": "line.brand", "op": "is", "value": "`+brand+`"}`, segments.Scope{Order: true})
		if got := segments.Explain(c, nil, &order, shanghai(t), instant(t, now)); got.Seen != want || got.Match != (brand == want) {
			t.Errorf("%s: got %+v, want %s seen", brand, got, want)
		}
	}
}

// The explanation of an event notes an account whose orders are too many to store.
func TestExplainNamesTruncatedHistories(t *testing.T) {
	t.Parallel()
	p := commerce.Profile{History: commerce.History{Truncated: true}}
	got := segments.Explain(parse(t, `{"event": "order.paid"}`, segments.Scope{}), &p, nil, shanghai(t), instant(t, now))
	if want := "0 (only totals of this account are kept)"; got.Seen != want {
		t.Errorf("got %q, want %q", got.Seen, want)
	}
}

// A nil condition matches everybody.
func TestNoConditionMatchesEverybody(t *testing.T) {
	t.Parallel()
	if !segments.Match(nil, nil, nil, segments.Params{}, instant(t, now)) ||
		!segments.Explain(nil, nil, nil, segments.Params{}, instant(t, now)).Match {
		t.Error("no condition does not match")
	}
}
