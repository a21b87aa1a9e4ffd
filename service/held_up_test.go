package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// threeReminders has the steps of the ready reminder, without a night or a cap.
const threeReminders = `{"schema": 1, "id": "three", "name": "Three reminders", "class": "service",
"trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}}, "key": "order",
	"reentry": "never",
"exit": [{"event": "order.paid", "same": "order", "as": "goal"}],
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "r1", "wait": "1h", %[1]s"send": {"channel": "email", "template": "unpaid-1"}},
{"id": "r2", "wait": "23h", %[1]s"send": {"channel": "email", "template": "unpaid-2"}},
{"id": "r3", "wait": "48h", %[1]s"send": {"channel": "email", "template": "unpaid-3"}}]}`

// reminding is a wired service with an active campaign of three reminders.
func reminding(t *testing.T, h *harness, file string) *leaving {
	t.Helper()
	l := newLeaving(t, h)
	l.asks(t, l.key, 201, "PUT /v1/campaigns/three", file)
	l.asks(t, l.key, 204, "POST /v1/campaigns/three/activate", `{"version": 1}`)
	return l
}

// owed is an unpaid order of a guest, as its platform reports it now.
func (l *leaving) owed(t *testing.T, id, address string, placed time.Time, more ...object) {
	t.Helper()
	order := object{"type": "order", "id": id, "placed_at": placed, "payment_status": "unpaid", "currency": "EUR", "total": "50.00",
		"pay_url": "https://tea.example/pay/" + id, "buyer": object{"email": address},
		"lines": []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": "50.00", "net": "50.00"}}}
	for _, fields := range more {
		for name, value := range fields {
			order[name] = value
		}
	}
	l.report(t, order)
}

// hours advances the clock by hours and works after each.
func (l *leaving) hours(t *testing.T, n int) {
	t.Helper()
	for range n {
		l.pass(t, time.Hour)
	}
}

// subjects are the subjects of the mails to an address, in the order of
// arrival.
func (l *leaving) subjects(t *testing.T, address string) []string {
	t.Helper()
	var list []string
	for _, m := range l.mailsTo(address) {
		list = append(list, m.Subject)
	}
	return list
}

// An order placed before a campaign was activated never enters, however often
// its platform sends it. A later event of the order may enter.
func TestOnlyCausesAfterActivationEnter(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := reminding(t, h, fmt.Sprintf(threeReminders, ""))
		begun := l.at()
		for i, before := range []time.Duration{time.Hour, 30 * time.Hour, 73 * time.Hour, 40 * 24 * time.Hour} {
			l.owed(t, fmt.Sprint("old", i), fmt.Sprintf("old%d@example.com", i), begun.Add(-before))
		}
		l.pass(t, time.Minute)
		l.owed(t, "old0", "old0@example.com", begun.Add(-time.Hour), object{"note": "tagged"})
		l.owed(t, "new", "new@example.com", l.at())
		l.hours(t, 80)
		for _, m := range l.caught.Mails(0) {
			if strings.HasPrefix(m.To, "old") {
				t.Errorf("%s, whose order is older than the campaign, got %q", m.To, m.Subject)
			}
		}
		if got := len(l.mailsTo("new@example.com")); got != 3 {
			t.Errorf("the new order: got %d mails, want 3", got)
		}
	})
}

// A step that expired before its order was received is left out: no customer
// gets the last reminder first.
func TestStepThatExpiredBeforeTheEntryIsLeftOut(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := reminding(t, h, fmt.Sprintf(threeReminders, `"expires": "36h", `))
		begun := l.at()
		l.hours(t, 90)
		l.owed(t, "1", "two-days@example.com", l.at().Add(-50*time.Hour))
		l.owed(t, "2", "three-days@example.com", begun.Add(time.Hour))
		l.pass(t, 0)
		if got := len(l.caught.Mails(0)); got != 0 {
			t.Errorf("at once: got %d mails, want none", got)
		}
		l.hours(t, 60)
		if got := l.subjects(t, "two-days@example.com"); len(got) != 1 {
			t.Errorf("two days old: got %q, want the step that was still to come", got)
		}
		if got := l.subjects(t, "three-days@example.com"); len(got) != 0 {
			t.Errorf("more than three days old: got %q, want nothing", got)
		}
	})
}

