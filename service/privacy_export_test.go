package service

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// A platform's request to disclose is answered by an export with all that is
// stored of the person. The audit names the reader. Nothing is erased.
func TestExportContainsEverythingOfThePerson(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		api := annaKnown(t, h)
		h.take(
			t, "shopify", "customers/data_request",
			[]byte(`{"shop_id": 1, "customer": {"id": 77, "email": "annegret.q@example.com"}, "orders_requested": [1], "data_request": {"id": 9}}`),
		)
		request := ask(t, api, http.MethodGet, "/v1/privacy-requests", nil)["items"].([]any)[0].(map[string]any)
		if request["kind"] != "export" || request["state"] != "done" {
			t.Errorf("got %v, want an export that can be read", request)
		}
		data := ask(t, api, http.MethodGet, "/v1/privacy-requests/"+request["id"].(string)+"/export", nil)["data"].(map[string]any)
		for coll, n := range map[string]int{
			"customers": 1, "orders": 2, "checkouts": 1, "messages": 2, "enrolments": 1, "touches": 1, "segment_lists": 1,
			"suppressions": 1, "deliveries": 4,
		} {
			if list, _ := data[coll].([]any); len(list) < n {
				t.Errorf("%s: got %d, want %d", coll, len(list), n)
			}
		}
		text, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range annas() {
			if !strings.Contains(strings.ToLower(string(text)), strings.ToLower(word)) {
				t.Errorf("the export lacks %s", word)
			}
		}
		var actions []string
		for _, entry := range ask(t, api, http.MethodGet, "/v1/audit", nil)["items"].([]any) {
			actions = append(actions, entry.(map[string]any)["action"].(string))
		}
		if all := strings.Join(actions, " "); !strings.Contains(all, "privacy.disclosed") || !strings.Contains(all, "privacy.exported") {
			t.Errorf("got audit %s", all)
		}
		if len(left(t, h, annas())) == 0 {
			t.Error("an export erased the person")
		}
	})
}

// When a shop leaves a platform, the platform's persons are erased. A person
// known by another connection too keeps the data of that connection.
func TestErasedConnectionLeavesOtherConnections(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		api := annaKnown(t, h)
		before := money(t, api)
		h.take(t, "shopify", "shop/redact", []byte(`{"shop_id": 1, "shop_domain": "s"}`))
		gone, err := h.Order(t.Context(), "s", "s:shopify:1")
		if err != nil || gone.Buyer.Email != "" || gone.RedactedAt.IsZero() {
			t.Errorf("its order: got %+v, %v, want no person", gone.Buyer, err)
		}
		stays, err := h.Order(t.Context(), "s", "s:generic:g1")
		if err != nil || stays.Buyer.FirstName != "Annegret" {
			t.Errorf("the other's order: got %+v, %v, want it as it was", stays.Buyer, err)
		}
		c, err := h.CustomerNow(t.Context(), "s", stays.Customer)
		if err != nil || c.Attributes.FirstName != "Annegret" || c.Attributes.LastName != "" || c.Attributes.Postcode != "" {
			t.Errorf("the customer: got %+v, %v, want the data of the other connection", c.Attributes, err)
		}
		if after := money(t, api); after != before {
			t.Errorf("money: got %s, want %s", after, before)
		}
		if list := ask(t, api, http.MethodGet, "/v1/audit", nil)["items"].([]any); len(list) != 1 ||
			list[0].(map[string]any)["action"] != "privacy.connection_erased" {
			t.Errorf("got audit %v", list)
		}
	})
}
