package service

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// waysOut are all channels by which an address leaves, and the reason in
// messages that it does not get afterwards. The address is written differently
// than in the shop.
var waysOut = []struct {
	name, reason string
	leave        func(t *testing.T, l *leaving, id, address string)
}{
	{"one click in the mail program", "unsubscribed", func(t *testing.T, l *leaving, _, address string) {
		l.asks(t, "", 200, "POST "+wayOut(t, l.mailsTo(address)[0]), "List-Unsubscribe=One-Click", "You are unsubscribed")
	}},
	{"the page", "unsubscribed", func(t *testing.T, l *leaving, _, address string) {
		path := wayOut(t, l.mailsTo(address)[0])
		l.asks(t, "", 200, "GET "+path, "", `<form method="post">`)
		l.asks(t, "", 200, "POST "+path, "", "You are unsubscribed")
	}},
	{"the shop through the API", "manual", func(t *testing.T, l *leaving, _, address string) {
		l.asks(t, l.key, 201, "POST /v1/suppressions", `{"email": " `+strings.ToUpper(address)+`", "scope": "marketing"}`)
	}},
	{"a complaint through the API", "complained", func(t *testing.T, l *leaving, _, address string) {
		l.asks(t, l.key, 201, "POST /v1/suppressions", `{"email": "`+strings.ToUpper(address)+`", "scope": "all", "reason": "complained"}`)
	}},
	{"a list of those who left elsewhere", "unsubscribed", func(t *testing.T, l *leaving, _, address string) {
		l.asks(t, l.key, 201, "POST /v1/suppressions", `{"email": "`+address+`", "scope": "marketing", "reason": "unsubscribed"}`)
	}},
	{"the shop's platform", "refused on", func(t *testing.T, l *leaving, id, address string) {
		l.report(t, object{
			"type": "customer", "id": id, "email": address, "verified": true, "consents": []object{said("email", false, false, l.at())},
		})
	}},
	{"an imported file", "refused on", func(t *testing.T, l *leaving, id, address string) {
		line, err := json.Marshal(object{
			"type": "customer", "id": id, "updated_at": l.at(), "email": address,
			"consents": []object{said("email", false, false, l.at())},
		})
		if err != nil {
			t.Fatal(err)
		}
		l.asks(t, adminToken, 200, "POST /v1/shops/s/imports?connection=generic&format=ndjson&live=true", string(line)+"\n")
	}},
	{"the mail server: 550 5.1.1", "no such user", func(_ *testing.T, l *leaving, _, address string) { l.answers(address, 550) }},
}

// A customer who leaves by any channel gets no more mail: neither the message
// that waits nor one that is planned later. Both are suppressed, and the API
// and its explanation show why and when.
func TestCustomerWhoLeavesGetsNoMoreMail(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, threeMails)
		address := func(i int) string { return "Way." + string(rune('A'+i)) + "@Example.com" }
		for i, way := range waysOut {
			l.subscriber(t, way.name, address(i))
		}
		l.subscriber(t, "who stays", "stays@example.com")
		l.pass(t, 2*time.Hour)
		for i := range waysOut {
			l.answers(address(i), 450)
		}
		l.answers("stays@example.com", 450)
		l.pass(t, 24*time.Hour)
		for i, way := range waysOut {
			if m := l.messagesOf(t, way.name)["two"]; m.State != "deferred" || len(l.mailsTo(address(i))) != 1 {
				t.Fatalf("%s: got %+v and %d mails, want one mail and the second waiting", way.name, m, len(l.mailsTo(address(i))))
			}
			l.answers(address(i), 0)
			way.leave(t, l, way.name, address(i))
		}
		l.answers("stays@example.com", 0)
		left := l.at()
		l.pass(t, 6*time.Hour)
		l.pass(t, 80*time.Hour)
		for i, way := range waysOut {
			if n := len(l.mailsTo(address(i))); n != 1 {
				t.Errorf("%s: got %d mails, want none after leaving", way.name, n)
			}
			messages := l.messagesOf(t, way.name)
			for _, step := range []string{"two", "three"} {
				m := messages[step]
				if m.State != "suppressed" || !strings.Contains(m.Reason, way.reason) && step == "two" || m.EndedAt == nil || !m.EndedAt.After(left) {
					t.Errorf("%s: step %s: got %+v, want it suppressed: %s, and when", way.name, step, m, way.reason)
				}
				if !strings.Contains(m.explained, `"state":"suppressed"`) || !strings.Contains(m.explained, `"pass":false`) ||
					!strings.Contains(m.explained, m.Reason) {
					t.Errorf("%s: step %s: the explanation does not agree with %q: %s", way.name, step, m.Reason, m.explained)
				}
			}
		}
		if n := len(l.mailsTo("stays@example.com")); n != 3 {
			t.Errorf("who stays: got %d mails, want all three", n)
		}
	})
}
