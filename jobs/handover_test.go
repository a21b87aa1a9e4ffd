package jobs_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

var away = commerce.Errorf(commerce.Unavailable, "the database is away")

// A due message is sent once, or not sent for a stated reason. The state at hand-over
// decides, not the state at planning.
func TestMessageIsSentOnceOrNotForAReason(t *testing.T) {
	t.Parallel()
	sent := campaigns.MailOutcome{State: campaigns.MailSent, Code: 250}
	for name, c := range map[string]struct {
		answer  campaigns.MailOutcome
		meddle  func(t *testing.T, d *memoryShop, c *clock)
		busy    func(d *memoryShop, c *clock) // what happens while it waits for a connection
		want    campaigns.MessageState        // Claimed: nothing was written
		mails   int
		refused bool // Work answers an error, and the message is tried again
	}{
		"a due reminder is sent": {answer: sent, want: campaigns.Sent, mails: 1},
		"paid meanwhile: cancelled, before the event is handled": {
			answer: sent, want: campaigns.Cancelled,
			meddle: func(_ *testing.T, d *memoryShop, c *clock) {
				d.order.Payment, d.order.Times.PaidAt = commerce.Paid, c.now()
			},
		},
		"deleted meanwhile: cancelled": {answer: sent, want: campaigns.Cancelled, meddle: func(_ *testing.T, d *memoryShop, c *clock) {
			d.order.Test = true
		}},
		"expired: cancelled": {
			answer: sent, want: campaigns.Cancelled, meddle: func(_ *testing.T, _ *memoryShop, c *clock) { c.step(48 * time.Hour) },
		},
		"a suppressed address gets nothing": {answer: sent, want: campaigns.Suppressed, meddle: func(_ *testing.T, d *memoryShop, _ *clock) {
			d.suppressed = []commerce.Suppression{
				{Address: d.Address(commerce.EmailAddress("ann@example.com")), Scope: commerce.SuppressAll, Reason: commerce.Complained},
			}
		}},
		"an archived campaign sends nothing": {answer: sent, want: campaigns.Cancelled, meddle: func(_ *testing.T, d *memoryShop, _ *clock) {
			d.versions[0].State = campaigns.Archived
			d.shop.CampaignsRev++
		}},
		"a paused campaign waits": {answer: sent, want: campaigns.Claimed, meddle: func(_ *testing.T, d *memoryShop, _ *clock) {
			d.versions[0].State = campaigns.Paused
			d.shop.CampaignsRev++
		}},
		"a lost claim sends nothing and writes nothing": {
			answer: sent, want: campaigns.Claimed, meddle: func(_ *testing.T, d *memoryShop, _ *clock) { d.lost = true },
		},
		"without the mark nothing is sent": {
			answer: sent, want: campaigns.Planned, meddle: func(_ *testing.T, d *memoryShop, _ *clock) { d.handingErr = away },
		},
		"an unavailable database fails no message": {
			answer: sent, want: campaigns.Claimed, refused: true, meddle: func(_ *testing.T, d *memoryShop, _ *clock) { d.productErr = away },
		},
		"a shop without a sender holds the message": {
			answer: sent, want: campaigns.Planned, meddle: func(_ *testing.T, d *memoryShop, _ *clock) { d.shop.Sender.From = "" },
		},
		"a missing channel fails the message": {answer: sent, want: campaigns.Failed, meddle: func(_ *testing.T, d *memoryShop, _ *clock) {
			m := d.due[0]
			m.Channel = campaigns.SMS
			d.due[0] = m
			d.customer.Attributes.Phone = "+4915112345678"
			d.order.Buyer.Phone = "+4915112345678"
		}},
		"a hard bounce suppresses": {
			answer: campaigns.MailOutcome{State: campaigns.MailSuppressed, Code: 550, Suppress: true, Reason: "no such user"},
			want:   campaigns.Suppressed, mails: 1,
		},
		"a bounce is stored although the suppression is not": {
			answer: campaigns.MailOutcome{State: campaigns.MailSuppressed, Code: 550, Suppress: true},
			want:   campaigns.Suppressed, mails: 1, refused: true,
			meddle: func(_ *testing.T, d *memoryShop, _ *clock) { d.suppressErr = away },
		},
		"a temporary refusal defers": {
			answer: campaigns.MailOutcome{State: campaigns.MailDeferred, Code: 451}, want: campaigns.Deferred, mails: 1,
		},
		"after no answer a service message is sent again": {
			answer: campaigns.MailOutcome{State: campaigns.MailUncertain}, want: campaigns.Deferred, mails: 1,
		},
		"paid while it waits for a connection: cancelled": {
			answer: sent, want: campaigns.Cancelled,
			busy: func(d *memoryShop, c *clock) {
				c.step(2 * time.Second)
				d.order.Payment, d.order.Times.PaidAt = commerce.Paid, c.now()
			},
		},
		"nothing happened while it waited for a connection": {
			answer: sent, want: campaigns.Sent, mails: 1, busy: func(_ *memoryShop, c *clock) { c.step(2 * time.Second) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, clock, ch := newMemoryShop(t), newClock(), &channel{answer: c.answer}
			if c.busy != nil {
				ch.busy = func() { c.busy(d, clock) }
			}
			m := d.reminder(t, clock)
			d.messages[m.ID] = m
			if c.meddle != nil {
				c.meddle(t, d, clock)
			}
			_, err := d.handOver(t, clock, ch).Work(t.Context(), "s")
			if (err != nil) != c.refused || c.refused && !errors.Is(err, away) {
				t.Errorf("got %v, want an error: %v", err, c.refused)
			}
			got := d.messages[m.ID]
			if got.State != c.want || len(ch.mails) != c.mails || got.State == campaigns.Failed && got.Reason == "" {
				t.Errorf("got %s (%s) with %d mails, want %s with %d", got.State, got.Reason, len(ch.mails), c.want, c.mails)
			}
			bounced := commerce.Suppression{Address: d.Address(commerce.EmailAddress("ann@example.com")), Scope: commerce.SuppressAll}
			if c.answer.Suppress && d.suppressErr == nil && (len(d.suppressed) != 1 ||
				d.suppressed[0].Address != bounced.Address || d.suppressed[0].Scope != bounced.Scope) {
				t.Errorf("got %+v, want the address suppressed by its pseudonym", d.suppressed)
			}
		})
	}
}

