package service

import (
	"net/http"
	"strings"
	"testing"

	"comeback/commerce"
)

// The secret and the source of a connection can be changed. Deliveries signed
// with the secret before are still accepted, and stores are distinguished by
// their host.
func TestConnectionsSecretAndSourceCanBeChanged(t *testing.T) {
	t.Parallel()
	eachTrial(t, func(t *testing.T, s *trial) {
		from := func(domain string, want int) {
			t.Helper()
			r, err := http.NewRequestWithContext(
				t.Context(), http.MethodPost, s.url+"/hooks/woocommerce/"+commerce.Key("s", "woocommerce"), strings.NewReader("{}"),
			)
			if err != nil {
				t.Fatal(err)
			}
			sign(r, delivery{"woocommerce", "order.updated", []byte("{}")}, s.at())
			r.Header.Set("X-WC-Webhook-Source", domain)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != want {
				t.Errorf("from %s: got %d, want %d", domain, response.StatusCode, want)
			}
		}
		from("https://anywhere.example/", 200)
		s.says(200, "PATCH /v1/connections/woocommerce", `{"source": "https://www.tea.example/shop"}`, `"source":"https://www.tea.example/shop"`)
		for domain, want := range map[string]int{
			"https://tea.example/": 200, "http://TEA.example:80": 200, "https://www.tea.example/shop/": 200, "tea.example.": 200,
			"https://coffee.example/": 401, "https://tea.example/other/": 401, "https://tea.example.evil.example/": 401, "": 401,
			"https://tea.example:8443/": 401,
		} {
			from(domain, want)
		}
		s.says(200, "PATCH /v1/connections/woocommerce", `{"secret": "the platform's own secret"}`)
		from("https://tea.example/", 200) // signed with the one before
		s.says(200, "PATCH /v1/connections/woocommerce", `{"secret": "the platform's own secret", "unpaid_closes_after": "2h"}`)
		from("https://tea.example/", 200) // the same again replaces nothing
		s.says(200, "PATCH /v1/connections/woocommerce", `{"secret": "yet another secret of it"}`)
		from("https://tea.example/", 401)
		text := s.asks(t, s.key, 200, "GET /v1/connections/woocommerce", "")
		if strings.Contains(text, `"secret":`) || strings.Contains(text, "of it") {
			t.Error("got a secret in the answer, want none")
		}
	})
}

// A wrong change of a connection names the field and the remedy.
func TestChangeOfAConnectionIsReadStrictly(t *testing.T) {
	t.Parallel()
	eachTrial(t, func(_ *testing.T, s *trial) {
		for body, wants := range map[string]string{
			`{"unpaid_closes_after": "soon"}`: `"pointer":"/unpaid_closes_after"`,
			`{"unpaid_closes_after": -1}`:     `write a time such as`,
			`{"unpaid_closes_after": "91d"}`:  "at most 90 days",
			`{"unpaid_closes_after": ["1h"]}`: `"pointer":"/unpaid_closes_after"`,
			`{"secret": "short"}`:             `"pointer":"/secret"`,
			`{"secret": ""}`:                  `"pointer":"/secret"`,
			`{"source": null}`:                `"pointer":"/source"`,
			`{"platform": "shopify"}`:         `"pointer":"/platform"`,
		} {
			s.says(400, "PATCH /v1/connections/woocommerce", body, wants)
		}
		s.says(404, "PATCH /v1/connections/nobody", `{"source": "tea.example"}`)
		s.says(409, "PATCH /v1/connections/woocommerce", `{"rev": 7, "source": "tea.example"}`, "read it again")
		s.says(200, "PATCH /v1/connections/woocommerce", `{"rev": 1, "source": "tea.example"}`, `"rev":2`)
		s.says(200, "PATCH /v1/connections/woocommerce", `{}`)
		s.says(200, "PATCH /v1/connections/woocommerce", `{"unpaid_closes_after": "0m"}`, `"unpaid_closes_after":null`)
		s.says(200, "PATCH /v1/connections/woocommerce", `{"unpaid_closes_after": null}`, `"unpaid_closes_after":"60m"`)
	})
}
