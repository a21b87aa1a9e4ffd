package campaigns

import (
	"cmp"
	"time"
)

// Sending is a message that was sent, or perhaps sent, or that a worker is handing over now:
// what caps count.
type Sending struct {
	ID        string       `bson:"_id"`
	Customer  string       `bson:"customer"`
	Channel   string       `bson:"channel"`
	Class     Class        `bson:"class"`
	Order     string       `bson:"order"`
	State     MessageState `bson:"state"`
	SentAt    time.Time    `bson:"sent_at"`
	Rendered  time.Time    `bson:"rendered"`
	ClaimedAt time.Time    `bson:"claimed_at"`
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
		at := cmp.Or(s.SentAt, s.Rendered)
		if s.State == Claimed {
			at = now
			if cmp.Or(s.ClaimedAt.Compare(own.ClaimedAt), cmp.Compare(s.ID, own.ID)) > 0 {
				continue
			}
		}
		if s.ID != message && !at.Before(since) {
			sends = append(sends, Send{At: at, Channel: s.Channel, Class: s.Class, Order: s.Order})
		}
	}
	return sends
}
