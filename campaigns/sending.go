package campaigns

import (
	"cmp"
	"time"
)

// Sending is a message to a customer that was sent, or perhaps sent, or that a worker is handing
// over now: what caps count. Those that wait to be sent want the customer too (WantsOf).
type Sending struct {
	ID        string       `bson:"_id"`
	Customer  string       `bson:"customer"`
	Campaign  string       `bson:"campaign"`
	Version   int          `bson:"version"`
	Channel   string       `bson:"channel"`
	Class     Class        `bson:"class"`
	Order     string       `bson:"order"`
	State     MessageState `bson:"state"`
	SentAt    time.Time    `bson:"sent_at"`
	Rendered  time.Time    `bson:"rendered"`
	ClaimedAt time.Time    `bson:"claimed_at"`
	PlannedAt time.Time    `bson:"planned_at"`
	FirstDue  time.Time    `bson:"first_due"`
	DueAt     time.Time    `bson:"due_at"`
	ExpiresAt time.Time    `bson:"expires_at"`
}

// gone reports whether the message was sent, or perhaps sent.
func (s Sending) gone() bool { return s.State == Sent || s.State == Uncertain }

// waits reports whether the message waits to be sent.
func (s Sending) waits() bool { return s.State == Planned || s.State == Deferred }

// over reports whether the message waits for a time at which it has expired.
func (s Sending) over(now time.Time) bool {
	return s.waits() && !s.ExpiresAt.IsZero() && !s.ExpiresAt.After(maxTime(s.DueAt, now))
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// SendsBefore are the sends since a time that count for message, by list, the sendings to one
// customer under all ids. Of messages that workers are handing over now, those claimed before
// it count. So no two workers both pass a cap.
func SendsBefore(list []Sending, message string, since, now time.Time) []Send {
	own := Sending{ID: message}
	for _, s := range list {
		if s.ID == message {
			own = s
		}
	}
	var sends []Send
	for _, s := range list {
		if s.waits() {
			continue
		}
		at := cmp.Or(s.SentAt, s.Rendered)
		if s.State == Claimed {
			at = now
			if cmp.Or(s.ClaimedAt.Compare(own.ClaimedAt), cmp.Compare(s.ID, own.ID)) > 0 {
				continue
			}
		}
		if s.ID != message && !at.Before(since) {
			sends = append(sends, Send{At: at, Campaign: s.Campaign, Channel: s.Channel, Class: s.Class, Order: s.Order})
		}
	}
	return sends
}
