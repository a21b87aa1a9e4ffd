package segments_test

import (
	"fmt"
	"testing"

	"comeback/commerce"
	"comeback/segments"
)

// Every operator of every kind of field is tested on a value it accepts, on one it
// does not, and on none. No pair is missing.
func TestOperators(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	points := int64(120)
	full := commerce.Profile{
		Attributes: commerce.Attributes{
			Gender: "female", Birthday: "1990-03-17", City: "Hangzhou", Tags: []string{"vip", "wholesale"}, Points: &points,
			Custom: []commerce.KV{{Key: "tier", Value: "2"}, {Key: "since", Value: "2026-03-01"}, {Key: "plus", Value: "true"}},
		},
		Consents:   []commerce.Consent{{Channel: "email", Granted: true}},
		KnownSince: instant(t, "2026-03-10T12:00:00+08:00"),
		History:    commerce.NewHistory([]commerce.OrderFact{paid(t, "o1", "2026-03-10T12:00:00+08:00", 12345)}, nil),
	}
	empty := commerce.Profile{}
	for _, c := range []struct {
		field, op, yes, no string
		unset              bool // the verdict on an unset value
	}{
		{"customer.points", "is", "120", "121", false},
		{"customer.points", "is_not", "121", "120", true},
		{"customer.points", "in", "[1, 120]", "[1, 2]", false},
		{"customer.points", "not_in", "[1, 2]", "[1, 120]", true},
		{"customer.points", "gt", "119.5", "120", false},
		{"customer.points", "gte", "120", "120.5", false},
		{"customer.points", "lt", "121", "120", false},
		{"customer.points", "lte", "120", "119", false},
		{"customer.points", "between", "[120, 130]", "[121, 130]", false},
		{"customer.points", "between", "[110, 120]", "[110, 119.9]", false},
		{"orders.average", "is", `"123.45"`, `"123.44"`, false},
		{"orders.average", "is_not", `"123.44"`, `"123.45"`, true},
		{"orders.average", "in", `["123.45", 5]`, `[123]`, false},
		{"orders.average", "not_in", `[123]`, `["123.45", 5]`, true},
		{"orders.average", "gt", `123`, `"123.45"`, false},
		{"orders.average", "gte", `"123.45"`, `"123.451"`, false},
		{"orders.average", "lt", `124`, `"123.45"`, false},
		{"orders.average", "lte", `"123.45"`, `"123.449"`, false},
		{"orders.average", "between", `["123.45", 200]`, `[124, 200]`, false},
		{"customer.city", "is", `"hangzhou"`, `"Hang"`, false},
		{"customer.city", "is_not", `"Ningbo"`, `"Hangzhou"`, true},
		{"customer.city", "in", `["Ningbo", "Hangzhou"]`, `["Ningbo"]`, false},
		{"customer.city", "not_in", `["Ningbo"]`, `["Ningbo", "Hangzhou"]`, true},
		{"customer.city", "contains", `"NGZ"`, `"zgn"`, false},
		{"customer.city", "starts_with", `"Hang"`, `"zhou"`, false},
		{"customer.city", "ends_with", `"zhou"`, `"Hang"`, false},
		{"customer.tags", "is", `"vip"`, `"new"`, false},
		{"customer.tags", "is_not", `"new"`, `"vip"`, true},
		{"customer.tags", "in", `["new", "vip"]`, `["new"]`, false},
		{"customer.tags", "not_in", `["new"]`, `["new", "vip"]`, true},
		{"customer.tags", "has", `"VIP"`, `"V"`, false},
		{"customer.tags", "has_any", `["new", "vip"]`, `["new"]`, false},
		{"customer.tags", "has_all", `["wholesale", "vip"]`, `["vip", "new"]`, false},
		{"customer.tags", "starts_with", `"whole"`, `"sale"`, false},
		{"customer.tags", "contains", `"hole"`, `"retail"`, false},
		{"customer.tags", "ends_with", `"sale"`, `"whole"`, false},
		{"orders.last_at", "is", `"2026-03-10"`, `"2026-03-11"`, false},
		{"orders.last_at", "is", `"2026-03-10T04:00:00Z"`, `"2026-03-10T04:00:01Z"`, false},
		{"orders.last_at", "is_not", `"2026-03-11"`, `"2026-03-10"`, true},
		{"orders.last_at", "in", `["2026-03-10"]`, `["2026-03-09"]`, false},
		{"orders.last_at", "not_in", `["2026-03-09"]`, `["2026-03-10"]`, true},
		{"orders.last_at", "before", `"2026-03-11"`, `"2026-03-10"`, false},
		{"orders.last_at", "after", `"2026-03-09"`, `"2026-03-10"`, false},
		{"orders.last_at", "after", `"2026-03-10T03:59:59Z"`, `"2026-03-10T04:00:00Z"`, false},
		{"orders.last_at", "between", `["2026-03-10", "2026-03-11"]`, `["2026-03-09", "2026-03-10"]`, false},
		{"orders.last_at", "between", `{"from": "2026-03-10", "to": "2026-03-11"}`, `{"from": "2026-03-11", "to": "2026-03-12"}`, false},
		{"orders.last_at", "within_last", `{"days": 5}`, `{"days": 4}`, false},
		{"orders.last_at", "within_last", `"5d"`, `"118h"`, false},
		{"orders.last_at", "within_next", "", `{"days": 5}`, false},
		{"orders.last_at", "more_than_ago", `{"days": 4}`, `{"days": 5}`, false},
		{"orders.last_at", "anniversary_within_next", `{"months": 12}`, `{"days": 359}`, false},
		{"orders.last_at", "anniversary_within_last", "", `{"days": 300}`, false},
		{"customer.birthday", "is", `"1990-03-17"`, `"1990-03-18"`, false},
		{"customer.birthday", "is", `"--03-17"`, `"--03-18"`, false},
		{"customer.birthday", "is_not", `"--03-18"`, `"--03-17"`, true},
		{"customer.birthday", "in", `["--03-17", "--05-01"]`, `["--05-01"]`, false},
		{"customer.birthday", "not_in", `["--05-01"]`, `["--03-17"]`, true},
		{"customer.birthday", "before", `"1990-03-18"`, `"1990-03-17"`, false},
		{"customer.birthday", "after", `"1990-03-16"`, `"1990-03-17"`, false},
		{"customer.birthday", "between", `["1990-01-01", "1991-01-01"]`, `["1991-01-01", "1992-01-01"]`, false},
		{"customer.birthday", "within_last", `{"months": 480}`, `{"months": 120}`, false},
		{"customer.birthday", "within_next", "", `{"months": 12}`, false},
		{"customer.birthday", "more_than_ago", `{"months": 120}`, `{"months": 480}`, false},
		{"customer.birthday", "anniversary_within_next", `{"days": 3}`, `{"days": 2}`, false},
		{"customer.birthday", "anniversary_within_last", `{"months": 12}`, `{"weeks": 51}`, false},
		{"customer.consent.email", "is", "true", "false", false},
		{"customer.consent.email", "is_not", "false", "true", true},
		{"customer.consent.email", "in", "[true, false]", "[false]", false},
		{"customer.consent.email", "not_in", "[false]", "[true]", true},
		{"customer.custom.tier", "is", "2.0", "3", false},
		{"customer.custom.tier", "is", `"2"`, `"2.0"`, false},
		{"customer.custom.tier", "is_not", "3", "2", true},
		{"customer.custom.tier", "in", `[1, 2]`, `[3]`, false},
		{"customer.custom.tier", "not_in", `["3"]`, `["2"]`, true},
		{"customer.custom.tier", "gte", "2", "3", false},
		{"customer.custom.tier", "gt", "1.9", "2", false},
		{"customer.custom.tier", "lt", "2.1", "2", false},
		{"customer.custom.tier", "lte", "2", "1", false},
		{"customer.custom.tier", "contains", `"2"`, `"1"`, false},
		{"customer.custom.tier", "ends_with", `"2"`, `"1"`, false},
		{"customer.custom.since", "after", `"2026-02-28"`, `"2026-03-01"`, false},
		{"customer.custom.since", "within_next", "", `{"days": 30}`, false},
		{"customer.custom.since", "more_than_ago", `{"days": 13}`, `{"days": 14}`, false},
		{"customer.custom.since", "anniversary_within_next", `{"months": 12}`, `{"days": 351}`, false},
		{"customer.custom.since", "anniversary_within_last", "", `{"days": 30}`, false},
		{"customer.custom.tier", "between", "[1, 2]", "[3, 4]", false},
		{"customer.custom.since", "within_last", `{"days": 14}`, `{"days": 13}`, false},
		{"customer.custom.since", "gte", "", "1", false},
		{"customer.custom.since", "before", `"2026-03-02"`, `"2026-03-01"`, false},
		{"customer.custom.since", "between", `["2026-03-01", "2026-03-02"]`, `["2026-03-02", "2026-03-03"]`, false},
		{"customer.custom.since", "starts_with", `"2026"`, `"2025"`, false},
		{"customer.custom.plus", "is", "true", "false", false},
		{"customer.known_for", "gte", `{"days": 5}`, `{"weeks": 1}`, false},
		{"customer.known_for", "is", `5`, `6`, false},
	} {
		kind, _ := segments.OperatorsOf(c.field)
		asked[kind+" "+c.op] = true
		t.Run(c.field+" "+c.op, func(t *testing.T) {
			ask := func(value string, profile commerce.Profile, want bool) {
				text := fmt.Sprintf(`{"field": %q, "op": %q, "value": %s}`, c.field, c.op, value)
				if got := matches(t, text, profile); got != want {
					t.Errorf("%s: got %v, want %v", text, got, want)
				}
			}
			if c.yes != "" {
				ask(c.yes, full, true)
				ask(c.yes, empty, c.unset)
			}
			if c.no != "" {
				ask(c.no, full, false)
			}
		})
	}
	kinds := map[string]bool{}
	for _, field := range []string{"customer.points", "orders.average", "customer.city", "customer.tags", "orders.last_at",
		"customer.birthday", "customer.consent.email", "customer.custom.tier"} {
		t.Run(field+" set and unset", func(t *testing.T) {
			set, unset := fmt.Sprintf(`{"field": %q, "op": "set"}`, field), fmt.Sprintf(`{"field": %q, "op": "unset"}`, field)
			if !matches(t, set, full) || matches(t, set, empty) || matches(t, unset, full) || !matches(t, unset, empty) {
				t.Error("set and unset do not differ")
			}
		})
		kind, ops := segments.OperatorsOf(field)
		kinds[kind] = true
		for _, op := range ops {
			if op != "set" && op != "unset" && !asked[kind+" "+op] {
				t.Errorf("%s of %s: no case", op, kind)
			}
		}
	}
	for _, kind := range segments.Kinds() {
		if !kinds[kind] {
			t.Errorf("no field is %s", kind)
		}
	}
}

