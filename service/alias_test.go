package service

import (
	"fmt"
	"net/http"
	"testing"

	"comeback/commerce"
)

// names posts a delivery of a Shopify store of some name and checks the status.
func (h *harness) names(t *testing.T, slug, secret, domain string, want int) {
	t.Helper()
	body := fmt.Sprintf(`{"id": %d}`, len(domain))
	signed := func(head http.Header) {
		signWith(&http.Request{Header: head}, secret, delivery{"shopify", "orders/updated", []byte(body)}, h.at())
		head.Set("X-Shopify-Shop-Domain", domain)
	}
	if got, _ := h.postTo(t, h.url, hookPost{"shopify", slug, body, signed}); got != want {
		t.Errorf("%s from %s: got %d, want %d", slug, domain, got, want)
	}
}

// A merchant enters the domain that shoppers see, and Shopify names the one under
// myshopify.com: a delivery signed with the current secret teaches that name. A second
// one is another store. Another source is a new beginning.
func TestAShopifyStoreTeachesItsOtherName(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		key, path := h.shopKey(t), "/v1/connections/shop"
		add(t, h, "shop", "https://www.tea.example", "a secret of its own")
		h.names(t, "shop", "a secret of its own", "tea.example", 200)
		h.asks(t, key, 200, "GET "+path, "", `"aliases":[]`, `"rev":1`)
		h.names(t, "shop", "a secret of its own", "Tea-Shop.myshopify.com", 200)
		h.asks(t, key, 200, "GET "+path, "", `"aliases":["tea-shop.myshopify.com"]`, `"rev":2`)
		h.names(t, "shop", "a secret of its own", "tea-shop.myshopify.com", 200)
		h.names(t, "shop", "a secret of its own", "other.myshopify.com", 401)
		h.names(t, "shop", "a secret of its own", "tea.example.org", 200)
		for _, bad := range []string{"", "tea", "tea example.org", "-- .myshopify.com", "täe.example"} {
			h.names(t, "shop", "a secret of its own", bad, 401)
		}
		h.asks(t, key, 200, "GET "+path, "", `"aliases":["tea-shop.myshopify.com","tea.example.org"]`, `"wrong_source","count":6`, `"rev":3`)
		h.asks(t, key, 200, "PATCH "+path, `{"source": "www.tea.example"}`, `"aliases":["tea-shop.myshopify.com","tea.example.org"]`)
		h.asks(t, key, 200, "PATCH "+path, `{"source": "coffee.example"}`, `"aliases":[]`)
		h.asks(t, key, 200, "PATCH "+path, `{"secret": "the secret after that one"}`)
		h.names(t, "shop", "a secret of its own", "coffee.myshopify.com", 401) // signed with the secret before
		h.names(t, "shop", "the secret after that one", "coffee.myshopify.com", 200)
	})
}

// A signature under a secret of several connections does not show which store has
// sent a delivery: no connection takes over a name by it, nor one that is another's.
// The merchant can enter names, as many as there is room for.
func TestASharedSecretTeachesNoName(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		key := h.shopKey(t)
		add(t, h, "tea", "tea.example", "the secret of one app")
		add(t, h, "coffee", "coffee.example", "the secret of one app")
		add(t, h, "cups", "cups.example", "a secret of its own")
		add(t, h, "plates", "plates.myshopify.com", "another secret")
		h.names(t, "tea", "the secret of one app", "coffee.example", 401)
		h.names(t, "tea", "the secret of one app", "coffee.myshopify.com", 401)
		h.asks(t, key, 200, "PATCH /v1/connections/tea", `{"aliases": ["tea.myshopify.com"]}`, `"aliases":["tea.myshopify.com"]`)
		h.names(t, "tea", "the secret of one app", "tea.myshopify.com", 200)
		h.names(t, "cups", "a secret of its own", "plates.myshopify.com", 401)
		h.names(t, "cups", "a secret of its own", "tea.myshopify.com", 401)
		for i := range 10 {
			h.names(t, "cups", "a secret of its own", fmt.Sprintf("cups%d.example", i), map[bool]int{true: 200, false: 401}[i < 8])
		}
		h.asks(t, key, 400, "PATCH /v1/connections/cups", `{"aliases": ["a","b","c","d","e","f","g","h","i"]}`, `"pointer":"/aliases"`)
		h.asks(t, key, 400, "PATCH /v1/connections/cups", `{"aliases": ["a.example", ""]}`, `"pointer":"/aliases/1"`)
		h.asks(t, key, 200, "PATCH /v1/connections/cups", `{"aliases": []}`, `"aliases":[]`)
	})
}

func add(t *testing.T, h *harness, slug, source, secret string) {
	t.Helper()
	c := commerce.Connection{Slug: slug, Platform: "shopify", Source: source, CreatedAt: h.at()}
	if _, err := h.AddConnection(t.Context(), "s", c, []byte(secret)); err != nil {
		t.Fatal(err)
	}
}
