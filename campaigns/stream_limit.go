package campaigns

import "time"

// Limit keeps the mails of a stream below a rate that people have set. Workers share it by
// taking tokens. At most a second's mails go out at once. The zero Limit is full.
type Limit struct {
	Bucket `bson:",inline"` // Rate is as of the last taking
}

// limitFor is how many seconds of mails may go out at once.
const limitFor = 1

// Take takes tokens for up to most mails. A rate of 0 is no limit, and ends the one before.
func (l Limit) Take(most int, rate float64, now time.Time) (rest Limit, mails int) {
	if rate == 0 {
		return Limit{}, most
	}
	l.Rate = rate
	l.Bucket, mails = l.take(most, limitFor, now)
	return l, mails
}

// Full reports whether a second's mails may go out at once.
func (l Limit) Full(now time.Time) bool { return l.filled(limitFor, now).Tokens >= max(1, l.Rate) }

// Limited begins to limit the mails of a stream. It has no token yet: workers have sent mails
// without one.
func (s Stream) Limited(rate float64, now time.Time) Stream {
	if s.State == "" {
		s.State, s.Since = StreamUp, now
	}
	if s.Limit.Rate == 0 && rate > 0 {
		s.Limit = Limit{Bucket{Rate: rate, FilledAt: now}}
	}
	if s.Domain != "" {
		s.SeenAt = now
	}
	return s
}
