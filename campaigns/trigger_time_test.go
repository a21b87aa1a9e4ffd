package campaigns_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/strictjson"
)

// timed is a campaign with a trigger, and one mail at once.
func timed(key, trigger string) string {
	class := map[string]string{"customer": "marketing", "order": "service"}[key]
	return `{"schema": 1, "id": "c", "name": "C", "class": "` + class + `", "key": "` + key + `", "reentry": "always",
		"trigger": ` + trigger + `,
		"policy": {"quiet": {"from": "00:00", "to": "00:00"}, "cap": [{"max": 9, "per": "1d"}, {"max": 9, "per": "7d"}]},
		"steps": [{"id": "s1", "send": {"channel": "email", "template": "t"}}]`
}

// A date lets its customer enter at the local time, so many days before or after it. Tests
// begin on Monday, 2 March 2026, at 10:00 in UTC.
func TestDateTriggers(t *testing.T) {
	t.Parallel()
	birthday := timed("customer", `{"date": "customer.birthday", "offset": "-7d", "at": "09:00"}`)
	renewal := timed("customer", `{"date": "customer.custom.renewal", "offset": "2d", "at": "18:30"}`)
	yearly := timed("customer", `{"date": "customer.custom.renewal", "at": "00:00", "yearly": true}`)
	for _, tt := range []struct {
		name, file string
		given      []string
		sent       []string
	}{
		{"a birthday, a week before", birthday, []string{"0m customer.updated birthday=1990-03-12"}, []string{"s1@2d23h"}},
		{"a birthday without a year", birthday, []string{"0m customer.updated birthday=--03-12"}, []string{"s1@2d23h"}},
		{"in the customer's zone", birthday, []string{"0m customer.updated birthday=--03-12 zone=Asia/Shanghai"}, []string{"s1@2d15h"}},
		{"each year again", birthday, []string{"0m customer.updated birthday=--03-12", "40d customer.updated"}, []string{"s1@2d23h",
			"s1@367d23h"}},
		{"known after this year's moment: next year", birthday, []string{"0m customer.updated birthday=--03-09"}, []string{"s1@364d23h"}},
		{"not known", birthday, []string{"0m customer.updated"}, nil},
		{"taken back before its time", birthday, []string{"0m customer.updated birthday=--03-12", "1d customer.updated birthday=none"},
			nil},
		{"moved before its time", birthday, []string{"0m customer.updated birthday=--03-12", "1d customer.updated birthday=--03-15"},
			[]string{"s1@5d23h"}},
		{"moved forth and back", birthday, []string{"0m customer.updated birthday=--03-12", "1d customer.updated birthday=--03-15",
			"2d customer.updated birthday=--03-12"}, []string{"s1@2d23h"}},
		{"moved back after its time", birthday, []string{"0m customer.updated birthday=--03-12", "3d customer.updated birthday=--03-15",
			"4d customer.updated birthday=--03-12"}, []string{"s1@2d23h", "s1@367d23h"}},
		{"the zone moves west before its time", birthday, []string{"0m customer.updated birthday=--03-12 zone=Asia/Shanghai",
			"1d customer.updated zone=America/New_York"}, []string{"s1@3d4h"}},
		{"the zone moves east before its time", birthday, []string{"0m customer.updated birthday=--03-12 zone=America/New_York",
			"2d customer.updated zone=Asia/Shanghai"}, []string{"s1@2d15h"}},
		{"the zone moves west after its time: not twice", birthday, []string{"0m customer.updated birthday=--03-12 zone=Asia/Shanghai",
			"2d16h customer.updated zone=America/New_York"}, []string{"s1@2d15h"}},
		{"29 February in a common year", birthday, []string{"350d customer.updated birthday=1992-02-29"}, []string{"s1@355d23h"}},
		{"29 February in a leap year", birthday, []string{"715d customer.updated birthday=1992-02-29"}, []string{"s1@721d23h"}},
		{"a custom date, once", renewal, []string{"0m customer.updated custom.renewal=2026-03-04"}, []string{"s1@4d8h30m"}},
		{"a custom instant", renewal, []string{"0m customer.updated custom.renewal=2026-03-04T23:30:00Z zone=Asia/Shanghai"},
			[]string{"s1@5d30m"}},
		{"a custom date that is over", renewal, []string{"0m customer.updated custom.renewal=2025-03-04"}, nil},
		{"a custom date that moves on after its time comes again", renewal, []string{"0m customer.updated custom.renewal=2026-03-04",
			"10d customer.updated custom.renewal=2026-03-20"}, []string{"s1@4d8h30m", "s1@20d8h30m"}},
		{"a custom text that is no date", renewal, []string{"0m customer.updated custom.renewal=soon"}, nil},
		{"a custom date without a year, once", renewal, []string{"0m customer.updated custom.renewal=--03-04"}, nil},
		{"a custom date each year, from the year after", yearly, []string{"0m customer.updated custom.renewal=2026-03-04",
			"30d customer.updated"}, []string{"s1@366d14h"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result := play(t, tt.file, tt.given, tt.sent, nil)
			if diff := cmp.Diff(result.Failures, []string(nil)); diff != "" {
				t.Errorf("failures (-got +want):\n%s", diff)
			}
		})
	}
}

