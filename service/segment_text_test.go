package service

import (
	"fmt"
	"testing"
	"time"
)

// A condition finds the texts that people wrote in any case and width, wherever it
// is asked: in counts, in lists of members, in explanations and in campaigns. With
// "case": true it finds one spelling. Ids and codes have one spelling alone.
func TestTextsAreFoundInAnyCaseAndWidth(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/vips", `{"schema": 1, "id": "vips", "name": "VIPs", "class": "marketing",
			"trigger": {"event": "order.paid", "where": {"field": "order.tags", "op": "has", "value": "Vip"}}, "key": "customer", "reentry": "never",
			"audience": {"field": "customer.city", "op": "starts_with", "value": "münch"},
			"policy": {"quiet": {"from": "00:00", "to": "00:00"}},
			"steps": [{"id": "ask", "wait": "1h", "send": {"channel": "email", "template": "win-back-1"}}]}`)
		l.asks(t, l.key, 204, "POST /v1/campaigns/vips/activate", `{"version": 1}`)
		for i, city := range []string{"München", "MÜNCHEN", "Ｕｌｍ", "Mu\u0308nchen"} {
			id := fmt.Sprint("c", i)
			l.report(t, object{
				"type": "customer", "id": id, "email": id + "@example.com", "verified": true, "city": city,
				"tags": []string{[]string{"Stammkunde", "STAMMKUNDE", "stammkunde", "neu"}[i]}, "custom": object{"color": "Rot"},
				"consents": []object{said("email", true, true, l.at())},
			}, object{
				"type": "order", "id": "o" + id, "placed_at": l.at(), "paid_at": l.at(), "payment_status": "paid", "currency": "EUR",
				"total": "30.00", "tags": []string{[]string{"ＶＩＰ", "vip", "VIP", "retail"}[i]}, "coupons": []string{"Herbst"},
				"buyer": object{"id": id, "email": id + "@example.com"},
				"lines": []object{{"id": "1", "product": "tea", "sku": "A-1", "brand": []string{"Ostfriesen", "OSTFRIESEN", "", "Bünting"}[i],
					"category": []string{"Tee > Grün", "TEE", "tee > schwarz", "Tassen"}[i], "quantity": 1, "unit_price": "30.00", "net": "30.00"}},
			})
		}
		l.pass(t, 2*time.Hour)
		for _, c := range []struct {
			condition string
			size      int
		}{
			{`{"field": "customer.city", "op": "is", "value": "münchen"}`, 3},
			{`{"field": "customer.city", "op": "is", "value": "München", "case": true}`, 1},
			{`{"field": "customer.city", "op": "is", "value": "münchen", "case": true}`, 0},
			{`{"field": "customer.city", "op": "is_not", "value": "MÜNCHEN"}`, 1},
			{`{"field": "customer.city", "op": "is", "value": "ulm"}`, 1},
			{`{"field": "customer.city", "op": "contains", "value": "CHEN"}`, 3},
			{`{"field": "customer.tags", "op": "has", "value": "StammKunde"}`, 3},
			{`{"field": "customer.tags", "op": "has_all", "value": ["STAMMKUNDE"]}`, 3},
			{`{"field": "customer.custom.color", "op": "in", "value": ["rot", "blau"]}`, 4},
			{`{"event": "order.paid", "where": {"field": "order.tags", "op": "has", "value": "vip"}}`, 3},
			{`{"event": "order.paid", "where": {"field": "order.tags", "op": "has", "value": "vip", "case": true}}`, 1},
			{`{"event": "order.paid", "where": {"field": "line.brand", "op": "is", "value": "ostfriesen"}}`, 2},
			{`{"event": "order.paid", "where": {"field": "line.category", "op": "is", "value": "TEE"}}`, 3},
			{`{"event": "order.paid", "where": {"field": "line.category", "op": "is", "value": "tee > GRÜN"}}`, 1},
			{`{"event": "order.paid", "where": {"field": "order.coupon", "op": "has", "value": "HERBST"}}`, 0},
			{`{"event": "order.paid", "where": {"field": "order.coupon", "op": "has", "value": "Herbst"}}`, 4},
			{`{"event": "order.paid", "where": {"field": "line.sku", "op": "is", "value": "a-1"}}`, 0},
		} {
			l.asks(t, l.key, 200, "POST /v1/segments/count", c.condition, fmt.Sprintf(`"size":%d,"base":4`, c.size))
		}
		l.asks(t, l.key, 201, "POST /v1/segments",
			`{"schema": 1, "id": "m", "name": "M", "condition": {"field": "customer.city", "op": "is", "value": "münchen"}}`)
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "c1").ID+"/explain?segment=m", "", `"match":true`, `"seen":"MÜNCHEN"`)
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "c2").ID+"/explain?segment=m", "",
			`"match":false`, `"seen":"Ｕｌｍ"`, `"lacks":[{`)
		l.asks(t, l.key, 400, "POST /v1/segments", `{"schema": 1, "id": "n", "name": "N",
			"condition": {"field": "customer.country", "op": "is", "value": "DE", "case": true}}`, "customer.country is always compared exactly")
		for i, want := range []int{1, 1, 0, 0} {
			if got := len(l.mailsTo(fmt.Sprintf("c%d@example.com", i))); got != want {
				t.Errorf("customer %d: got %d mails of the campaign, want %d", i, got, want)
			}
		}
	})
}
