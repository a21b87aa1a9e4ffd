package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
)

// course is a campaign of two mails; the ids of its steps and its second wait change.
func course(first, second, wait string) string {
	return `{"schema": 1, "id": "course", "name": "Course", "class": "marketing", "trigger": {"event": "order.placed"},
		"key": "order", "reentry": "never", ` + noCaps + `, "steps": [
		{"id": "` + first + `", "wait": "1h", "send": {"channel": "email", "template": "win-back-1"}},
		{"id": "` + second + `", "wait": "` + wait + `", "send": {"channel": "email", "template": "win-back-2"}}]}`
}

// Customers under way stay on their version, unless the person who activates the next one has them
// moved. A check says what would become of them. Nobody gets a mail twice or loses one.
func TestCustomersUnderWayAreMovedToANewVersion(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, course("one", "two", "10d"))
		l.pass(t, time.Minute)
		l.orders(t, "early", "20.00", nil)
		l.pass(t, time.Hour) // early has mail one, and waits for two
		l.orders(t, "late", "20.00", nil)
		l.pass(t, time.Minute) // late waits for one
		l.asks(t, l.key, 201, "PUT /v1/campaigns/course", course("hello", "later", "2d"))

		activate := "POST /v1/campaigns/course/activate"
		l.asks(t, l.key, 200, activate, `{"version": 2, "check": true}`, `"step":"two","enrolments":1,"moves":false`,
			`"step":"one","enrolments":1,"moves":false`)
		l.asks(t, l.key, 200, activate, `{"version": 2, "check": true, "migrate": {"two": "later"}}`,
			`"step":"two","enrolments":1,"moves":true,"to_step":"later"`, `"step":"one","enrolments":1,"moves":false`)
		l.asks(t, l.key, 400, activate, `{"version": 2, "migrate": {"tow": "later", "one": "helo"}}`,
			`/migrate/tow`, `"suggestion":"two"`, `/migrate/one`, `"suggestion":"hello"`)
		if got, err := l.Definition(t.Context(), "s", "course", 1); err != nil || got.State != campaigns.Active {
			t.Fatalf("a check and a wrong call: version 1 is %s, %v, want it active", got.State, err)
		}
		l.asks(t, l.key, 200, activate, `{"migrate": {"two": "later"}}`, `"moves":true`)
		l.pass(t, time.Minute)
		l.asks(t, l.key, 200, activate, `{"version": 2, "check": true, "migrate": {}}`,
			`{"version":1,"step":"one","enrolments":1,"moves":false,"to_step":""}`, `{"version":2,"step":"later","enrolments":1`)

		l.pass(t, time.Hour)
		l.mailed(t, "after an hour", map[string]int{"early": 1, "late": 1})
		l.pass(t, 2*24*time.Hour)
		l.mailed(t, "after the new wait of 2 days", map[string]int{"early": 2, "late": 1})
		l.pass(t, 9*24*time.Hour)
		l.mailed(t, "after the old wait of 10 days", map[string]int{"early": 2, "late": 2})
	})
}

// Many customers are moved in pages, each once, although workers decide about them meanwhile.
func TestAllCustomersUnderWayAreMoved(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, course("one", "two", "10d"))
		l.pass(t, time.Minute)
		const many = 300
		var records []object
		for n := range many {
			id := fmt.Sprintf("c%d", n)
			records = append(records,
				object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true, "consents": []object{said("email",
					true, true, l.at())}},
				object{"type": "order", "id": "o" + id, "placed_at": l.at(), "payment_status": "paid", "currency": "EUR",
					"total": "20.00",
					"buyer": object{"id": id, "email": id + "@example.com"}})
		}
		for len(records) > 0 {
			next := min(len(records), 200)
			l.report(t, records[:next]...)
			records = records[next:]
		}
		l.pass(t, time.Minute)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/course", strings.Replace(course("one", "two", "2d"), `"wait": "1h"`, `"wait": "30m"`, 1))
		l.asks(t, l.key, 200, "POST /v1/campaigns/course/activate", `{"migrate": {}}`, fmt.Sprintf(`"enrolments":%d,"moves":true`, many))
		l.pass(t, 30*time.Minute)
		l.asks(t, l.key, 200, "POST /v1/campaigns/course/activate", `{"check": true}`,
			fmt.Sprintf(`"under_way":[{"version":2,"step":"two","enrolments":%d`, many))
		l.pass(t, 2*24*time.Hour)
		if n := len(l.caught.Mails(0)); n != 2*many {
			t.Errorf("got %d mails, want %d", n, 2*many)
		}
	})
}

// A worker that did not know of the activation lets a customer enter the version before. This
// customer is moved too.
func TestEntryOfAWorkerThatDoesNotKnowOfTheMigrationIsMovedToo(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, course("one", "two", "10d"))
		l.pass(t, time.Minute)
		l.orders(t, "early", "20.00", nil)
		l.pass(t, time.Hour)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/course", course("hello", "later", "2d"))
		l.asks(t, l.key, 200, "POST /v1/campaigns/course/activate", `{"migrate": {"two": "later"}}`, `"moves":true`)
		l.pass(t, time.Second)

		list, err := l.Store.RunningOnOthers(t.Context(), "s", "course", 1, campaigns.Enrolment{}, 10)
		if err != nil || len(list) != 1 {
			t.Fatalf("got %d moved enrolments, %v, want one", len(list), err)
		}
		unaware := list[0]
		unaware.Version, unaware.Step, unaware.StepID = 1, 1, "two"
		if saved, err := l.SaveEnrolments(t.Context(), "s", []campaigns.Enrolment{unaware}); err != nil || !saved[0] {
			t.Fatal(saved, err)
		}
		l.pass(t, time.Minute)
		l.asks(t, l.key, 200, "POST /v1/campaigns/course/activate", `{"check": true}`,
			`"under_way":[{"version":2,"step":"later","enrolments":1`)
		l.pass(t, 2*24*time.Hour)
		l.mailed(t, "after the new wait of 2 days", map[string]int{"early": 2})
	})
}

// mailed checks how many mails customers have.
func (l *leaving) mailed(t *testing.T, when string, want map[string]int) {
	t.Helper()
	for who, n := range want {
		if got := len(l.mailsTo(who + "@example.com")); got != n {
			t.Errorf("%s: %s has %d mails, want %d", when, who, got, n)
		}
	}
}