// A customer is due when the time since the last payment reaches the ratio of the own gap:
// in tests the average of the own gaps, and 30 days before there is one.
func TestOverdueLapses(t *testing.T) {
	t.Parallel()
	file := timed("customer", `{"lapse": {"overdue_ratio": 1.5}}`)
	paid := func(at, order string) string { return at + " order.placed payment_status=paid order=" + order }
	for _, tt := range []struct {
		name  string
		given []string
		sent  []string
	}{
		{"on the shop's gap", []string{paid("0m", "o1"), "0m order.paid"}, []string{"s1@44d14h"}},
		{"on the own gap of 10 days", []string{paid("0m", "o1"), "0m order.paid", paid("10d", "o2"), "10d order.paid order=o2"},
			[]string{"s1@24d14h"}},
		{"a later payment moves it", []string{paid("0m", "o1"), "0m order.paid", paid("40d", "o2"), "40d order.paid order=o2"},
			[]string{"s1@99d14h"}},
		{"nobody without a payment", []string{"0m order.placed"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result := play(t, file, tt.given, tt.sent, nil)
			if diff := cmp.Diff(result.Failures, []string(nil)); diff != "" {
				t.Errorf("failures (-got +want):\n%s", diff)
			}
		})
	}
}

// An order enters when the time after the event is over and nothing followed.
func TestEventsNotFollowed(t *testing.T) {
	t.Parallel()
	unshipped := timed("order", `{"event": "order.paid", "not_followed_by": {"event": "order.shipped"}, "within": "3d"}`)
	for _, tt := range []struct {
		name, file string
		given      []string
		sent       []string
		ends       []string
	}{
		{"nothing followed", unshipped, []string{"0m order.placed", "1h order.paid"}, []string{"s1@3d1h"}, []string{"finished"}},
		{"it followed in time", unshipped, []string{"0m order.placed", "1h order.paid", "2d order.shipped"}, nil, nil},
		{"it followed in the same moment", unshipped, []string{"0m order.placed", "1h order.paid", "1h order.shipped"}, nil, nil},
		{"it was known before", unshipped, []string{"0m order.placed", "30m order.shipped", "1h order.paid"}, []string{"s1@3d1h"}, nil},
		{"heard of late and in time", unshipped, []string{"0m order.placed", "3d order.shipped at=2d", "4d order.paid at=1h"}, nil, nil},
		{"the cause was received late: due late", unshipped, []string{"0m order.placed", "5d order.paid at=1h"}, []string{"s1@5d"}, nil},
		{"of another order", unshipped, []string{"0m order.placed", "1h order.paid", "0m order.placed order=o2",
			"2d order.shipped order=o2"},
			[]string{"s1@3d1h"}, nil},
		{"the cause is not true any more", unshipped, []string{"0m order.placed", "1h order.paid",
			"2d order.updated payment_status=voided"}, nil, nil},
		{"the event that follows later ends nothing by itself",
			strings.Replace(unshipped, `"id": "s1",`, `"id": "s1", "wait": "1d",`, 1),
			[]string{"0m order.placed", "1h order.paid", "3d2h order.shipped"}, []string{"s1@4d1h"}, []string{"finished"}},
		{"an exit does",
			strings.Replace(unshipped, `"steps": [{"id": "s1",`,
				`"exit": [{"event": "order.shipped", "same": "order"}], "steps": [{"id": "s1", "wait": "1d",`, 1),
			[]string{"0m order.placed", "1h order.paid", "3d2h order.shipped"}, nil, []string{"exited"}},
		{"a where is asked when the time is over",
			strings.Replace(unshipped, `"within": "3d"`, `"within": "3d", "where": {"field": "order.tags", "op": "has", "value": "gift"}`, 1),
			[]string{"0m order.placed", "1h order.paid", "2d order.updated tags=gift"}, []string{"s1@3d1h"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result := play(t, tt.file, tt.given, tt.sent, tt.ends)
			if diff := cmp.Diff(result.Failures, []string(nil)); diff != "" {
				t.Errorf("failures (-got +want):\n%s", diff)
			}
		})
	}
}

