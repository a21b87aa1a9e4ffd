package segments_test

import (
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// Meaning 2: "no purchase in the last 60 days" matches a customer known for 5
// days. known_for excludes new customers.
func TestMeaning2NoPurchaseMatchesNewCustomers(t *testing.T) {
	t.Parallel()
	p := commerce.Profile{KnownSince: instant(t, "2026-03-10T12:00:00+08:00")}
	const quiet = `{"not": {"event": "order.paid", "last": {"days": 60}}}`
	if !matches(t, quiet, p) {
		t.Error("a new customer has bought nothing in 60 days")
	}
	if matches(t, `{"all": [`+quiet+`, {"field": "customer.known_for", "op": "gte", "value": {"days": 60}}]}`, p) {
		t.Error("known_for does not exclude the new")
	}
}

// Meaning 4: order.placed and order.paid have different bases. Money of orders.*
// is of paid orders: total before refunds, net after.
func TestMeaning4PlacedAndPaidDiffer(t *testing.T) {
	t.Parallel()
	bought, open := paid(t, "o1", now, 10000), commerce.OrderFact{ID: "o2", PlacedAt: instant(t, now), Status: commerce.Open,
		Payment: commerce.Unpaid, Total: 500, Net: 500}
	bought.Payment, bought.Net, bought.Refunded = commerce.PartiallyRefunded, 6000, 4000
	p := customer(bought, open)
	for _, text := range []string{
		`{"event": "order.placed", "count": {"is": 2}}`, `{"event": "order.paid", "count": {"is": 1}}`,
		`{"event": "order.placed", "sum": "order.net", "is": 65}`, `{"event": "order.paid", "sum": "order.net", "is": 60}`,
		`{"field": "orders.total", "op": "is", "value": 100}`, `{"field": "orders.net", "op": "is", "value": 60}`,
		`{"field": "orders.count", "op": "is", "value": 1}`, `{"field": "orders.unpaid", "op": "is", "value": 1}`,
		`{"field": "orders.refunds", "op": "is", "value": 1}`, `{"field": "orders.refunded", "op": "is", "value": 40}`,
	} {
		if !matches(t, text, p) {
			t.Errorf("%s: got false, want true", text)
		}
	}
}

// Meaning 5: order.paid counts orders that are paid now and not fully refunded.
// Test, fake, cancelled and refunded orders count for order.cancelled and
// order.refunded only.
func TestMeaning5WhatCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change                            func(*commerce.OrderFact)
		placed, paid, cancelled, refunded bool
	}{
		"a paid order": {func(*commerce.OrderFact) {}, true, true, false, false},
		"a partly refunded order": {func(o *commerce.OrderFact) { o.Payment = commerce.PartiallyRefunded },
			true, true, false, false},
		"an unpaid order":   {func(o *commerce.OrderFact) { o.Payment = commerce.Unpaid }, true, false, false, false},
		"a deposit":         {func(o *commerce.OrderFact) { o.Payment = commerce.DepositPaid }, true, false, false, false},
		"a test order":      {func(o *commerce.OrderFact) { o.Test = true }, false, false, false, false},
		"a fake order":      {func(o *commerce.OrderFact) { o.Fake = true }, false, false, false, false},
		"a cancelled order": {func(o *commerce.OrderFact) { o.CancelledAt = o.PaidAt }, false, false, true, false},
		"a cancelled test order": {func(o *commerce.OrderFact) { o.Test, o.CancelledAt = true, o.PaidAt },
			false, false, true, false},
		"a refunded order": {func(o *commerce.OrderFact) { o.Payment, o.RefundedAt = commerce.Refunded, o.PaidAt },
			false, false, false, true},
		"a refunded order, still paid by name": {func(o *commerce.OrderFact) { o.RefundedAt = o.PaidAt }, false, false, false, true},
	} {
		order := paid(t, "o1", now, 100)
		c.change(&order)
		p := customer(order)
		got := [4]bool{matches(t, `{"event": "order.placed"}`, p), matches(t, `{"event": "order.paid"}`, p),
			matches(t, `{"event": "order.cancelled"}`, p), matches(t, `{"event": "order.refunded"}`, p)}
		if want := [4]bool{c.placed, c.paid, c.cancelled, c.refunded}; got != want {
			t.Errorf("%s: got placed, paid, cancelled, refunded %v, want %v", name, got, want)
		}
	}
}

