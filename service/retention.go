package service

import (
	"time"

	"comeback/commerce"
)

// retention is how long old data is stored.
func (s *Storage) retention() commerce.Retention {
	days := func(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
	return commerce.Retention{
		Bodies: days(s.RetentionBodies), Quarantined: days(s.RetentionQuarantined),
		Events: days(s.RetentionEvents), Touches: days(s.RetentionTouches),
	}
}

// leastDays is the least age of events and touches that are deleted: campaigns wait
// for weeks, and orders are credited to clicks of the days before.
const leastDays = 90

// mostDays is more than any setting needs, and little enough to compute with.
const mostDays = 36500

func (s *Storage) checkRetention(refuse refuser) {
	for _, r := range []struct {
		name  string
		days  int
		least int
	}{
		{"RETENTION_BODIES", s.RetentionBodies, 1},
		{"RETENTION_QUARANTINED", s.RetentionQuarantined, 1},
		{"RETENTION_EVENTS", s.RetentionEvents, leastDays},
		{"RETENTION_TOUCHES", s.RetentionTouches, leastDays},
	} {
		if r.days != 0 && (r.days < r.least || r.days > mostDays) {
			refuse(r.name, "%d is not a number of days from %d to %d; 0 means for ever", r.days, r.least, mostDays)
		}
	}
	bodies := max(s.RetentionBodies, s.RetentionQuarantined)
	if s.RetentionEvents != 0 && (bodies > s.RetentionEvents || s.RetentionBodies == 0 || s.RetentionQuarantined == 0) {
		refuse("RETENTION_EVENTS", "%s: bodies are stored longer, and deliveries are deleted whole. Raise it, or set it to 0",
			commerce.Count(s.RetentionEvents, "day"))
	}
}
