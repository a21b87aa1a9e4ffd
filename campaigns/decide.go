package campaigns

import (
	"time"

	"comeback/commerce"
)

// Action is something the caller must do for a decision to hold.
type Action interface{ action() }

// Plan asks to insert Message unless its id exists. Existing is success.
type Plan struct{ Message Message }

// Cancel asks to set the messages of Enrolment and Entry that are Planned or
// Deferred to Cancelled with Reason. A claimed one is left: HandOver stops it.
type Cancel struct {
	Enrolment string
	Entry     int
	Reason    string
}

// Keep asks to keep a cause that would have made its subject enter, but for the
// pause of the campaign, unless it is kept: it is due, and asked OnTrigger again,
// once the pause is over.
type Keep struct{ Watch Watch }

func (Plan) action()   {}
func (Keep) action()   {}
func (Cancel) action() {}

// Outcome is what may be done with a message now.
type Outcome string

// Go: hand it over. Defer: ask again at Until. Wait: the campaign is paused,
// leave it planned and due; resuming rings. Drop: never; put it in State.
const (
	Go    Outcome = "go"
	Defer Outcome = "defer"
	Wait  Outcome = "wait"
	Drop  Outcome = "drop"
)

// Verdict is HandOver's answer with every check that was made, in order; the
// last is the one that decided.
type Verdict struct {
	Outcome Outcome
	Until   time.Time
	State   MessageState   // of Drop: Cancelled or Suppressed
	Ends    EnrolmentState // "": leave the enrolment; else end it so, by compare-and-set
	Reasons []Reason
}

// Why is the deciding reason for people.
func (v Verdict) Why() string {
	if len(v.Reasons) == 0 {
		return ""
	}
	return v.Reasons[len(v.Reasons)-1].Text
}

// Decide answers what becomes of an enrolment on an occasion. It is pure: the
// same arguments give the same answer. The caller
//
//  1. fetches what Needs lists,
//  2. asks Decide,
//  3. does the actions in order, each idempotent, then
//  4. stores the returned enrolment where it changed (Changed; there may be
//     actions without a change): insert-if-absent when Rev is 0, else
//     compare-and-set on Rev (and, for OnDue, on its claim), with Claim and
//     LeaseUntil cleared and Rev + 1; then lowers the shop's wake to DueAt and to
//     the messages' DueAt.
//
// A lost compare-and-set means somebody else decided: read again and start over
// at 1. An enrolment that is returned with State "" did not enter: store
// nothing (its Log says why). What is not about e is never decided: events are
// to be told to every enrolment of their order or customer in a state of Hearing,
// running ones before anybody new is asked OnTrigger.
func Decide(c *Campaign, e Enrolment, o Occasion, f Facts, now time.Time) (Enrolment, []Action) {
	d := newDecider(c, f, now)
	switch o.Kind {
	case OnTrigger:
		return d.enter(e, o.Event, o.Heard)
	case OnEvent:
		return d.hear(e, o.Event)
	default:
		return d.advance(e)
	}
}

// HandOver answers whether a claimed message may be handed over now; ask it as
// the last thing before rendering. e is the message's enrolment as stored now.
// A cap sees only the sends it is given: of one customer's messages hand over one
// after the other.
// Put the answer on the message with Message.Apply and store it under the
// claim; on Ends, end the enrolment too.
func HandOver(c *Campaign, m Message, e Enrolment, f Facts, now time.Time) Verdict {
	return newDecider(c, f, now).handOver(m, e)
}

// WatchOf is the watch a time campaign keeps for a customer, from the profile
// as it is now; ok is false where it keeps none (no time trigger, no paid order).
// Upsert it by ID whenever the profile is written, where no watch of that id has
// the same Cause: one already entered stays as it is. Those due before the
// campaign's activation are the caller's to leave out.
func WatchOf(c *Campaign, f Facts) (w Watch, ok bool) {
	return watchOf(c, f)
}

// DecideWatch answers what becomes of a watch whose DueAt has come, and of the
// enrolment under EnrolmentID for its customer (or the zero value). A moved
// profile gives a new DueAt; a met one enters, with that order's payment as the
// cause, and leaves the watch without DueAt. Protocol: as Decide, the enrolment
// first, the watch last.
func DecideWatch(c *Campaign, w Watch, e Enrolment, f Facts, now time.Time) (Watch, Enrolment, []Action) {
	return newDecider(c, f, now).watch(w, e)
}

// Changed tells whether a decision changed more than the log of an enrolment:
// only then need it be stored.
func Changed(before, after Enrolment) bool {
	return before.State != after.State || before.Entry != after.Entry || before.Step != after.Step ||
		!before.DueAt.Equal(after.DueAt) || before.converted() != after.converted()
}

// hear tells a running enrolment of an event: it may leave, reach its goal, or
// have its next step moved.
func (d *decider) hear(e Enrolment, ev commerce.Event) (Enrolment, []Action) {
	d.f.Events = append(d.f.Events[:len(d.f.Events):len(d.f.Events)], ev)
	e = d.hearPast(e)
	if !e.Hears() {
		return e, nil
	}
	next, actions := d.leave(e)
	if next.State != Enrolled {
		return next, actions
	}
	if due := d.schedule(next); !due.DueAt.Equal(next.DueAt) {
		next = due
	}
	return next, actions
}

