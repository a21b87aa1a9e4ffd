package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/api"
	"comeback/commerce"
)

// deliver posts a webhook and works until it is read.
func (h *harness) deliver(t *testing.T, d delivery) {
	t.Helper()
	if status, err := h.send(t.Context(), d); err != nil || status != 200 {
		t.Fatalf("%s %s: got %d, %v; want 200", d.platform, d.topic, status, err)
	}
	h.settle(t, 1)
}

// beyond is the first instant of year 10000 in UTC, and of year 9999 in its own
// zone.
const beyond = "9999-12-31T23:59:59-23:59"

// Stored records with times beyond the year 9999 are shown with the last time
// that JSON can express, and hide no other record.
func TestRecordsOfTheYear10000AreShown(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		text := h.shopKey(t)
		far, err := time.Parse(time.RFC3339, beyond)
		if err != nil {
			t.Fatal(err)
		}
		poisoned, _ := api.NewKey("s", "endless", h.at())
		poisoned.ExpiresAt = far
		if err := h.AddAPIKey(t.Context(), "s", poisoned); err != nil {
			t.Fatal(err)
		}
		for id, at := range map[string]time.Time{"1": h.at(), "2": far, "3": time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)} {
			o := commerce.Order{ID: commerce.Key("s", "generic", id), Shop: "s", Connection: "generic", External: id,
				OrderState: commerce.OrderState{
					Version: at, Currency: "EUR", Status: commerce.Open, Payment: commerce.Paid, Buyer: commerce.Buyer{Email: "y@example.com"},
				},
				Times: commerce.Timeline{PlacedAt: at, PaidAt: at}}
			if _, err := h.SaveOrder(t.Context(), "s", o); err != nil {
				t.Fatal(err)
			}
			if err := h.SaveProduct(
				t.Context(), "s", commerce.Product{ID: o.ID, Connection: "generic", External: id, Version: at, Title: "Tea " + id},
			); err != nil {
				t.Fatal(err)
			}
		}
		h.settle(t, 1)
		h.asks(t, text, 200, "GET /v1/keys", "", `"name":"test"`, `"name":"endless"`, `"expires_at":"9999-12-31T23:59:59.999Z"`)
		h.asks(t, text, 200, "GET /v1/orders", "", `"external_id":"1"`, `"external_id":"2"`, `"external_id":"3"`)
		h.asks(t, text, 200, "GET /v1/orders/s:generic:2", "", `"paid_at":"9999-12-31T23:59:59.999Z"`)
		h.asks(t, text, 200, "GET /v1/products", "", `"title":"Tea 1"`, `"title":"Tea 2"`, `"title":"Tea 3"`)
		h.asks(t, text, 200, "GET /v1/customers", "", `"email":"y@example.com"`)
	})
}

// No input accepts a time outside the years 1970 to 2200. The API and our own
// format name the field. A platform's body is read without the time, and this
// is recorded.
func TestTimesOutsideTheYears1970To2200AreRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		text := h.shopKey(t)
		rule := "write a time of the years 1970 to 2200"
		for _, at := range []string{beyond, "9999-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"} {
			h.asks(t, text, 400, "POST /v1/keys", fmt.Sprintf(`{"name": "k", "expires_at": %q}`, at), "/expires_at", rule)
			h.asks(t, text, 400, "GET /v1/campaigns/none/results?from="+strings.ReplaceAll(at, "+", "%2B"), "", "from", rule)
			order := fmt.Sprintf(
				`{"type":"order","id":"y10k","updated_at":%q,"placed_at":%q,"paid_at":%q,"payment_status":"paid","currency":"EUR",
					"total":"1.00","lines":[],"buyer":{"id":"y","email":"y10k@x.test"}}`,
				at, at, at,
			)
			h.deliver(t, delivery{"generic", "order", []byte(order)})
			h.asks(t, text, 200, "GET /v1/deliveries?state=quarantined", "", "/paid_at: year", rule)
		}
		h.asks(t, text, 200, "GET /v1/orders", "", `"items":[]`)
		for _, d := range []delivery{
			{
				"shopify", "orders/updated",
				[]byte(`{"id":1,"updated_at":"` + beyond + `","created_at":"` + stamp(h.at()) + `Z","processed_at":"1492-01-01T00:00:00Z",
					"currency":"EUR","total_price":"1.00","financial_status":"paid","email":"a@x.test"}`),
			},
			{
				"woocommerce", "order.updated",
				[]byte(`{"id":2,"status":"processing","date_modified_gmt":"9999-01-01T00:00:00","date_created_gmt":"` + stamp(h.at()) + `",
					"date_paid_gmt":"9999-12-31T23:59:59","currency":"EUR","total":"1.00","billing":{"email":"b@x.test"}}`),
			},
		} {
			h.deliver(t, d)
		}
		now := `"updated_at":"` + h.at().Format(time.RFC3339Nano) + `"`
		h.asks(t, text, 200, "GET /v1/orders/s:shopify:1", "", now, `"placed_at":"`+stamp(h.at())+`Z"`, `"time_out_of_range"`)
		h.asks(t, text, 200, "GET /v1/orders/s:woocommerce:2", "", now, `"paid_at":null`, `"time_out_of_range"`)
		h.asks(t, text, 200, "GET /v1/keys", "", `"name":"test"`)
	})
}
