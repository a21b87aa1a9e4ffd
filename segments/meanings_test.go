package segments_test

import (
	"fmt"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// Meaning 1: a test on an unset value is false, except unset. is_not, not_in and
// not are exact complements, so they match unset values.
func TestMeaning1UnsetIsFalse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"field": "customer.age", "op": "lt", "value": 200}`:                         false,
		`{"field": "customer.age", "op": "unset"}`:                                    true,
		`{"field": "customer.age", "op": "is_not", "value": 5}`:                       true,
		`{"field": "customer.city", "op": "not_in", "value": ["Ningbo"]}`:             true,
		`{"not": {"field": "customer.city", "op": "is", "value": "Ningbo"}}`:          true,
		`{"not": {"not": {"field": "customer.city", "op": "is", "value": "Ningbo"}}}`: false,
	} {
		if got := matches(t, text, commerce.Profile{}); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// A birthday without its year has no age and lies in no range of years.
func TestMeaning1BirthdaysWithoutYear(t *testing.T) {
	t.Parallel()
	p := commerce.Profile{Attributes: commerce.Attributes{Birthday: "--03-17"}}
	for text, want := range map[string]bool{
		`{"field": "customer.birthday", "op": "set"}`: true, `{"field": "customer.age", "op": "unset"}`: true,
		`{"field": "customer.birthday", "op": "before", "value": "2026-01-01"}`:                 false,
		`{"field": "customer.birthday", "op": "more_than_ago", "value": {"days": 1}}`:           false,
		`{"field": "customer.birthday", "op": "anniversary_within_next", "value": {"days": 3}}`: true,
	} {
		if got := matches(t, text, p); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestNegativeNumbers(t *testing.T) {
	t.Parallel()
	for text, points := range map[string][3]bool{ // -5, 0, 5
		`{"field": "customer.points", "op": "gt", "value": -5.5}`: {true, true, true},
		`{"field": "customer.points", "op": "gt", "value": -4.5}`: {false, true, true},
		`{"field": "customer.points", "op": "lt", "value": -4.5}`: {true, false, false},
		`{"field": "customer.points", "op": "is", "value": -5}`:   {true, false, false},
		`{"field": "customer.points", "op": "gte", "value": 0}`:   {false, true, true},
		`{"field": "customer.points", "op": "lt", "value": 5}`:    {true, true, false},
	} {
		for i, want := range points {
			n := int64(i*5 - 5)
			if got := matches(t, text, commerce.Profile{Attributes: commerce.Attributes{Points: &n}}); got != want {
				t.Errorf("%s of %d: got %v, want %v", text, n, got, want)
			}
		}
	}
}

// Meaning 3: days are calendar days in the shop's zone, from the local midnight n
// days ago to now. Hours are exact.
func TestMeaning3DaysAreOfTheCalendar(t *testing.T) {
	t.Parallel()
	for at, want := range map[string][2]bool{ // {"days": 1}, {"hours": 24}
		"2026-03-14T00:00:00+08:00": {true, false},
		"2026-03-13T23:59:59+08:00": {false, false},
		"2026-03-14T10:30:00+08:00": {true, true},
		"2026-03-14T10:29:59+08:00": {true, false},
		"2026-03-15T10:30:00+08:00": {true, true},
		"2026-03-15T10:30:01+08:00": {false, false},
	} {
		p := customer(paid(t, "o1", at, 100))
		got := [2]bool{
			matches(t, `{"field": "orders.last_at", "op": "within_last", "value": {"days": 1}}`, p),
			matches(t, `{"field": "orders.last_at", "op": "within_last", "value": {"hours": 24}}`, p),
		}
		if got != want {
			t.Errorf("%s: got %v, want %v", at, got, want)
		}
	}
}

// Days begin at midnight in the zone of the shop, even if summer time skips or
// repeats midnight.
func TestMeaning3MidnightOfOddDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, now, start string }{
		{"America/Santiago", "2026-09-06T12:00:00-03:00", "2026-09-06T01:00:00-03:00"}, // midnight is skipped
		{"Africa/Cairo", "2026-04-24T12:00:00+03:00", "2026-04-24T01:00:00+03:00"},     // skipped too
		{"America/Havana", "2026-11-01T12:00:00-05:00", "2026-11-01T00:00:00-04:00"},   // midnight comes twice
		{"Europe/Berlin", "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		p := segments.Params{Zone: zone}
		condition := parse(t, `{"field": "orders.last_at", "op": "is", "value": "`+c.start[:10]+`"}`, segments.Scope{})
		first, before := customer(paid(t, "o1", c.start, 1)), commerce.Profile{}
		before.History.Figures.LastAt = instant(t, c.start).Add(-time.Millisecond)
		if !segments.Match(condition, &first, nil, p, instant(t, c.now)) || segments.Match(condition, &before, nil, p, instant(t, c.now)) {
			t.Errorf("%s: the day does not begin at %s", c.zone, c.start)
		}
	}
}

// Meaning 6: 29 February birthdays fall on 28 February in common years.
func TestMeaning6LeapDayBirthdays(t *testing.T) {
	t.Parallel()
	const today = `{"field": "customer.birthday", "op": "anniversary_within_next", "value": {"days": 1}}`
	for at, want := range map[string]bool{
		"2027-02-28T12:00:00+08:00": true, "2027-03-01T12:00:00+08:00": false,
		"2028-02-28T12:00:00+08:00": false, "2028-02-29T12:00:00+08:00": true,
	} {
		for _, birthday := range []string{"2000-02-29", "--02-29"} {
			p := &commerce.Profile{Attributes: commerce.Attributes{Birthday: birthday}}
			if got := agree(t, today, parse(t, today, segments.Scope{}), p, nil, shanghai(t), instant(t, at)); got != want {
				t.Errorf("%s on %s: got %v, want %v", birthday, at, got, want)
			}
		}
	}
	for at, want := range map[string]int{"2027-02-27T12:00:00+08:00": 26, "2027-02-28T12:00:00+08:00": 27,
		"2028-02-28T23:00:00+08:00": 27, "2028-02-29T00:00:00+08:00": 28} {
		p := &commerce.Profile{Attributes: commerce.Attributes{Birthday: "2000-02-29"}}
		c := parse(t, fmt.Sprintf(`{"field": "customer.age", "op": "is", "value": %d}`, want), segments.Scope{})
		if !segments.Match(c, p, nil, shanghai(t), instant(t, at)) {
			t.Errorf("age on %s: want %d", at, want)
		}
	}
}

// Meaning 8: every name of the language is known. Names of other places are
// refused.
func TestMeaning8Names(t *testing.T) {
	t.Parallel()
	order := paid(t, "o1", now, 100, commerce.LineFact{Product: "s1:c:p1", Quantity: 1})
	for _, field := range []string{"customer.gender", "customer.consent.sms", "customer.source", "customer.known_for",
		"customer.custom.a", "orders.count", "order.total", "line.product"} {
		parse(t, fmt.Sprintf(`{"field": %q, "op": "set"}`, field), segments.Scope{Order: true})
	}
	if !matchesOrder(t, `{"field": "line.product", "op": "is", "value": "s1:c:p1"}`, &order) {
		t.Error("line.product of the order in question is not seen")
	}
	if matchesOrder(t, `{"field": "order.total", "op": "set"}`, nil) {
		t.Error("order.total is set without an order")
	}
}

// Meaning 12: between on numbers includes both ends, on dates it is half-open. An
// anniversary within the next 7 days is today or on one of the next 6 dates.
func TestMeaning12Ends(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]bool{"--03-14": false, "--03-15": true, "--03-21": true, "--03-22": false} {
		p := commerce.Profile{Attributes: commerce.Attributes{Birthday: day}}
		if got := matches(t, `{"field": "customer.birthday", "op": "anniversary_within_next", "value": {"days": 7}}`, p); got != want {
			t.Errorf("%s: got %v, want %v", day, got, want)
		}
	}
	for day, want := range map[string]bool{"--03-08": false, "--03-09": true, "--03-15": true, "--03-16": false} {
		p := commerce.Profile{Attributes: commerce.Attributes{Birthday: day}}
		if got := matches(t, `{"field": "customer.birthday", "op": "anniversary_within_last", "value": {"days": 7}}`, p); got != want {
			t.Errorf("%s: got %v, want %v", day, got, want)
		}
	}
	p := customer(paid(t, "o1", "2026-02-01T00:00:00+08:00", 500))
	for text, want := range map[string]bool{
		`{"field": "orders.net", "op": "between", "value": [5, 9]}`:                           true,
		`{"field": "orders.net", "op": "between", "value": [1, 5]}`:                           true,
		`{"field": "orders.last_at", "op": "between", "value": ["2026-02-01", "2026-03-01"]}`: true,
		`{"field": "orders.last_at", "op": "between", "value": ["2026-01-01", "2026-02-01"]}`: false,
	} {
		if got := matches(t, text, p); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// Meaning 13: money is decimal text, or an integer of major units, in the currency
// of the shop.
func TestMeaning13Money(t *testing.T) {
	t.Parallel()
	p := customer(paid(t, "o1", now, 1250))
	for currency, equal := range map[string]string{"CNY": `"12.50"`, "JPY": `1250`, "KWD": `"1.25"`} {
		c := parse(t, `{"field": "orders.net", "op": "is", "value": `+equal+`}`, segments.Scope{})
		if !segments.Match(c, &p, nil, segments.Params{Currency: currency}, instant(t, now)) {
			t.Errorf("1250 minor units of %s are not %s", currency, equal)
		}
	}
}

// Tests on line.* of a given order pass on one line. not means that no line
// passes.
func TestTestsOnLinesPassOnOneLine(t *testing.T) {
	t.Parallel()
	order := paid(t, "o1", now, 100,
		commerce.LineFact{Brand: "Acme", Category: "Clothing > Shoes", Price: 5000, Quantity: 1},
		commerce.LineFact{Brand: "Bolt", Category: "Clothing > Hats", Price: 9000, Quantity: 1})
	for text, want := range map[string]bool{
		`{"all": [{"field": "line.brand", "op": "is", "value": "Acme"}, {"field": "line.price", "op": "lt", "value": 60}]}`:              true,
		`{"all": [{"field": "line.brand", "op": "is", "value": "Acme"}, {"field": "line.price", "op": "gt", "value": 60}]}`:              false,
		`{"all": [{"field": "line.category", "op": "is", "value": "Shoes"}, {"field": "line.brand", "op": "is_not", "value": "Bolt"}]}`:  true,
		`{"field": "line.category", "op": "is", "value": "Clothing"}`:                                                                    true,
		`{"field": "line.category", "op": "in", "value": ["Clothing > Hats"]}`:                                                           true,
		`{"field": "line.category", "op": "is", "value": "Hats > Clothing"}`:                                                             false,
		`{"field": "line.brand", "op": "is_not", "value": "Bolt"}`:                                                                       true,
		`{"not": {"field": "line.brand", "op": "is", "value": "Bolt"}}`:                                                                  false,
		`{"not": {"field": "line.brand", "op": "is", "value": "Cord"}}`:                                                                  true,
		`{"all": [{"field": "line.brand", "op": "is", "value": "Acme"}, {"not": {"field": "line.brand", "op": "is", "value": "Bolt"}}]}`: false,
	} {
		if got := matchesOrder(t, text, &order); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}
