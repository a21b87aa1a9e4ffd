package campaigns

import (
	"time"

	"comeback/commerce"
)

// Explanation says why a customer is in a campaign, or is not.
type Explanation struct {
	Campaign *Campaign // the version that enters, else the newest
	Customer commerce.Customer
	At       time.Time

	Causes     []Outlook   // what may make the customer enter, the latest first
	Enrolments []Enrolment // of the customer and all aliases
	Messages   []Outstanding
}

// Outlook is a cause and what became, or would become, of it.
type Outlook struct {
	Considered
	Outcome string // entered; held: waits for the end of a pause; would enter; refused
	Reason  string // why it is not in, for people
}

// Outstanding is a message and, where it is not at its end, what HandOver would
// say of it now.
type Outstanding struct {
	Message
	Checks []Reason
}

// NewOutlook sums up what is known of a cause: the checks made now, the entry it
// made before, and what a pause made of it.
func NewOutlook(x Considered, before Enrolment, held Watch) Outlook {
	o := Outlook{Considered: x, Outcome: "would enter"}
	why, out := x.Why()
	switch {
	case before.Cause == x.Event.ID && before.State != "":
		o.Outcome = "entered"
	case held.Cause == x.Event.ID && held.Outcome != "":
		o.Outcome, o.Reason = held.Outcome, held.Reason
	case held.Cause == x.Event.ID && held.Cause != "":
		o.Outcome, o.Reason = "held", "the campaign is paused: asked again when it goes on"
	case out:
		o.Outcome, o.Reason = "refused", why.Text
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
	if len(x.Causes) == 0 {
		return "nothing of this customer is a cause of the campaign: no such event of an order or checkout is known"
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
	case e.DueAt.IsZero():
		return ", step " + e.StepID + " waits for a date of the order"
	}
	return ", step " + e.StepID + " is due " + stamp(e.DueAt)
}
