package service

import (
	"strings"
	"testing"
	"time"
)

// A condition that matches nobody because no customer has the field, or the
// event never happened, gets a note. The note is in counts, in checks of
// segments and campaigns, and in activations, with the number of customers in
// reach.
func TestConditionThatMatchesNobodyHasANote(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		for _, id := range []string{"a", "b", "c"} {
			l.paid(t, id, "30.00", "DE", l.at())
		}
		l.pass(t, time.Second)
		for _, c := range []struct{ condition, note string }{
			{`{"event": "message.delivered"}`, "this has not happened to any customer so far: message.delivered"},
			{`{"field": "customer.p_alive", "op": "gte", "value": 0.5}`, "no customer has this field: customer.p_alive"},
			{`{"field": "rfm.group", "op": "is", "value": "champions"}`, "no customer has"},
			{
				`{"event": "order.paid", "where": {"field": "line.category", "op": "is", "value": "Shoos"}}`,
				"no order.paid of any customer has line.category Shoos",
			},
			{`{"field": "customer.consent.email", "op": "is", "value": true}`, "no customer has this field: customer.consent.email"},
			{
				`{"all": [{"field": "customer.country", "op": "is", "value": "DE"}, {"field": "customer.gender", "op": "is", "value": "female"}]}`,
				"no customer has this field: customer.gender",
			},
		} {
			l.asks(t, l.key, 200, "POST /v1/segments/count", c.condition, `"note":true`, c.note)
			file := `{"schema": 1, "id": "x", "name": "X", "condition": ` + c.condition + `}`
			l.asks(t, l.key, 200, "POST /v1/segments/validate", file, `"valid":true`, c.note)
		}
		l.asks(t, l.key, 200, "POST /v1/segments/validate", `{"schema": 1, "id": "x", "name": "X",
			"condition": {"not": {"field": "customer.custom.vip", "op": "is", "value": "yes"}}}`,
			"no customer has this field: customer.custom.vip")
		german := `{"field": "customer.country", "op": "is", "value": "DE"}`
		if answer := l.asks(t, l.key, 200, "POST /v1/segments/count", german); strings.Contains(answer, "no customer") {
			t.Errorf("got %s, want no note", answer)
		}
		const none = "this shop's platforms report no consent for email: 0 of 3 customers could enter"
		l.asks(t, l.key, 200, "POST /v1/campaigns/validate", review, none)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/review", review, none)
		l.asks(
			t, l.key, 200, "POST /v1/campaigns/review/activate", `{"version": 1, "count": true}`, none, `"customers":3`,
			`"audience":3,"no_consent":3,"no_address":0,"capped":0,"would_enter":0`,
		)
	})
}

// The reach of a campaign counts, over all customers, those that would enter
// with a cause now and the reasons of the others.
func TestReachCountsWhoWouldEnterNow(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/review", review)
		l.asks(t, l.key, 204, "POST /v1/campaigns/review/activate", `{"version": 1}`)
		yes := said("email", true, true, l.at())
		yes["confirmed"] = true // Germany wants it
		l.paid(t, "written", "30.00", "DE", l.at(), yes)
		l.pass(t, 2*time.Hour)
		l.paid(t, "free", "10.00", "DE", l.at(), yes)
		l.paid(t, "free-too", "10.00", "DE", l.at(), yes)
		l.paid(t, "silent", "10.00", "DE", l.at())
		l.paid(t, "refusing", "10.00", "DE", l.at(), said("email", false, true, l.at()))
		l.paid(t, "abroad", "10.00", "FR", l.at(), yes)
		l.pass(t, time.Minute)
		if got := len(l.mailsTo("written@example.com")); got != 1 {
			t.Fatalf("got %d mails, want one", got)
		}
		l.asks(
			t, l.key, 200, "GET /v1/campaigns/review/reach", "", `"customers":6`,
			`"audience":5,"no_consent":2,"no_address":0,"capped":1,"would_enter":2`,
		)
		l.asks(t, l.key, 404, "GET /v1/campaigns/review/reach?version=9", "")
		l.asks(t, l.key, 404, "GET /v1/campaigns/none/reach", "")
	})
}
