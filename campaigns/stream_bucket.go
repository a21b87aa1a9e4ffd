package campaigns

import "time"

// Bucket holds tokens, one for a mail. Rate of them come in each second. The zero Bucket has no
// limit; one that was never filled is full.
type Bucket struct {
	Rate     float64   `bson:"rate"` // mails a second; 0: no limit
	Tokens   float64   `bson:"tokens"`
	FilledAt time.Time `bson:"filled_at"` // when Tokens was true
}

// filled adds the tokens since FilledAt, up to those of some seconds, and to one at least.
func (b Bucket) filled(seconds float64, now time.Time) Bucket {
	if b.Rate > 0 {
		b.Tokens = min(b.Tokens+b.Rate*max(0, now.Sub(b.FilledAt).Seconds()), max(1, seconds*b.Rate))
	}
	b.FilledAt = now
	return b
}

// take takes tokens for up to most mails.
func (b Bucket) take(most int, seconds float64, now time.Time) (rest Bucket, mails int) {
	if b.Rate == 0 {
		return b, most
	}
	b = b.filled(seconds, now)
	mails = min(most, int(b.Tokens))
	b.Tokens -= float64(mails)
	return b, mails
}

// back gives back the tokens of mails that were not tried.
func (b Bucket) back(mails int) Bucket {
	if b.Rate > 0 {
		b.Tokens += float64(mails)
	}
	return b
}

// opensAt is when the next token is there.
func (b Bucket) opensAt(seconds float64, now time.Time) time.Time {
	b = b.filled(seconds, now)
	if b.Rate == 0 || b.Tokens >= 1 {
		return now
	}
	return now.Add(max(time.Millisecond, time.Duration((1-b.Tokens)/b.Rate*float64(time.Second))))
}
