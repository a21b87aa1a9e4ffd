package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Enrolment is the progress of one key through one campaign: one document for each
// campaign and key. A later entry has the same id and Entry + 1. Only Decide
// changes it (and Merged, at hand-over). Claim, Fence, LeaseUntil and Rev belong to
// the store; Decide leaves them unchanged.
type Enrolment struct {
	ID       string `bson:"_id"` // EnrolmentID: no version in it
	Shop     string `bson:"shop"`
	Campaign string `bson:"campaign"`
	Version  int    `bson:"version"` // the version it runs on
	Entry    int    `bson:"entry"`   // from 1

	State  EnrolmentState `bson:"state"`
	Reason string         `bson:"reason,omitempty"` // why it ended, for people
	Arm    Arm            `bson:"arm"`

	ByShop   bool   `bson:"by_shop,omitempty"` // Arm is HeldOut by the shop-wide holdout
	Customer string `bson:"customer"`
	Order    string `bson:"order,omitempty"`    // the order of the entry; of a lapse, the last paid one
	Checkout string `bson:"checkout,omitempty"` // the checkout of the entry

	Cause   string    `bson:"cause"` // event id
	CauseAt time.Time `bson:"cause_at"`
	BeganAt time.Time `bson:"began_at"` // the first wait and the goal's window start here: CauseAt, of a time trigger its due time

	EnteredAt   time.Time `bson:"entered_at"`
	ReceivedAt  time.Time `bson:"heard_at,omitempty"` // when the cause was first received, if a pause postponed the entry; else EnteredAt
	Backfill    bool      `bson:"backfill,omitempty"` // the cause is older than the campaign's start
	EndedAt     time.Time `bson:"ended_at,omitempty"`
	ConvertedAt time.Time `bson:"converted_at,omitempty"` // when the goal was reached; of order.paid, paid_at

	Step    int       `bson:"step"`              // index of the step to take next
	StepID  string    `bson:"step_id"`           // its id, "" when none is left
	StepDue time.Time `bson:"step_due"`          // when the step before was due: waits start here
	DueAt   time.Time `bson:"due_at,omitempty"`  // when Decide must be asked again; absent: only on an event
	Sending string    `bson:"sending,omitempty"` // the last step that was sent, or held out: the next one waits for it
	TookAt  time.Time `bson:"took_at,omitempty"` // when that step was taken
	Called  string    `bson:"called,omitempty"`  // the webhook step whose call has not ended; empty: none
	Late    bool      `bson:"late,omitempty"`    // a step was left out because its time was over at the entry: see overAtEntry

	Claim      string    `bson:"claim,omitempty"`
	Fence      int64     `bson:"fence"`
	LeaseUntil time.Time `bson:"lease_until,omitempty"`
	Rev        int64     `bson:"rev"`

	Past     []PastEntry `bson:"past,omitempty"`      // the entries before, oldest first
	PastOpen bool        `bson:"past_open,omitempty"` // one of them may yet reach its goal
	Recount  bool        `bson:"recount,omitempty"`   // the figures of its entries have changed and must be counted

	Log []Decision `bson:"log"` // what was decided and why, the last 40
}

// EnrolmentState is the progress of an enrolment. All states but Enrolled are ended.
type EnrolmentState string

// The states of an enrolment. Finished, Exited and Superseded become Converted if
// the goal is reached in time after all.
const (
	// Enrolled: steps are still to come.
	Enrolled EnrolmentState = "active"
	// Finished: no step is left; the last message may still be on the way.
	Finished EnrolmentState = "finished"
	// Converted: the goal was reached in time.
	Converted EnrolmentState = "converted"
	// Exited: ended by an exit that is no goal.
	Exited EnrolmentState = "exited"
	// Superseded: a newer order or enrolment took its place.
	Superseded EnrolmentState = "superseded"
	// Merged: another enrolment of the same person continues.
	Merged EnrolmentState = "merged"
)

// Before is the id of the message that the next step must not overtake; empty if
// this entry has none.
func (e Enrolment) Before() string {
	if e.Sending == "" || e.Arm != Treated {
		return ""
	}
	return NewMessageID(e, e.Sending)
}

// Ended reports whether the enrolment takes no more steps. The zero value, an
// enrolment that never entered, has not ended.
func (e Enrolment) Ended() bool { return e.State != "" && e.State != Enrolled }

// ReceivingStates lists the states in which events still matter: the enrolment runs,
// or its last message is on the way, or the goal may still be reached. A shop may
// cancel an order, for example, and then accept its payment.
func ReceivingStates() []EnrolmentState {
	return []EnrolmentState{Enrolled, Finished, Exited, Superseded}
}

// ReceivesEvents reports whether e is in one of ReceivingStates.
func (e Enrolment) ReceivesEvents() bool { return slices.Contains(ReceivingStates(), e.State) }

// Arm is the side of the experiment an enrolment is on.
type Arm string

// The arms.
const (
	// Treated enrolments send.
	Treated Arm = "treated"
	// HeldOut enrolments take every step but send nothing.
	HeldOut Arm = "holdout"
)

// Decision is one decision with its time and reasons.
type Decision struct {
	At      time.Time `bson:"at"`
	Step    string    `bson:"step,omitempty"`
	Outcome string    `bson:"outcome"` // entered, refused, planned, skipped, held out, deferred, dropped, sent, ended, ...
	Reasons []Reason  `bson:"reasons"`
}

