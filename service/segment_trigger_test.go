package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/store/documents"
)

// hardly is a policy under which caps and quiet hours stop nothing.
const hardly = `"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}], "quiet": {"from": "00:00", "to": "00:00"}}`

// vipCare is a campaign of those who enter a segment, but the staff.
const vipCare = `{"schema": 1, "id": "vip-care", "name": "VIP care", "class": "marketing",
"trigger": {"segment": "vip", "on": "entered"}, "key": "customer", "reentry": "always", "audience": {"not": {"segment": "staff"}},
"exit": [{"segment": "vip", "on": "left", "same": "customer"}], ` + hardly + `,
"steps": [{"id": "v1", "send": {"channel": "email", "template": "win-back-1"}},
{"id": "v2", "wait": "2d", "if": {"segment": "vip"}, "send": {"channel": "email", "template": "win-back-2"}}]}`

const vipSegment = `{"schema": 1, "id": "vip", "name": "VIP", "condition": {"field": "customer.tags", "op": "has", "value": "vip"}}`

// tells reports a customer who consents, with tags.
func (l *leaving) tells(t *testing.T, id string, tags ...string) {
	t.Helper()
	l.report(t, object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true, "tags": append([]string{}, tags...),
		"consents": []object{said("email", true, true, l.at())}})
}

// sweep finds who entered and left segments, and works until nothing is due.
func (l *leaving) sweep(t *testing.T) {
	t.Helper()
	l.pass(t, time.Minute)
	if _, err := l.sweeps.Sweep(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	l.pass(t, time.Second)
}

// puts stores a campaign and activates it over HTTP.
func (l *leaving) puts(t *testing.T, id, file string) {
	t.Helper()
	l.asks(t, l.key, 201, "PUT /v1/campaigns/"+id, file)
	l.asks(t, l.key, 204, "POST /v1/campaigns/"+id+"/activate", "")
}

// Who enters a segment gets the campaign's mail, once for each entering. Who leaves gets no more.
// One on the staff's list is outside the audience, and the explanation says so.
func TestEnteringASegmentSendsOnceAndLeavingStops(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 201, "PUT /v1/segments/vip", vipSegment)
		l.asks(t, l.key, 201, "PUT /v1/segments/staff", `{"schema": 1, "id": "staff", "name": "Staff", "static": true}`)
		l.tells(t, "before", "vip")
		l.sweep(t)
		l.puts(t, "vip-care", vipCare)
		for _, id := range []string{"stays", "leaves", "works", "other"} {
			l.tells(t, id)
		}
		works := l.customerOf(t, "works").ID
		l.asks(t, l.key, 200, "PUT /v1/segments/staff/members/"+works, `{"included": true, "reason": "works here"}`)
		l.sweep(t)
		for _, id := range []string{"stays", "leaves", "works"} {
			l.tells(t, id, "vip")
		}
		l.sweep(t)
		l.again(t)
		l.hasMails(t, map[string]int{"stays": 1, "leaves": 1})
		l.asks(t, l.key, 200, "GET /v1/customers/"+works+"/explain?campaign=vip-care", "", "not in the audience", "listed as a member")
		l.tells(t, "leaves")
		l.sweep(t)
		l.pass(t, 49*time.Hour)
		l.hasMails(t, map[string]int{"stays": 2, "leaves": 1})
		l.tells(t, "leaves", "vip")
		l.sweep(t)
		l.hasMails(t, map[string]int{"stays": 2, "leaves": 2})
	})
}

// again handles every event a second time, as after a kill before it was marked.
func (l *leaving) again(t *testing.T) {
	t.Helper()
	var ids []string
	query := documents.Query{Filter: bson.D{{Key: "shop", Value: "s"}}, Fields: []string{"_id"}}
	err := l.docs.Find(t.Context(), "events", query, func(raw bson.Raw) error {
		ids = append(ids, raw.Lookup("_id").StringValue())
		return nil
	})
	if err != nil || len(ids) == 0 {
		t.Fatal(len(ids), err)
	}
	for _, id := range ids {
		_, err := l.docs.Update(t.Context(), "events", bson.D{{Key: "shop", Value: "s"}, {Key: "_id", Value: id}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: "unhandled"}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	l.pass(t, time.Second)
}

// hasMails compares the mails of everybody with those wanted.
func (l *leaving) hasMails(t *testing.T, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, m := range l.caught.Mails(0) {
		id, _, _ := strings.Cut(m.To, "@")
		got[id]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got mails to %v, want %v", got, want)
	}
}

// A condition on a segment is decided by the segment as it is defined, and by the customer as
// known, when the mail goes out.
func TestASegmentInAConditionIsThatOfTheMoment(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 201, "PUT /v1/segments/vip", vipSegment)
		l.puts(t, "thanks", strings.NewReplacer(`"trigger"`, `"audience": {"segment": "vip"}, "trigger"`,
			`{"id": "a"`, `{"id": "a", "if": {"not": {"segment": "vip"}}, "send": {"channel": "email", "template": "follow-up-1"}}, {"id": "b"`).
			Replace(thanksEachTime))
		l.tells(t, "ann", "vip")
		l.tells(t, "ben")
		l.buysAs(t, "ann", "o1")
		l.buysAs(t, "ben", "o2")
		l.hasMails(t, map[string]int{"ann": 1})
		l.asks(t, l.key, 201, "PUT /v1/segments/vip", strings.Replace(vipSegment, `"value": "vip"`, `"value": "gold"`, 1))
		l.tells(t, "ben", "gold")
		l.buysAs(t, "ann", "o3")
		l.buysAs(t, "ben", "o4")
		l.hasMails(t, map[string]int{"ann": 1, "ben": 1})
	})
}

// buysAs posts an order of a customer, paid now.
func (l *leaving) buysAs(t *testing.T, customer, order string) {
	t.Helper()
	l.pass(t, time.Minute)
	l.buys(t, order, "10.00", object{"buyer": object{"id": customer, "email": customer + "@example.com"}})
}

// A campaign can name only segments that are in use, and such a segment cannot be archived: the
// refusal names the place, or the campaigns.
func TestASegmentThatACampaignNamesExists(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 201, "PUT /v1/segments/vip", vipSegment)
		l.asks(t, l.key, 400, "PUT /v1/campaigns/vip-care", vipCare, `"pointer":"/audience/not/segment"`, `there is no segment \"staff\"`)
		l.asks(t, l.key, 200, "POST /v1/campaigns/validate", vipCare, `"valid":false`, `there is no segment \"staff\"`)
		l.asks(t, l.key, 201, "PUT /v1/segments/staff", `{"schema": 1, "id": "staff", "name": "Staff", "static": true}`)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/vip-care", vipCare)
		l.asks(t, l.key, 200, "POST /v1/segments/staff/archive", "")
		l.asks(t, l.key, 400, "POST /v1/campaigns/vip-care/activate", "", `"pointer":"/audience/not/segment"`)
		l.asks(t, l.key, 200, "POST /v1/segments/staff/restore", "")
		l.asks(t, l.key, 204, "POST /v1/campaigns/vip-care/activate", "")
		l.asks(t, l.key, 409, "POST /v1/segments/staff/archive", "", "vip-care (version 1, active)")
		l.asks(t, l.key, 204, "POST /v1/campaigns/vip-care/pause", "")
		l.asks(t, l.key, 409, "POST /v1/segments/vip/archive", "", "vip-care (version 1, paused)")
		l.asks(t, l.key, 204, "POST /v1/campaigns/vip-care/archive", "")
		l.asks(t, l.key, 200, "POST /v1/segments/staff/archive", "")
	})
}
