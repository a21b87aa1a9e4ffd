package jobs

import (
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce/clocktest"
)

// The outcome of a channel decides the state of the message, as in the table of
// faults in docs/guarantee.md, with the waits after temporary refusals.
func TestOutcomeDecidesTheState(t *testing.T) {
	t.Parallel()
	now := clocktest.Now(t)
	mail := func(state campaigns.MailState, code int) campaigns.MailOutcome {
		return campaigns.MailOutcome{State: state, Code: code, Reason: "said so"}
	}
	held := campaigns.MailOutcome{State: campaigns.MailHeld, Fault: campaigns.Fault{State: campaigns.StreamRefusing}}
	asked := campaigns.MailOutcome{State: campaigns.MailDeferred, Code: 451, RetryAfter: 2 * time.Hour}
	for name, c := range map[string]struct {
		policy  campaigns.OnUncertain
		retries int
		answer  campaigns.MailOutcome
		want    campaigns.MessageState
		due     time.Duration // 0: never again
		counted int
	}{
		"taken: sent":                      {"", 0, mail(campaigns.MailSent, 250), campaigns.Sent, 0, 0},
		"dead address: suppressed":         {"", 0, mail(campaigns.MailSuppressed, 550), campaigns.Suppressed, 0, 0},
		"refused by policy: failed":        {"", 0, mail(campaigns.MailFailed, 554), campaigns.Failed, 0, 0},
		"an unknown outcome: failed":       {"", 0, mail("odd", 0), campaigns.Failed, 0, 0},
		"refused for now: in 5 minutes":    {"", 0, mail(campaigns.MailDeferred, 451), campaigns.Deferred, 5 * time.Minute, 1},
		"refused again: later":             {"", 1, mail(campaigns.MailDeferred, 451), campaigns.Deferred, 15 * time.Minute, 2},
		"the last wait is a day":           {"", 5, mail(campaigns.MailDeferred, 452), campaigns.Deferred, 24 * time.Hour, 6},
		"after the last wait: failed":      {"", 6, mail(campaigns.MailDeferred, 452), campaigns.Failed, 0, 6},
		"the server asks for longer":       {"", 0, asked, campaigns.Deferred, 2 * time.Hour, 1},
		"the relay's fault: due as before": {"", 3, held, campaigns.Planned, -time.Hour, 3},
		"no answer, held: uncertain":       {campaigns.Hold, 0, mail(campaigns.MailUncertain, 0), campaigns.Uncertain, 0, 0},
		"no answer, resent: in 5 minutes":  {campaigns.Resend, 0, mail(campaigns.MailUncertain, 0), campaigns.Deferred, 5 * time.Minute, 1},
		"resent too often: uncertain":      {campaigns.Resend, 6, mail(campaigns.MailUncertain, 0), campaigns.Uncertain, 0, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := campaigns.Message{State: campaigns.Claimed, DueAt: now.Add(-time.Hour), OnUncertain: c.policy, RetryCount: c.retries}
			got := applyOutcome(m, c.answer, now)
			due := time.Time{}
			if c.due != 0 {
				due = now.Add(c.due)
			}
			if got.State != c.want || !got.DueAt.Equal(due) || got.RetryCount != c.counted || len(got.Record) != 1 {
				t.Errorf("got %s due %v after %d, want %s due %v after %d", got.State, got.DueAt, got.RetryCount, c.want, due, c.counted)
			}
			final := got.State != campaigns.Sent && got.State != campaigns.Deferred && got.State != campaigns.Planned
			if got.EndedAt.IsZero() == final || got.SentAt.IsZero() == (got.State == campaigns.Sent) {
				t.Errorf("got sent at %v, ended at %v for %s", got.SentAt, got.EndedAt, got.State)
			}
		})
	}
}
