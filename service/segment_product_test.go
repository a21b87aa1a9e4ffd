package service

import (
	"strings"
	"testing"
	"time"
)

// A condition finds buyers of a product by the title that it has now, and a profile
// shows the title beside the id. Traits that only repeat the condition are marked and
// come last.
func TestProductsAreFoundAndShownByTheirTitles(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.report(t, object{"type": "product", "id": "7", "title": "Grüner Tee, 100 g"}, object{"type": "product", "id": "8", "title": "Tasse"})
		for i := range 20 {
			id, product := "c"+string(rune('a'+i)), []string{"7", "8"}[i%2]
			l.report(t, object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true}, object{
				"type": "order", "id": "o" + id, "placed_at": l.at(), "paid_at": l.at(), "payment_status": "paid", "currency": "EUR",
				"total": "30.00", "buyer": object{"id": id, "email": id + "@example.com", "country": []string{"DE", "AT"}[i%2]},
				"lines": []object{{"id": "1", "product": product, "quantity": 1, "unit_price": "30.00", "net": "30.00"}},
			})
		}
		l.pass(t, time.Minute)
		const drinkers = `{"event": "order.paid", "where": {"field": "line.title", "op": "starts_with", "value": "GRÜNER TEE"}}`
		l.asks(t, l.key, 200, "POST /v1/segments/count", drinkers, `"size":10,"base":20`)
		l.asks(t, l.key, 200, "POST /v1/segments/count",
			`{"event": "order.paid", "where": {"field": "line.title", "op": "is", "value": "tasse", "case": true}}`, `"size":0,"base":20`)
		l.asks(t, l.key, 201, "POST /v1/segments", `{"schema": 1, "id": "tea", "name": "Tea", "condition": `+drinkers+`}`)
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "ca").ID+"/explain?segment=tea", "", `"match":true`)

		profile := l.asks(t, l.key, 200, "POST /v1/segments/profile", `{"field": "customer.country", "op": "is", "value": "DE"}`,
			`"field":"line.product","value":"s:generic:7","title":"Grüner Tee, 100 g"`, `"title":"Tasse"`)
		if product, country := strings.Index(profile, `"line.product"`), strings.Index(profile, `"customer.country"`); product > country {
			t.Errorf("the country of which the segment is comes first: %s", profile)
		}
		l.report(t, object{"type": "product", "id": "7", "title": "Weißer Tee", "updated_at": l.at().Add(time.Minute)})
		l.moveTo(l.at().Add(time.Minute))
		l.asks(t, l.key, 200, "POST /v1/segments/count", drinkers, `"size":0,"base":20`)
	})
}
