package service

import (
	"fmt"
	"testing"
	"time"

	"comeback/campaigns"
)

// A campaign's cap for a time does not lift the market's cap on messages about one order,
// and one for the order does.
func TestCampaignsCapDoesNotLiftTheMarketsCapOfAnOrder(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		w := newSendingWorld(t, h, scriptRelay(t))
		w.join(t, plain)
		w.shops = nil
		w.often(t, "s", `{"max": 100, "per": "24h"}`)
		w.often(t, "z", `[{"max": 100, "per": "24h"}, {"max": 5, "per": "order"}]`)
		w.owe(t, "s", 0, 1)
		w.owe(t, "z", 0, 1)
		w.work(t, 5*26*time.Hour)
		for shop, want := range map[string]int{"s": 3, "z": 5} {
			if counts, _ := w.states(t, shop); counts[campaigns.Sent] != want {
				t.Errorf("shop %s: got %v, want %d sent", shop, counts, want)
			}
		}
	})
}

// often lets a shop remind of an order once in 25 hours, five times.
func (w *sendingWorld) often(t *testing.T, shop, cap string) {
	t.Helper()
	file := `{"schema": 1, "id": "killed", "name": "Often", "class": "service", "key": "order", "reentry": "never",
"trigger": {"event": "order.placed"}, "policy": {"cap": ` + cap + `}, "steps": [`
	for n, sep := 1, ""; n <= 5; n, sep = n+1, "," {
		file += sep + fmt.Sprintf(`{"id": "r%d", "wait": "25h", "send": {"channel": "email", "template": "unpaid-1"}}`, n)
	}
	c, problems := campaigns.Parse([]byte(file + `]}`))
	if c == nil {
		t.Fatal(problems)
	}
	if shop != "s" {
		other, err := w.Shop(t.Context(), "s")
		ok(t, err)
		other.ID, other.Rev = shop, 0
		ok(t, w.AddShop(t.Context(), other))
	}
	version, _, err := w.PutCampaign(t.Context(), shop, c)
	ok(t, err)
	ok(t, w.ActivateCampaign(t.Context(), shop, "killed", version.Version))
	w.shops = append(w.shops, shop)
}
