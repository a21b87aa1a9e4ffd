package service

import (
	"fmt"
	"testing"
	"time"

	"comeback/campaigns"
)

// One person in four flows of five mails each does not get twenty mails in a day: a cap over the
// whole shop lets three a day through. None is lost; the others follow on the next days.
func TestOnePersonInFourFlowsDoesNotGetTwentyMailsInADay(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		for n := range 4 {
			file := fmt.Sprintf(`{"schema": 1, "id": "flow%d", "name": "Flow", "class": "marketing", "trigger": {"event": "order.paid"},
"key": "order", "reentry": "never", "priority": %d, "policy": {"quiet": {"from": "00:00", "to": "00:00"},
"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}], "caps": [{"scope": "shop", "max": 3, "per": "day"}]}, "steps": [`, n, 10*n)
			for step := range 5 {
				if step > 0 {
					file += ","
				}
				file += fmt.Sprintf(`{"id": "s%d", "wait": "1h", "send": {"channel": "email", "template": "follow-up-1"}}`, step)
			}
			activate(t, l.Store, file+"]}")
		}
		l.agrees(t)
		l.buys(t, "o1", "10.00", nil)
		for range 10 * 4 {
			l.pass(t, 6*time.Hour)
			l.pass(t, time.Minute)
		}
		list, err := l.Messages(t.Context(), "s", "", l.customerOf(t, "ann").ID, campaigns.Sent, nil, 100)
		ok(t, err)
		days := map[string]int{}
		for _, m := range list {
			days[m.SentAt.UTC().Format(time.DateOnly)]++
		}
		for day, n := range days {
			if n > 3 {
				t.Errorf("%s: got %d mails, want at most 3", day, n)
			}
		}
		if len(list) != 20 || len(l.mailsTo("ann@example.com")) != 20 {
			t.Errorf("got %d messages and %d mails in ten days, want all 20: %v", len(list), len(l.mailsTo("ann@example.com")), days)
		}
	})
}
