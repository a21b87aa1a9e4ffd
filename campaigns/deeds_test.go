package campaigns_test

import (
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// playDid is play, where the steps that do something else are expected too.
func playDid(t *testing.T, file string, given, sent, did, ends []string) campaigns.TestResult {
	t.Helper()
	quoted := func(list []string) string {
		if len(list) == 0 {
			return "[]"
		}
		return `["` + strings.Join(list, `", "`) + `"]`
	}
	test := `{"name": "it", "given": ` + quoted(given) + `, "expect": {"sent": ` + quoted(sent) + `, "did": ` + quoted(did) +
		`, "ends": ` + quoted(ends) + `}}`
	c := parse(t, file+`, "tests": [`+test+`]}`)
	return campaigns.RunTests(c, commerce.Shop{})[0]
}

// A step waits for an event or a condition. Steps of its branches count from the event, or from the
// end of the waiting.
func TestWaitFor(t *testing.T) {
	t.Parallel()
	shipped := `{"id": "w", "wait": "1h", "wait_for": {"event": "order.shipped", "within": "3d"},
		"then": [` + mailStep("yes", "1h") + `], "else": [` + mailStep("no", "1h") + `]}`
	vip := `{"id": "w", "wait_for": {"condition": {"field": "customer.tags", "op": "has", "value": "vip"}, "within": "2d"},
		"then": [` + mailStep("yes", "0m") + `], "else": [` + mailStep("no", "0m") + `]}`
	big := `{"id": "w", "wait_for": {"event": "order.placed", "same": "customer", "within": "2d",
		"where": {"field": "order.total", "op": "gte", "value": "100.00"}},
		"then": [` + mailStep("yes", "0m") + `], "else": [` + mailStep("no", "0m") + `]}`
	free := strings.Replace(head, `{"event": "order.placed", "same": "customer", "as": "superseded"}`,
		`{"event": "order.refunded", "same": "order"}`, 1) +
		unpaidTrigger + `"steps": [`
	for _, tt := range []struct {
		name, file string
		given      []string
		sent       []string
	}{
		{"the event in time", withSteps(shipped), []string{"0m order.placed", "5h order.shipped"}, []string{"yes@6h"}},
		{"no event in time", withSteps(shipped), []string{"0m order.placed"}, []string{"no@3d2h"}},
		{"the event at the last moment", withSteps(shipped), []string{"0m order.placed", "3d1h order.shipped"}, []string{"yes@3d2h"}},
		{"the event too late", withSteps(shipped), []string{"0m order.placed", "3d1h1m order.shipped"}, []string{"no@3d2h"}},
		{"an event before the waiting does not count", withSteps(shipped), []string{"0m order.placed", "30m order.shipped parcel=1"},
			[]string{"no@3d2h"}},
		{"a second one does", withSteps(shipped), []string{"0m order.placed", "30m order.shipped parcel=1", "2h order.shipped parcel=2"},
			[]string{"yes@3h"}},
		{"a condition that holds already", withSteps(vip), []string{"0m order.placed tag=vip"}, []string{"yes@0m"}},
		{"a condition that comes to hold is seen within the hour", withSteps(vip), []string{"0m order.placed",
			"90m customer.updated tag=vip"},
			[]string{"yes@2h"}},
		{"a condition that never holds", withSteps(vip), []string{"0m order.placed"}, []string{"no@2d"}},
		{"an event that the shop reports", withSteps(`{"id": "w", "wait_for": {"event": "custom.quiz", "within": "2d",
			"where": {"field": "event.score", "op": "gte", "value": 5}}, "then": [` + mailStep("yes", "0m") + `]}`),
			[]string{"0m order.placed", "1h custom.quiz score=3", "2h custom.quiz score=7"}, []string{"yes@2h"}},
		{"an event with a condition on its order", free + big + `]`,
			[]string{"0m order.placed", "1h order.placed order=o2 total=20.00", "2h order.placed order=o3 total=150.00"},
			[]string{"yes@2h", "yes@2h", "no@2d2h"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if result := play(t, tt.file, tt.given, tt.sent, nil); !result.Passed() {
				t.Error(result.Failures)
			}
		})
	}
}

// Steps change the customer's tags and attributes. Steps behind them see that. One who is held out
// is left as they are.
func TestTagAndSet(t *testing.T) {
	t.Parallel()
	tag := `{"id": "tag", "wait": "1h", "tag": {"add": ["tea", "green"], "remove": "new"}}`
	set := `{"id": "set", "wait": "1h", "set": {"customer.custom.cup": "large", "customer.custom.visits": 3}}`
	seen := func(field, value string) string {
		return `{"id": "seen", "wait": "1h", "if": {"field": "` + field + `", "op": "` + map[bool]string{true: "has",
			false: "is"}[field == "customer.tags"] +
			`", "value": "` + value + `"}, "send": {"channel": "email", "template": "t"}}`
	}
	for _, tt := range []struct {
		name, file      string
		given           []string
		sent, did, ends []string
	}{
		{"a tag is seen by the next step", withSteps(tag, seen("customer.tags", "green")), []string{"0m order.placed"},
			[]string{"seen@2h"}, []string{"tag@1h"}, []string{"finished"}},
		{"a removed tag is gone", withSteps(tag, seen("customer.tags", "new")), []string{"0m order.placed tag=new"},
			nil, []string{"tag@1h"}, []string{"finished"}},
		{"an attribute is seen by the next step", withSteps(set, seen("customer.custom.cup", "large")), []string{"0m order.placed"},
			[]string{"seen@2h"}, []string{"set@1h"}, []string{"finished"}},
		{"nothing happens to one who is held out", withSteps(tag, set, seen("customer.tags", "green")),
			[]string{"0m order.placed holdout=true"},
			nil, nil, []string{"finished"}},
		{"a step that is left out does nothing", withSteps(strings.Replace(tag, `"tag": {`,
			`"if": {"field": "order.total", "op": "gt", "value": "900"}, "tag": {`, 1),
			seen("customer.tags", "green")), []string{"0m order.placed"}, nil, nil, []string{"finished"}},
		{"to enter another campaign", withSteps(`{"id": "other", "wait": "1h", "enter": "thanks"}`), []string{"0m order.placed"},
			nil, []string{"other@1h"}, []string{"finished"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if result := playDid(t, tt.file, tt.given, tt.sent, tt.did, tt.ends); !result.Passed() {
				t.Error(result.Failures)
			}
		})
	}
}

// A step that cannot mean what it says is refused with the remedy.
func TestDeedsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, step, want string }{
		{"a wait for nothing", `"wait_for": {"within": "1d"}`, "one of event, segment and condition"},
		{"a wait for both",
			`"wait_for": {"event": "order.paid", "condition": {"field": "customer.tags", "op": "has", "value": "a"}, "within": "1d"}`,
			"one of event, segment and condition"},
		{"a wait without end", `"wait_for": {"event": "order.paid"}`, `"within" is missing`},
		{"a wait of no time", `"wait_for": {"event": "order.paid", "within": "0m"}`, "within: must be more than nothing"},
		{"a where without an event",
			`"wait_for": {"condition": {"field": "customer.tags", "op": "has", "value": "a"}, "within": "1d", "same": "order"}`,
			"same: it belongs to an event"},
		{"a wait that expires", `"wait_for": {"event": "order.paid", "within": "1d"}, "expires": "1d"`, "expires: a wait_for has none"},
		{"a wait under a condition",
			`"if": {"field": "customer.tags", "op": "has", "value": "a"}, "wait_for": {"event": "order.paid", "within": "1d"}`,
			"if: a wait_for has none"},
		{"no tags", `"tag": {}`, "one of add and remove"},
		{"an empty list of tags", `"tag": {"add": []}`, "add: the list is empty"},
		{"a tag added and removed", `"tag": {"add": ["a"], "remove": ["a"]}`, `"a" is added and removed`},
		{"an attribute of the platform", `"set": {"customer.email": "x@example.com"}`, `"customer.email" cannot be set`},
		{"a list as a value", `"set": {"customer.custom.x": [1]}`, "text, a number, true, false or null is wanted"},
		{"nothing to set", `"set": {}`, "an object of 1 to 20 attributes"},
		{"the campaign itself", `"enter": "c"`, "enter: it is this campaign itself"},
		{"a campaign that has no id", `"enter": "Not A Slug"`, "enter: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := campaigns.Parse([]byte(withSteps(`{"id": "x", `+tt.step+`}`, mailStep("a", "1h")) + `}`))
			if c != nil || !strictjson.Refused(problems) || !strings.Contains(list(problems), tt.want) {
				t.Errorf("got\n%s\nwant it refused with %s", list(problems), tt.want)
			}
		})
	}
}