// Every figure of events compares by every operator, exactly.
func TestFigureOperators(t *testing.T) {
	t.Parallel()
	p := customer(paid(t, "o1", "2026-03-01T12:00:00+08:00", 1000), paid(t, "o2", "2026-03-02T12:00:00+08:00", 4000))
	figures, bounds, _ := segments.Figures()
	values := map[string]int{"count": 2, "sum": 50, "avg": 25, "min": 10, "max": 40, "distinct": 2}
	passes := map[string]func(figure, bound int) bool{
		"gt": func(f, b int) bool { return f > b }, "gte": func(f, b int) bool { return f >= b },
		"lt": func(f, b int) bool { return f < b }, "lte": func(f, b int) bool { return f <= b }, "is": func(f, b int) bool { return f == b },
	}
	for _, figure := range figures {
		for _, op := range bounds {
			t.Run(figure+" "+op, func(t *testing.T) {
				for _, bound := range []int{values[figure] - 1, values[figure], values[figure] + 1} {
					text := fmt.Sprintf(`{"event": "order.paid", %q: "order.net", %q: %d}`, figure, op, bound)
					switch figure {
					case "count":
						text = fmt.Sprintf(`{"event": "order.paid", "count": {%q: %d}}`, op, bound)
					case "distinct":
						text = fmt.Sprintf(`{"event": "order.paid", "distinct": "order.id", %q: %d}`, op, bound)
					}
					if got, want := matches(t, text, p), passes[op](values[figure], bound); got != want {
						t.Errorf("%s: got %v, want %v", text, got, want)
					}
				}
			})
		}
	}
}

