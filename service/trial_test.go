package service

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// trial is a shop whose platforms post signed webhooks and whose ready reminder
// of unpaid orders is active; tests read the API and the mailbox.
type trial struct {
	*harness
	t    *testing.T
	sent *outbox
	key  string
}

// eachTrial runs a test on such a shop over every database.
func eachTrial(t *testing.T, run func(t *testing.T, s *trial)) {
	t.Helper()
	eachDatabase(t, func(t *testing.T, h *harness) {
		s := &trial{harness: h, t: t, sent: withCampaigns(t, h), key: h.shopKey(t)}
		ready, err := campaigns.Ready(commerce.West, "")
		if err != nil {
			t.Fatal(err)
		}
		activate(t, h.Store, strings.Replace(string(ready[0].JSON), `"holdout": {"percent": 5}`, `"holdout": {"percent": 0}`, 1))
		s.later(time.Minute)
		run(t, s)
	})
}

// later advances the clock and does the due work: in small steps at first and
// larger ones then, because a step that is too late is left out.
func (s *trial) later(by time.Duration) {
	s.t.Helper()
	for start, end := s.at(), s.at().Add(by); ; {
		step := 10 * time.Minute
		if s.at().Sub(start) >= 2*time.Hour {
			step = time.Hour
		}
		s.moveTo(s.at().Add(min(step, end.Sub(s.at()))))
		if err := s.MarkDue(s.t.Context(), "s", s.at()); err != nil {
			s.t.Fatal(err)
		}
		settleAll(s.t, s.harness, 1)
		if !s.at().Before(end) {
			return
		}
	}
}

// posts sends a platform's webhook of body, changed by changes, and works on
// it.
func (s *trial) posts(platform, topic string, body map[string]any, changes ...map[string]any) {
	s.t.Helper()
	body = maps.Clone(body)
	for _, change := range changes {
		maps.Copy(body, change)
	}
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	if status, err := s.send(s.t.Context(), delivery{platform, topic, text}); err != nil || status != 200 {
		s.t.Fatalf("%s: got %d, %v; want 200", topic, status, err)
	}
	s.later(0)
}

// says sends a request and checks the status and texts of the answer.
func (s *trial) says(status int, call, body string, wants ...string) {
	s.t.Helper()
	s.asks(s.t, s.key, status, call, body, wants...)
}

// clicks follows the first link of the last mail to an address, and returns its
// target without parameters.
func (s *trial) clicks(address string) string {
	s.t.Helper()
	link := ""
	for _, m := range s.sent.mails {
		if found := regexp.MustCompile(`http://comeback\.test(/c/\S+)`).FindStringSubmatch(m.Text); m.To == address && found != nil {
			link = found[1]
		}
	}
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+link, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	to, _, _ := strings.Cut(response.Header.Get("Location"), "?")
	return to
}

// mails counts the mails to an address.
func (s *trial) mails(address string) int { return s.sent.sentTo()[address] }

// wantMails checks the number of mails to an address so far.
func (s *trial) wantMails(address string, want int) {
	s.t.Helper()
	if got := s.mails(address); got != want {
		s.t.Errorf("got %d mails to %s, want %d", got, address, want)
	}
}

// shown is the API's answer as fields.
func (s *trial) shown(call string) map[string]any {
	s.t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(s.asks(s.t, s.key, 200, call, "")), &fields); err != nil {
		s.t.Fatal(err)
	}
	return fields
}

// order is an order as the API shows it.
func (s *trial) order(platform, external string) map[string]any {
	s.t.Helper()
	return s.shown("GET /v1/orders/" + commerce.Key("s", platform, external))
}

// written is an instant as platforms write it.
func written(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// shopifyBody is an unpaid order of 100.00 over two lines, placed at an instant.
func shopifyBody(at time.Time) map[string]any {
	return map[string]any{
		"id": 1, "name": "#1", "created_at": written(at), "processed_at": written(at), "updated_at": written(at), "currency": "EUR",
		"total_price": "100.00", "current_total_price": "100.00", "total_outstanding": "100.00", "financial_status": "pending",
		"order_status_url": "https://tea.example/orders/1", "payment_gateway_names": []any{"shopify_payments"}, "taxes_included": true,
		"email": "ann@example.com", "refunds": []any{}, "line_items": []any{shopifyItem(11, 1, "70.00"), shopifyItem(12, 1, "30.00")},
	}
}

func shopifyItem(id, current int, price string) map[string]any {
	return map[string]any{"id": id, "product_id": 700 + id, "title": "Tea", "quantity": 1, "current_quantity": current, "price": price}
}

// takenOff is an entry among an order's refunds that names lines and moves no money.
func takenOff(at time.Time, lines ...int) map[string]any {
	items := []any{}
	for _, line := range lines {
		items = append(items, map[string]any{"id": line, "line_item_id": line, "quantity": 1})
	}
	return map[string]any{"id": 900 + lines[0], "created_at": written(at), "refund_line_items": items, "transactions": []any{}}
}

// wooBody is an unpaid order of 30.00 by card, placed at an instant.
func wooBody(at time.Time) map[string]any {
	gmt := at.UTC().Format("2006-01-02T15:04:05")
	return map[string]any{
		"id": 1, "number": "1", "status": "pending", "currency": "EUR", "total": "30.00", "date_created_gmt": gmt,
		"date_modified_gmt": gmt, "date_paid_gmt": nil,
		"payment_method": "stripe", "payment_method_title": "Card", "created_via": "checkout", "customer_id": 0,
		"needs_payment": true, "payment_url": "https://tea.example/checkout/order-pay/1/?pay_for_order=true&key=k",
		"billing": map[string]any{"email": "bea@example.com", "country": "AT"}, "refunds": []any{},
		"line_items": []any{
			map[string]any{"id": 11, "name": "Tee", "product_id": 50, "quantity": 1, "subtotal": "30.00", "total": "30.00", "total_tax": "0.00"},
		},
	}
}

// modified is the time of WooCommerce's last change of an order.
func modified(at time.Time) map[string]any {
	return map[string]any{"date_modified_gmt": at.UTC().Format("2006-01-02T15:04:05")}
}
