package segments_test

import (
	"strings"
	"testing"

	"comeback/segments"
	"comeback/strictjson"

	"github.com/google/go-cmp/cmp"
)

// A wrong condition is refused with its place and the remedy.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"a list": {`[]`,
			`line 1, column 1: a condition is an object, such as {"field": "customer.gender", "op": "is", "value": "female"}, not a list`},
		"nothing": {`{}`, `line 1, column 1: an empty condition: give one of all, any, not, field, event, share, ratio, sample, ` +
			`segment`},
		"an unknown kind": {`{"al": []}`, `line 1, column 2 (/al): unknown key "al"; did you mean "all"?`},
		"an unknown key": {`{"field": "customer.age", "op": "set", "vlaue": 1}`,
			`line 1, column 40 (/vlaue): unknown key "vlaue"; did you mean "value"?`},
		"an empty group": {`{"all": []}`, `line 1, column 9 (/all): "all" takes a list of at least one condition`},
		"an unknown field": {`{"field": "customer.gendre", "op": "set"}`,
			`line 1, column 11 (/field): unknown field "customer.gendre"; did you mean "customer.gender"?`},
		"a family alone": {`{"field": "customer.custom.", "op": "set"}`,
			`line 1, column 11 (/field): customer.custom. needs a key after the point`},
		"a field not built yet": {`{"field": "customer.expected_orders", "op": "gte", "value": 0.5}`,
			`line 1, column 11 (/field): not supported yet: field customer.expected_orders`},
		"a segment where there are none": {`{"segment": "vip"}`,
			`line 1, column 13 (/segment): not supported yet: segment: there are no segments to refer to here`},
		"an order where there is none": {`{"field": "order.total", "op": "gte", "value": 5}`,
			`line 1, column 11 (/field): order.total is about one order: put the test into the where of an event such as order.paid, ` +
				`or ask orders.*`},
		"an unknown operator": {`{"field": "customer.age", "op": "gtee", "value": 5}`,
			`line 1, column 33 (/op): unknown operator "gtee" for customer.age (a number): use set, unset, is, is_not, in, not_in, gt, gte, ` +
				`lt, lte, between; did you mean "gte"?`},
		"an operator of another kind": {`{"field": "customer.consent.email", "op": "has", "value": true}`,
			`line 1, column 43 (/op): operator "has" does not fit customer.consent.email (true or false): use set, unset, is, is_not, in, not_in`},
		"no operator": {`{"field": "customer.consent.email"}`,
			`line 1, column 1: a test of customer.consent.email needs an "op": one of set, unset, is, is_not, in, not_in`},
		"no value": {`{"field": "customer.age", "op": "gt"}`, `line 1, column 1: customer.age gt needs a value`},
		"a value to set": {`{"field": "customer.age", "op": "set", "value": true}`,
			`line 1, column 49 (/value): set takes no value: remove it`},
		"text for a number": {`{"field": "customer.age", "op": "gt", "value": "5"}`,
			`line 1, column 48 (/value): customer.age is a number: write the value without quotes`},
		"a number for text": {`{"field": "customer.region", "op": "is", "value": 5}`,
			`line 1, column 51 (/value): customer.region is text: write the value in quotes`},
		"money with a point": {`{"field": "orders.net", "op": "gt", "value": 12.5}`,
			`line 1, column 46 (/value): orders.net is money: write decimal text such as "12.50", or whole major units such as 12`},
		"money that is no number": {`{"field": "orders.net", "op": "gt", "value": "a lot"}`,
			`line 1, column 46 (/value): number "a lot": write plain decimal text such as 12.30`},
		"a value a field never has": {`{"field": "customer.gender", "op": "is", "value": "Female"}`,
			`line 1, column 51 (/value): customer.gender is never "Female": it is one of ["female" "male" "other"]; did you mean "female"?`},
		"an empty text": {`{"field": "customer.city", "op": "is", "value": ""}`,
			`line 1, column 49 (/value): an empty text matches nothing: to test whether customer.city is present, use set or unset`},
		"an empty list": {`{"field": "customer.city", "op": "in", "value": []}`,
			`line 1, column 49 (/value): customer.city takes a list of at least one value`},
		"ends the wrong way round": {`{"field": "customer.age", "op": "between", "value": [9, 3]}`,
			`line 1, column 53 (/value): between 9 and 3 is empty: the smaller value comes first`},
		"a day between itself": {`{"field": "orders.last_at", "op": "between", "value": ["2026-01-01", "2026-01-01"]}`,
			`line 1, column 55 (/value): between 2026-01-01 and 2026-01-01 is empty: the end is not included, so it comes after the start`},
		"a date that is none": {`{"field": "orders.last_at", "op": "before", "value": "2026-02-30"}`,
			`line 1, column 54 (/value): "2026-02-30" is not a date: write a day of the shop's zone, "2026-01-31", or an instant, ` +
				`"2026-01-31T10:00:00Z"`},
		"an unknown unit": {`{"field": "orders.last_at", "op": "within_last", "value": {"day": 7}}`,
			`line 1, column 60 (/value/day): unknown key "day"; did you mean "days"?`},
		"half a day": {`{"field": "orders.last_at", "op": "within_last", "value": {"days": 0.5}}`,
			`line 1, column 68 (/value/days): not a duration: write {"days": 7} (minutes, hours, days, weeks or months) or short "30m", "24h", ` +
				`"7d"`},
		"no time at all": {`{"field": "orders.last_at", "op": "within_last", "value": "0d"}`,
			`line 1, column 59 (/value): duration 0 days: at least 1 and at most 36525 (a century)`},
		"an anniversary by the hour": {`{"field": "customer.birthday", "op": "anniversary_within_next", "value": "24h"}`,
			`line 1, column 74 (/value): anniversaries are dates: write the duration in days, weeks or months`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			condition, problems := tryParse(c.in, segments.Scope{})
			if condition != nil || len(problems) != 1 {
				t.Fatalf("got %v, %v, want one problem", condition, problems)
			}
			if diff := cmp.Diff(problems[0].String(), c.want); diff != "" {
				t.Fatalf("got, want:\n%s", diff)
			}
		})
	}
}