// After a pause, an outage or a late delivery, reminders are not sent together:
// each has its distance to the one before, in their order.
func TestDelayedStepsAreNotSentTogether(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		held func(t *testing.T, l *leaving)
		want []int // hours after the order at which mails came
	}{
		{"none is held up", func(*testing.T, *leaving) {}, []int{1, 24, 72}},
		{"a pause over two of them", func(t *testing.T, l *leaving) {
			l.asks(t, l.key, 204, "POST /v1/campaigns/three/pause", "")
			l.hours(t, 30)
			l.asks(t, l.key, 204, "POST /v1/campaigns/three/resume", "")
			l.pass(t, 0)
		}, []int{30, 53, 101}},
		{"nothing runs for two days", func(_ *testing.T, l *leaving) { l.moveTo(l.at().Add(47 * time.Hour)) }, []int{48, 71, 119}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				l := reminding(t, h, fmt.Sprintf(threeReminders, ""))
				placed := l.at()
				l.owed(t, "1", "ann@example.com", placed)
				l.pass(t, 0)
				tt.held(t, l)
				var got []int
				for l.at().Before(placed.Add(150 * time.Hour)) {
					for len(got) < len(l.mailsTo("ann@example.com")) {
						got = append(got, int(l.at().Sub(placed).Hours()))
					}
					l.pass(t, time.Hour)
				}
				if fmt.Sprint(got) != fmt.Sprint(tt.want) {
					t.Errorf("mails came %v hours after the order, want %v", got, tt.want)
				}
				if subjects := l.subjects(t, "ann@example.com"); len(subjects) != 3 || !strings.HasPrefix(subjects[2], "Last note") ||
					strings.HasPrefix(subjects[1], "Last note") {
					t.Errorf("got %q, want them in their order", subjects)
				}
			})
		})
	}
}

// Events during a pause make customers enter after it, where the conditions
// still match; else a record shows the reason.
func TestCausesDuringAPauseEnterAfterIt(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := reminding(t, h, fmt.Sprintf(threeReminders, ""))
		l.asks(t, l.key, 204, "POST /v1/campaigns/three/pause", "")
		placed := l.at()
		l.owed(t, "open", "open@example.com", placed)
		l.owed(t, "paid", "paid@example.com", placed)
		l.owed(t, "cancelled", "cancelled@example.com", placed)
		l.hours(t, 3)
		l.owed(t, "paid", "paid@example.com", placed, object{"payment_status": "paid", "paid_at": l.at()})
		l.owed(t, "cancelled", "cancelled@example.com", placed, object{"status": "cancelled", "cancelled_at": l.at()})
		l.hours(t, 3)
		if got := len(l.caught.Mails(0)); got != 0 {
			t.Errorf("in the pause: got %d mails, want none", got)
		}
		l.asks(t, l.key, 204, "POST /v1/campaigns/three/resume", "")
		l.pass(t, 0)
		l.hours(t, 80)
		for address, want := range map[string]int{"open@example.com": 3, "paid@example.com": 0} {
			if got := len(l.mailsTo(address)); got != want {
				t.Errorf("%s: got %d mails, want %d", address, got, want)
			}
		}
		for id, want := range map[string]string{"open": "entered", "paid": "refused"} {
			cause := commerce.NewEvent("s", commerce.OrderPlaced, commerce.Key("s", "generic", id), "", placed).ID
			held, err := l.Watch(t.Context(), "s", campaigns.PostponedID("s", "three", cause))
			if err != nil || held.Outcome != want || !held.DueAt.IsZero() || (want == "refused") != (held.Reason != "") {
				t.Errorf("%s: got %+v, %v, want it %s", id, held, err, want)
			}
		}
	})
}