// advance takes every step that is due.
func (d *decider) advance(e Enrolment) (Enrolment, []Action) {
	if e.State != Enrolled {
		e.DueAt = time.Time{}
		return e, nil
	}
	if d.c.State == Archived {
		return d.end(e, Exited, "the campaign is archived"), []Action{Cancel{e.ID, e.Entry, "the campaign is archived"}}
	}
	if !d.c.runs() {
		return e, nil
	}
	e, actions := d.leave(e)
	for e.State == Enrolled && e.Step < len(d.c.Steps) {
		s := d.c.Steps[e.Step]
		m := d.turn(e, s)
		if m.skip == "" && (m.due.IsZero() || m.early.After(d.now)) {
			return d.schedule(e), actions
		}
		var plan *Plan
		if e, plan = d.take(e, s, m); plan != nil {
			actions = append(actions, *plan)
		}
	}
	if e.State == Enrolled {
		e = d.end(e, Finished, "every step was taken")
	}
	return e, actions
}

// take takes one step: plans its message, or notes why not.
func (d *decider) take(e Enrolment, s Step, m turn) (Enrolment, *Plan) {
	var plan *Plan
	decision := Decision{At: d.now, Step: s.ID, Outcome: "skipped"}
	over := ""
	if m.skip == "" {
		over = d.overAtEntry(e, m)
	}
	switch {
	case m.skip != "":
		decision.Reasons = []Reason{fail(CheckTime, "%s", m.skip)}
	case over != "":
		e.Late = true
		decision.Reasons = []Reason{fail(CheckTime, "%s", over)}
	case !m.expires.IsZero() && !d.now.Before(m.expires):
		e.Late = e.Late || m.due.Before(e.EnteredAt)
		decision.Reasons = []Reason{fail(CheckTime, "due %s, expired %s", stamp(m.due), stamp(m.expires))}
	case !d.holds(s.If, e.Order):
		decision.Reasons = []Reason{fail(CheckIf, "the step's condition does not hold: %s", d.seen(s.If, e.Order))}
	case e.Arm != Treated:
		decision.Outcome, decision.Reasons = "held out", []Reason{d.dueReason(m), fail(CheckArm, "the customer is in the %s", e.Arm)}
		e.Sending, e.TookAt = s.ID, d.now
	default:
		send := d.send(e, s, m)
		plan, decision.Outcome, decision.Reasons = &send, "planned", []Reason{d.dueReason(m)}
		e.Sending, e.TookAt, d.planned = s.ID, d.now, true
	}
	e.log(decision)
	if m.skip == "" {
		e.StepDue = m.due
	}
	e.Step++
	return e, plan
}

// leave ends e where an exit happened, and notes the goal.
func (d *decider) leave(e Enrolment) (Enrolment, []Action) {
	if at, ok := d.reached(e); ok && e.ConvertedAt.IsZero() {
		e.ConvertedAt, e.Recount = at, true
		if e.State != Enrolled {
			e.State, e.Reason = Converted, "goal reached"
		}
		e.log(Decision{At: d.now, Outcome: "goal reached", Reasons: []Reason{pass(CheckExit, "at %s", stamp(at))}})
	}
	x, by, left := d.left(e)
	if !left {
		return d.leaveCheckout(e)
	}
	why := string(by.Kind) + " at " + stamp(by.At)
	cancel := []Action{Cancel{e.ID, e.Entry, why}}
	if e.State != Enrolled {
		return e, cancel
	}
	state := d.endOf(e, x)
	if state == Converted && e.ConvertedAt.IsZero() {
		e.ConvertedAt, e.Recount = by.At, true
	}
	return d.end(e, state, why), cancel
}

// leaveCheckout ends an enrolment whose checkout is none any more, whatever the
// campaign's exits say.
func (d *decider) leaveCheckout(e Enrolment) (Enrolment, []Action) {
	if e.State != Enrolled || e.Checkout == "" {
		return e, nil
	}
	r := d.checkoutOpen()
	if r == nil {
		return e, nil
	}
	return d.end(e, Exited, r.Text), []Action{Cancel{e.ID, e.Entry, r.Text}}
}

// endOf is the state an exit leaves e in. A goal is one only while it holds and
// within the goal's time, where the campaign has one.
func (d *decider) endOf(e Enrolment, x Exit) EnrolmentState {
	if x.As != Converted {
		return x.As
	}
	by, _ := d.first(e, x.Events, x.Same, time.Time{})
	inTime := d.c.Goal == nil || !by.At.After(e.BeganAt.Add(d.c.Goal.Within))
	if d.converts(by) && inTime {
		return Converted
	}
	return Exited
}

func (d *decider) end(e Enrolment, state EnrolmentState, why string) Enrolment {
	e.State, e.Reason, e.EndedAt = state, why, d.now
	e.StepID, e.DueAt = "", time.Time{}
	reason := Reason{Check: CheckExit, Pass: state != Merged, Text: string(state) + ": " + why}
	e.log(Decision{At: d.now, Outcome: "ended", Reasons: []Reason{reason}})
	return e
}

// End ends an enrolment as a verdict's Ends asks. It answers e unchanged where
// it asks nothing or e has ended.
func End(e Enrolment, v Verdict, now time.Time) Enrolment {
	if v.Ends == "" || e.State != Enrolled {
		return e
	}
	d := decider{now: now.UTC().Truncate(time.Millisecond)}
	return d.end(e, v.Ends, v.Why())
}
