package service

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
)

// by is a campaign of one mail with a trigger about customers.
func by(id, trigger, more string) string {
	return fmt.Sprintf(`{"schema": 1, "id": %q, "name": "N", "class": "marketing", "trigger": %s,
"key": "customer", "reentry": "always", %s, %s
"steps": [{"id": "w1", "wait": "10m", "send": {"channel": "email", "template": "win-back-1"}}]}`, id, trigger, hardly, more)
}

// imports stores a customer who consents from a file of history.
func (l *leaving) imports(t *testing.T, id string) {
	t.Helper()
	line, err := json.Marshal(object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true, "updated_at": l.at(),
		"consents": []object{said("email", true, true, l.at())}})
	if err != nil {
		t.Fatal(err)
	}
	l.asks(t, adminToken, 200, "POST /v1/shops/s/imports?connection=generic&format=ndjson", string(line)+"\n",
		`"refused_lines":0`, `"customers_saved":{"new":1`)
}

// A new customer gets one welcome, whatever the first record is. Somebody whom an import made known
// gets none, nor somebody whom the shop has known for long.
func TestANewCustomerGetsOneWelcome(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.puts(t, "welcome", by("welcome", `{"event": "customer.created"}`, ""))
		l.pass(t, time.Minute)
		l.imports(t, "past")
		l.tells(t, "ann")
		l.report(t, object{"type": "customer", "id": "old", "email": "old@example.com", "verified": true,
			"registered_at": l.at().AddDate(-1, 0, 0), "consents": []object{said("email", true, true, l.at())}})
		l.pass(t, time.Minute)
		l.tells(t, "past")
		l.tells(t, "ann", "again")
		l.buys(t, "o1", "10.00", object{"buyer": object{"id": "guest", "email": "guest@example.com", "accepts_marketing": true}})
		l.again(t)
		l.pass(t, time.Hour)
		l.hasMails(t, map[string]int{"ann": 1, "guest": 1})
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "old").ID+"/explain?campaign=welcome", "", "is older than the campaign")
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "past").ID+"/explain?campaign=welcome", "",
			"they have no event of the campaign's trigger")
	})
}

// Each consent that a person gives lets them enter once. A consent from an import lets nobody, and
// one that was withdrawn before the mail ends the campaign's mail.
func TestEachConsentLetsAPersonEnterOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.puts(t, "thanks", by("thanks",
			`{"event": "consent.granted", "where": {"field": "customer.consent.email", "op": "is", "value": true}}`, ""))
		consents := func(id string, granted bool) {
			l.pass(t, time.Minute)
			l.report(t, object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true,
				"consents": []object{said("email", granted, true, l.at())}})
			l.pass(t, time.Second)
		}
		consents("ann", false)
		consents("ben", true)
		l.imports(t, "past")
		consents("ben", false)
		l.pass(t, time.Hour)
		l.hasMails(t, map[string]int{})
		consents("ann", true)
		l.again(t)
		l.pass(t, time.Hour)
		l.hasMails(t, map[string]int{"ann": 1})
		consents("ann", false)
		consents("ann", true)
		l.pass(t, time.Hour)
		l.hasMails(t, map[string]int{"ann": 2})
	})
}

// A human's first click in the named step's mail lets the customer enter once; a scanner's click
// and a second click do not. The click also ends a campaign that waits for it.
func TestAClickInAMailLetsItsReaderEnterOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.puts(t, "hello", strings.Replace(by("hello", `{"event": "customer.created"}`, ""), `}}]}`,
			`}}, {"id": "w2", "wait": "3d", "send": {"channel": "email", "template": "win-back-2"}}]}`, 1))
		l.asks(t, l.key, 200, "POST /v1/campaigns/validate", by("clicked", `{"event": "message.clicked", "campaign": "helo"}`, ""),
			`"valid":true`, `"pointer":"/trigger/campaign"`, `there is none named \"helo\" so far`, `"note":true`)
		l.puts(t, "clicked", by("clicked", `{"event": "message.clicked", "campaign": "hello", "step": "w1"}`, ""))
		l.puts(t, "other", by("other", `{"event": "message.clicked", "campaign": "hello", "step": "w2"}`, ""))
		l.puts(t, "nudge", strings.Replace(by("nudge", `{"event": "customer.created"}`,
			`"exit": [{"event": "message.clicked", "campaign": "hello", "same": "customer"}],`), `"10m"`, `"1d"`, 1))
		l.pass(t, time.Minute)
		l.tells(t, "ann")
		l.tells(t, "ben")
		l.pass(t, time.Hour)
		l.hasMails(t, map[string]int{"ann": 1, "ben": 1})
		for range 2 {
			l.clicks(t, l.messagesOf(t, "ann")["w1"].ID)
			l.scans(t, l.messagesOf(t, "ben")["w1"].ID)
			l.pass(t, time.Minute)
		}
		l.again(t)
		l.pass(t, time.Hour)
		l.hasMails(t, map[string]int{"ann": 2, "ben": 1})
		l.pass(t, 24*time.Hour)
		l.hasMails(t, map[string]int{"ann": 2, "ben": 2}) // ben's nudge
	})
}

