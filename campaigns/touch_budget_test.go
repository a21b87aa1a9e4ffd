package campaigns_test

import (
	"testing"
	"time"

	"comeback/campaigns"
)

// A message has room for so many touches of each kind and day. The next day has room again, a
// touch that comes late counts for the later day, and what had no room is remembered.
func TestEachKindAndDayHasRoomForItsOwnTouches(t *testing.T) {
	t.Parallel()
	at := time.Date(2011, 3, 4, 23, 59, 0, 0, time.FixedZone("", 2*3600)) // 21:59 in UTC
	b := campaigns.TouchBudget{}.On(at)
	for range campaigns.TouchesADay {
		if b.Full(campaigns.Opened) {
			t.Fatalf("got no room at %+v", b)
		}
		b.Add(campaigns.Opened)
	}
	b.Over = 7
	for name, c := range map[string]struct {
		kind campaigns.TouchKind
		at   time.Time
		full bool
	}{
		"the same day":                       {campaigns.Opened, at.Add(2 * time.Hour), true},
		"another kind":                       {campaigns.Clicked, at, false},
		"an unsubscription":                  {campaigns.Unsubscribed, at, false},
		"the next day in UTC":                {campaigns.Opened, at.Add(3 * time.Hour), false},
		"late, of a day that is over":        {campaigns.Opened, at.AddDate(0, 0, -3), true},
		"another kind of a day that is over": {campaigns.Clicked, at.AddDate(0, 0, -3), false},
	} {
		then := b.On(c.at)
		if then.Full(c.kind) != c.full || then.Over != 7 || then.Day.Before(b.Day) {
			t.Errorf("%s: got %+v, want full %v", name, then, c.full)
		}
	}
}
