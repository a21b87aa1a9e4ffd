package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/connectors"
	"comeback/segments"
)

// annas are the words of Anna's data, of which none may be left: name, e-mail,
// phone, address, her texts.
func annas() []string {
	return []string{
		"Annegret", "Quandt", "annegret", "quandt", "15112345678", "Lindenallee", "Quedlinburg", "06484", "Happy birthday", "1Z999",
	}
}

// annaOrder is an order of Anna as Shopify sends it, placed at a time.
func annaOrder(id int, placed, updated time.Time) []byte {
	return fmt.Appendf(nil, `{"id": %d, "name": "#%d", "created_at": %q, "processed_at": %q, "updated_at": %q, "currency": "EUR",
"total_price": "100.00", "financial_status": "paid", "checkout_token": "ct%d", "email": "annegret.q@example.com", "phone": "+4915112345678",
	"landing_site": "/?email=annegret.q@example.com&utm_source=mail",
"referring_site": "https://mail.example/annegret", "order_status_url": "https://shop.example/annegret/pay",
"note_attributes": [{"name": "card", "value": "Happy birthday Annegret"}],
"fulfillments": [{"id": 1, "created_at": %q, "updated_at": %q, "status": "success", "tracking_number": "1Z999"}],
"line_items": [{"id": 1, "product_id": 7, "title": "Tea", "quantity": 2, "price": "50.00",
	"properties": [{"name": "engraving", "value": "Quandt"}]}],
"customer": {"id": 77, "updated_at": %q, "email": "annegret.q@example.com", "first_name": "Annegret", "last_name": "Quandt",
	"verified_email": true,
 "default_address": {"address1": "Lindenallee 7", "city": "Quedlinburg", "zip": "06484", "country_code": "DE", "phone": "+4915112345678"}},
"billing_address": {"first_name": "Annegret", "last_name": "Quandt", "address1": "Lindenallee 7", "city": "Quedlinburg",
	"zip": "06484", "country_code": "DE"}}`,
		id, id, written(placed), written(placed), written(updated), id, written(updated), written(updated), written(updated))
}

// take posts a delivery and works on it.
func (h *harness) take(t *testing.T, platform, topic string, body []byte) {
	t.Helper()
	if status, err := h.send(t.Context(), delivery{platform, topic, body}); err != nil || status != http.StatusOK {
		t.Fatalf("%s %s: got %d, %v, want 200", platform, topic, status, err)
	}
	h.settle(t, 1)
}

// annaKnown is a shop with all kinds of data of Anna: an account, an account of
// another connection merged with it, orders, a checkout, a delivery that could
// not be read, messages, touches, a list, an import and a suppression.
func annaKnown(t *testing.T, h *harness) (api *Client) {
	t.Helper()
	placed := h.at().AddDate(0, -1, 0)
	h.take(t, "shopify", "orders/create", annaOrder(1, placed, placed))
	h.take(t, "shopify", "checkouts/create", fmt.Appendf(nil, `{"id": 5, "token": "open", "created_at": %q, "updated_at": %q,
		"currency": "EUR", "total_price": "12.00",
"email": "annegret.q@example.com", "abandoned_checkout_url": "https://shop.example/annegret", "line_items": [],
	"customer": {"id": 77}}`, written(placed), written(placed)))
	h.take(t, "generic", "customer", fmt.Appendf(nil, `{"type": "customer", "id": "a1", "updated_at": %q,
		"email": "Annegret.Q@Example.com", "verified": true,
"first_name": "Annegret", "city": "Quedlinburg"}`, written(placed)))
	h.take(t, "generic", "order", fmt.Appendf(nil, `{"type": "order", "id": "g1", "updated_at": %q, "placed_at": %q,
		"currency": "EUR", "total": "20.00", "status": "open",
"payment_status": "paid", "buyer": {"id": "a1", "email": "annegret.q@example.com", "first_name": "Annegret"},
	"lines": []}`, written(placed), written(placed)))
	h.take(t, "generic", "order", []byte(`{"type": "order", "id": "broken", "email": "annegret.q@example.com"`)) // cut short
	annaWritten(t, h)
	api = NewClient(Announcement{URL: h.url, Token: h.shopKey(t)}, nil)
	ask(t, api, http.MethodPost, "/v1/suppressions", map[string]string{"email": "annegret.q@example.com", "scope": "all"})
	return api
}

