package jobs

import (
	"slices"
	"time"

	"comeback/campaigns"
)

// retries are the waits after each temporary refusal (docs/guarantee.md). One
// refusal more fails the message.
var retries = []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// applyOutcome returns the message as the channel's outcome makes it.
func applyOutcome(m campaigns.Message, o campaigns.MailOutcome, now time.Time) campaigns.Message {
	due := m.DueAt
	m.Code, m.Enhanced, m.Reason, m.DueAt = o.Code, o.Enhanced, o.Reason, time.Time{}
	m.Awaits, m.AwaitsFrom = "", time.Time{}
	switch o.State {
	case campaigns.MailSent:
		m.State, m.SentAt, m.Reason = campaigns.Sent, now, ""
	case campaigns.MailHeld:
		m.DueAt = due
		return holdMessage(m, o, now)
	case campaigns.MailDeferred:
		m = deferMessage(m, o, now)
	case campaigns.MailSuppressed:
		m.State, m.EndedAt = campaigns.Suppressed, now
	case campaigns.MailUncertain:
		m = markUncertain(m, now)
	default:
		m.State, m.EndedAt = campaigns.Failed, now
	}
	m.Note(campaigns.Decision{
		At: now, Step: m.Step, Outcome: string(m.State),
		Reasons: []campaigns.Reason{{Check: campaigns.CheckAddress, Pass: m.State == campaigns.Sent, Text: o.Reason}},
	})
	return m
}

// holdMessage plans the message again with its due time, and uses up no try. Where the
// mail itself may be the reason it waits a little, so that another mail is tried first.
func holdMessage(m campaigns.Message, o campaigns.MailOutcome, now time.Time) campaigns.Message {
	m.State = campaigns.Planned
	if next := now.Add(m.DoubtPause()); o.Fault.Doubt && m.DueAt.Before(next) {
		m.DueAt = next
	}
	said := campaigns.Decision{
		At: now, Step: m.Step, Outcome: string(campaigns.MailHeld), Reasons: []campaigns.Reason{{Check: campaigns.CheckAddress, Text: o.Reason}},
	}
	if n := len(m.Record); n > 1 && m.Record[n-2].Outcome == said.Outcome {
		m.Record = slices.Clone(m.Record[:n-2]) // a probe repeats itself: one pair of lines is enough
	}
	m.Note(said)
	return m
}

// deferMessage waits longer after each refusal. It fails the message when all
// waits are used.
func deferMessage(m campaigns.Message, o campaigns.MailOutcome, now time.Time) campaigns.Message {
	if m.RetryCount >= len(retries) {
		m.State, m.EndedAt, m.Reason = campaigns.Failed, now, "refused temporarily too often: "+o.Reason
		return m
	}
	m.State, m.DueAt = campaigns.Deferred, now.Add(max(retries[m.RetryCount], o.RetryAfter))
	m.RetryCount++
	return m
}

// markUncertain ends a message that the server may or may not have taken. Where
// its campaign resends, the message is tried again under the same Message-ID.
func markUncertain(m campaigns.Message, now time.Time) campaigns.Message {
	if m.OnUncertain == campaigns.Resend && m.RetryCount < len(retries) {
		m.State, m.DueAt = campaigns.Deferred, now.Add(retries[m.RetryCount])
		m.RetryCount++
		return m
	}
	m.State, m.EndedAt = campaigns.Uncertain, now
	return m
}
