package service

import (
	"testing"
	"time"
)

// An order that the platform closes unpaid is reminded of while it can still be
// paid, never in its last ten minutes and never after. A click on the reminder
// of a closed order leads to the shop.
func TestReminderLinksToAnOrderThatCanBePaid(t *testing.T) {
	t.Parallel()
	eachTrial(t, func(t *testing.T, s *trial) {
		body := wooBody(s.at())
		placed := s.at()
		s.posts("woocommerce", "order.created", body)
		if got, want := s.order("woocommerce", "1")["cancel_at"], written(placed.Truncate(time.Second).Add(time.Hour)); got != want {
			t.Errorf("got cancel_at %v, want %v: WooCommerce holds stock for 60 minutes", got, want)
		}
		s.later(29 * time.Minute)
		s.wantMails("bea@example.com", 0)
		s.later(20 * time.Minute)
		s.wantMails("bea@example.com", 1)
		if got := s.clicks("bea@example.com"); got != "https://tea.example/checkout/order-pay/1/" {
			t.Errorf("got a click to %q, want where the order is paid", got)
		}
		s.later(12 * time.Minute)
		s.posts(
			"woocommerce", "order.updated", body, map[string]any{"status": "cancelled", "needs_payment": false, "payment_url": ""},
			modified(s.at()),
		)
		if got := s.clicks("bea@example.com"); got != "https://tea.example/" {
			t.Errorf("got a click to %q, want the shop", got)
		}
		s.later(80 * time.Hour)
		s.wantMails("bea@example.com", 1)
	})
}

// The merchant sets when unpaid orders close, and the setting applies to open
// orders too.
func TestConnectionSetsWhenUnpaidOrdersClose(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setting string
		shown   string
		closes  time.Duration // after it was placed; 0: never
		mails   int           // within four days
	}{
		"by itself": {`null`, `"unpaid_closes_after":"60m"`, time.Hour, 1},
		"in days":   {`"2d"`, `"unpaid_closes_after":"2d"`, 48 * time.Hour, 2},
		"never":     {`"0m"`, `"unpaid_closes_after":null`, 0, 3},
		"at once":   {`"5m"`, `"unpaid_closes_after":"5m"`, 5 * time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTrial(t, func(t *testing.T, s *trial) {
				placed := s.at().Truncate(time.Second)
				s.posts("woocommerce", "order.created", wooBody(s.at()))
				s.says(200, "PATCH /v1/connections/woocommerce", `{"unpaid_closes_after": `+c.setting+`}`, c.shown)
				var want any
				if c.closes > 0 {
					want = written(placed.Add(c.closes))
				}
				if got := s.order("woocommerce", "1")["cancel_at"]; got != want {
					t.Errorf("got cancel_at %v, want %v", got, want)
				}
				s.later(time.Minute)
				if n, err := s.ReviewOrders(t.Context(), "s"); err != nil || (n > 0) != (c.closes != time.Hour) {
					t.Errorf("got %d orders reviewed, %v", n, err)
				}
				if n, err := s.ReviewOrders(t.Context(), "s"); err != nil || n > 0 {
					t.Errorf("got %d orders reviewed again, %v", n, err)
				}
				s.later(4 * 24 * time.Hour)
				s.wantMails("bea@example.com", c.mails)
			})
		})
	}
}