// All mistakes are listed at once.
func TestParseListsEveryProblem(t *testing.T) {
	t.Parallel()
	_, problems := tryParse(`{"all": [{"field": "customer.agee", "op": "gt", "value": 1}, `+
		`{"not": {"field": "customer.age", "op": "gt", "value": "1"}}]}`, segments.Scope{})
	if len(problems) != 2 || problems[0].Pointer != "/all/0/field" || problems[1].Pointer != "/all/1/not/value" {
		t.Fatalf("got %v, want two problems", problems)
	}
}

// A condition has at most 10 levels and 200 tests and groups.
func TestParseLimits(t *testing.T) {
	t.Parallel()
	const leaf = `{"field": "customer.age", "op": "set"}`
	nested := func(n int) string { return strings.Repeat(`{"not": `, n-1) + leaf + strings.Repeat("}", n-1) }
	wide := func(n int) string { return `{"any": [` + leaf + strings.Repeat(","+leaf, n-2) + `]}` }
	for text, want := range map[string]string{
		nested(10): "", nested(11): "the condition is nested too deep: at most 10 levels",
		wide(200): "", wide(201): "the condition is too large: at most 200 tests and groups; make a segment of a part of it",
	} {
		_, problems := tryParse(text, segments.Scope{})
		got := ""
		for _, p := range problems {
			if !p.Note {
				got += p.Message
			}
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A valid but surprising condition is accepted with a note.
func TestParseNotes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{`{"field": "customer.city", "op": "is_not", "value": "Ningbo"}`,
			"customer.city is_not also matches where it is unset (not known)"},
		{`{"field": "orders.count", "op": "is_not", "value": 1}`, ""},
		{`{"not": {"field": "customer.city", "op": "is", "value": "Ningbo"}}`,
			"not also matches where customer.city is unset"},
		{`{"not": {"field": "customer.city", "op": "set"}}`, ""},
		{`{"all": [{"field": "customer.city", "op": "is", "value": "Ningbo"}, {"field": "customer.city", "op": "in", "value": ["Hangzhou"]}]}`,
			"this contradicts the other test of customer.city in the same \"all\": nobody matches"},
		{`{"any": [{"not": {"field": "orders.count", "op": "gt", "value": 1}}, {"field": "orders.count", "op": "is_not", "value": 7}]}`,
			"any of several exclusions matches nearly everybody: \"all\" excludes each of them"},
		{`{"event": "message.opened", "last": {"days": 401}}`, "what customers did with messages is kept for 400 days"},
		{`{"event": "message.opened", "ago": {"from": {"days": 401}, "to": {"days": 5}}}`,
			"what customers did with messages is kept for 400 days"},
		{`{"share": {"event": "message.opened"}, "of": {"event": "message.sent"}, "gt": 0.5, "last": {"days": 500}}`,
			"what customers did with messages is kept for 400 days"},
		{`{"all": [{"field": "orders.count", "op": "gt", "value": 5}, {"field": "orders.count", "op": "lt", "value": 3}]}`,
			"this contradicts the other test of orders.count in the same \"all\": nobody matches"},
		{`{"all": [{"field": "orders.net", "op": "between", "value": [5, 9]}, {"field": "orders.net", "op": "gt", "value": 9}]}`,
			"this contradicts the other test of orders.net in the same \"all\": nobody matches"},
		{`{"all": [{"field": "orders.net", "op": "gte", "value": 9}, {"field": "orders.net", "op": "lte", "value": 9}]}`,
			""},
		{`{"all": [{"field": "customer.city", "op": "unset"}, {"field": "customer.city", "op": "is", "value": "Ningbo"}]}`,
			"this contradicts the other test of customer.city in the same \"all\": nobody matches"},
		{`{"any": [{"field": "customer.city", "op": "unset"}, {"field": "customer.city", "op": "set"}]}`,
			"with the other test of customer.city in the same \"any\" everybody matches"},
		{`{"any": [{"field": "orders.count", "op": "is", "value": 1}, {"field": "orders.count", "op": "is_not", "value": 1}]}`,
			"with the other test of orders.count in the same \"any\" everybody matches"},
		{`{"field": "orders.usual_hour", "op": "lte", "value": 23}`,
			"orders.usual_hour is 0 to 23: this matches wherever it is set"},
		{`{"field": "rfm.r", "op": "gt", "value": 10}`, "rfm.r is 1 to 10: this matches nobody"},
		{`{"event": "message.opened", "last": {"days": 400}}`, ""},
		{`{"event": "order.paid", "pick": "last"}`,
			"pick changes nothing here: it chooses one event for followed_by, not_followed_by or a figure"},
		{`{"event": "order.paid", "count": {"gte": 0}}`, "count is never below 0: this matches everybody"},
		{`{"event": "order.paid", "count": {"lt": 0}}`, "count is never below 0: this matches nobody"},
		{`{"event": "order.paid", "count": {"lt": 1}}`, ""},
		{`{"event": "order.paid", "where": {"field": "line.product", "op": "is", "value": "77"}}`,
			`a product's id is shop:connection:id, as the API shows it; "77" is no such id`},
		{`{"event": "order.paid", "where": {"field": "line.quantity", "op": "is_not", "value": 1}}`,
			`line.quantity is_not matches an order if one line differs or is unset; to require it of every line, write {"not": {...}}`},
	} {
		condition, problems := tryParse(c.in, segments.Scope{})
		var notes []string
		for _, p := range problems {
			if !p.Note || condition == nil {
				t.Errorf("%s: got %v", c.in, p)
			}
			notes = append(notes, p.Message)
		}
		if got := strings.Join(notes, "; "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.in, got, c.want)
		}
	}
}