// A resend has the same Message-ID, date and links. Only a marketing mail has an
// unsubscribe link.
func TestEveryAttemptIsTheSameMail(t *testing.T) {
	t.Parallel()
	d, clock := newMemoryShop(t), newClock()
	ch := &channel{answer: campaigns.MailOutcome{State: campaigns.MailDeferred, Code: 451}}
	m := d.reminder(t, clock)
	for range 2 {
		work(t, d.handOver(t, clock, ch))
		m = d.messages[m.ID]
		clock.step(time.Hour)
		m.State, m.Claim = campaigns.Claimed, "mine"
		d.due = []campaigns.Message{m}
	}
	if len(ch.mails) != 2 {
		t.Fatalf("got %d attempts, want 2", len(ch.mails))
	}
	first, second := ch.mails[0], ch.mails[1]
	if first.MessageID != second.MessageID || !first.Date.Equal(second.Date) || first.HTML != second.HTML || first.MessageID == "" ||
		first.HTML == "" {
		t.Errorf("got %s of %v, then %s of %v, want the same mail", first.MessageID, first.Date, second.MessageID, second.Date)
	}
	if first.Unsubscribe != "" || !first.Auto || first.To != "ann@example.com" {
		t.Errorf("got %+v, want a service mail to the buyer", first)
	}
}

// A message whose enrolment is gone is cancelled, and makes no enrolment.
func TestMessageWithoutEnrolmentIsNotSent(t *testing.T) {
	t.Parallel()
	for _, state := range []campaigns.CampaignState{campaigns.Active, campaigns.Archived} {
		d, clock, ch := newMemoryShop(t), newClock(), &channel{}
		m := d.reminder(t, clock)
		d.versions[0].State = state
		clear(d.enrolments)
		work(t, d.handOver(t, clock, ch))
		if got := d.messages[m.ID]; got.State != campaigns.Cancelled || len(ch.mails) != 0 || len(d.enrolments) != 0 {
			t.Errorf("%s: got %s, %d mails, %d enrolments, want it cancelled", state, got.State, len(ch.mails), len(d.enrolments))
		}
	}
}

