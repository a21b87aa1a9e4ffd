package service

import (
	"testing"
	"time"
)

// While the relay refuses everything, all workers together try one mail at a time, at the
// times of the probes. They share the relay's state, so four workers try no more than one.
func TestAllWorkersTogetherMakeOneProbe(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		w := newSendingWorld(t, h, scriptRelay(t))
		for range 4 {
			w.join(t, plain)
		}
		tries := map[time.Time]int{} // by instant; the relay's lock guards it
		w.relay.play(func(verb, _ string) string {
			if verb == "MAIL" {
				tries[w.at()]++
			}
			if verb == "RCPT" {
				return "554 5.7.1 Relay access denied"
			}
			return ""
		})
		w.owe(t, "s", 0, 30)
		w.work(t, time.Minute) // the mails that were under way at first
		w.probesAlone(t, tries, 4)
	})
}

// probesAlone checks that for 20 minutes there is one try at a time, at so many instants at least.
func (w *sendingWorld) probesAlone(t *testing.T, tries map[time.Time]int, least int) {
	t.Helper()
	w.relay.mu.Lock()
	clear(tries)
	w.relay.mu.Unlock()
	w.work(t, 20*time.Minute)
	w.relay.mu.Lock()
	defer w.relay.mu.Unlock()
	if len(tries) < least {
		t.Errorf("got probes at %d instants in 20 minutes, want some", len(tries))
	}
	for at, n := range tries {
		if n > 1 {
			t.Errorf("%s: got %d mails at once, want one probe", at, n)
		}
	}
}
