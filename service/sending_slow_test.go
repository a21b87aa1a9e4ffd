package service

import (
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"comeback/campaigns"
)

// In real time, 400 mails get through a relay that takes 5 a second in 100 s. 80 s is the least.
func TestThrottledRelayInRealTime(t *testing.T) {
	if os.Getenv("COMEBACK_TEST_SLOW_RELAY") == "" {
		t.Skip("takes 100 s: set COMEBACK_TEST_SLOW_RELAY=1")
	}
	t.Parallel()
	data := t.TempDir()
	const mails, limit = 400, 100 * time.Second
	prepareDue(t, data, campaigns.Hold, mails)
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
	awaitAnswer(t, limit+time.Minute, func() bool { _, _, accepted := r.figures(); return accepted >= mails })
	took := time.Since(began)
	_, tries, _ := r.figures()
	t.Logf("%d mails in %s, %d tries", mails, took.Round(time.Second), tries)
	if took > limit {
		t.Errorf("got %s for %d mails, want %s at most", took, mails, limit)
	}
}
