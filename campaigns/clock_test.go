package campaigns_test

import (
	"strings"
	"testing"
)

// clocked is a campaign of one mail an hour after an order, and of one at a local time after it.
func clocked(until string) string {
	return `{"schema": 1, "id": "c", "name": "C", "class": "service", "key": "order", "reentry": "never",
		"trigger": {"event": "order.placed"}, "policy": {"quiet": {"from": "00:00", "to": "00:00"},
		"cap": [{"max": 9, "per": "1d"}, {"max": 9, "per": "7d"}]},
		"steps": [{"id": "a", "wait": "1h", "send": {"channel": "email", "template": "t"}},
		{"id": "b", "wait_until": ` + until + `, "send": {"channel": "email", "template": "t"}}]`
}

// A step at a local time is taken at that time of the customer's clock, once, also where the clocks are
// put forward or back, and where the customer moves to another zone between two steps. The example begins
// on Monday, 2 March 2026, at 10:00 in the shop's zone.
func TestStepsAtALocalTimeAreOnTheCustomersClock(t *testing.T) {
	t.Parallel()
	const night, morning = `{"at": "02:30"}`, `{"at": "09:00"}`
	for _, tt := range []struct {
		name, zone, until string
		given, sent       []string
	}{
		{"Berlin, the time is skipped: an hour later", "Europe/Berlin", night,
			[]string{"26d14h order.placed"}, []string{"a@26d15h", "b@26d16h30m"}},
		{"New York, the time is skipped: an hour later", "America/New_York", night,
			[]string{"5d14h order.placed"}, []string{"a@5d15h", "b@5d16h30m"}},
		{"Berlin, the time comes twice: the first", "Europe/Berlin", night,
			[]string{"236d13h order.placed"}, []string{"a@236d14h", "b@236d15h30m"}},
		{"New York, the time comes twice: the first", "America/New_York", `{"at": "01:30"}`,
			[]string{"243d12h order.placed"}, []string{"a@243d13h", "b@243d14h30m"}},
		{"Santiago, a Sunday that begins at one is not missed", "America/Santiago", `{"at": "09:00", "weekday": "sun"}`,
			[]string{"181d14h30m order.placed"}, []string{"a@181d15h30m", "b@187d23h"}},
		{"the customer's zone, not the shop's", "UTC", morning, []string{"0m order.placed zone=Asia/Tokyo"}, []string{"a@1h", "b@14h"}},
		{"moved east before the time", "UTC", morning,
			[]string{"0m order.placed zone=America/New_York", "2h customer.updated zone=Asia/Tokyo"}, []string{"a@1h", "b@14h"}},
		{"moved west before the time, where nine is over: the next nine", "UTC", morning,
			[]string{"0m order.placed zone=Europe/Berlin", "5h customer.updated zone=America/New_York"}, []string{"a@1h", "b@1d4h"}},
		{"moved west before the time, where nine is still to come", "UTC", morning,
			[]string{"0m order.placed zone=Asia/Tokyo", "2h customer.updated zone=America/New_York"}, []string{"a@1h", "b@1d4h"}},
		{"moved after the time: not again", "UTC", morning,
			[]string{"0m order.placed zone=Asia/Tokyo", "15h customer.updated zone=America/New_York", "40h order.updated"},
			[]string{"a@1h", "b@14h"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if result := playIn(t, tt.zone, clocked(tt.until), tt.given, tt.sent); !result.Passed() {
				t.Error(result.Failures)
			}
		})
	}
}

// A mail that waits for the end of the night goes out when the night ends where the customer is then.
func TestTheNightIsThatOfTheCustomersZone(t *testing.T) {
	t.Parallel()
	file := strings.Replace(clocked(`{"at": "23:30"}`), `"quiet": {"from": "00:00", "to": "00:00"}`,
		`"quiet": {"from": "21:00", "to": "08:00", "zone": "customer"}`, 1)
	for _, tt := range []struct {
		name        string
		given, sent []string
	}{
		{"at home", []string{"0m order.placed zone=Europe/Berlin"}, []string{"a@1h", "b@21h"}},
		{"moved west in the night: the night there", []string{"0m order.placed zone=Europe/Berlin",
			"14h customer.updated zone=America/New_York"}, []string{"a@1h", "b@1d3h"}},
		{"moved east in the night: when the first night would be over", []string{"0m order.placed zone=Europe/Berlin",
			"14h customer.updated zone=Asia/Tokyo"}, []string{"a@1h", "b@21h"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if result := playIn(t, "UTC", file, tt.given, tt.sent); !result.Passed() {
				t.Error(result.Failures)
			}
		})
	}
}
