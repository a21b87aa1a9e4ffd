package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Explanation shows why a customer is in a campaign, or is not.
type Explanation struct {
	Campaign *Campaign // the version that enters, else the newest
	Customer commerce.Customer
	At       time.Time

	Causes     []CauseOutcome // what may make the customer enter, the latest first
	Enrolments []Enrolment    // of the customer and all aliases
	Messages   []ExplainedMessage
}

// CauseOutcome is a cause with its actual or expected outcome.
type CauseOutcome struct {
	Assessment
	Outcome string // entered; held: postponed by a pause; waits: its time is not over; would enter; refused
	Reason  string // why the customer did not enter, for people
}

// ExplainedMessage is a message with the checks of HandOver as of now, unless its
// state is final.
type ExplainedMessage struct {
	Message
	Checks []Reason
}

// NewCauseOutcome sums up what is known of a cause: the checks made now, the entry
// that it made before, and the watch of its time, or of a pause that postponed it.
func NewCauseOutcome(x Assessment, before Enrolment, held Watch) CauseOutcome {
	o := CauseOutcome{Assessment: x, Outcome: "would enter"}
	why, out := x.Why()
	postponed := held.Cause == x.Event.ID && !held.ReceivedAt.IsZero()
	switch {
	case before.Cause == x.Event.ID && before.State != "":
		o.Outcome = "entered"
	case postponed && held.Outcome != "", held.Decided != "" && held.Decided == x.Event.ID:
		o.Outcome, o.Reason = held.Outcome, held.Reason
	case held.Cause == x.Event.ID && held.DueAt.After(x.at):
		if o.Outcome, o.Reason = "waits", "decided at "+stamp(held.DueAt); out {
			o.Reason = why.Text
		}
	case postponed:
		o.Outcome, o.Reason = "held", "the campaign is paused: decided when it resumes"
	case out:
		o.Outcome, o.Reason = "refused", why.Text
	}
	return o
}

// NewRunOutcome is NewCauseOutcome for a run. What a run saw of a customer whom it refused is
// not stored: the checks are those of now.
func NewRunOutcome(x Assessment, before Enrolment, r Run) CauseOutcome {
	o := NewCauseOutcome(x, before, Watch{})
	if o.Outcome == "entered" || slices.ContainsFunc(before.Past, func(e PastEntry) bool { return e.Cause == x.Event.ID }) {
		o.Outcome, o.Reason = "entered", ""
		return o
	}
	passed := r.State == RunDone || r.BeganAt.After(time.Time{}) && x.number <= r.Passed
	switch {
	case r.State == RunMissed || r.State == RunEnded && !passed:
		o.Outcome, o.Reason = "refused", "the run of "+r.Local+" passed nobody more: "+r.Reason
	case passed && o.Outcome == "would enter":
		o.Outcome, o.Reason = "refused", "the run of "+r.Local+" passed the customer before, and did not let the customer enter then"
	}
	return o
}

// Summary is the answer in one line.
func (x Explanation) Summary() string {
	for _, e := range x.Enrolments {
		if e.State == Enrolled {
			return "under way since " + stamp(e.EnteredAt) + nextStep(e)
		}
	}
	if len(x.Causes) == 0 && x.Campaign.OnCustomer() {
		return "nothing made this customer enter: they have no event of the campaign's trigger"
	}
	if len(x.Causes) == 0 {
		return "nothing made this customer enter: no order or checkout of theirs has an event of the campaign's trigger"
	}
	latest := x.Causes[0]
	if latest.Outcome == "entered" {
		for _, e := range x.Enrolments {
			if e.Cause == latest.Event.ID {
				return "entered on " + stamp(e.EnteredAt) + ", " + string(e.State) + ": " + e.Reason
			}
		}
	}
	if latest.Reason == "" {
		return latest.Outcome
	}
	return latest.Outcome + ": " + latest.Reason
}

func nextStep(e Enrolment) string {
	switch {
	case e.StepID == "":
		return ", no step is left"
	case e.Called == e.StepID:
		return ", step " + e.StepID + " waits for the answer to its call"
	case e.DueAt.IsZero():
		return ", step " + e.StepID + " waits for a date of the order"
	}
	return ", step " + e.StepID + " is due " + stamp(e.DueAt)
}