// A window longer than the shop's history is noted, if the history is known.
func TestParseNotesWindowsLongerThanTheHistory(t *testing.T) {
	t.Parallel()
	const want = "the shop's orders reach back 90 days"
	for in, noted := range map[string]bool{
		`{"event": "order.paid", "last": {"days": 91}}`:                                                       true,
		`{"event": "order.paid", "last": {"days": 90}}`:                                                       false,
		`{"event": "order.paid", "ago": {"from": {"months": 6}, "to": {"days": 30}}}`:                         true,
		`{"share": {"event": "order.paid"}, "of": {"event": "order.paid"}, "gt": 0.5, "last": {"days": 365}}`: true,
		`{"ratio": [{"event": "order.paid"}, {"event": "order.paid", "last": {"days": 365}}], "gt": 0.5}`:     true,
		`{"event": "customer.created", "last": {"days": 365}}`:                                                false,
	} {
		condition, problems := tryParse(in, segments.Scope{History: 90})
		if condition == nil || noted != (len(problems) == 1 && problems[0].Message == want) {
			t.Errorf("%s: got %v, want a note: %v", in, problems, noted)
		}
	}
}

// Parsing any text ends without a panic, with a condition or with the reason why
// not.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"all": [{"field": "customer.age", "op": "between", "value": [1, 2]}, {"not": {"field": "order.coupon", "op": "set"}}]}`,
		`{"field": "orders.last_at", "op": "within_last", "value": {"days": 7}}`, `{"field": "customer.custom.a", "op": "in", "value": [1, "a"]}`,
		`{"event": ["order.paid"], "where": {"field": "line.brand", "op": "is", "value": "a"}, "avg": "line.net", "gt": 1, "last": "7d", ` +
			`"ago": {"from": "2w", "to": {"months": 0}}}`,
		`{"share": {"event": "order.refunded"}, "of": {"event": "order.paid", "before": "2026-01-01"}, "lte": 0.5, ` +
			`"between": ["2026-01-01", "2026-02-01T00:00:00Z"]}`,
		`{"ratio": [{"event": "message.sent", "distinct": "message.step"}, {"event": "order.paid", "sum": "order.net"}], "is": 2}`,
		`{"event": "order.placed", "pick": "last", "not_followed_by": {"event": "order.paid"}}`, `{"sample": {"percent": 0.5, "seed": "s"}}`,
		`{"field": "orders.net", "op": "gte", "value": "1e9"}`, `{"field": "customer.birthday", "op": "is", "value": "--02-29"}`,
	} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, order bool) {
		condition, problems := tryParse(text, segments.Scope{Order: order})
		if (condition == nil) != strictjson.Refused(problems) {
			t.Fatalf("got %v with %v", condition, problems)
		}
		if condition != nil {
			fact := paid(t, "o1", now, 5)
			profile := customer(fact)
			agree(t, text, condition, &profile, &fact, shanghai(t), instant(t, now))
		}
	})
}
