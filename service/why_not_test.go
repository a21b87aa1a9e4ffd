package service

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const review = `{"schema": 1, "id": "review", "name": "Review", "class": "marketing",
"trigger": {"event": "order.paid", "where": {"field": "order.total", "op": "gte", "value": "20.00"}}, "key": "customer", "reentry": "never",
"audience": {"field": "customer.country", "op": "is", "value": "DE"},
"policy": {"quiet": {"from": "00:00", "to": "00:00"}},
"steps": [{"id": "ask", "wait": "1h", "send": {"channel": "email", "template": "win-back-1"}}]}`

// paid places a paid order of a customer that the shop knows.
func (l *leaving) paid(t *testing.T, id, total, country string, at time.Time, consents ...object) {
	t.Helper()
	customer := object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true, "country": country}
	if len(consents) > 0 {
		customer["consents"] = consents
	}
	l.report(t, customer, object{
		"type": "order", "id": "o-" + id, "placed_at": at, "paid_at": at, "payment_status": "paid", "currency": "EUR", "total": total,
		"buyer": object{"id": id, "email": id + "@example.com", "country": country},
	})
}

// The explanation of a campaign for a customer shows every check as the engine
// makes it, with the values it found.
func TestWhyACustomerIsInACampaignOrNot(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		begun := l.at()
		l.asks(t, l.key, 201, "PUT /v1/campaigns/review", review)
		l.asks(t, l.key, 204, "POST /v1/campaigns/review/activate", `{"version": 1}`)
		l.pass(t, time.Hour)
		yes := said("email", true, true, begun)
		yes["confirmed"] = true // Germany wants it
		l.paid(t, "in", "30.00", "DE", l.at(), yes)
		l.paid(t, "old", "30.00", "DE", begun.Add(-48*time.Hour), yes)
		l.paid(t, "small", "19.99", "DE", l.at(), yes)
		l.paid(t, "abroad", "30.00", "FR", l.at(), yes)
		l.paid(t, "silent", "30.00", "DE", l.at())
		l.paid(t, "refusing", "30.00", "DE", l.at(), said("email", false, true, begun))
		l.report(t, object{"type": "customer", "id": "idle", "email": "idle@example.com", "verified": true})
		l.pass(t, 0)
		explain := func(who, campaign string) string {
			return l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, who).ID+"/explain?campaign="+campaign, "")
		}
		for who, wants := range map[string][]string{
			"in":       {`"outcome":"entered"`, `"summary":"under way since`, `step ask is due`, `"state":"active"`, `"running_since":"`},
			"old":      {`"outcome":"refused"`, `older than the campaign, which started on`},
			"small":    {`where does not hold`, `"seen":"19.99`, `"check":"audience","pass":true`},
			"abroad":   {`not in the audience`, `"seen":"FR"`, `"check":"consent","pass":true`},
			"silent":   {`"summary":"refused: no consent for email, and no`, `"check":"consent","pass":false`, `"check":"audience","pass":true`},
			"refusing": {`email refused on`},
			"idle":     {`"causes":[]`, `nothing made this customer enter`},
		} {
			shown := explain(who, "review")
			for _, want := range wants {
				if !strings.Contains(shown, want) {
					t.Errorf("%s: got %s, want %s in it", who, shown, want)
				}
			}
		}
		l.asks(t, l.key, 204, "POST /v1/campaigns/review/pause", "")
		l.paid(t, "waiting", "30.00", "DE", l.at(), yes)
		l.pass(t, time.Minute)
		if shown := explain("waiting", "review"); !strings.Contains(shown, `"outcome":"held"`) ||
			!strings.Contains(shown, "decided when it resumes") {
			t.Errorf("in a pause: got %s, want it held", shown)
		}
		l.asks(t, l.key, 404, "GET /v1/customers/"+l.customerOf(t, "in").ID+"/explain?campaign=none", "")
		l.asks(t, l.key, 404, "GET /v1/customers/s:generic:nobody/explain?campaign=review", "")
	})
}

// For a message that is still to be sent, the explanation shows the checks that
// would keep it back now; for a lapse it shows the time.
func TestExplanationShowsWhatKeepsAMessageBack(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := reminding(t, h, fmt.Sprintf(threeReminders, ""))
		l.asks(t, l.key, 201, "PUT /v1/campaigns/back", `{"schema": 1, "id": "back", "name": "Back", "class": "marketing",
			"trigger": {"lapse": {"days": 30}}, "key": "customer",
			"reentry": "never", "steps": [{"id": "one", "send": {"channel": "email", "template": "win-back-1"}}]}`)
		l.asks(t, l.key, 204, "POST /v1/campaigns/back/activate", `{"version": 1}`)
		l.paid(t, "ann", "30.00", "DE", l.at(), said("email", true, true, l.at()))
		l.owed(t, "1", "ann@example.com", l.at())
		l.pass(t, 0)
		ann := l.customerOf(t, "ann").ID
		l.asks(t, l.key, 200, "GET /v1/customers/"+ann+"/explain?campaign=back", "", `lapses on`, `"outcome":"waits"`)
		l.asks(t, l.key, 204, "POST /v1/campaigns/three/pause", "")
		l.pass(t, 2*time.Hour)
		shown := l.asks(t, l.key, 200, "GET /v1/customers/"+ann+"/explain?campaign=three", "", `"state":"paused"`)
		if !strings.Contains(shown, `step r1 is due`) {
			t.Errorf("got %s, want the next step in it", shown)
		}
		l.asks(t, l.key, 204, "POST /v1/campaigns/three/resume", "")
		l.pass(t, 0)
		l.asks(t, l.key, 200, "GET /v1/customers/"+ann+"/explain?campaign=three", "", `"step":"r1","state":"sent"`)
	})
}
