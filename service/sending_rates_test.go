package service

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/jobs"
)

// All workers together keep the rate of a shop, and that of a domain, whatever waits. All mails
// go out, and none later than the rate demands.
func TestAllWorkersTogetherKeepTheRatesOfTheSettings(t *testing.T) {
	t.Parallel()
	const mails, workers, rate = 40, 2, 2.0
	for name, c := range map[string]struct {
		rates jobs.Rates
		of    string // the part of a recipient's address that a rate is for
		most  time.Duration
	}{
		"of a shop":   {jobs.Rates{Shop: rate}, "@", (mails/rate + 2) * time.Second},
		"of a domain": {jobs.Rates{Domain: rate}, "@a.example", (mails/2/rate + 2) * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				w := newSendingWorld(t, h, scriptRelay(t, "PIPELINING"))
				w.rates = c.rates
				for range workers {
					w.join(t, plain)
				}
				for _, worker := range w.workers {
					ok(t, worker.fleet.Round(t.Context()))
				}
				ok(t, w.workers[0].fleet.Round(t.Context()))
				begin, sent, over := w.at().Add(time.Second), 0, 0 // the relay's lock guards them
				w.relay.play(func(verb, line string) string {
					if verb == "dot" && strings.Contains(line[:strings.Index(line, " of ")], c.of) {
						if sent++; float64(sent) > rate*w.at().Sub(begin).Seconds()+rate+workers {
							over++
						}
					}
					return ""
				})
				w.owe(t, "s", 0, mails, "a.example", "b.example")
				w.work(t, c.most)
				if over > 0 {
					t.Errorf("got %d mails above the rate", over)
				}
				if counts, _ := w.states(t, "s"); counts[campaigns.Sent] != mails {
					t.Errorf("got %v, want %d sent in %s", counts, mails, c.most)
				}
			})
		})
	}
}
