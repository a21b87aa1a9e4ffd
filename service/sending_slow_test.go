package service

import (
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"comeback/campaigns"
)

// In real time, mails get through a relay that takes 5 a second at no less than 4 a second:
// 400 mails in 100 s.
func TestThrottledRelayInRealTime(t *testing.T) {
	if os.Getenv("COMEBACK_TEST_SLOW_RELAY") == "" {
		t.Skip("takes minutes: set COMEBACK_TEST_SLOW_RELAY=1")
	}
	t.Parallel()
	data := t.TempDir()
	prepareDue(t, data, campaigns.Hold)
	r := scriptRelay(t)
	var mu sync.Mutex
	tokens, filled := 5.0, time.Now()
	r.play(func(verb, _ string) string {
		if verb != "RCPT" {
			return ""
		}
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		tokens, filled = min(5, tokens+5*now.Sub(filled).Seconds()), now
		if tokens < 1 {
			return "450 4.7.1 too many mails"
		}
		tokens--
		return ""
	})
	host, port, _ := net.SplitHostPort(r.listener.Addr().String())
	began := time.Now()
	_, end := started(t, []string{
		"COMEBACK_DATA=" + data, "COMEBACK_LISTEN=127.0.0.1:0", "COMEBACK_SMTP_HOST=" + host, "COMEBACK_SMTP_PORT=" + port,
		"COMEBACK_SMTP_TLS=none",
	})
	defer end()
	limit := time.Duration(dueMails()/4) * time.Second
	awaitAnswer(t, limit+time.Minute, func() bool { _, _, accepted := r.figures(); return accepted >= dueMails() })
	took := time.Since(began)
	_, tries, _ := r.figures()
	t.Logf("%d mails in %s, %d tries", dueMails(), took.Round(time.Second), tries)
	if took > limit {
		t.Errorf("got %s for %d mails, want %s at most", took, dueMails(), limit)
	}
}