// annaWritten stores the data about Anna that does not come by deliveries.
func annaWritten(t *testing.T, h *harness) {
	t.Helper()
	ctx := t.Context()
	o, err := h.Order(ctx, "s", "s:shopify:1")
	if err != nil {
		t.Fatal(err)
	}
	e := campaigns.Enrolment{
		ID: "s:w:1", Campaign: "w", Version: 1, Entry: 1, State: campaigns.Enrolled, Arm: campaigns.Treated, Customer: o.Customer,
		Order: o.ID, EnteredAt: h.at(),
		Log: []campaigns.Decision{{At: h.at(), Outcome: "entered", Reasons: []campaigns.Reason{{Text: `customer.city is "Quedlinburg"`}}}},
	}
	if _, err := h.SaveEnrolments(ctx, "s", []campaigns.Enrolment{e}); err != nil {
		t.Fatal(err)
	}
	sent := campaigns.Message{
		ID: "s:w:1:1:a", Campaign: "w", Version: 1, Enrolment: e.ID, Entry: 1, Step: "a", Customer: o.Customer, State: campaigns.Sent,
		SentAt: h.at(), PlannedAt: h.at(),
		Subject: "Annegret, your tea", Channel: campaigns.Email, Class: campaigns.Marketing,
		Links: []campaigns.Link{{N: 1, URL: "https://shop.example/?m=annegret.q@example.com"}},
	}
	planned := campaigns.Message{
		ID: "s:w:1:1:b", Campaign: "w", Enrolment: e.ID, Entry: 1, Step: "b", Customer: o.Customer, State: campaigns.Planned,
		DueAt: h.at().Add(time.Hour), PlannedAt: h.at(),
	}
	touch, err := campaigns.NewTouch(sent.ID, campaigns.Clicked, 1, "192.0.2.1", campaigns.Request{UserAgent: "x"}, h.at())
	group, problems := segments.ReadSegment([]byte(`{"schema": 1, "id": "friends", "name": "Friends", "static": true}`), nil)
	if group == nil {
		t.Fatal(problems)
	}
	_, added := h.CreateSegment(ctx, "s", group)
	for _, failed := range []error{
		err, added, h.PlanMessages(ctx, "s", []campaigns.Message{sent, planned}),
		h.KeepTouches(ctx, []campaigns.TouchGroup{{ID: "s:1", Shop: "s", Touches: []campaigns.Touch{touch}}}), // a worker unpacks it
	} {
		if failed != nil {
			t.Fatal(failed)
		}
	}
	if _, err := h.SaveListed(
		ctx, "s", []segments.Listed{{Segment: "friends", Customer: o.Customer, Included: true, Reason: "by hand", At: h.at()}},
	); err != nil {
		t.Fatal(err)
	}
}

// ask calls the API and returns the answer.
func ask(t *testing.T, c *Client, method, path string, body any) (answer map[string]any) {
	t.Helper()
	if err := c.Call(t.Context(), method, path, nil, body, &answer); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer
}

// left finds the words of a person in all data of a database, without the shops
// that are left out.
func left(t *testing.T, h *harness, words []string, without ...string) (found []string) {
	t.Helper()
	for coll, docs := range everything(t, h.docs) {
		for _, raw := range docs {
			id := raw.Lookup("_id").String()
			for _, word := range words {
				if bytes.Contains(raw, []byte(word)) && !strings.Contains(strings.Join(without, " "), raw.Lookup("shop").StringValue()) {
					found = append(found, coll+" "+id+" "+word)
				}
			}
		}
	}
	return found
}

