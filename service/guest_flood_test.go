package service

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

const thanks = `{"schema": 1, "id": "thanks", "name": "Thanks", "class": "service", "trigger": {"event": "order.placed"},
	"key": "order", "reentry": "never",
"policy": {"cap": [{"max": 1000, "per": "24h"}, {"max": 1000, "per": "7d"}, {"max": 1000, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "now", "wait": "5m", "send": {"channel": "email", "template": "unpaid-1"}}]}`

// An address in 25 orders, of guests and of 25 accounts, gets three mails a
// day, in every market and with any number of workers. The other messages are
// suppressed with the reason.
func TestAddressInManyOrdersGetsThreeServiceMailsADay(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/thanks", thanks)
		l.asks(t, l.key, 204, "POST /v1/campaigns/thanks/activate", `{"version": 1}`)
		var group errgroup.Group
		for n := range 25 {
			group.Go(func() error {
				buyer := object{"email": []string{"stranger@example.com", "Stranger@Example.com"}[n%2]}
				if n%3 > 0 {
					buyer["id"] = fmt.Sprint("account", n)
				}
				body, err := json.Marshal(object{"records": []object{{
					"type": "order", "id": fmt.Sprint(n), "placed_at": l.at(), "updated_at": l.at(), "payment_status": "unpaid",
					"currency": "EUR", "total": "10.00", "pay_url": "https://tea.example/pay", "buyer": buyer,
				}}})
				if err != nil {
					return err
				}
				status, err := l.send(t.Context(), delivery{platform: "generic", body: body})
				if err == nil && status != 200 {
					err = fmt.Errorf("got %d", status)
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		l.workHard(t, 0)
		l.workHard(t, 10*time.Minute)
		if got := len(l.mailsTo("stranger@example.com")); got != 3 {
			t.Errorf("got %d mails to the stranger, want 3", got)
		}
		said := l.asks(t, l.key, 200, "GET /v1/messages?state=suppressed&limit=100", "")
		if got := strings.Count(said, "capped: this address got 3 service messages in 1 day already"); got != 22 {
			t.Errorf("got %d messages that say why they are suppressed, want 22", got)
		}
		l.workHard(t, 24*time.Hour)
		l.owed(t, "next-day", "stranger@example.com", l.at())
		l.workHard(t, 10*time.Minute)
		if got := len(l.mailsTo("stranger@example.com")); got != 4 {
			t.Errorf("a day later: got %d mails in all, want 4", got)
		}
	})
}

// workHard lets time pass and works with eight workers.
func (l *leaving) workHard(t *testing.T, by time.Duration) {
	t.Helper()
	l.moveTo(l.at().Add(by))
	if err := l.MarkDue(t.Context(), "s", l.at()); err != nil {
		t.Fatal(err)
	}
	settleAll(t, l.harness, 8)
}
