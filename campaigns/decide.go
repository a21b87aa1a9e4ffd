package campaigns

import (
	"time"

	"comeback/commerce"
)

// Action is something that the caller must do to carry a decision out.
type Action interface{ action() }

// Plan asks to insert Message unless its id exists. Existing is success.
type Plan struct{ Message Message }

// Cancel asks to set the messages of Enrolment and Entry that are Planned or
// Deferred to Cancelled with Reason. A claimed message is left; HandOver stops it.
type Cancel struct {
	Enrolment string
	Entry     int
	Reason    string
}

// Postpone asks to store a cause that arrives while the campaign is paused and
// would otherwise let its subject enter. If Watch's id exists already, nothing is
// to do. After the pause the watch is due and Decide is asked OnTrigger again.
type Postpone struct{ Watch Watch }

func (Plan) action()     {}
func (Postpone) action() {}
func (Cancel) action()   {}

// Outcome is HandOver's decision about a message.
type Outcome string

// The outcomes of HandOver.
const (
	// Go: hand the message over.
	Go Outcome = "go"
	// Defer: ask again at Until.
	Defer Outcome = "defer"
	// Wait: the campaign is paused. Leave the message planned and due; it is taken up when the
	// campaign resumes.
	Wait Outcome = "wait"
	// Drop: never send it; set State.
	Drop Outcome = "drop"
)

// Verdict is HandOver's answer with the checks that were made, in order. The last
// check decided.
type Verdict struct {
	Outcome Outcome
	Until   time.Time
	State   MessageState   // of Drop: Cancelled or Suppressed
	Ends    EnrolmentState // "": leave the enrolment; else end it in this state, by compare-and-set
	Route   Route          // of a step with several: the one that the message takes now; else zero
	Reasons []Reason
}

// Why is the reason that decided, for people.
func (v Verdict) Why() string {
	if len(v.Reasons) == 0 {
		return ""
	}
	return v.Reasons[len(v.Reasons)-1].Text
}

// Decide decides what happens to an enrolment on an occasion. It is pure: the
// same arguments give the same answer. The caller
//
//  1. fetches what Needs lists,
//  2. asks Decide,
//  3. does the actions in order, each idempotent, then
//  4. stores the returned enrolment where it changed (Changed; there may be
//     actions without a change): insert-if-absent when Rev is 0, else
//     compare-and-set on Rev (and, for OnDue, on its claim), with Claim and
//     LeaseUntil cleared and Rev + 1; then lowers the shop's next due time to
//     DueAt and to the messages' DueAt.
//
// A lost compare-and-set means that another worker decided: read again and start
// over at 1. An enrolment that is returned with State "" did not enter: store
// nothing; its Log gives the reason. Decide decides about e alone: the caller
// passes an event to every enrolment of its order or customer in one of
// ReceivingStates, and to these before it asks OnTrigger.
func Decide(c *Campaign, e Enrolment, o Occasion, f Facts, now time.Time) (Enrolment, []Action) {
	d := newDecider(c, f, now)
	switch o.Kind {
	case OnTrigger:
		return d.enter(e, o.Event, o.ReceivedAt)
	case OnRun:
		return d.pass(e, o)
	case OnEvent:
		return d.receive(e, o.Event)
	default:
		return d.advance(e)
	}
}

// HandOver decides whether a claimed message may be handed over now. Ask it last,
// just before rendering. e is the message's enrolment as stored now. A cap counts
// only the given sends, so hand the messages of one customer over one by one.
// Write the answer to the message with Message.Apply and store it under the claim;
// on Ends, end the enrolment too.
func HandOver(c *Campaign, m Message, e Enrolment, f Facts, now time.Time) Verdict {
	return newDecider(c, f, now).handOver(m, e)
}

// WatchOf is the watch of a campaign with a time of customers, from the profile as it is
// now. It needs the facts shop, customer and Params. ok is false without such a trigger,
// or where the customer has no such time. Upsert the watch by ID whenever the profile
// is written. Leave the stored one if it has the same Cause and is not due later: it may
// have been decided already. If Cause is what the stored one has as Decided, take Next
// instead, if there is one. A lapse that was over before it was known does not enter
// without a backfill (Current).
func WatchOf(c *Campaign, f Facts, now time.Time) (w Watch, ok bool) {
	w, none := newDecider(c, f, now).watchOf()
	return w, none == nil
}

