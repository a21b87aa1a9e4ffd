package jobs_test

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/jobs"
)

func (d *desk) only(t *testing.T) campaigns.Enrolment {
	t.Helper()
	for _, e := range d.enrolments {
		return e
	}
	t.Fatal("nobody entered")
	return campaigns.Enrolment{}
}

// An order enters once, however often its event is told; its reminder is
// planned when it is due, and the payment ends it and cancels what is planned.
func TestOrderEntersOnce(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), newClock()
	for range 3 {
		d.happen(t, c, placed())
	}
	if e := d.only(t); len(d.enrolments) != 1 || e.Entry != 1 || e.State != campaigns.Enrolled || !e.DueAt.Equal(noon().Add(time.Hour)) {
		t.Errorf("got %+v, want one entry due in an hour", e)
	}
	c.step(30 * time.Minute)
	d.order.Payment, d.order.Times.PaidAt = commerce.Paid, c.now()
	d.happen(t, c, paid(c))
	if e := d.only(t); e.State != campaigns.Converted || len(d.cancelled) != 1 || len(d.messages) != 0 {
		t.Errorf("got %+v and %d cancellations, want it converted", e, len(d.cancelled))
	}
	if len(d.handled) != 4 {
		t.Errorf("got %d events handled, want 4", len(d.handled))
	}
}

// Activating a new version between two tellings of one event makes no second
// entry, and no second message.
func TestNewVersionMakesNoSecondEntry(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), newClock()
	d.happen(t, c, placed())
	d.versions[0].State = campaigns.Replaced
	d.publish(t, strings.Replace(deskCampaign, `"wait": "1h"`, `"wait": "2h"`, 1), campaigns.Active)
	d.happen(t, c, placed())
	c.step(3 * time.Hour)
	work(t, d.enrol(c))
	if e := d.only(t); len(d.enrolments) != 1 || e.Version != 1 || len(d.messages) != 1 {
		t.Errorf("got %d enrolments, %+v, %d messages, want one of version 1", len(d.enrolments), e, len(d.messages))
	}
}

// A decision that lost its compare-and-set starts over on what is stored now,
// also where another worker has claimed it meanwhile.
func TestLostDecisionStartsOver(t *testing.T) {
	t.Parallel()
	for name, claim := range map[string]string{"changed": "", "claimed by another": "another"} {
		d, c := newDesk(t), newClock()
		d.happen(t, c, placed())
		d.order.Payment, d.order.Times.PaidAt = commerce.Paid, c.now().Add(time.Minute)
		c.step(2 * time.Minute)
		d.meddle = func(e *campaigns.Enrolment) {
			e.Reason, e.Claim = "meddled", claim
			d.meddle = func(e *campaigns.Enrolment) { e.Reason = "again" }
		}
		d.happen(t, c, paid(c))
		if e := d.only(t); e.State != campaigns.Converted {
			t.Errorf("%s: got %+v, want it converted", name, e)
		}
	}
}

// A claimed enrolment that somebody else decided is left to them.
func TestLostClaimIsLeft(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), newClock()
	d.happen(t, c, placed())
	c.step(time.Hour)
	d.meddle = func(e *campaigns.Enrolment) { e.State, e.DueAt, e.Claim = campaigns.Converted, time.Time{}, "" }
	work(t, d.enrol(c))
	if e := d.only(t); e.State != campaigns.Converted {
		t.Errorf("got %+v, want the other's decision", e)
	}
}

// An enrolment whose last message is on the way still has it cancelled when
// the exit comes, though nothing of the enrolment changes.
func TestFinishedEnrolmentStillCancels(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), newClock()
	d.publish(t, strings.Replace(strings.Replace(deskCampaign, `, "as": "goal"`, "", 1), `"goal": {"event": "order.paid", "same": "order", "within": "7d"},`, "", 1), campaigns.Active)
	d.versions = d.versions[1:]
	d.reminder(t, c)
	if e := d.only(t); e.State != campaigns.Finished {
		t.Fatalf("got %+v, want every step taken", e)
	}
	c.step(time.Minute)
	d.order.Payment, d.order.Times.PaidAt = commerce.Paid, c.now()
	d.happen(t, c, paid(c))
	if len(d.cancelled) != 1 {
		t.Errorf("got %d cancellations, want the message on the way cancelled", len(d.cancelled))
	}
}

// The campaigns are read again when the shop's rev says so and not otherwise;
// all of a paused campaign holds still, and a version that is not understood
// any more stops only itself.
func TestCampaignsAreReadAgainWhenTheyChange(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.publish(t, deskCampaign, campaigns.Replaced)
	cache := jobs.NewCampaignCache(d, newClock().now)
	live := func() *jobs.ShopCampaigns {
		p, err := cache.Of(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for range 3 {
		if p := live(); len(p.Active) != 1 || d.loads != 1 {
			t.Fatalf("got %d active after %d loads, want 1 after 1", len(p.Active), d.loads)
		}
	}
	d.shop.Name = "Tea and more"
	if p := live(); p.Shop.Name != d.shop.Name || d.loads != 1 {
		t.Errorf("got shop %q after %d loads, want the settings as they are", p.Shop.Name, d.loads)
	}
	d.versions[0].State = campaigns.Paused
	d.shop.CampaignsRev++
	p := live()
	old, err := p.Version("w", 2)
	if err != nil || len(p.Active) != 0 || len(p.Held) != 1 || old.State != campaigns.Paused {
		t.Errorf("paused: got %d active, %v held, %v, want all of it held", len(p.Active), p.Held, err)
	}
	d.versions[0].State, d.versions[1].JSON = campaigns.Active, []byte(`{"schema": 99}`)
	d.shop.CampaignsRev++
	p = live()
	if _, err := p.Version("w", 2); err == nil || len(p.Active) != 1 || len(p.Broken) != 1 {
		t.Errorf("got %d active, %v broken, %v, want the broken one alone to stand still", len(p.Active), p.Broken, err)
	}
}
