package jobs_test

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/jobs"
)

func (d *memoryShop) only(t *testing.T) campaigns.Enrolment {
	t.Helper()
	for _, e := range d.enrolments {
		return e
	}
	t.Fatal("nobody entered")
	return campaigns.Enrolment{}
}

// An order enters once, even if its event is handled several times. Its reminder is
// planned when it is due. The payment ends the enrolment and cancels the reminder.
func TestOrderEntersOnce(t *testing.T) {
	t.Parallel()
	d, c := newMemoryShop(t), newClock()
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

// A new version that is activated between two handlings of one event makes neither
// a second entry nor a second message.
func TestNewVersionMakesNoSecondEntry(t *testing.T) {
	t.Parallel()
	d, c := newMemoryShop(t), newClock()
	d.happen(t, c, placed())
	d.versions[0].State = campaigns.Replaced
	d.publish(t, strings.Replace(reminderCampaign, `"wait": "1h"`, `"wait": "2h"`, 1), campaigns.Active)
	d.happen(t, c, placed())
	c.step(3 * time.Hour)
	work(t, d.enrol(c))
	if e := d.only(t); len(d.enrolments) != 1 || e.Version != 1 || len(d.messages) != 1 {
		t.Errorf("got %d enrolments, %+v, %d messages, want one of version 1", len(d.enrolments), e, len(d.messages))
	}
}

const byCustomer = `{"schema": 1, "id": "w", "name": "Thanks", "class": "marketing", "trigger": {"event": "order.placed"},
"key": "customer", "reentry": "always", "steps": [{"id": "one", "wait": "1h", "send": {"channel": "email", "template": "unpaid-1"}}]}`

// A customer who is merged into one with an earlier entry, between the first read and the decision,
// enters under the survivor's id. The decision ends.
func TestCustomerMergedMeanwhileEntersAsTheSurvivor(t *testing.T) {
	t.Parallel()
	d, c := newMemoryShop(t), newClock()
	d.publish(t, byCustomer, campaigns.Active)
	d.versions = d.versions[1:]
	d.customer.Consents = []commerce.Consent{{Channel: campaigns.Email, Granted: true, Explicit: true, At: noon(), Source: "form"}}
	d.enrolments["s:w:1"] = campaigns.Enrolment{
		ID: "s:w:1", Shop: "s", Campaign: "w", Version: 2, Entry: 1, State: campaigns.Finished, Arm: campaigns.Treated, Customer: "s:1",
		Cause: "s:order.placed:s~3ac~3a0:", CauseAt: noon().Add(-48 * time.Hour), BeganAt: noon().Add(-48 * time.Hour), Rev: 3,
	}
	e := placed()
	d.alias = commerce.Customer{ID: "s:2", Shop: "s"}
	e.Customer = "s:2"
	d.happen(t, c, e)
	if got := d.enrolments["s:w:1"]; got.Entry != 2 || got.State != campaigns.Enrolled || len(d.enrolments) != 1 {
		t.Errorf("got %d enrolments, %+v, want the second entry of the survivor", len(d.enrolments), got)
	}
}

// A decision that lost its compare-and-set starts over with the stored enrolment,
// also where another worker has claimed it meanwhile.
func TestLostDecisionStartsOver(t *testing.T) {
	t.Parallel()
	for name, claim := range map[string]string{"changed": "", "claimed by another": "another"} {
		d, c := newMemoryShop(t), newClock()
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

// A worker whose claim another worker decided changes nothing.
func TestLostClaimChangesNothing(t *testing.T) {
	t.Parallel()
	d, c := newMemoryShop(t), newClock()
	d.happen(t, c, placed())
	c.step(time.Hour)
	d.meddle = func(e *campaigns.Enrolment) { e.State, e.DueAt, e.Claim = campaigns.Converted, time.Time{}, "" }
	work(t, d.enrol(c))
	if e := d.only(t); e.State != campaigns.Converted {
		t.Errorf("got %+v, want the other's decision", e)
	}
}

// An exit cancels the last planned message of an enrolment, although nothing of the
// enrolment changes.
func TestFinishedEnrolmentStillCancels(t *testing.T) {
	t.Parallel()
	d, c := newMemoryShop(t), newClock()
	goalless := strings.Replace(reminderCampaign, `, "as": "goal"`, "", 1)
	goalless = strings.Replace(goalless, `"goal": {"event": "order.paid", "same": "order", "within": "7d"},`, "", 1)
	d.publish(t, goalless, campaigns.Active)
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

// The campaigns are read again only when the shop's campaigns_rev changes. Nothing
// of a paused campaign is due. A version that cannot be read stops no other.
func TestCampaignsAreReadAgainWhenTheyChange(t *testing.T) {
	t.Parallel()
	d := newMemoryShop(t)
	d.publish(t, reminderCampaign, campaigns.Replaced)
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