// money is the orders' money as the API shows it.
func money(t *testing.T, c *Client) string {
	t.Helper()
	var lines []string
	for _, item := range ask(t, c, http.MethodGet, "/v1/orders", nil)["items"].([]any) {
		o := item.(map[string]any)
		text, err := json.Marshal([]any{o["id"], o["total"], o["payment_status"], o["status"], o["times"], o["lines"].([]any)})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(text))
	}
	return strings.Join(lines, "\n")
}

// redact is Shopify's request to forget Anna.
const redact = `{"shop_id": 1, "shop_domain": "s", "customer": {"id": 77, "email": "annegret.q@example.com",
	"phone": "+4915112345678"}, "orders_to_redact": [1, 9]}`

// After a platform's request no stored data contains the person's name,
// addresses or numbers. The orders' money is unchanged, the address stays
// suppressed, and the audit records the erasure.
func TestErasedPersonIsNowhereInTheDatabase(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		api := annaKnown(t, h)
		before := money(t, api)
		if len(left(t, h, annas())) == 0 {
			t.Fatal("nothing is known of her: the test proves nothing")
		}
		h.take(t, "shopify", "customers/redact", []byte(redact))
		if found := left(t, h, annas()); len(found) > 0 {
			t.Errorf("left: %s", strings.Join(found, "\n"))
		}
		if after := money(t, api); after != before {
			t.Errorf("money: got %s, want %s", after, before)
		}
		request := ask(t, api, http.MethodGet, "/v1/privacy-requests", nil)["items"].([]any)[0].(map[string]any)
		erased := request["erased"].(map[string]any)
		if request["state"] != "done" || request["kind"] != "erase" || erased["orders"] != 2.0 || erased["checkouts"] != 1.0 ||
			erased["messages"] != 2.0 || erased["touches"] != 1.0 {
			t.Errorf("got request %v", request)
		}
		audit := ask(t, api, http.MethodGet, "/v1/audit", nil)["items"].([]any)
		if len(audit) != 1 || audit[0].(map[string]any)["action"] != "privacy.erased" || audit[0].(map[string]any)["subject"] != request["id"] {
			t.Errorf("got audit %v, want that it was erased", audit)
		}
		list, err := h.SuppressionsOf(t.Context(), "s", h.Address(commerce.EmailAddress("annegret.q@example.com")))
		if err != nil || len(list) != 1 {
			t.Errorf("got suppressions %v, %v, want the address suppressed still", list, err)
		}
		if list := ask(t, api, http.MethodGet, "/v1/customers", nil)["items"].([]any); len(list) != 0 {
			t.Errorf("got customers %v, want none", list)
		}
		m, err := h.Message(t.Context(), "s", "s:w:1:1:b")
		if err != nil || m.State != campaigns.Cancelled {
			t.Errorf("the waiting message: got %s, %v, want it cancelled", m.State, err)
		}
	})
}

