package jobs

import (
	"time"

	"comeback/campaigns"
)

// retries are the waits after a temporary refusal (docs/guarantee.md);
// after the last one the message fails.
var retries = []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// settle is the message after the channel's answer.
func settle(m campaigns.Message, o campaigns.MailOutcome, now time.Time) campaigns.Message {
	m.Code, m.Enhanced, m.Reason, m.DueAt = o.Code, o.Enhanced, o.Reason, time.Time{}
	switch o.State {
	case campaigns.MailSent:
		m.State, m.SentAt, m.Reason = campaigns.Sent, now, ""
	case campaigns.MailDeferred:
		m = putOff(m, o, now)
	case campaigns.MailSuppressed:
		m.State, m.EndedAt = campaigns.Suppressed, now
	case campaigns.MailUncertain:
		m = unsure(m, now)
	default:
		m.State, m.EndedAt = campaigns.Failed, now
	}
	m.Note(campaigns.Decision{At: now, Step: m.Step, Outcome: string(m.State), Reasons: []campaigns.Reason{{Check: campaigns.CheckAddress, Pass: m.State == campaigns.Sent, Text: o.Reason}}})
	return m
}

// putOff waits longer with each refusal, and gives up when the waits are used
// up or the message would be too late.
func putOff(m campaigns.Message, o campaigns.MailOutcome, now time.Time) campaigns.Message {
	if m.RetryCount >= len(retries) {
		m.State, m.EndedAt, m.Reason = campaigns.Failed, now, "refused for the time being too often: "+o.Reason
		return m
	}
	wait := max(retries[m.RetryCount], o.RetryAfter)
	if o.Code == 0 && o.RetryAfter > 0 {
		wait = o.RetryAfter // the relay is backing off: this message was not even tried
	} else {
		m.RetryCount++
	}
	m.State, m.DueAt = campaigns.Deferred, now.Add(wait)
	return m
}

// unsure leaves a message nobody knows the fate of, or tries again under the
// same Message-ID where its campaign says so.
func unsure(m campaigns.Message, now time.Time) campaigns.Message {
	if m.OnUncertain == campaigns.Resend && m.RetryCount < len(retries) {
		m.State, m.DueAt = campaigns.Deferred, now.Add(retries[m.RetryCount])
		m.RetryCount++
		return m
	}
	m.State, m.EndedAt = campaigns.Uncertain, now
	return m
}
