package service

import (
	"strings"
	"testing"
	"time"
)

// The payment method decides when a buyer is reminded: by card at once, by
// transfer on the fifth day, and never for payment on delivery or by invoice.
// An unknown method gets no reminder, and the shop sees it in its data quality.
func TestPaymentMethodDecidesTheReminder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		platform string
		change   map[string]any
		kind     any
		early    int // mails within three hours
		late     int // within six days
	}{
		"a card":               {"shopify", map[string]any{}, "card", 1, 3},
		"no method":            {"shopify", map[string]any{"payment_gateway_names": []any{}}, nil, 1, 3},
		"Nachnahme":            {"shopify", map[string]any{"payment_gateway_names": []any{"Nachnahme (+ 5,90 €)"}}, "cash_on_delivery", 0, 0},
		"代金引換":                 {"shopify", map[string]any{"payment_gateway_names": []any{"代金引換（手数料330円）"}}, "cash_on_delivery", 0, 0},
		"Vorkasse":             {"shopify", map[string]any{"payment_gateway_names": []any{"Vorkasse / Überweisung"}}, "transfer", 0, 1},
		"by hand":              {"shopify", map[string]any{"payment_gateway_names": []any{"manual"}}, "invoice", 0, 0},
		"the merchant's words": {"shopify", map[string]any{"payment_gateway_names": []any{"Wie beim letzten Mal"}}, "unknown", 0, 0},
		"a card tried first":   {"shopify", map[string]any{"payment_gateway_names": []any{"shopify_payments", "Wie immer"}}, "unknown", 0, 0},
		"a title": {
			"woocommerce", map[string]any{"payment_method": "wcg_7", "payment_method_title": "Contra reembolso"},
			"cash_on_delivery", 0, 0,
		},
		"a gateway nobody has": {"woocommerce", map[string]any{"payment_method": "acme_pay", "payment_method_title": "Acme"}, "card", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTrial(t, func(t *testing.T, s *trial) {
				address, body, topic := "ann@example.com", shopifyBody(s.at()), "orders/create"
				if c.platform == "woocommerce" {
					address, body, topic = "bea@example.com", wooBody(s.at()), "order.created"
				}
				s.posts(c.platform, topic, body, c.change)
				if got := s.order(c.platform, "1")["payment_kind"]; got != c.kind {
					t.Errorf("got the kind %v, want %v", got, c.kind)
				}
				s.later(3 * time.Hour)
				s.wantMails(address, c.early)
				s.later(6 * 24 * time.Hour)
				s.wantMails(address, c.late)
			})
		})
	}
}

// An order on terms of payment is reminded of after its due date, not before.
func TestOrderOnTermsIsNotDueBeforeItsDate(t *testing.T) {
	t.Parallel()
	for name, names := range map[string][]any{"without a gateway": {}, "with a card on file": {"shopify_payments"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTrial(t, func(t *testing.T, s *trial) {
				due := s.at().Add(14 * 24 * time.Hour)
				s.posts("shopify", "orders/create", shopifyBody(s.at()), map[string]any{
					"payment_gateway_names": names,
					"payment_terms": map[string]any{"payment_terms_name": "Net 14", "payment_terms_type": "net", "due_in_days": 14,
						"payment_schedules": []any{
							map[string]any{"id": 1, "amount": "50.00", "issued_at": written(s.at()), "due_at": written(s.at()), "completed_at": written(s.at())},
							map[string]any{"id": 2, "amount": "50.00", "issued_at": written(s.at()), "due_at": written(due), "completed_at": nil},
						}},
				})
				if got := s.order("shopify", "1")["due_at"]; got != written(due) {
					t.Errorf("got due_at %v, want %v", got, written(due))
				}
				s.later(14 * 24 * time.Hour)
				s.wantMails("ann@example.com", 0)
				s.later(2 * 24 * time.Hour)
				s.wantMails("ann@example.com", 1)
			})
		})
	}
}

// A merchant defines a payment method of the shop. The data-quality list names
// it until then, and the definition applies to open orders too.
func TestMerchantDefinesAPaymentMethod(t *testing.T) {
	t.Parallel()
	for kind, mails := range map[string]int{"card": 1, "transfer": 0, "cash_on_delivery": 0, "invoice": 0} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			eachTrial(t, func(t *testing.T, s *trial) {
				s.posts("shopify", "orders/create", shopifyBody(s.at()), map[string]any{"payment_gateway_names": []any{"Wie beim letzten Mal"}})
				s.says(200, "GET /v1/quality", "", `"payment_method_unknown":1`)
				s.says(
					200, "GET /v1/quality/payment_method_unknown", "", `"records":["s:shopify:1"]`,
					`{"connection":"shopify","payment_method":"Wie beim letzten Mal","order":"s:shopify:1"}`,
				)
				s.says(200, "GET /v1/connections/shopify", "", `"unknown_payment_methods":["Wie beim letzten Mal"]`, `"nachnahme":"cash_on_delivery"`)
				s.says(
					400, "PATCH /v1/connections/shopify", `{"payment_methods": {"Wie beim letzten Mal": "cash"}}`,
					`"pointer":"/payment_methods/Wie beim letzten Mal"`, "cash_on_delivery",
				)
				s.says(
					200, "PATCH /v1/connections/shopify", `{"payment_methods": {"WIE BEIM LETZTEN MAL!": "`+kind+`"}}`,
					`"unknown_payment_methods":[]`, `"WIE BEIM LETZTEN MAL!":"`+kind+`"`,
				)
				s.says(200, "GET /v1/quality", "", `"counts":{"no_address":1}`)
				if got := s.order("shopify", "1")["payment_kind"]; got != kind {
					t.Errorf("got the kind %v, want %v", got, kind)
				}
				s.later(time.Minute)
				if n, err := s.ReviewOrders(t.Context(), "s"); err != nil || n != 1 {
					t.Errorf("got %d orders reviewed, %v; want the one", n, err)
				}
				s.later(0)
				ask := `{"schema": 1, "id": "kind", "name": "Kind", "condition": {"event": "order.placed",
					"where": {"field": "order.payment_kind", "op": "is", "value": "` + kind + `"}}}`
				if !strings.Contains(s.asks(t, s.key, 200, "POST /v1/segments/count", ask), `"size":1`) {
					t.Error("the segment of its kind does not count the buyer")
				}
				s.later(3 * time.Hour)
				s.wantMails("ann@example.com", mails)
				s.says(200, "PATCH /v1/connections/shopify", `{"payment_methods": {"wie beim letzten mal": null}}`)
				if got := s.order("shopify", "1")["payment_kind"]; got != "unknown" {
					t.Errorf("got the kind %v once it is taken back, want unknown", got)
				}
			})
		})
	}
}
