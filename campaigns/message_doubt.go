package campaigns

import "time"

const (
	// lastDoubt is the number of refusals, with accepted mails in between, that are about
	// the mail.
	lastDoubt = 3
	// lastThrottled is the same for a relay that asks for a slower pace: it is seldom about
	// the mail.
	lastThrottled = 10
	// longestDoubt is the longest wait of a message for itself.
	longestDoubt = time.Minute
)

// DoubtPause is how long a message waits that may be refused for itself: as long as it has
// waited, from 5 s to a minute.
func (m *Message) DoubtPause() time.Duration {
	return min(max(m.DoubtedAt.Sub(m.DoubtFrom), firstPause), longestDoubt)
}

// Judge decides whether a refusal is about the message or about the relay. It is about the
// message when it was refused several times, and the relay accepted another mail of the
// shop between each two. Until then the outcome stays MailHeld. accepted is the last such
// mail, now is on the wall clock.
func (m *Message) Judge(o MailOutcome, accepted, now time.Time) MailOutcome {
	if o.State != MailHeld || o.Fault.Otherwise == "" {
		return o
	}
	if m.Doubts == 0 || accepted.After(m.DoubtedAt) {
		m.Doubts++
	}
	m.DoubtedAt = now
	if m.DoubtFrom.IsZero() {
		m.DoubtFrom = now
	}
	last := lastDoubt
	if o.Fault.State == StreamThrottled {
		last = lastThrottled
	}
	if m.Doubts >= last {
		o.State, o.Fault = o.Fault.Otherwise, Fault{}
	}
	return o
}
