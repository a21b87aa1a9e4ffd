//go:build fault

package service

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"comeback/campaigns"
)

// A service that is asked to stop while its connections are full of mails ends within 15 s.
// It is not ready any more, and no outcome is unknown: each mail that the relay took is sent,
// and each other one is planned.
func TestStopUnderLoadLeavesNothingUncertain(t *testing.T) {
	t.Parallel()
	const limit = 15 * time.Second
	data, r := t.TempDir(), scriptRelay(t)
	mails := inFaults(300, 3000)
	prepareDue(t, data, campaigns.Hold, mails)
	r.play(func(verb, _ string) string {
		if verb == "dot" {
			<-time.After(30 * time.Millisecond) // a conversation is under way whenever the signal comes
		}
		return ""
	})
	service := child(t, buildService(t), data, r)
	await(t, 3*time.Minute, func() bool { return r.caught() >= mails/10 })
	at, err := Announced(data)
	ok(t, err)
	began := time.Now()
	ok(t, service.Process.Signal(syscall.SIGTERM))
	unready := false
	for over := began.Add(limit); !unready && time.Now().Before(over); {
		answer, err := http.Get(at.URL + "/readyz")
		if unready = err != nil || answer.StatusCode == http.StatusServiceUnavailable; err == nil {
			_ = answer.Body.Close()
		}
	}
	if err := service.Wait(); err != nil || !unready || time.Since(began) > limit {
		t.Errorf("got %v after %s, not ready: %t; want a good end in %s", err, time.Since(began), unready, limit)
	}
	took := r.took()
	if len(took) >= mails {
		t.Fatalf("all %d mails were sent before the service stopped", mails)
	}
	s := openStore(t, data, time.Now)
	defer s.Close()
	for _, m := range messagesOf(t, s.Store) {
		if copies := took[campaigns.MessageID(m.ID, "tea.example")]; copies > 1 || (copies == 1) != (m.State == campaigns.Sent) ||
			m.State != campaigns.Sent && m.State != campaigns.Planned && m.State != campaigns.Claimed {
			t.Errorf("%s is %s, and the relay has it %d times", m.ID, m.State, copies)
		}
	}
}
