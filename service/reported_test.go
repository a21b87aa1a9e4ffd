package service

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"comeback/api"
	"comeback/commerce"
)

const quizMail = `{"schema": 1, "id": "quiz", "name": "Quiz", "class": "marketing",
"trigger": {"event": "custom.quiz_done", "where": {"all": [{"field": "event.score", "op": "gte", "value": 7},
  {"field": "orders.count", "op": "gte", "value": 1}]}},
"key": "customer", "reentry": "never",
"exit": [{"event": "custom.called", "same": "customer", "where": {"field": "event.result", "op": "is", "value": "reached"}}],
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "a", "wait": "1h", "send": {"channel": "email", "template": "win-back-1"}}]}`

// reports posts a body to POST /v1/events and returns the answer.
func (l *leaving) reports(t *testing.T, status int, body string, want ...string) string {
	t.Helper()
	return l.asks(t, l.key, status, "POST /v1/events", body, want...)
}

// did is an event of the customer with this e-mail.
func did(id, event, address, properties string) string {
	return fmt.Sprintf(`{"id": %q, "event": %q, "customer": {"email": %q}, "properties": %s}`, id, event, address, properties)
}

// quizzed is a shop with the quiz campaign and subscribers who bought once.
func quizzed(t *testing.T, h *harness, people ...string) *leaving {
	t.Helper()
	l := newLeaving(t, h)
	activate(t, h.Store, quizMail)
	for _, name := range people {
		l.subscriber(t, name, name+"@example.com")
	}
	l.pass(t, time.Minute)
	return l
}

// mailedEach asserts how many mails each address got.
func (l *leaving) mailedEach(t *testing.T, want map[string]int) {
	t.Helper()
	for name, n := range want {
		if got := len(l.mailsTo(name + "@example.com")); got != n {
			t.Errorf("%s: got %d mails, want %d", name, got, n)
		}
	}
}

// An event of the shop lets a customer enter once, also when it is sent again: alone,
// in two lists, and by two callers at once. where reads its properties and the
// customer.
func TestReportedEventEntersACustomerOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := quizzed(t, h, "ann", "bob", "cid", "dot")
		ann := did("1", "custom.quiz_done", "Ann@Example.com ", `{"score": 7}`)
		dot := did("4", "custom.quiz_done", "dot@example.com", `{"score": 9}`)
		first := l.reports(t, 201, ann)
		list := `{"events": [` + ann + "," + did("2", "custom.quiz_done", "bob@example.com", `{"score": 6.5}`) + "," +
			did("3", "custom.quiz_done", "cid@example.com", `{"passed": true}`) + "]}"
		answers := []string{l.reports(t, 201, list), l.reports(t, 201, list)}
		if answers[0] != answers[1] || !strings.Contains(answers[0], strings.TrimSpace(first)) {
			t.Errorf("got %s, then %s, want the same as %s", answers[0], answers[1], first)
		}
		var both sync.WaitGroup
		for range 8 {
			both.Go(func() { l.reports(t, 201, `{"events": [`+dot+","+ann+"]}") })
		}
		both.Wait()
		l.reports(t, 201, did("5", "custom.quiz_done", "nobody@example.com", `{"score": 10}`))
		l.pass(t, 0)
		l.reports(t, 201, ann)
		l.reports(t, 201, did("6", "custom.quiz_done", "ann@example.com", `{"score": 10}`))
		l.pass(t, 2*time.Hour)
		l.reports(t, 201, ann)
		l.reports(t, 201, did("7", "custom.quiz_done", "ann@example.com", `{"score": 10}`))
		l.pass(t, 2*time.Hour)
		l.mailedEach(t, map[string]int{"ann": 1, "bob": 0, "cid": 0, "dot": 1, "nobody": 0})
		page := l.asks(t, l.key, 200, "GET /v1/campaigns/quiz/enrolments", "")
		if n := strings.Count(page, `"cause":`); n != 2 {
			t.Errorf("got %d enrolments, want 2: %s", n, page)
		}
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "bob").ID+"/explain?campaign=quiz", "", "event.score gte 7", "6.5")
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "cid").ID+"/timeline", "", `"custom.quiz_done"`, `"passed":true`)
	})
}

