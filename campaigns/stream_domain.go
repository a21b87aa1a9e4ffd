package campaigns

import (
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// wakingDomainRate is the rate of mails to a domain that takes mails again. Those that have waited
// must not go out all at once: the domain would refuse them again.
const wakingDomainRate = 1

// Domain is the domain of the recipient, in the form of DNS; "" if the address cannot be used.
func (m Mail) Domain() string { return DomainOf(m.To) }

// DomainOf is the domain of an address in the form of DNS; "" if the address cannot be used.
func DomainOf(address string) string {
	usual, err := commerce.MailAddress(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(usual[strings.LastIndexByte(usual, '@')+1:])
}

// Restricted reports whether mails wait for the stream, or go out more slowly than they come.
func (s Stream) Restricted(now time.Time) bool {
	return s.Held() || s.Pace.Rate > 0 && !s.Rests(now)
}

// Several reports whether several messages were refused since the last accepted mail: then none
// of them is the reason.
func (s Stream) Several() bool { return len(s.Refused) > 1 }

// Calm reports whether an accepted mail changes nothing in the stream.
func (s Stream) Calm() bool { return s.State == StreamUp && s.Doubts == 0 && len(s.Refused) == 0 }

// wakened lets the mails to a domain that takes mails again flow at an increasing pace.
func (s Stream) wakened(now time.Time) Stream {
	if s.Domain != "" && s.Pace.Rate == 0 {
		s.Pace = Pace{Bucket: Bucket{Rate: wakingDomainRate, FilledAt: now}, CutAt: now}
	}
	return s
}

// Waiting is a message that waits for the domain of its recipient: the claims leave it alone
// until the domain takes mails. It is due by itself later, so that none is lost.
func (m Message) Waiting(s Stream, now time.Time) Message {
	m.State, m.Awaits = Planned, s.ID
	if m.AwaitsFrom.IsZero() {
		m.AwaitsFrom = m.DueAt
	}
	m.DueAt = now.Add(longestWait)
	if over := m.ExpiresAt.Add(time.Minute); !m.ExpiresAt.IsZero() && over.Before(m.DueAt) {
		m.DueAt = over
	}
	m.Reason = "mails to the recipient's domain wait"
	if s.Reason != "" {
		m.Reason += ": " + s.Reason
	}
	if n := len(m.Record); n == 0 || m.Record[n-1].Reasons == nil || m.Record[n-1].Outcome != string(MailHeld) {
		m.Note(Decision{At: now, Step: m.Step, Outcome: string(MailHeld), Reasons: []Reason{{Check: CheckAddress, Text: m.Reason}}})
	}
	return m
}

// longestWait is when a message that waits for a domain is due by itself.
const longestWait = 6 * time.Hour

// OfOne reports whether the fault is an answer about one recipient, which may be about the
// recipient's domain.
func (f Fault) OfOne() bool { return f.Otherwise != "" && f.State != StreamUnreachable }

// Acceptance is a mail that a relay has accepted lately.
type Acceptance struct {
	Domain string    `bson:"domain"` // the id of the stream to its domain
	At     time.Time `bson:"at"`
}

// Took notes an accepted mail to a domain.
func (s Stream) Took(domain string, now time.Time) Stream {
	last := Acceptance{domain, now}
	if len(s.Taken) > 0 && s.Taken[0].Domain != domain {
		s.Taken = []Acceptance{last, s.Taken[0]}
		return s
	}
	s.Taken = append([]Acceptance{last}, s.Taken[min(1, len(s.Taken)):]...)
	return s
}

// TakesOthers reports whether the relay has taken a mail to another domain lately.
func (s Stream) TakesOthers(domain string, now time.Time) bool {
	return slices.ContainsFunc(s.Taken, func(x Acceptance) bool { return x.Domain != domain && now.Sub(x.At) < answersFor })
}