// Meaning 7: orders in a currency without a known rate are left out of amounts.
// They do not count as 0.
func TestMeaning7UnpricedOrdersAreLeftOut(t *testing.T) {
	t.Parallel()
	foreign := paid(t, "o2", now, 0, commerce.LineFact{Quantity: 3})
	foreign.Unpriced, foreign.Currency = true, "USD"
	p := customer(paid(t, "o1", now, 10000, commerce.LineFact{Quantity: 2, Net: 10000}), foreign)
	for _, text := range []string{
		`{"field": "orders.average", "op": "is", "value": 100}`, `{"field": "orders.average_item_price", "op": "is", "value": 50}`,
		`{"field": "orders.count", "op": "is", "value": 2}`, `{"event": "order.paid", "avg": "order.net", "is": 100}`,
		`{"event": "order.paid", "min": "order.net", "is": 100}`, `{"event": "order.paid", "count": {"is": 2}}`,
		`{"event": "order.paid", "where": {"field": "order.total", "op": "unset"}}`, `{"event": "order.paid", "sum": "line.net", "is": 100}`,
		`{"event": "order.paid", "min": "line.net", "is": 100}`,
	} {
		if !matches(t, text, p) {
			t.Errorf("%s: got false, want true", text)
		}
	}
}

// Meaning 9: an event without a comparison means at least one. count, share and
// distinct count each order once. Figures of nothing are 0 or unset. Averages and
// shares are compared exactly.
func TestMeaning9Figures(t *testing.T) {
	t.Parallel()
	nobody := commerce.Profile{}
	for text, want := range map[string]bool{
		`{"event": "order.paid"}`:                                                                     false,
		`{"event": "order.paid", "count": {"is": 0}}`:                                                 true,
		`{"event": "order.paid", "sum": "order.net", "is": 0}`:                                        true,
		`{"event": "order.paid", "distinct": "line.brand", "is": 0}`:                                  true,
		`{"event": "order.paid", "avg": "order.net", "lt": 1000000}`:                                  false,
		`{"event": "order.paid", "min": "order.net", "lt": 1000000}`:                                  false,
		`{"event": "order.paid", "max": "order.net", "gte": 0}`:                                       false,
		`{"share": {"event": "order.refunded"}, "of": {"event": "order.paid"}, "gte": 0}`:             false,
		`{"share": {"event": "order.refunded"}, "of": {"event": "order.paid"}, "lt": 1}`:              false,
		`{"ratio": [{"event": "order.paid", "sum": "order.net"}, {"event": "order.paid"}], "lt": 99}`: false,
	} {
		if got := matches(t, text, nobody); got != want {
			t.Errorf("%s of nothing: got %v, want %v", text, got, want)
		}
	}
	line := commerce.LineFact{Brand: "Acme", Quantity: 1}
	p := customer(paid(t, "o1", now, 1, line, line), paid(t, "o2", now, 1, line), paid(t, "o3", now, 0))
	for text, want := range map[string]bool{
		`{"event": "order.paid", "where": {"field": "line.brand", "op": "is", "value": "Acme"}, "count": {"is": 2}}`: true,
		`{"event": ["order.placed", "order.paid"], "count": {"is": 3}}`:                                              true,
		`{"event": "order.paid", "avg": "order.net", "gt": "0.0066666666666666"}`:                                    true,
		`{"event": "order.paid", "avg": "order.net", "gte": "0.0066666666666667"}`:                                   false,
		`{"share": {"event": "order.paid", "where": {"field": "line.brand", "op": "set"}}, ` +
			`"of": {"event": ["order.placed", "order.paid"]}, "gt": 0.666666666666666666}`: true,
		`{"share": {"event": "order.paid", "where": {"field": "line.brand", "op": "set"}}, ` +
			`"of": {"event": ["order.placed", "order.paid"]}, "gte": 0.666666666666666667}`: false,
	} {
		if got := matches(t, text, p); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// Meaning 10: tests on line.* in one where pass on one line. A sum of line.net
// adds those lines, a sum of order.net adds whole orders.
func TestMeaning10OneLine(t *testing.T) {
	t.Parallel()
	p := customer(paid(t, "o1", now, 9000,
		commerce.LineFact{Brand: "Acme", Price: 2000, Net: 2000, Quantity: 1},
		commerce.LineFact{Brand: "Bolt", Price: 7000, Net: 7000, Quantity: 1}))
	const acme = `{"field": "line.brand", "op": "is", "value": "Acme"}`
	for text, want := range map[string]bool{
		`{"event": "order.paid", "where": {"all": [` + acme + `, ` +
			`{"field": "line.price", "op": "gte", "value": 50}]}}`: false,
		`{"event": "order.paid", "where": {"all": [` + acme + `, ` +
			`{"field": "line.price", "op": "lt", "value": 50}]}}`: true,
		`{"all": [{"event": "order.paid", "where": ` + acme + `}, ` +
			`{"event": "order.paid", "where": {"field": "line.price", "op": "gte", "value": 50}}]}`: true,
		`{"event": "order.paid", "where": ` + acme + `, "sum": "line.net", "is": 20}`:  true,
		`{"event": "order.paid", "where": ` + acme + `, "sum": "order.net", "is": 90}`: true,
		`{"event": "order.paid", "sum": "line.net", "is": 90}`:                         true,
	} {
		if got := matches(t, text, p); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// Meaning 11: order.paid happens at paid_at, order.placed at placed_at.
// followed_by is strictly later. last ends at now, inclusive. Beside a share it
// applies to both sides.
func TestMeaning11Instants(t *testing.T) {
	t.Parallel()
	late := paid(t, "o1", "2026-03-15T10:30:00+08:00", 100)
	late.PlacedAt = instant(t, "2026-03-01T00:00:00+08:00")
	for text, want := range map[string]bool{
		`{"event": "order.paid", "last": "1h"}`: true, `{"event": "order.placed", "last": "1h"}`: false,
		`{"event": "order.placed", "between": ["2026-03-01", "2026-03-02"]}`: true,
		`{"event": "order.placed", "followed_by": {"event": "order.paid"}}`:  true,
		`{"event": "order.paid", "followed_by": {"event": "order.placed"}}`:  false,
	} {
		if got := matches(t, text, customer(late)); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
	future, at := paid(t, "o1", "2026-03-15T10:30:01+08:00", 100), paid(t, "o2", now, 100)
	at.PlacedAt = at.PaidAt
	if matches(t, `{"event": "order.paid", "last": "1h"}`, customer(future)) {
		t.Error("last goes beyond now")
	}
	if p := customer(at); matches(t, `{"event": "order.placed", "followed_by": {"event": "order.paid"}}`, p) ||
		!matches(t, `{"event": "order.placed", "not_followed_by": {"event": "order.paid"}}`, p) {
		t.Error("an order paid in the instant it was placed is not followed by its payment")
	}
	unknown := paid(t, "o4", now, 100)
	unknown.PaidAt = time.Time{}
	if p := customer(unknown); !matches(t, `{"event": "order.paid"}`, p) ||
		matches(t, `{"event": "order.paid", "last": {"months": 1200}}`, p) ||
		matches(t, `{"event": "order.paid", "before": "2026-01-01"}`, p) {
		t.Error("an order paid at an unknown time lies in a window")
	}
	old := paid(t, "o3", "2025-03-15T10:30:01+08:00", 100)
	if !matches(t, `{"share": {"event": "order.paid"}, "of": {"event": "order.placed"}, "is": 1, "last": {"days": 1}}`, customer(at, old)) {
		t.Error("last of a share does not apply to both halves")
	}
}

// Meaning 14: {"days": n} of a condition means calendar days at every place.
// {"hours": 24} does not. The steps of campaigns, whose day is 24 hours, are
// tested with campaigns.
func TestMeaning14DaysOfConditionsAreOfTheCalendar(t *testing.T) {
	t.Parallel()
	p := customer(paid(t, "o1", "2026-03-14T00:30:00+08:00", 100)) // 34 hours ago, yesterday
	p.KnownSince = instant(t, "2026-03-14T00:30:00+08:00")
	for text, want := range map[string]bool{
		`{"event": "order.paid", "last": {"days": 1}}`:                                              true,
		`{"event": "order.paid", "last": {"hours": 24}}`:                                            false,
		`{"event": "order.paid", "ago": {"from": {"days": 1}, "to": {"days": 0}}}`:                  true,
		`{"share": {"event": "order.paid"}, "of": {"event": "order.paid"}, "gt": 0, "last": "1d"}`:  true,
		`{"share": {"event": "order.paid"}, "of": {"event": "order.paid"}, "gt": 0, "last": "24h"}`: false,
		`{"field": "orders.last_at", "op": "more_than_ago", "value": {"days": 1}}`:                  false,
		`{"field": "orders.last_at", "op": "more_than_ago", "value": {"hours": 24}}`:                true,
		`{"field": "orders.days_since_last", "op": "is", "value": {"days": 1}}`:                     true,
		`{"field": "customer.known_for", "op": "lte", "value": {"days": 1}}`:                        true,
	} {
		if got := matches(t, text, p); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// A sample draws the same customers each time, about the requested share, and
// other customers with another seed.
func TestSampleIsStable(t *testing.T) {
	t.Parallel()
	one := parse(t, `{"sample": {"percent": 10, "seed": "a"}}`, segments.Scope{})
	other := parse(t, `{"sample": {"percent": 10, "seed": "b"}}`, segments.Scope{})
	drawn, both := 0, 0
	for i := range 10_000 {
		p := segments.Params{Customer: commerce.Key("s1", "email", string(rune('a'+i%26)), string(rune(i)))}
		in := segments.Match(one, nil, nil, p, instant(t, now))
		if in != segments.Match(one, nil, nil, p, instant(t, now)) {
			t.Fatal("the same customer is drawn differently")
		}
		if in {
			drawn++
			if segments.Match(other, nil, nil, p, instant(t, now)) {
				both++
			}
		}
	}
	if drawn < 900 || drawn > 1100 || both > 200 {
		t.Errorf("drawn %d of 10,000 and %d by both seeds, want about 1,000 and 100", drawn, both)
	}
	if segments.Match(one, nil, nil, segments.Params{}, instant(t, now)) {
		t.Error("somebody without an id is drawn")
	}
}