// Current reports whether a new watch is to be stored. A lapse that is over already is
// not, unless the campaign has a backfill: the customer lapsed before the campaign was
// active, or before the shop was connected.
func (c *Campaign) Current(w Watch, now time.Time) bool {
	return c.Backfill || c.Trigger.Date != nil || !w.DueAt.Before(now)
}

// DecideWatch decides what happens to a watch that is due, and to the enrolment
// under Campaign.Watched (or the zero value). It computes the time again from the facts
// as they are now. If that is later, the watch gets a new DueAt. Otherwise the customer
// enters or is refused, and the watch waits for the next occurrence of its date, or
// has no DueAt. The protocol is that of Decide: store the enrolment first, the watch last.
func DecideWatch(c *Campaign, w Watch, e Enrolment, f Facts, now time.Time) (Watch, Enrolment, []Action) {
	return newDecider(c, f, now).watch(w, e)
}

// Changed reports whether a decision changed more than the log of an enrolment.
// Only then must the enrolment be stored.
func Changed(before, after Enrolment) bool {
	return before.State != after.State || before.Entry != after.Entry || before.Step != after.Step ||
		!before.DueAt.Equal(after.DueAt) || before.Called != after.Called || before.converted() != after.converted()
}

// receive passes an event to an enrolment. The enrolment may end, reach its goal, or
// get a new due time for its next step.
func (d *decider) receive(e Enrolment, ev commerce.Event) (Enrolment, []Action) {
	d.f.Events = append(d.f.Events[:len(d.f.Events):len(d.f.Events)], ev)
	e = d.receivePast(e)
	if !e.ReceivesEvents() {
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
	if !d.c.Runs() {
		return e, nil
	}
	if why := d.leftAudience(e); why != "" {
		return d.end(e, Exited, why), nil
	}
	e, actions := d.leave(e)
	for e.State == Enrolled && e.Step < len(d.c.Steps) {
		s := d.c.Steps[e.Step]
		m := d.timing(e, s)
		if calling := e.Called == s.ID && s.Do == DoWebhook; !calling && m.skip == "" && (m.due.IsZero() || m.early.After(d.now)) {
			return d.schedule(e), actions
		}
		if s.Do == DoWaitFor && m.skip == "" {
			var ended bool
			if e, ended = d.await(e, s, m); !ended {
				return d.schedule(e), actions
			}
			continue
		}
		var done []Action
		if s.Do == DoWebhook && d.calls(e, s, m) {
			var ended bool
			e, done, ended = d.call(e, s, m)
			if actions = append(actions, done...); !ended {
				return d.schedule(e), actions
			}
			continue
		}
		e, done = d.take(e, s, m)
		actions = append(actions, done...)
	}
	if e.State == Enrolled {
		e = d.end(e, Finished, "every step was taken")
	}
	return e, actions
}

// leave ends e if an exit happened, and records the goal.
func (d *decider) leave(e Enrolment) (Enrolment, []Action) {
	if at, ok := d.goalReached(e); ok && e.ConvertedAt.IsZero() {
		e.ConvertedAt, e.Recount = at, true
		if e.State != Enrolled {
			e.State, e.Reason = Converted, "goal reached"
		}
		e.log(Decision{At: d.now, Outcome: "goal reached", Reasons: []Reason{pass(CheckExit, "at %s", stamp(at))}})
	}
	x, by, left := d.firstExit(e)
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

// endOf is the state of e after an exit. An exit as a goal counts only while the
// payment is not taken back, and within the time of the campaign's goal if it has
// one.
func (d *decider) endOf(e Enrolment, x Exit) EnrolmentState {
	if x.As != Converted {
		return x.As
	}
	by, _ := d.first(e, x.test(), x.Same, time.Time{})
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

// End ends an enrolment as a verdict's Ends asks. It returns e unchanged if Ends is
// empty or e has ended.
func End(e Enrolment, v Verdict, now time.Time) Enrolment {
	if v.Ends == "" || e.State != Enrolled {
		return e
	}
	d := decider{now: now.UTC().Truncate(time.Millisecond)}
	return d.end(e, v.Ends, v.Why())
}
