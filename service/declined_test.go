package service

import (
	"strings"
	"testing"
	"time"
)

// After a declined card the order is open and can be paid: its buyer gets a
// reminder with the link to pay, unless the shop accepts no payment of it any
// more.
func TestDeclinedCardIsRemindedOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change map[string]any
		status string
		mails  int
	}{
		"declined":                      {map[string]any{"status": "failed"}, "open", 1},
		"declined, and given up":        {map[string]any{"status": "failed", "needs_payment": false, "payment_url": ""}, "cancelled", 0},
		"on hold":                       {map[string]any{"status": "on-hold", "needs_payment": false}, "open", 0},
		"on hold, though asked to pay":  {map[string]any{"status": "on-hold"}, "open", 0},
		"declined, then paid":           {map[string]any{"status": "processing", "needs_payment": false}, "open", 0},
		"declined, then cancelled":      {map[string]any{"status": "cancelled", "needs_payment": false}, "cancelled", 0},
		"declined, then nothing to pay": {map[string]any{"status": "pending", "total": "0.00", "needs_payment": false}, "open", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTrial(t, func(t *testing.T, s *trial) {
				body := wooBody(s.at())
				s.posts("woocommerce", "order.created", body, map[string]any{"status": "failed"})
				s.later(5 * time.Minute)
				s.posts("woocommerce", "order.updated", body, c.change, modified(s.at()))
				if got := s.order("woocommerce", "1")["status"]; got != c.status {
					t.Errorf("got status %v, want %s", got, c.status)
				}
				s.later(3 * time.Hour)
				s.wantMails("bea@example.com", c.mails)
				if url, _ := s.order("woocommerce", "1")["pay_url"].(string); c.mails > 0 && !strings.Contains(url, "order-pay/1") {
					t.Errorf("got the link %q, want the one to pay", url)
				}
			})
		})
	}
}