// scans follows a link of a message as a scanner of mails does.
func (l *leaving) scans(t *testing.T, message string) {
	t.Helper()
	x, err := campaigns.NewTouch(message, campaigns.Clicked, 1, "192.0.2.9",
		campaigns.Request{Method: "GET", UserAgent: "Barracuda Sentinel (EE)"}, l.at())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.AddTouches(t.Context(), "s", []campaigns.Touch{x}); err != nil {
		t.Fatal(err)
	}
	l.pass(t, 0)
}

// A step that no version of a campaign has is noted, with the nearest one there is. A step of an older
// version, or of the file itself, is none.
func TestAStepThatNoVersionHasIsNoted(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.puts(t, "hello", by("hello", `{"event": "customer.created"}`, ""))
		l.puts(t, "hello", strings.Replace(by("hello", `{"event": "customer.created"}`, ""), `"w1"`, `"first"`, 1))
		clicked := `"exit": [{"event": "message.clicked", "campaign": %q, "step": %q, "same": "customer"}],`
		for _, tt := range []struct{ campaign, step, note string }{
			{"hello", "w1", ""}, {"hello", "first", ""}, {"nudge", "w1", ""},
			{"hello", "frist", `no version of campaign hello has a step \"frist\"`},
			{"nudge", "w2", `no version of campaign nudge has a step \"w2\"`},
			{"helo", "w1", `there is none named \"helo\" so far`},
		} {
			file := by("nudge", `{"event": "customer.created"}`, fmt.Sprintf(clicked, tt.campaign, tt.step))
			answer := l.asks(t, l.key, 200, "POST /v1/campaigns/validate", file, `"valid":true`, tt.note)
			if noted := strings.Contains(answer, "has a step") || strings.Contains(answer, "none named"); noted != (tt.note != "") {
				t.Errorf("%s %s: got %s, want a note: %v", tt.campaign, tt.step, answer, tt.note != "")
			}
		}
	})
}

// The explanation of a campaign shows that a step of another one let the customer enter, or why it did
// not.
func TestAnEntryByAStepIsExplained(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.puts(t, "first", strings.Replace(by("first", `{"event": "customer.created"}`, ""),
			`"send": {"channel": "email", "template": "win-back-1"}`, `"enter": "second"`, 1))
		for _, trigger := range []string{`{"lapse": {"days": 30}}`, `{"event": "consent.granted"}`, `{"broadcast": {"at": "2199-01-01T09:00"}}`} {
			l.puts(t, "second", by("second", trigger, `"audience": {"field": "customer.tags", "op": "has", "value": "vip"},`))
			l.pass(t, time.Minute)
			vip, other := fmt.Sprintf("vip%d", len(trigger)), fmt.Sprintf("other%d", len(trigger))
			l.tells(t, vip, "vip")
			l.tells(t, other)
			l.pass(t, time.Hour)
			l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, vip).ID+"/explain?campaign=second", "", `"kind":"campaign.enter"`,
				`"outcome":"entered"`, "a step of another campaign lets the customer enter")
			l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, other).ID+"/explain?campaign=second", "", `"kind":"campaign.enter"`,
				`"outcome":"refused"`, "not in the audience")
		}
	})
}
