//go:build fault

package service

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
)

// While a shop has a million reminders due, another shop's hundred are sent within a minute.
func TestTheBacklogOfOneShopDelaysNoOther(t *testing.T) {
	t.Parallel()
	const few, limit = 100, time.Minute
	many := inFaults(3000, 1_000_000)
	data, r := t.TempDir(), scriptRelay(t)
	s := openStore(t, data, longAgo)
	fillDue(t, s.Store, "noisy", campaigns.Hold, many)
	fillDue(t, s.Store, "quiet", campaigns.Hold, few)
	s.Close()
	began := time.Now()
	child(t, buildService(t), data, r)
	await(t, 10*limit, func() bool { return r.acceptedAt("quiet.example") >= few })
	took, noisy := time.Since(began), r.acceptedAt("noisy.example")
	t.Logf("%d mails in %s, beside %d of %d", few, took, noisy, many)
	if took > limit || noisy >= many {
		t.Errorf("got %s and %d mails of the other shop, want %s, and fewer than %d", took, noisy, limit, many)
	}
}

// acceptedAt counts the accepted mails to a domain.
func (r *scriptedRelay) acceptedAt(domain string) (mails int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for rcpt, n := range r.accepted {
		if strings.HasSuffix(rcpt, "@"+domain) {
			mails += n
		}
	}
	return mails
}