// What a time trigger cannot mean is refused at its place, with the remedy.
func TestTimeTriggersRefuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, key, trigger, want string }{
		{"a date of an order", "customer", `{"date": "order.placed_at", "at": "09:00"}`,
			`(/trigger/date): date: "order.placed_at" is neither customer.birthday`},
		{"a mistyped birthday", "customer", `{"date": "customer.birthdy", "at": "09:00"}`, `did you mean "customer.birthday"?`},
		{"a custom date without a key", "customer", `{"date": "customer.custom.", "at": "09:00"}`, "nor customer.custom.<key>"},
		{"a date without a time", "customer", `{"date": "customer.birthday"}`, `(/trigger): trigger: "at" is missing`},
		{"an offset in hours", "customer", `{"date": "customer.birthday", "at": "09:00", "offset": "-7h"}`,
			`(/trigger/offset): offset: days before or after`},
		{"an offset of a year and a day", "customer", `{"date": "customer.birthday", "at": "09:00", "offset": "366d"}`, "at most 365"},
		{"an offset with a plus", "customer", `{"date": "customer.birthday", "at": "09:00", "offset": "+7d"}`,
			"offset: days before or after"},
		{"an offset of nothing", "customer", `{"date": "customer.birthday", "at": "09:00", "offset": "d"}`, "offset: days before or after"},
		{"a time that is none", "customer", `{"date": "customer.birthday", "at": "24:00"}`, "(/trigger/at): at: a time of day"},
		{"a birthday once", "customer", `{"date": "customer.birthday", "at": "09:00", "yearly": false}`,
			"(/trigger/yearly): yearly: a birthday comes each year"},
		{"yearly in words", "customer", `{"date": "customer.birthday", "at": "09:00", "yearly": "yes"}`, "yearly: true or false is wanted"},
		{"a where beside a date", "customer",
			`{"date": "customer.birthday", "at": "09:00", "where": {"field": "customer.age", "op": "set"}}`,
			"(/trigger/where): where: a date has no event to filter"},
		{"an offset beside an event", "order", `{"event": "order.paid", "offset": "3d"}`,
			"(/trigger/offset): offset: not with event"},
		{"a date by order", "order", `{"date": "customer.birthday", "at": "09:00"}`, "key: a date is the customer's"},
		{"two kinds", "customer", `{"date": "customer.birthday", "at": "09:00", "lapse": {"days": 3}}`, "either lapse or date"},
		{"a ratio of nothing", "customer", `{"lapse": {"overdue_ratio": 0}}`,
			"(/trigger/lapse/overdue_ratio): overdue_ratio: a number from 0.1 to 100"},
		{"a ratio with three decimals", "customer", `{"lapse": {"overdue_ratio": 1.505}}`, "at most two decimals"},
		{"a ratio as text", "customer", `{"lapse": {"overdue_ratio": "1.5"}}`, "such as 1.5"},
		{"two lapses", "customer", `{"lapse": {"overdue_ratio": 1.5, "days": 60}}`,
			"(/trigger/lapse): lapse: either days or overdue_ratio"},
		{"no lapse", "customer", `{"lapse": {}}`, `"days" or "overdue_ratio" is missing`},
		{"an absence without a time", "order", `{"event": "order.paid", "not_followed_by": {"event": "order.shipped"}}`,
			`"within" is missing`},
		{"a time without an absence", "order", `{"event": "order.paid", "within": "3d"}`,
			"(/trigger/within): within: it says how long to wait"},
		{"an absence of no time", "order", `{"event": "order.paid", "not_followed_by": {"event": "order.shipped"}, "within": "0d"}`,
			"(/trigger/within): within: must be more than nothing"},
		{"an absence of the trigger", "order", `{"event": "order.paid", "not_followed_by": {"event": "order.paid"}, "within": "3d"}`,
			"so nothing can follow"},
		{"an absence by customer", "customer", `{"event": "order.paid", "not_followed_by": {"event": "order.shipped"}, "within": "3d"}`,
			`key: what is not followed is the event of one order; did you mean "order"?`},
		{"an absence without events", "order", `{"event": "order.paid", "not_followed_by": {}, "within": "3d"}`,
			`absence: "event" is missing`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := campaigns.Parse([]byte(timed(tt.key, tt.trigger) + "}"))
			if c != nil || !strictjson.Refused(problems) || !strings.Contains(fmt.Sprint(problems), tt.want) {
				t.Errorf("got\n%s\nwant\n%s", list(problems), tt.want)
			}
		})
	}
	for _, tt := range []struct{ name, more, want string }{
		{"a backfill of a date", `, "backfill": true`, "(/backfill): backfill: a date that is over is not caught up on"},
		{"an exit of the order", `, "exit": [{"event": "order.paid", "same": "order"}]`,
			`under a date there is no order of the enrolment; did you mean "customer"?`},
		{"a goal of the order", `, "goal": {"event": "order.paid", "same": "order", "within": "7d"}`, "(/goal/same): same: under a date"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := campaigns.Parse([]byte(timed("customer", `{"date": "customer.birthday", "at": "09:00"}`) + tt.more + "}"))
			if c != nil || !strings.Contains(list(problems), tt.want) {
				t.Errorf("got\n%s\nwant\n%s", list(problems), tt.want)
			}
		})
	}
}