// An exit by an event of the shop stops the mail if the event passes where.
func TestReportedEventStopsTheMail(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := quizzed(t, h, "ann", "bob")
		for i, name := range []string{"ann", "bob"} {
			l.reports(t, 201, did(fmt.Sprint("q", i), "custom.quiz_done", name+"@example.com", `{"score": 8}`))
		}
		l.pass(t, 30*time.Minute)
		l.reports(t, 201, did("c1", "custom.called", "ann@example.com", `{"result": "reached"}`))
		l.reports(t, 201, did("c2", "custom.called", "bob@example.com", `{"result": "busy"}`))
		l.pass(t, 2*time.Hour)
		l.mailedEach(t, map[string]int{"ann": 0, "bob": 1})
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "ann").ID+"/explain?campaign=quiz", "", "custom.called at")
	})
}

// An event from before the campaign lets nobody in. What comes during a pause is
// decided when the campaign resumes, by the properties that were reported.
func TestReportedEventsBeforeAndDuringAPause(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		for _, name := range []string{"ann", "bob", "cid"} {
			l.subscriber(t, name, name+"@example.com")
		}
		old := l.at().Add(-time.Hour).UTC().Format(time.RFC3339)
		l.pass(t, time.Hour)
		activate(t, h.Store, quizMail)
		l.reports(t, 201, `{"id": "1", "event": "custom.quiz_done", "at": "`+old+`", "customer": {"email": "ann@example.com"},
			"properties": {"score": 8}}`)
		l.pass(t, time.Minute)
		l.asks(t, l.key, 204, "POST /v1/campaigns/quiz/pause", "")
		l.reports(t, 201, did("2", "custom.quiz_done", "bob@example.com", `{"score": 8}`))
		l.reports(t, 201, did("3", "custom.quiz_done", "cid@example.com", `{"score": 3}`))
		l.pass(t, 10*time.Minute)
		l.asks(t, l.key, 204, "POST /v1/campaigns/quiz/resume", "")
		l.pass(t, 2*time.Hour)
		l.mailedEach(t, map[string]int{"ann": 0, "bob": 1, "cid": 0})
	})
}

// The same id with another content is refused, with its name, and so is what names
// nobody, a connection that is not there, or the future. Then nothing of the list is
// stored.
func TestReportsThatCannotBeStoredAreRefusedByName(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := quizzed(t, h, "ann")
		l.reports(t, 201, did("1", "custom.quiz_done", "ann@example.com", `{"score": 1}`))
		good := did("2", "custom.quiz_done", "ann@example.com", `{"score": 9}`)
		for _, c := range []struct {
			status     int
			body, want string
		}{
			{409, did("1", "custom.quiz_done", "ann@example.com", `{"score": 9}`), `used before for another event: 1;`},
			{409, did("1", "custom.quiz_begun", "ann@example.com", `{"score": 1}`), `used before`},
			{409, did("1", "custom.quiz_done", "bob@example.com", `{"score": 1}`), `used before`},
			{400, `{"id": "3", "event": "custom.x", "customer": {"id": "s:email:nobody"}}`, "names no customer of the shop"},
			{400, `{"id": "3", "event": "custom.x", "customer": {"id": "7", "connection": "genric"}}`, `"suggestion":"generic"`},
			{400, `{"id": "3", "event": "custom.x", "customer": {"email": "a@example.com"}, "at": "2150-01-01T00:00:00Z"}`, "in the future"},
		} {
			l.reports(t, c.status, c.body, c.want)
			l.reports(t, c.status, `{"events": [`+good+","+c.body+"]}", c.want)
		}
		l.reports(t, 409, `{"events": [`+good+","+strings.Replace(good, "9", "8", 1)+"]}", "used before for another event: 2;")
		l.pass(t, 2*time.Hour)
		l.mailedEach(t, map[string]int{"ann": 0})
		l.asks(t, l.key, 200, "GET /v1/customers?email=bob@example.com", "", `"items":[]`)
		l.reports(t, 201, good)
		l.pass(t, 2*time.Hour)
		l.mailedEach(t, map[string]int{"ann": 1})
	})
}

