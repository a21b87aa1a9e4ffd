package campaigns_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/campaigns"
)

// The breaker opens where it must, and neither before nor after.
func TestBreakerOpensAtItsLimits(t *testing.T) {
	t.Parallel()
	at := time.Date(2011, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, c := range []struct {
		name       string
		good       int // mails before
		bounces    int
		complaints int
		want       bool
	}{
		{"no mail", 0, 0, 0, false},
		{"too few mails to judge", 90, 9, 0, false},
		{"4 of 100 bounce", 96, 4, 0, true},
		{"3 of 100 bounce", 97, 3, 0, false},
		{"40 of 1,000 bounce", 960, 40, 0, true},
		{"39 of 1,000 bounce", 961, 39, 0, false},
		{"39 of the last 1,000 bounce", 5000, 39, 0, false},
		{"40 of the last 1,000 bounce", 5000, 40, 0, true},
		{"one complaint about 999", 999, 0, 1, false},
		{"one complaint about 1,000", 1000, 0, 1, true},
		{"two complaints about 100", 100, 0, 2, true},
	} {
		b := campaigns.Breaker{}.Counted(c.good, nil, at)
		for range c.bounces {
			b = b.Counted(1, []int{0}, at)
		}
		for range c.complaints {
			b = b.Complain(at)
		}
		if b.Open != c.want || c.want != (b.Reason != "") {
			t.Errorf("%s: got open %v (%s), want %v", c.name, b.Open, b.Reason, c.want)
		}
		if b = b.Reset(at); b.Open || b.Mails != 0 {
			t.Errorf("%s: reset leaves %+v", c.name, b)
		}
	}
}

// However the mails are divided into batches, the breaker does what it does for each mail alone.
func TestBreakerCountsTheSameInBatches(t *testing.T) {
	t.Parallel()
	at := time.Date(2011, 3, 4, 5, 6, 7, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var model []bool // whether each mail bounced
		batched, opened := campaigns.Breaker{}, false
		for range rapid.IntRange(1, 30).Draw(t, "batches") {
			mails, share := rapid.IntRange(0, 300).Draw(t, "mails"), rapid.SampledFrom([]int{0, 20, 30, 100}).Draw(t, "one in")
			var bounced []int
			for i := range mails {
				bounce := share > 0 && rapid.IntRange(1, share).Draw(t, "bounce") == 1
				if model = append(model, bounce); bounce {
					bounced = append(bounced, i)
				}
				last := model[max(0, len(model)-campaigns.BreakerMails):]
				n := 0
				for _, b := range last {
					if b {
						n++
					}
				}
				opened = opened || len(last) >= campaigns.BreakerLeast && 100*n >= 4*len(last)
			}
			batched = batched.Counted(mails, bounced, at)
		}
		if batched.Open != opened {
			t.Errorf("got open %v after %d mails, want %v", batched.Open, len(model), opened)
		}
	})
}
