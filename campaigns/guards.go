package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Channels a step can send on.
const (
	// Email is mail by SMTP.
	Email = "email"
	// SMS is a text message to a phone; no channel sends it yet.
	SMS = "sms"
)

// check is one guard's answer: a reason, and the consequence if it fails.
type check struct {
	reason  Reason
	defers  time.Time // when to ask again; zero with a failing reason: drop
	waits   bool      // the campaign is paused
	waiting bool      // a deferral that may end before: at the message's expiry it is asked again
	state   MessageState
	ends    EnrolmentState
}

// handOver makes the checks in order and stops at the first failure.
func (d *decider) handOver(m Message, e Enrolment) Verdict {
	v := Verdict{Outcome: Go}
	step := slices.IndexFunc(d.c.Steps, func(s Step) bool { return s.ID == m.Step })
	for _, guard := range []func() check{
		d.guardState,
		func() check { return d.guardEnrolment(m, e) },
		func() check { return d.guardMerge(e) },
		func() check { return d.guardSubject(m) },
		func() check { return d.guardExit(e) },
		func() check { return d.guardIf(step, m) },
		func() check { return d.guardTime(m) },
		func() check { return d.guardRoute(step, &m, &v) },
		func() check { return d.guardConsent(m.Channel) },
		func() check { return d.guardFreeze(m) },
		func() check { return d.guardWants(m) },
		func() check { return d.guardCap(m) },
		func() check { r, until := d.quietCheck(m); return check{reason: r, defers: until} },
	} {
		c := guard()
		v.Reasons = append(v.Reasons, c.reason)
		if !c.reason.Pass {
			return d.refused(v, m, c)
		}
	}
	if stray, ok := d.strayLink(m.Order, m.Checkout); ok {
		v.Reasons = append(v.Reasons, stray)
	}
	return v
}

// refused turns a failing check into a verdict. A message that would be deferred
// beyond its expiry is dropped at once.
func (d *decider) refused(v Verdict, m Message, c check) Verdict {
	switch {
	case c.waits:
		v.Outcome = Wait
	case c.waiting, !c.defers.IsZero() && (m.ExpiresAt.IsZero() || c.defers.Before(m.ExpiresAt)):
		v.Outcome, v.Until = Defer, c.defers
	case !c.defers.IsZero():
		v.Outcome, v.State = Drop, Cancelled
		v.Reasons = append(v.Reasons, fail(CheckTime, "%s, and it expires at %s", v.Why(), stamp(m.ExpiresAt)))
	default:
		v.Outcome, v.State, v.Ends = Drop, c.state, c.ends
		if v.State == "" {
			v.State = Cancelled
		}
	}
	return v
}

func (d *decider) guardState() check {
	switch {
	case d.c.Runs():
		return check{reason: pass(CheckCampaign, "version %d, %.12s", d.c.Version, d.c.Hash)}
	case d.c.State == Archived:
		return check{reason: fail(CheckCampaign, "the campaign is archived"), ends: Exited}
	default:
		return check{reason: fail(CheckCampaign, "the campaign is %s", d.c.State), waits: true}
	}
}

// guardEnrolment drops the message of an enrolment that has ended, or entered again,
// since it was planned.
func (d *decider) guardEnrolment(m Message, e Enrolment) check {
	switch {
	case e.ID != m.Enrolment || e.Entry != m.Entry:
		return check{reason: fail(CheckExit, "its enrolment does not exist any more")}
	case e.Arm != Treated:
		return check{reason: fail(CheckArm, "the customer is in the %s", e.Arm)}
	case e.State == Exited || e.State == Superseded || e.State == Converted:
		return check{reason: fail(CheckExit, "the enrolment is %s: %s", e.State, e.Reason)}
	case e.State == Merged:
		return check{reason: fail(CheckMerge, "the enrolment is merged: %s", e.Reason)}
	}
	return check{reason: pass(CheckArm, "%s", e.Arm)}
}

// guardMerge lets only one of two enrolments of the same person continue: the one
// with the smaller id.
func (d *decider) guardMerge(e Enrolment) check {
	if d.c.Key == ByCustomer {
		for _, other := range d.f.Siblings {
			if other.State == Enrolled && other.Campaign == e.Campaign && other.ID < e.ID {
				return check{reason: fail(CheckMerge, "%s is about the same person and continues", other.ID), ends: Merged}
			}
		}
	}
	return check{reason: pass(CheckMerge, "no other enrolment of this person")}
}

// guardSubject drops a message about a test, fake or deleted order, or about a
// checkout that is not open any more.
func (d *decider) guardSubject(m Message) check {
	if m.Checkout != "" {
		if c := d.guardCheckout(); !c.reason.Pass {
			return c
		}
	}
	if o := d.f.Order; m.Order != "" && o != nil && o.ID == m.Order && (o.Test || o.Fake || o.DeletedNow()) {
		return check{reason: fail(CheckTrigger, "order %s is a test, fake or deleted order", o.ID), ends: Exited}
	}
	return check{reason: pass(CheckTrigger, "its order or checkout still exists")}
}

func (d *decider) guardExit(e Enrolment) check {
	// The enrolment ends when the event itself is handled.
	if _, by, left := d.firstExit(e); left {
		return check{reason: fail(CheckExit, "%s at %s", by.Kind, stamp(by.At))}
	}
	return check{reason: pass(CheckExit, "no exit happened")}
}

func (d *decider) guardIf(step int, m Message) check {
	switch {
	case step < 0:
		return check{reason: fail(CheckIf, "version %d has no step %s", d.c.Version, m.Step)}
	case d.c.Steps[step].If == nil:
		return check{reason: pass(CheckIf, "no condition")}
	case !d.satisfies(d.c.Steps[step].If, m.Order):
		return check{reason: fail(CheckIf, "the step's condition does not hold any more: %s", d.observations(d.c.Steps[step].If, m.Order))}
	}
	return check{reason: pass(CheckIf, "the step's condition holds")}
}

func (d *decider) guardTime(m Message) check {
	switch {
	case !m.ExpiresAt.IsZero() && !d.now.Before(m.ExpiresAt):
		r := fail(CheckTime, "expired at %s", stamp(m.ExpiresAt))
		if why := m.waitedFor(); why != "" {
			r.Text += ", while it waited: " + why
		}
		return check{reason: r}
	case d.now.Before(m.DueAt):
		return check{reason: fail(CheckTime, "not due before %s", stamp(m.DueAt)), defers: m.DueAt}
	}
	return check{reason: pass(CheckTime, "due since %s", stamp(m.DueAt))}
}

func (d *decider) guardAddress(channel string) check {
	c, _ := d.consentTo(channel)
	if d.f.Customer == nil || d.address(channel).IsZero() {
		return check{reason: fail(CheckAddress, "no address for %s", channel)}
	}
	if x, stopped := commerce.Stopped(d.f.Suppressions[channel], d.c.Class == Marketing, c); stopped {
		return check{reason: fail(CheckSuppression, "suppressed: %s on %s", x.Reason, stamp(x.At())), state: Suppressed}
	}
	return check{reason: pass(CheckSuppression, "the address is not suppressed")}
}

// address is the address of a message of the campaign on a channel.
func (d *decider) address(channel string) commerce.Address {
	return Address(d.c.Class, channel, d.f.Customer, d.f.Order, d.f.Checkout)
}