// The key of another shop reaches no customer of this one, and its ids of events are
// its own.
func TestReportsStayInTheirShop(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := quizzed(t, h, "ann")
		b := commerce.Shop{ID: "b", Market: commerce.West, Currency: "EUR", Zone: "UTC", CreatedAt: l.at()}
		if err := l.AddShop(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		other, text := api.NewKey("b", "test", l.at())
		if err := l.AddAPIKey(t.Context(), "b", other); err != nil {
			t.Fatal(err)
		}
		ann := l.customerOf(t, "ann").ID
		l.asks(t, text, 400, "POST /v1/events", `{"id": "1", "event": "custom.quiz_done", "customer": {"id": "`+ann+`"}}`, "names no customer")
		l.asks(t, text, 201, "POST /v1/events", did("1", "custom.quiz_done", "ann@example.com", `{"score": 9}`), `"customer":"b:`)
		l.reports(t, 201, `{"id": "1", "event": "custom.quiz_done", "customer": {"id": "ann", "connection": "generic"},
			"properties": {"score": 8}}`, `"customer":"`+ann)
		l.pass(t, 2*time.Hour)
		l.mailedEach(t, map[string]int{"ann": 1})
		for _, path := range []string{ann, ann + "/timeline", ann + "/explain?campaign=quiz"} {
			l.asks(t, text, 404, "GET /v1/customers/"+path, "")
		}
	})
}

// An unknown e-mail makes a customer. It is not verified: it grants nothing, and does
// not overwrite what the platform reports.
func TestReportOfAnUnknownPersonGrantsNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, strings.Replace(quizMail, `{"field": "orders.count", "op": "gte", "value": 1}`,
			`{"field": "customer.email", "op": "set"}`, 1))
		var made struct{ Customer string }
		if err := json.Unmarshal([]byte(l.reports(t, 201, did("1", "custom.quiz_done", "new@example.com", `{"score": 9}`))), &made); err != nil {
			t.Fatal(err)
		}
		l.pass(t, 2*time.Hour)
		l.mailedEach(t, map[string]int{"new": 0})
		l.asks(t, l.key, 200, "GET /v1/customers/"+made.Customer, "", `"email":"new@example.com"`, `"consents":[]`)
		l.asks(t, l.key, 200, "GET /v1/customers/"+made.Customer+"/explain?campaign=quiz", "", "consent")
		l.report(t, object{
			"type": "customer", "id": "7", "email": "new@example.com", "verified": true, "consents": []object{said("email", true, true, l.at())},
		})
		l.reports(t, 201, did("2", "custom.quiz_done", "new@example.com", `{"score": 9}`), made.Customer)
		l.pass(t, 2*time.Hour)
		l.mailedEach(t, map[string]int{"new": 1})
	})
}

// An export contains what was reported of a person. An erasure removes it, and the
// same report later brings nothing back.
func TestErasureCoversReportedEvents(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := quizzed(t, h, "ann")
		quiz := strings.Replace(did("1", "custom.quiz_done", "ann@example.com", `{"score": 9, "note": "SECRETS"}`), `"event"`,
			`"at": "`+l.at().UTC().Format(time.RFC3339)+`", "event"`, 1)
		l.reports(t, 201, quiz)
		l.pass(t, time.Minute)
		ann := l.customerOf(t, "ann").ID
		var request struct{ ID string }
		answer := l.asks(t, l.key, 201, "POST /v1/privacy-requests", `{"kind": "export", "customer": "`+ann+`"}`)
		if err := json.Unmarshal([]byte(answer), &request); err != nil {
			t.Fatal(err)
		}
		l.asks(t, l.key, 200, "GET /v1/privacy-requests/"+request.ID+"/export", "", "SECRETS")
		l.asks(t, l.key, 201, "POST /v1/privacy-requests", `{"kind": "erase", "customer": "`+ann+`"}`)
		l.pass(t, time.Minute) // it is carried out at once, long before the mail is due
		l.pass(t, 2*time.Hour)
		l.mailedEach(t, map[string]int{"ann": 0})
		l.reports(t, 201, quiz, `"state":"erased"`, `"customer":""`)
		l.reports(t, 201, strings.Replace(quiz, `"id": "1"`, `"id": "2"`, 1), `"state":"erased"`)
		l.pass(t, 2*time.Hour)
		if found := left(t, h, []string{"SECRETS"}); len(found) > 0 {
			t.Errorf("after the erasure: got %v, want nothing of what was reported", found)
		}
		l.asks(t, l.key, 200, "GET /v1/customers?email=ann@example.com", "", `"items":[]`)
	})
}