// Reason is the result of one check behind a decision.
type Reason struct {
	Check Check  `bson:"check"`
	Pass  bool   `bson:"pass"`
	Text  string `bson:"text"`
}

// Check names the subject of a check.
type Check string

// The checks, in the order in which they are made.
const (
	CheckCampaign Check = "campaign" // its state, its hash
	// CheckTrigger: the cause is one of the campaign's trigger and still true.
	CheckTrigger Check = "trigger"
	// CheckExit: no exit or goal has ended the enrolment.
	CheckExit Check = "exit"
	// CheckReentry: the subject may enter again.
	CheckReentry Check = "reentry"
	// CheckAudience: the customer meets the campaign's audience.
	CheckAudience Check = "audience"
	// CheckConsent: the address may be written to.
	CheckConsent Check = "consent"
	// CheckArm: the enrolment is not in the holdout group.
	CheckArm Check = "arm"
	// CheckIf: the step's own condition holds.
	CheckIf   Check = "if"
	CheckTime Check = "time" // waits, expiry
	// CheckCall: the receiver of a webhook took it.
	CheckCall Check = "call"
	// CheckBranch: the branch of a split.
	CheckBranch Check = "branch"
	// CheckChannel: of several channels, the one that reaches the customer.
	CheckChannel Check = "channel"
	// CheckAddress: the customer has an address of the channel.
	CheckAddress Check = "address"
	// CheckSuppression: the address is not suppressed.
	CheckSuppression Check = "suppression"
	// CheckFreeze: no refund or ticket of the customer is open.
	CheckFreeze Check = "freeze"
	// CheckWants: no other campaign goes before this one.
	CheckWants Check = "arbitration"
	// CheckCap: neither a cap of the campaign nor the limit of the address is reached.
	CheckCap Check = "cap"
	// CheckQuiet: it is not quiet at the customer's.
	CheckQuiet Check = "quiet"
	// CheckLink: a mail can lead to the page on which the order is paid or the checkout finished.
	CheckLink Check = "link"
	// CheckMerge: no other enrolment of the same person continues.
	CheckMerge Check = "merge"
	// CheckFault: nothing could be decided, as of a damaged record; the log of the service says more.
	CheckFault Check = "fault"
)

// Watch is a time trigger of one customer or of one event that nothing followed, or a
// cause that a pause postponed. It is decided at DueAt.
type Watch struct {
	ID       string `bson:"_id"` // Key(shop, campaign, customer...); of an event MissingID; of a postponed cause PostponedID
	Shop     string `bson:"shop"`
	Campaign string `bson:"campaign"`
	Customer string `bson:"customer"`

	DueAt   time.Time `bson:"due_at,omitempty"` // absent: entered or refused, until there is another cause
	Cause   string    `bson:"cause"`            // id of the event that is waited for, or at which the time starts
	CauseAt time.Time `bson:"cause_at"`

	ReceivedAt time.Time `bson:"heard_at,omitempty"` // of a postponed cause: when it was received, during the pause
	Decided    string    `bson:"decided,omitempty"`  // of a time trigger: the cause that was decided last
	Outcome    string    `bson:"outcome,omitempty"`  // of Decided, or of a postponed cause: entered or refused
	Reason     string    `bson:"reason,omitempty"`   // of Outcome, for people

	Next *Watch `bson:"-"` // the watch to store where Cause is decided already: of the next occurrence of a date
	Late bool   `bson:"-"` // over before it was known: it only brings a stored watch of the same cause forward

	Claim      string    `bson:"claim,omitempty"`
	Fence      int64     `bson:"fence"`
	LeaseUntil time.Time `bson:"lease_until,omitempty"`
	Rev        int64     `bson:"rev"`
}

// PostponedID is the id of the watch that stores a cause during a campaign's pause.
func PostponedID(shop, campaign, event string) string {
	return commerce.Key(shop, campaign, "held", event)
}

// Resumed is the watch of a postponed cause after Decide returned e for it.
func (w Watch) Resumed(e Enrolment) Watch {
	w.DueAt, w.Outcome, w.Reason = time.Time{}, "entered", ""
	if e.Cause == w.Cause {
		return w
	}
	w.Outcome, w.Reason = "refused", "the campaign is over"
	if len(e.Log) > 0 {
		if last := e.Log[len(e.Log)-1]; len(last.Reasons) > 0 {
			w.Reason = last.Reasons[len(last.Reasons)-1].Text
		}
	}
	return w
}

// EnrolmentID is the id of the campaign's enrolment for subject. subject is the id
// of an order or a checkout under ByOrder, of a customer under ByCustomer. An id
// that commerce.Key did not make is Invalid.
func EnrolmentID(c *Campaign, shop, subject string) (string, error) {
	parts, err := commerce.SplitKey(subject)
	if err != nil || len(parts) < 2 {
		return "", commerce.Errorf(commerce.Invalid, "enrolment in %s: %q is not the id of an order, a checkout or a customer", c.ID, subject)
	}
	key := []string{shop, c.ID}
	if c.Key == ByOrder && c.onCheckout() {
		key = append(key, "checkout") // an order may have the same number
	}
	return commerce.Key(append(key, parts[1:]...)...), nil
}

// log adds a decision and removes the oldest above the limit.
func (e *Enrolment) log(d Decision) { e.Log = bounded(e.Log, d, 40) }

func bounded(list []Decision, d Decision, most int) []Decision {
	list = append(list[:len(list):len(list)], d)
	return list[max(len(list)-most, 0):]
}