// No late data brings an erased person back: neither a webhook sent again, nor
// a newer body of an old order, an old file or a replay. A later purchase
// belongs to a new customer.
func TestErasedPersonStaysErased(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		api := annaKnown(t, h)
		old, err := h.Order(t.Context(), "s", "s:shopify:1")
		if err != nil {
			t.Fatal(err)
		}
		h.take(t, "shopify", "customers/redact", []byte(redact))
		placed := h.at().AddDate(0, -1, 0)
		h.moveTo(h.at().Add(time.Hour))
		h.take(t, "shopify", "orders/updated", annaOrder(1, placed, placed))                 // late
		h.take(t, "shopify", "orders/updated", annaOrder(1, placed, h.at()))                 // an old order today
		h.take(t, "shopify", "orders/updated", annaOrder(9, placed, placed))                 // listed, and never seen before
		h.take(t, "shopify", "orders/create", annaOrder(2, placed.AddDate(0, 0, 1), h.at())) // of her account, never seen before
		h.take(t, "generic", "order", fmt.Appendf(nil, `{"type": "order", "id": "g2", "updated_at": %q, "placed_at": %q,
			"currency": "EUR", "total": "20.00", "status": "open",
"payment_status": "paid", "buyer": {"email": "annegret.q@example.com", "first_name": "Annegret"}, "lines": []}`,
			written(placed), written(placed)))
		file := connectors.Records{Orders: []commerce.Order{{
			ID: "s:generic:h", Shop: "s", Connection: "generic", External: "h", Times: commerce.Timeline{PlacedAt: placed},
			OrderState: commerce.OrderState{
				Version: placed, Currency: "EUR", Buyer: commerce.Buyer{Email: "annegret.q@example.com", LastName: "Quandt"},
			},
		}}}
		if _, err := h.SaveHistory(t.Context(), "s", "s:generic:run", file); err != nil {
			t.Fatal(err)
		}
		h.settle(t, 1)
		if found := left(t, h, annas()); len(found) > 0 {
			t.Errorf("back again: %s", strings.Join(found, "\n"))
		}
		if list := ask(t, api, http.MethodGet, "/v1/customers", nil)["items"].([]any); len(list) != 0 {
			t.Errorf("got customers %v, want none", list)
		}
		quarantined, err := h.Deliveries(t.Context(), "s", commerce.Quarantined, nil, 10)
		if err != nil || len(quarantined) != 1 {
			t.Fatalf("got %v, %v, want the delivery that could not be read", quarantined, err)
		}
		if err := h.ReplayDelivery(t.Context(), "s", quarantined[0].ID); commerce.CodeOf(err) != commerce.Conflict {
			t.Errorf("replay of what is gone: got %v, want a conflict", err)
		}
		h.take(t, "shopify", "orders/create", annaOrder(3, h.at(), h.at()))
		fresh, err := h.Order(t.Context(), "s", "s:shopify:3")
		if err != nil || fresh.Customer == "" || fresh.Customer == old.Customer || fresh.Buyer.FirstName != "Annegret" {
			t.Errorf("bought afterwards: got %q %q, %v, want a new customer", fresh.Customer, fresh.Buyer.FirstName, err)
		}
		h.moveTo(h.at().Add(3 * time.Minute)) // the second look at the request leaves what is new
		h.settle(t, 1)
		if c, err := h.CustomerNow(t.Context(), "s", fresh.Customer); err != nil || c.History.Figures.Placed != 1 {
			t.Errorf("the new customer: got %d orders, %v, want one", c.History.Figures.Placed, err)
		}
	})
}

// An erasure leaves the person's data in other shops unchanged.
func TestErasureStaysInItsShop(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		annaKnown(t, h)
		if err := h.AddShop(
			t.Context(), commerce.Shop{ID: "z", Market: commerce.West, Currency: "EUR", Zone: "UTC", CreatedAt: h.at()},
		); err != nil {
			t.Fatal(err)
		}
		anna := commerce.Buyer{Platform: "77", Email: "annegret.q@example.com", FirstName: "Annegret", LastName: "Quandt"}
		o := commerce.Order{
			ID: "z:shopify:1", Shop: "z", Connection: "shopify", External: "1",
			Times:      commerce.Timeline{PlacedAt: h.at().AddDate(0, -1, 0)},
			OrderState: commerce.OrderState{Version: h.at(), Currency: "EUR", Buyer: anna},
		}
		if _, err := h.SaveRecords(t.Context(), "z", connectors.Records{Orders: []commerce.Order{o}}); err != nil {
			t.Fatal(err)
		}
		h.take(t, "shopify", "customers/redact", []byte(redact))
		stays, err := h.Order(t.Context(), "z", "z:shopify:1")
		if err != nil || stays.Buyer != o.Buyer {
			t.Errorf("got %v, %v, want the other shop's as it was", stays.Buyer, err)
		}
		if _, err := h.Customer(t.Context(), "z", stays.Customer); err != nil {
			t.Errorf("the other shop's customer: %v", err)
		}
		if found := left(t, h, annas(), "z"); len(found) > 0 {
			t.Errorf("left: %s", strings.Join(found, "\n"))
		}
	})
}
