package campaigns

import "time"

// Pace is how many mails a second a throttled relay takes, as far as its answers show.
// A refusal halves the rate, accepted mails raise it slowly. The zero Pace has no limit.
// Workers share it by taking tokens.
type Pace struct {
	Bucket   `bson:",inline"`
	CutAt    time.Time `bson:"cut_at"` // the last refusal that counted
	RaisedAt time.Time `bson:"raised_at"`
	Good     float64   `bson:"good"` // a rate that was taken: up to it the rate doubles

	CountedFrom time.Time `bson:"counted_from"` // Counted mails were accepted since then
	Counted     int       `bson:"counted"`
	Measured    float64   `bson:"measured"` // mails a second in the time before CountedFrom
}

const (
	slowestRate = 1.0 / 300
	wakingRate  = 0.2 // at least, after a relay that took nothing takes a mail
	countFor    = 5 * time.Second
	burst       = 1.5 // seconds of mails that may go out at once
)

func (p Pace) state() StreamState {
	if p.Rate > 0 {
		return StreamThrottled
	}
	return StreamUp
}

// accepted counts mails, and raises the rate once a second: it doubles up to a rate that
// was taken before. Above it the rate grows by a tenth for each second without a
// refusal, so that it soon finds a relay that takes more. The second after a refusal shows
// how many mails of that burst were taken after all.
func (p Pace) accepted(mails int, now time.Time) Pace {
	if p.CountedFrom.IsZero() {
		p.CountedFrom = now
	}
	p.Counted += mails
	if over := now.Sub(p.CountedFrom); over >= countFor {
		p.Measured, p.Counted, p.CountedFrom = float64(p.Counted)/over.Seconds(), 0, now
	}
	quiet := now.Sub(p.CutAt)
	switch {
	case p.Rate == 0:
		return p
	case quiet < time.Second:
		p.Good = max(p.Good, p.taken(now))
		p.Rate = max(p.Rate, p.Good)
		return p
	case now.Sub(p.RaisedAt) < time.Second:
		return p
	}
	p.Bucket = p.filled(burst, now)
	p.RaisedAt = now
	if good := max(p.Good, 1); p.Rate < good {
		p.Rate = min(good, max(2*p.Rate, wakingRate))
	} else {
		p.Rate *= 1 + min(quiet.Seconds()/10, 0.5)
	}
	return p
}

// refused lowers the rate: to what the relay was seen to take, or to the half. The
// refusals within a second count once, because they answer one burst.
func (p Pace) refused(now time.Time) Pace {
	if now.Sub(p.CutAt) < time.Second {
		p.Tokens = min(p.Tokens, 0)
		return p
	}
	taken := p.taken(now)
	if taken > 0 {
		p.Good = taken
	}
	if p.Rate == 0 {
		p.Rate = max(1, taken)
	} else {
		p.Rate = min(0.95*p.Rate, max(p.Rate/2, taken))
	}
	p.Rate = max(slowestRate, p.Rate)
	p.Tokens, p.FilledAt, p.CutAt = 0, now, now
	return p
}

// taken is a little less than the rate at which mails were accepted lately.
func (p Pace) taken(now time.Time) float64 {
	if p.CountedFrom.IsZero() {
		return 0
	}
	span := now.Sub(p.CountedFrom)
	rate := float64(p.Counted) / max(1, span.Seconds())
	if span < 2*time.Second {
		rate = max(rate, p.Measured)
	}
	return 0.95 * rate
}
