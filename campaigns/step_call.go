package campaigns

import "time"

// PlanCall asks to insert Call unless its id exists. Existing is success.
type PlanCall struct{ Call Call }

func (PlanCall) action() {}

const (
	// callIn is how long a webhook is tried if the file says nothing; callMost is the longest time.
	callIn, callMost = time.Hour, 24 * time.Hour
	// noticeIn is how long a notification is tried.
	noticeIn = time.Hour
	// A call wakes its enrolment when it ends. The enrolment asks by itself too, in case that is lost:
	// askCall after it was called, then each askCallAgain.
	askCall, askCallAgain = 30 * time.Second, time.Hour
)

// Webhook is where a step posts.
type Webhook struct {
	URL    string        // https, or http of an address that the installation allows
	Within time.Duration // how long it is tried
}

// callIn is how long the call of a step is tried.
func (s Step) callIn() time.Duration {
	if s.Webhook != nil {
		return s.Webhook.Within
	}
	return noticeIn
}

// call makes the call of a webhook step, or goes on if it has ended. The waits behind it count from
// the answer. One who is held out goes on as after a good answer.
func (d *decider) call(e Enrolment, s Step, m timing) (next Enrolment, actions []Action, ended bool) {
	if e.Called != s.ID {
		if e.Arm != Treated {
			return d.branch(e, s, m, 0, fail(CheckArm, "the customer is in the %s: nobody is called", e.Arm)), nil, true
		}
		e.Called, d.called = s.ID, true
		e.log(Decision{At: d.now, Step: s.ID, Outcome: string(s.Do), Reasons: []Reason{d.dueReason(m)}})
		return e, []Action{d.planCall(e, s, CallWebhook)}, false
	}
	k := d.awaitedCall(e)
	branch, at, why := 1, d.now, fail(CheckCall, "the record of the call does not exist any more")
	switch {
	case k != nil && !k.Ended():
		return e, nil, false
	case k != nil && k.State == CallDone:
		branch, at, why = 0, k.EndedAt, pass(CheckCall, "answered with %d, attempt %d", k.Status, k.Attempts)
	case k != nil:
		at, why = k.EndedAt, fail(CheckCall, "%s after %d attempts: %s", k.State, k.Attempts, k.Reason)
	}
	e.Called = ""
	e = d.branch(e, s, m, branch, why)
	e.StepDue = laterOf(e.StepDue, at)
	return e, nil, true
}

// calls reports whether a webhook step is taken: it was called already, or is not left out.
func (d *decider) calls(e Enrolment, s Step, m timing) bool {
	if e.Called == s.ID {
		return true
	}
	why, _ := d.leftOut(e, s, m)
	return why == nil
}

// awaitedCall is the call that an enrolment waits for; nil: it is not stored.
func (d *decider) awaitedCall(e Enrolment) *Call {
	if k := d.f.Call; k != nil && k.ID == e.Awaited() {
		return k
	}
	return nil
}

// askedAt is when an enrolment that waits for a call is asked again.
func (d *decider) askedAt(e Enrolment, before time.Time) time.Time {
	switch k := d.awaitedCall(e); {
	case d.called:
		return d.now.Add(askCall)
	case k == nil || k.Ended():
		return d.now
	case before.After(d.now):
		return before
	}
	return d.now.Add(askCallAgain)
}

// notify notifies a colleague. Nothing waits for that.
func (d *decider) notify(e Enrolment, s Step, m timing) (Enrolment, []Action) {
	decision := Decision{At: d.now, Step: s.ID, Outcome: string(s.Do), Reasons: []Reason{d.dueReason(m)}}
	var actions []Action
	if e.Arm == Treated {
		actions = []Action{d.planCall(e, s, s.Notify.Kind())}
	} else {
		decision.Outcome = "held out"
		decision.Reasons = append(decision.Reasons, fail(CheckArm, "the customer is in the %s", e.Arm))
	}
	e.log(decision)
	return d.goOn(e, m, s.Next), actions
}

// planCall is the call of a step. It is tried from now on: a step that was due before, in a pause
// or an outage, has its whole time.
func (d *decider) planCall(e Enrolment, s Step, kind CallKind) PlanCall {
	return PlanCall{Call{
		ID: NewCallID(e, s.ID), Shop: e.Shop, Campaign: d.c.ID, Version: d.c.Version, Enrolment: e.ID, Entry: e.Entry, Step: s.ID, Kind: kind,
		Customer: e.Customer, Order: e.Order, Checkout: e.Checkout, Cause: e.Cause,
		State: CallPlanned, PlannedAt: d.now, DueAt: d.now, Until: d.now.Add(s.callIn()),
	}}
}
