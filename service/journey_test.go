package service

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

const noCaps = `"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
	"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}}`

// journey has every kind of step that leads a customer on.
const journey = `{"schema": 1, "id": "journey", "name": "Journey", "class": "marketing", "trigger": {"event": "order.placed"},
	"key": "order", "reentry": "never", ` + noCaps + `,
	"steps": [
		{"id": "big", "wait": "1h", "if": {"field": "order.total", "op": "gte", "value": "100.00"}, "then": [
			{"id": "mark", "tag": {"add": "big-order", "remove": "newcomer"}},
			{"id": "cup", "set": {"customer.custom.cup": "large"}},
			{"id": "parcel", "wait_for": {"event": "order.shipped", "within": "3d"},
				"then": [{"id": "thanks", "wait": "1h", "send": {"channel": "email", "template": "follow-up-1"}}],
				"else": [{"id": "second", "enter": "second"}]}
		], "else": [
			{"id": "draw", "split": [
				{"name": "a", "weight": 1, "steps": [{"id": "a1", "send": {"channel": "email", "template": "win-back-1"}}]},
				{"name": "b", "weight": 1, "steps": [{"id": "b1", "send": {"channel": "email", "template": "win-back-2"}}]}]}
		]}
	]}`

// second is entered by a step of journey alone: its trigger never happens here.
const second = `{"schema": 1, "id": "second", "name": "Second", "class": "marketing", "trigger": {"event": "order.rated"},
	"key": "customer", "reentry": "always", "audience": {"field": "customer.tags", "op": "has", "value": "big-order"}, ` + noCaps + `,
	"steps": [{"id": "sorry", "wait": "1h", "send": {"channel": "email", "template": "win-back-3"}}]}`

// starts stores campaigns and activates them over HTTP.
func (l *leaving) starts(t *testing.T, files ...string) {
	t.Helper()
	for _, file := range files {
		var named struct{ ID string }
		ok(t, json.Unmarshal([]byte(file), &named))
		l.asks(t, l.key, 201, "PUT /v1/campaigns/"+named.ID, file)
		l.asks(t, l.key, 204, "POST /v1/campaigns/"+named.ID+"/activate", `{"version": 1}`)
	}
}

// orders places an order of a customer who may be written to.
func (l *leaving) orders(t *testing.T, id, total string, more object) {
	t.Helper()
	address := id + "@example.com"
	order := object{"type": "order", "id": "o" + id, "placed_at": l.at(), "payment_status": "paid", "currency": "EUR", "total": total,
		"lines": []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": total, "net": total}},
		"buyer": object{"id": id, "email": address}}
	for key, value := range more {
		order[key] = value
	}
	l.report(t,
		object{"type": "customer", "id": id, "email": address, "verified": true, "tags": []string{"newcomer", "platform"},
			"consents": []object{said("email", true, true, l.at())}}, order)
}

// A customer is led through branches, waits, tags and another campaign, as the file says. What a
// step says of the customer stays when the platform reports all its own tags again.
func TestCustomerIsLedThroughAJourney(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, second, journey)
		l.pass(t, time.Minute)
		l.orders(t, "shipped", "150.00", nil)
		l.orders(t, "waiting", "150.00", nil)
		l.orders(t, "small", "20.00", nil)
		l.pass(t, time.Hour)
		if n := len(l.mailsTo("small@example.com")); n != 1 {
			t.Errorf("small order: got %d mails, want one of the branch that was drawn", n)
		}
		if got := l.customerOf(t, "waiting").Attributes; !slices.Contains(got.Tags, "big-order") || slices.Contains(got.Tags,
			"newcomer") {
			t.Errorf("got tags %v, want big-order and not newcomer", got.Tags)
		}
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "waiting").ID, "", `"big-order"`, `"cup"`, `"large"`)
		l.report(t, object{"type": "customer", "id": "waiting", "email": "waiting@example.com", "verified": true,
			"tags": []string{"platform", "newcomer"}})
		l.pass(t, time.Hour)
		if got := l.customerOf(t, "waiting").Attributes.Tags; !slices.Contains(got, "big-order") || !slices.Contains(got, "newcomer") {
			t.Errorf("got tags %v after the platform's, want its own and big-order", got)
		}
		l.orders(t, "shipped", "150.00", object{"placed_at": l.at().Add(-2 * time.Hour), "parcels": []object{{"id": "p1",
			"shipped_at": l.at()}}})
		l.pass(t, 59*time.Minute)
		if n := len(l.mailsTo("shipped@example.com")); n != 0 {
			t.Errorf("got %d mails within the hour after the parcel, want none", n)
		}
		l.pass(t, time.Minute)
		if n := len(l.mailsTo("shipped@example.com")); n != 1 {
			t.Errorf("got %d mails an hour after the parcel, want 1", n)
		}
		l.pass(t, 3*24*time.Hour)
		l.pass(t, time.Hour)
		if n := len(l.mailsTo("waiting@example.com")); n != 1 {
			t.Errorf("no parcel: got %d mails, want the one of the other campaign", n)
		}
		l.pass(t, 10*24*time.Hour)
		for _, who := range []string{"small", "shipped", "waiting"} {
			if n := len(l.mailsTo(who + "@example.com")); n != 1 {
				t.Errorf("%s: got %d mails in the end, want 1", who, n)
			}
		}
	})
}