// The outcome of a mail that arrived is not lost with a database that is away for some
// seconds: the message would be uncertain.
func TestOutcomeIsStoredWhenTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, clock, ch := newMemoryShop(t), newClock(), &channel{answer: campaigns.MailOutcome{State: campaigns.MailSent, Code: 250}}
		m := d.reminder(t, clock)
		d.outcomeErrs = []error{away, away, away}
		work(t, d.handOver(t, clock, ch))
		if got := d.messages[m.ID]; got.State != campaigns.Sent || len(ch.mails) != 1 {
			t.Errorf("got %s with %d mails, want it sent", got.State, len(ch.mails))
		}
	})
}

// A refusal takes a moment to be stored. A mail whose turn comes in this moment waits for it, and
// does not go: the relay has said that it takes no more.
func TestNoMailGoesWhileARefusalIsBeingStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, clock, ch := newMemoryShop(t), newClock(), &channel{answer: campaigns.MailOutcome{
			State: campaigns.MailHeld, Fault: campaigns.Fault{State: campaigns.StreamThrottled},
		}}
		d.repeat(d.reminder(t, clock), 20)
		h := d.handOver(t, clock, ch)
		d.noting = time.Second
		var first sync.Once
		ch.busy = func() {
			later := true
			if first.Do(func() { later = false }); later {
				<-time.After(d.noting / 2)
			}
		}
		work(t, h)
		if len(ch.mails) != 1 {
			t.Errorf("got %d mails, want the one that was refused", len(ch.mails))
		}
	})
}

// Two workers that begin together find a relay of few connections full before the first mail of the
// other one is known as accepted. That slows nothing down. A relay that is still full a second later
// is throttled.
func TestRelayThatIsFullForAMomentIsNotThrottled(t *testing.T) {
	t.Parallel()
	d, clock, ch := newMemoryShop(t), newClock(), &channel{answer: campaigns.MailOutcome{
		State: campaigns.MailHeld, Fault: campaigns.Fault{State: campaigns.StreamThrottled, Full: true},
	}}
	m := d.reminder(t, clock)
	h := d.handOver(t, clock, ch)
	for _, want := range []campaigns.StreamState{campaigns.StreamUp, campaigns.StreamThrottled} {
		d.repeat(m, 5)
		work(t, h)
		if got := d.streams[d.StreamID(commerce.Installation, "r", "")].State; got != want {
			t.Errorf("got the relay %s, want %s", got, want)
		}
		clock.step(time.Second)
	}
	for _, m := range d.messages {
		if m.State != campaigns.Planned && m.State != campaigns.Claimed || m.Attempts > 0 {
			t.Errorf("got %s, %d attempts, want it to wait without a try", m.State, m.Attempts)
		}
	}
}

// repeat makes n messages like m due.
func (d *memoryShop) repeat(m campaigns.Message, n int) {
	d.due = nil
	for n := range n {
		other := m
		other.ID = fmt.Sprint(m.ID, n)
		d.due = append(d.due, other)
		d.messages[other.ID] = other
	}
}

// Messages that waited for a slow relay are checked again together, not each for itself.
func TestMessagesThatWaitedAreCheckedTogether(t *testing.T) {
	t.Parallel()
	d, clock, ch := newMemoryShop(t), newClock(), &channel{answer: campaigns.MailOutcome{State: campaigns.MailSent, Code: 250}}
	m := d.reminder(t, clock)
	d.repeat(m, 60)
	d.reads = 0
	var slow sync.Once
	ch.busy = func() { slow.Do(func() { clock.step(2 * time.Second) }) }
	work(t, d.handOver(t, clock, ch))
	if len(ch.mails) != 60 || d.reads != 2 {
		t.Errorf("got %d mails, checked %d times, want 60 and twice", len(ch.mails), d.reads)
	}
}

// A message that cannot be stored stops no other message of its batch.
func TestMessageThatCannotBeStoredStopsNoOther(t *testing.T) {
	t.Parallel()
	d, clock, ch := newMemoryShop(t), newClock(), &channel{answer: campaigns.MailOutcome{State: campaigns.MailSent, Code: 250}}
	m := d.reminder(t, clock)
	d.repeat(m, 20)
	d.unfit = d.due[7].ID
	if _, err := d.handOver(t, clock, ch).Work(t.Context(), "s"); err == nil {
		t.Error("got no error, want that of the message")
	}
	sent := 0
	for _, got := range d.messages {
		if got.State == campaigns.Sent {
			sent++
		}
	}
	if sent != 19 || len(ch.mails) != 19 {
		t.Errorf("got %d sent and %d mails, want 19", sent, len(ch.mails))
	}
}
