package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/api"
	"comeback/commerce"
)

// apiKey is a key of shop s.
func (h *harness) apiKey(t *testing.T) string {
	t.Helper()
	key, text := api.NewKey("s", "test", h.at())
	if err := h.AddAPIKey(t.Context(), "s", key); err != nil {
		t.Fatal(err)
	}
	return text
}

// receives posts a delivery, which must be accepted.
func (h *harness) receives(t *testing.T, platform, topic, body string) {
	t.Helper()
	if status, err := h.send(t.Context(), delivery{platform, topic, []byte(body)}); err != nil || status != 200 {
		t.Fatalf("%s %s: got %d, %v; want 200", platform, topic, status, err)
	}
}

const recovery = `{"schema": 1, "id": "recovery", "name": "Recovery", "class": "marketing",
"trigger": {"event": "checkout.started"}, "key": "order", "reentry": "never",
"exit": [{"event": "order.placed", "same": "order", "as": "goal"}],
"goal": {"event": "order.placed", "same": "order", "within": "24h"},
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "r1", "wait": "1h", "expires": "12h", "send": {"channel": "email", "template": "checkout-1"}}]}`

// guestCheckout is a checkout of Shopify without an account.
func guestCheckout(token, email string, ticked bool, at time.Time) string {
	stamp := at.UTC().Format(time.RFC3339)
	return fmt.Sprintf(`{"id":782618426096,"token":%q,"cart_token":"c","email":%q,"buyer_accepts_marketing":%v,"created_at":%q,"updated_at":%q,
"shipping_address":[],"currency":"EUR","completed_at":null,"phone":null,"customer_locale":"de","taxes_included":true,"total_price":"20.00",
"line_items":[{"key":"1","product_id":700,"quantity":2,"sku":"T","title":"Tea","price":"10.00","line_price":"20.00"}],
"abandoned_checkout_url":"https://x.example/recover?key=1","name":"#1"}`, token, email, ticked, stamp, stamp)
}

// A guest who leaves an e-mail at the checkout and ticks the newsletter is a
// customer with that address and consent, and gets recovery mails. A guest who
// does not tick it is a customer too, and gets no marketing.
func TestGuestCheckoutMakesACustomerWithConsent(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		sent, key := withCampaigns(t, h), h.apiKey(t)
		activate(t, h.Store, recovery)
		h.receives(t, "shopify", "checkouts/create", guestCheckout("k1", "carla@example.com", true, h.at()))
		h.receives(t, "shopify", "checkouts/create", guestCheckout("k2", "dora@example.com", false, h.at()))
		settleAll(t, h, 1)
		one := h.asks(
			t, key, 200, "GET /v1/checkouts/"+commerce.Key("s", "shopify", "k1"), "", `"accepts_marketing":true`,
			`"email":"carla@example.com"`,
		)
		_, id, _ := strings.Cut(one, `"customer":"`)
		id, _, _ = strings.Cut(id, `"`)
		h.asks(t, key, 200, "GET /v1/customers/"+id, "", `"email":"carla@example.com"`, `"granted":true`, `"source":"checkout"`)
		h.moveTo(h.at().Add(2 * time.Hour))
		settleAll(t, h, 1)
		if got := sent.sentTo(); got["carla@example.com"] != 1 || len(got) != 1 {
			t.Errorf("got mails to %v, want one to carla alone", got)
		}
		list := h.asks(t, key, 200, "GET /v1/checkouts?limit=1", "", `"items":[{"id":"s:shopify:k`, `"next":`)
		_, next, _ := strings.Cut(list, `"next":"`)
		next, _, _ = strings.Cut(next, `"`)
		h.asks(t, key, 200, "GET "+strings.ReplaceAll(next, `\u0026`, "&"), "", `"items":[{"id":"s:shopify:k`)
		h.asks(t, key, 200, "GET /v1/checkouts?customer="+id, "", `"external_id":"k1"`)
	})
}
