package campaigns_test

import (
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce/clocktest"
)

// A message that was put off keeps its place among equal priorities: it counts from when it was due
// at first. Messages planned by an older version count from when they were planned.
func TestMessageThatWasPutOffKeepsItsPlace(t *testing.T) {
	t.Parallel()
	now := clocktest.Now(t)
	early, late := now.Add(-2*time.Hour), now.Add(time.Hour)
	running := func(string, int) *campaigns.Campaign { return &campaigns.Campaign{Priority: 70} }
	wants := campaigns.WantsOf([]campaigns.Sending{
		{ID: "new", State: campaigns.Deferred, FirstDue: early, PlannedAt: now, DueAt: late},
		{ID: "old", State: campaigns.Deferred, PlannedAt: early, DueAt: late},
		{ID: "over", State: campaigns.Deferred, FirstDue: early, DueAt: late, ExpiresAt: late},
		{ID: "own", State: campaigns.Claimed, FirstDue: now, DueAt: now},
	}, "own", running, now)
	if len(wants) != 2 {
		t.Fatalf("got %v, want those that can still go out, and not the message itself", wants)
	}
	for _, w := range wants {
		if !w.FirstDue.Equal(early) || !w.At.Equal(late) || w.Priority != 70 || w.Sent {
			t.Errorf("%s: got %+v, want it first due at %s and going out at %s", w.Message, w, early, late)
		}
	}
}
