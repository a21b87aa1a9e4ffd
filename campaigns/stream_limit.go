package campaigns

import "time"

// Limit keeps the mails of a stream below a rate that people have set. Workers share it by
// taking tokens. At most a second's mails go out at once. The zero Limit is full.
type Limit struct {
	Rate     float64   `bson:"rate"` // mails a second, as of the last taking; 0: no limit
	Tokens   float64   `bson:"tokens"`
	FilledAt time.Time `bson:"filled_at"` // when Tokens was true; zero: full
}

func (l Limit) filled(now time.Time) Limit {
	full := max(1, l.Rate)
	if l.FilledAt.IsZero() {
		l.Tokens = full
	} else {
		l.Tokens = min(full, l.Tokens+l.Rate*max(0, now.Sub(l.FilledAt).Seconds()))
	}
	l.FilledAt = now
	return l
}

// Take takes tokens for up to most mails. A rate of 0 is no limit, and ends the one before.
func (l Limit) Take(most int, rate float64, now time.Time) (rest Limit, mails int) {
	if rate == 0 {
		return Limit{}, most
	}
	l.Rate = rate
	l = l.filled(now)
	mails = min(most, int(l.Tokens))
	l.Tokens -= float64(mails)
	return l, mails
}

func (l Limit) back(mails int) Limit {
	if l.Rate > 0 {
		l.Tokens += float64(mails)
	}
	return l
}

// opensAt is when the next token is there.
func (l Limit) opensAt(now time.Time) time.Time {
	if l.Rate == 0 {
		return now
	}
	if l = l.filled(now); l.Tokens >= 1 {
		return now
	}
	return now.Add(max(time.Millisecond, time.Duration((1-l.Tokens)/l.Rate*float64(time.Second))))
}

// Full reports whether a second's mails may go out at once.
func (l Limit) Full(now time.Time) bool { return l.filled(now).Tokens >= max(1, l.Rate) }

// Limited begins to limit the mails of a stream. It has no token yet: workers have sent mails
// without one.
func (s Stream) Limited(rate float64, now time.Time) Stream {
	if s.State == "" {
		s.State, s.Since = StreamUp, now
	}
	if s.Limit.Rate == 0 && rate > 0 {
		s.Limit = Limit{Rate: rate, FilledAt: now}
	}
	if s.Domain != "" {
		s.SeenAt = now
	}
	return s
}
