package service

import (
	"sync"
	"testing"
	"time"

	"comeback/campaigns"
)

// The service sends no more mails of one shop, or to one domain, at once than its settings
// say. Without them it uses all connections.
func TestSettingsLimitTheMailsOfAShopAndOfADomainAtOnce(t *testing.T) {
	t.Parallel()
	for setting, most := range map[string]int{
		"COMEBACK_SMTP_SHOP_CONNECTIONS=2": 2, "COMEBACK_SMTP_DOMAIN_CONNECTIONS=2": 2, "COMEBACK_SMTP_SHOP_CONNECTIONS=0": 8,
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			const mails = 120
			data, r := t.TempDir(), scriptRelay(t)
			prepareDue(t, data, campaigns.Hold, mails)
			var mu sync.Mutex
			open, seen := 0, 0
			r.play(func(verb, _ string) string {
				mu.Lock()
				defer mu.Unlock()
				switch verb {
				case "MAIL":
					open++
					seen = max(seen, open)
				case "dot":
					open--
				}
				return ""
			})
			_, end := started(t, append(r.settings(), "COMEBACK_DATA="+data, "COMEBACK_LISTEN=127.0.0.1:0",
				"COMEBACK_SMTP_TLS=none", "COMEBACK_SMTP_CONNECTIONS=8", setting))
			awaitAnswer(t, 2*time.Minute, func() bool { return r.caught() == mails })
			end()
			if seen > most || most > 2 && seen <= 2 {
				t.Errorf("got %d mails at once, want %d at most, and more than 2 without a limit", seen, most)
			}
		})
	}
}