// Every window of events is tested just inside and just outside.
func TestWindowOperators(t *testing.T) {
	t.Parallel()
	p := customer(paid(t, "o1", "2026-03-01T12:00:00+08:00", 1000))
	cases := map[string][2]string{
		"last":    {`{"days": 14}`, `{"days": 13}`},
		"ago":     {`{"from": {"days": 14}, "to": {"days": 13}}`, `{"from": {"days": 13}, "to": {"days": 0}}`},
		"between": {`["2026-03-01", "2026-03-02"]`, `["2026-02-01", "2026-03-01"]`},
		"before":  {`"2026-03-02"`, `"2026-03-01"`},
		"after":   {`"2026-02-28"`, `"2026-03-01"`},
	}
	_, _, windows := segments.Figures()
	for _, window := range windows {
		t.Run(window, func(t *testing.T) {
			for i, value := range cases[window] {
				if text := fmt.Sprintf(`{"event": "order.paid", %q: %s}`, window, value); matches(t, text, p) != (i == 0) {
					t.Errorf("%s: want %v", text, i == 0)
				}
			}
		})
	}
}

// within_next runs from now to the end of the day n days ahead.
func TestWithinNext(t *testing.T) {
	t.Parallel()
	for at, want := range map[string][2]bool{ // {"days": 2}, {"hours": 2}
		"2026-03-15T10:30:00+08:00": {true, true}, "2026-03-15T10:29:59+08:00": {false, false},
		"2026-03-15T12:30:00+08:00": {true, true}, "2026-03-15T12:30:01+08:00": {true, false},
		"2026-03-17T23:59:59+08:00": {true, false}, "2026-03-18T00:00:00+08:00": {false, false},
	} {
		order := &commerce.OrderFact{ID: "o1", CancelAt: instant(t, at)}
		got := [2]bool{
			matchesOrder(t, `{"field": "order.cancel_at", "op": "within_next", "value": {"days": 2}}`, order),
			matchesOrder(t, `{"field": "order.cancel_at", "op": "within_next", "value": "2h"}`, order),
		}
		if got != want {
			t.Errorf("%s: got %v, want %v", at, got, want)
		}
	}
}
