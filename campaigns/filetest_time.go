package campaigns

import (
	"time"

	"comeback/segments"
)

// horizon is a year after the last line, where the trigger is a date: a yearly one would
// never end.
func (w *world) horizon(given []Given) time.Time {
	if w.c.Trigger.Date == nil {
		return time.Time{}
	}
	last := w.now
	for _, g := range given {
		last = laterOf(last, w.start.Add(g.Offset))
	}
	return last.Add(365 * day)
}

// watchAt is when a watch is due; zero if it is never decided in the test.
func (w *world) watchAt(watch Watch) time.Time {
	if !w.until.IsZero() && watch.DueAt.After(w.until) {
		return time.Time{}
	}
	return watch.DueAt
}

// exampleGaps are figures of a shop in which the expected gap of a customer is the
// average of their own gaps, and 30 days before the second order.
func exampleGaps() *segments.Fitted {
	return &segments.Fitted{
		Period: 365, Ages: segments.Ages{AtRisk: 60, Lapsed: 120, Lost: 365, Own: true},
		Gaps: segments.Gaps{Count: 200, P75: 30, P90: 60, Mean: 30, Between: 1},
	}
}

// putWatch stores a watch as the store does: unless its cause is decided, or waited for.
func (w *world) putWatch(watch Watch) {
	old, kept := w.watches[watch.ID]
	if kept && old.Decided == watch.Cause {
		if watch.Next == nil {
			return
		}
		watch = *watch.Next
	}
	if !kept || old.Cause != watch.Cause || watch.DueAt.Before(old.DueAt) {
		watch.Next, watch.Decided, watch.Outcome, watch.Reason = nil, old.Decided, old.Outcome, old.Reason
		w.watches[watch.ID] = watch
	}
}
