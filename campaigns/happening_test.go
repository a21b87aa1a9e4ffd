package campaigns_test

import (
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/commerce"
)

// welcomeVIP is a campaign of those who enter a segment.
const welcomeVIP = `{"schema": 1, "id": "vip-care", "name": "VIP care", "class": "marketing",
"trigger": {"segment": "vip", "on": "entered"}, "key": "customer", "reentry": "always",
"audience": {"not": {"segment": "staff"}},
"exit": [{"segment": "vip", "on": "left", "same": "customer"}],
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}], "quiet": {"from": "00:00", "to": "00:00"}},
"steps": [{"id": "v1", "send": {"channel": "email", "template": "win-back-1"}},
{"id": "v2", "wait": "2d", "if": {"segment": "vip"}, "send": {"channel": "email", "template": "win-back-2"}}]`

// A file's tests say who enters and leaves a segment; the campaign follows.
func TestSegmentTriggersInAFile(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ given, expect string }{
		"one who enters gets both mails": {`"0m segment.entered segment=vip"`,
			`{"sent": ["v1@0m", "v2@2d"], "ends": "finished"}`},
		"one of another segment gets none": {`"0m segment.entered segment=new"`, `{"sent": []}`},
		"one who leaves gets no more": {`"0m segment.entered segment=vip", "1d segment.left segment=vip"`,
			`{"sent": ["v1"], "ends": "exited"}`},
		"one who left another segment stays": {`"0m segment.entered segment=vip", "1d segment.left segment=new"`,
			`{"sent": ["v1", "v2"]}`},
		"one outside the audience gets none": {`"0m customer.updated segment=staff", "1m segment.entered segment=vip"`,
			`{"sent": []}`},
		"each entering is an entry": {`"0m segment.entered segment=vip", "1d segment.left segment=vip", "9d segment.entered segment=vip"`,
			`{"sent": ["v1", "v1@9d", "v2"], "ends": ["exited", "finished"]}`},
		"leaving alone makes nobody enter":      {`"0m segment.left segment=vip"`, `{"sent": []}`},
		"a member by list without an event not": {`"0m customer.updated segment=vip"`, `{"sent": []}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passes(t, welcomeVIP, tt.given, tt.expect)
		})
	}
}

// passes checks that a campaign behaves as one test in its file says.
func passes(t *testing.T, file, given, expect string) {
	t.Helper()
	file += `, "tests": [{"name": "n", "given": [` + given + `], "expect": ` + expect + `}]}`
	v, problems := campaigns.Accept([]byte(file), nil, commerce.Shop{})
	if v == nil {
		t.Fatal(list(problems))
	}
}

// onCustomers is a campaign with a trigger of customers.
func onCustomers(trigger, more string) string {
	return `{"schema": 1, "id": "w", "name": "W", "class": "marketing", "trigger": ` + trigger + `, "key": "customer", "reentry": "always",
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}], "quiet": {"from": "00:00", "to": "00:00"}}, ` + more + `
"steps": [{"id": "w1", "wait": "1h", "send": {"channel": "email", "template": "win-back-1"}}]`
}

// A file's tests say who becomes known, consents, opens and clicks; the campaign follows.
func TestTriggersOfCustomersInAFile(t *testing.T) {
	t.Parallel()
	created := `{"event": "customer.created"}`
	granted := `{"event": "consent.granted", "where": {"field": "customer.gender", "op": "is", "value": "female"}}`
	clicked := `{"event": "message.clicked", "campaign": "hello", "step": "a"}`
	left := `"exit": [{"event": "message.opened", "same": "customer"}],`
	for name, tt := range map[string]struct{ file, given, expect string }{
		"each new customer once": {onCustomers(created, ""),
			`"0m order.placed", "5m order.placed order=o2"`, `{"sent": ["w1@1h"]}`},
		"two new customers": {onCustomers(created, ""),
			`"0m customer.created", "5m customer.created customer=c2"`, `{"sent": ["w1", "w1"]}`},
		"no consent when created": {onCustomers(created, ""),
			`"0m customer.created consent=unknown", "5m consent.granted"`, `{"sent": []}`},
		"a consent": {onCustomers(granted, ""),
			`"0m customer.created consent=unknown gender=female", "5m consent.granted"`, `{"sent": ["w1@1h5m"]}`},
		"a consent of somebody else": {onCustomers(granted, ""),
			`"0m customer.created consent=unknown gender=male", "5m consent.granted"`, `{"sent": []}`},
		"the same consent again": {onCustomers(granted, ""),
			`"0m customer.created gender=female", "5m customer.updated"`, `{"sent": ["w1@1h"]}`},
		"a consent after a withdrawal": {onCustomers(granted, ""),
			`"0m customer.created gender=female", "2h customer.updated consent=false", "3h consent.granted"`, `{"sent": ["w1@1h", "w1@4h"]}`},
		"a consent withdrawn meanwhile": {onCustomers(granted, ""),
			`"0m customer.created gender=female", "5m customer.updated consent=false"`, `{"sent": []}`},
		"a click in the step":     {onCustomers(clicked, ""), `"0m message.clicked campaign=hello step=a"`, `{"sent": ["w1"]}`},
		"a click in another step": {onCustomers(clicked, ""), `"0m message.clicked campaign=hello step=b"`, `{"sent": []}`},
		"an open is no click":     {onCustomers(clicked, ""), `"0m message.opened campaign=hello step=a"`, `{"sent": []}`},
		"an open ends it": {onCustomers(created, left),
			`"0m customer.created", "5m message.opened"`, `{"sent": [], "ends": "exited"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passes(t, tt.file, tt.given, tt.expect)
		})
	}
}

