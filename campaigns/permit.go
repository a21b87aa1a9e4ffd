package campaigns

import (
	"fmt"
	"time"

	"comeback/commerce"
)

// Permit says whether mails may go out, whatever relays do with them: those of a shop, or
// those of all (Shop is commerce.Installation). A person stops and resumes them. The breaker
// stops the marketing mails of a shop by itself. All processes share it by compare-and-set
// on Rev.
type Permit struct {
	ID         string    `bson:"_id"`
	Shop       string    `bson:"shop"`
	Stopped    bool      `bson:"stopped"`
	StopReason string    `bson:"stop_reason,omitempty"` // as the person wrote it
	StoppedAt  time.Time `bson:"stopped_at,omitempty"`
	Breaker    Breaker   `bson:"breaker"`
	Held       bool      `bson:"held"` // some mails may not go: so these are found among all shops
	Rev        int64     `bson:"rev"`
}

// Stop stops all mails. Stopped again, it keeps its time and has the new reason.
func (p Permit) Stop(reason string, now time.Time) Permit {
	if !p.Stopped {
		p.StoppedAt = now
	}
	p.Stopped, p.StopReason, p.Held = true, reason, true
	return p
}

// Resume lets mails go again. The breaker stays as it is.
func (p Permit) Resume() Permit {
	p.Stopped, p.StopReason, p.StoppedAt, p.Held = false, "", time.Time{}, p.Breaker.Open
	return p
}

// With replaces the breaker.
func (p Permit) With(b Breaker) Permit {
	p.Breaker, p.Held = b, p.Stopped || b.Open
	return p
}

// Breaker counts the bounces and complaints among a shop's last mails, and opens where they
// are too many. Mailbox providers punish a sender for these, and with it all its mails.
// It stays open until a person resets it.
type Breaker struct {
	Open   bool      `bson:"open"`
	Reason string    `bson:"reason,omitempty"`
	Since  time.Time `bson:"since,omitempty"` // when it opened, or was last reset

	Mails      int64   `bson:"mails"`                // since the last reset
	Bounced    []int64 `bson:"bounced,omitempty"`    // the value of Mails at each bounce, the newest
	Complained []int64 `bson:"complained,omitempty"` // and at each complaint
}

const (
	// BreakerMails is how many of a shop's last mails are judged.
	BreakerMails = 1000
	// BreakerLeast is the number of mails from which on the breaker judges.
	BreakerLeast = 100
	// BounceLimit is the share of bounces that opens the breaker.
	BounceLimit = 0.04
	// ComplaintLimit is the share of complaints that opens the breaker. Among fewer than BreakerMails
	// it takes two, because one says little.
	ComplaintLimit = 0.0008
	// mostMarks bounds the lists: more would not change what the breaker does.
	mostMarks = 64
)

// Counted counts mails that the relay has judged. bounced has the places of those with a dead
// address among them, in their order.
func (b Breaker) Counted(mails int, bounced []int, now time.Time) Breaker {
	before := b.Mails
	for _, place := range bounced {
		b = b.counted(before+int64(place)+1, now).Bounce(now)
	}
	return b.counted(before+int64(mails), now).judged(now)
}

// counted judges at the first mail that may be judged. From there on mails without a bounce only lower the share.
func (b Breaker) counted(to int64, now time.Time) Breaker {
	if b.Mails < BreakerLeast && to > BreakerLeast {
		b.Mails = BreakerLeast
		b = b.judged(now)
	}
	b.Mails = to
	return b
}

// Bounce notes that a mail counted before has bounced.
func (b Breaker) Bounce(now time.Time) Breaker {
	b.Bounced = marked(b.Bounced, b.Mails)
	return b.judged(now)
}

// Complain notes a complaint about a mail.
func (b Breaker) Complain(now time.Time) Breaker {
	b.Complained = marked(b.Complained, b.Mails)
	return b.judged(now)
}

// Reset closes the breaker and begins to count anew.
func (b Breaker) Reset(now time.Time) Breaker { return Breaker{Since: now} }

// Figures are the mails that are judged now, and the bounces and complaints among them.
func (b Breaker) Figures() (mails, bounces, complaints int64) {
	return min(b.Mails, BreakerMails), b.recent(b.Bounced), b.recent(b.Complained)
}

func (b Breaker) recent(marks []int64) (n int64) {
	for _, at := range marks {
		if at > b.Mails-BreakerMails {
			n++
		}
	}
	return n
}

func (b Breaker) judged(now time.Time) Breaker {
	mails, bounces, complaints := b.Figures()
	if b.Open || mails < BreakerLeast {
		return b
	}
	switch {
	case float64(bounces) >= BounceLimit*float64(mails):
		b.Reason = fmt.Sprintf("%d of the last %s bounced, the limit is 4 %%", bounces, commerce.Count(mails, "mail"))
	case float64(complaints) >= ComplaintLimit*BreakerMails && (complaints > 1 || mails == BreakerMails):
		b.Reason = fmt.Sprintf("%s about the last %s, the limit is 0.08 %%",
			commerce.Count(complaints, "complaint"), commerce.Count(mails, "mail"))
	default:
		return b
	}
	b.Open, b.Since = true, now
	return b
}

func marked(marks []int64, at int64) []int64 {
	marks = append(append([]int64{}, marks...), at)
	return marks[max(0, len(marks)-mostMarks):]
}