// A step waits for the customer to enter a segment.
func TestAStepWaitsForASegment(t *testing.T) {
	t.Parallel()
	file := strings.Replace(welcomeVIP, `{"id": "v2",`, `{"id": "w", "wait_for": {"segment": "gold", "on": "entered", "within": "5d"},
"then": [{"id": "g", "send": {"channel": "email", "template": "win-back-3"}}]}, {"id": "v2",`, 1)
	passes(t, file, `"0m segment.entered segment=vip", "1d segment.entered segment=gold"`, `{"sent": ["v1@0m", "g@1d", "v2@3d"]}`)
	passes(t, file, `"0m segment.entered segment=vip", "1d segment.entered segment=new"`, `{"sent": ["v1@0m", "v2@7d"]}`)
}

// What does not fit an event of a customer is refused where it is written, with the remedy.
func TestCustomerEventsAreRefusedWhereTheyDoNotFit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, with, want string }{
		{"by order", `"key": "customer"`, `"key": "order"`,
			`(/key): key: segment.entered is about a customer, not about an order; did you mean "customer"?`},
		{"service", `"marketing"`, `"service"`, `(/class): class: service is about an order`},
		{"neither entered nor left", `"on": "entered"`, `"on": "enters"`, `did you mean "entered"?`},
		{"without on", `, "on": "entered"`, ``, `"on" is missing`},
		{"a condition on the segment", `"on": "entered"`, `"on": "entered", "where": {"field": "customer.gender", "op": "set"}`,
			`(/trigger/where): where: a segment has no event to filter; use audience`},
		{"a message of a segment", `"on": "entered"`, `"on": "entered", "campaign": "x"`,
			`(/trigger/campaign): campaign: not with segment`},
		{"segment and event", `{"segment": "vip", "on": "left",`, `{"segment": "vip", "on": "left", "event": "order.paid",`,
			`exit: either event or segment, not both`},
		{"the same order", `"same": "customer"`, `"same": "order"`,
			`(/exit/0/same): same: segment.left is about a customer, not about an order; did you mean "customer"?`},
		{"a step of no campaign", `"segment": "vip", "on": "left"`, `"event": "message.clicked", "step": "a"`, `step: name its campaign too`},
		{"a campaign of an order's event", `"segment": "vip", "on": "left"`, `"event": "order.paid", "campaign": "x"`,
			`campaign: only with the events message.opened and message.clicked`},
		{"events of orders and customers", `{"segment": "vip", "on": "entered"}`, `{"event": ["order.paid", "customer.created"]}`,
			`customer.created is about a customer and cannot be listed with events of orders`},
		{"a date of an order", `"wait": "2d"`, `"wait_until": {"before": "order.cancel_at"}`,
			`is about no order, so there is no order.cancel_at`},
		{"a limit by an order", `"wait": "2d"`, `"wait": "2d", "no_later_than": {"before": "order.cancel_at"}`,
			`is about no order, so there is no`},
		{"the event by its name", `{"segment": "vip", "on": "left",`, `{"event": "segment.left",`,
			`name the segment: "segment": "...", "on": "left"`},
		{"no id of a segment", `{"segment": "vip"}`, `{"segment": "VIP!"}`, `(/steps/1/if/segment): segment "VIP!":`},
		{"a condition on an order", `{"segment": "vip"}`, `{"field": "order.total", "op": "gt", "value": "1"}`,
			`(/steps/1/if/field): order.total is about one order`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := strings.Replace(welcomeVIP+"}", tt.old, tt.with, 1)
			if c, problems := campaigns.Parse([]byte(file)); c != nil || !strings.Contains(list(problems), tt.want) {
				t.Errorf("got %v\n%s\nwant\n%s", c != nil, list(problems), tt.want)
			}
		})
	}
}
