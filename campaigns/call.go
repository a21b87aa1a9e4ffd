package campaigns

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"slices"
	"strings"
	"time"
)

// Call is one call that a step makes to the world outside: a webhook, or a notification of a
// colleague. One entry of an enrolment has one call of a step, whatever happens. What it says and
// where it goes is in the campaign's file, and is not stored with it. Claim, Fence, LeaseUntil and
// Rev belong to the store.
type Call struct {
	ID        string   `bson:"_id"` // NewCallID
	Shop      string   `bson:"shop"`
	Campaign  string   `bson:"campaign"`
	Version   int      `bson:"version"`
	Enrolment string   `bson:"enrolment"`
	Entry     int      `bson:"entry"`
	Step      string   `bson:"step"`
	Kind      CallKind `bson:"kind"`
	Customer  string   `bson:"customer"`
	Order     string   `bson:"order,omitempty"`
	Checkout  string   `bson:"checkout,omitempty"`
	Cause     string   `bson:"cause,omitempty"` // event id

	State     CallState `bson:"state"`
	Reason    string    `bson:"reason,omitempty"` // of the last attempt, or of the end, for people
	Status    int       `bson:"status,omitempty"` // HTTP status of the last answer; 0: there was none
	Attempts  int       `bson:"attempts"`
	PlannedAt time.Time `bson:"planned_at"`
	DueAt     time.Time `bson:"due_at,omitempty"`   // absent: it has ended, and its enrolment knows
	Until     time.Time `bson:"until"`              // no attempt is planned after it
	TriedAt   time.Time `bson:"tried_at,omitempty"` // the last attempt
	EndedAt   time.Time `bson:"ended_at,omitempty"`

	Claim      string    `bson:"claim,omitempty"`
	Fence      int64     `bson:"fence"`
	LeaseUntil time.Time `bson:"lease_until,omitempty"`
	Rev        int64     `bson:"rev"`
}

// CallKind distinguishes calls.
type CallKind string

// The kinds of calls.
const (
	// CallWebhook posts to an address of the shop's own.
	CallWebhook CallKind = "webhook"
	// CallRobot posts to the robot of a group of colleagues.
	CallRobot CallKind = "robot"
	// CallMail mails a colleague.
	CallMail CallKind = "mail"
)

// CallState is the progress of a call.
type CallState string

// The states of a call. All but CallPlanned are final.
const (
	// CallPlanned: it is still to be answered.
	CallPlanned CallState = "planned"
	// CallDone: the receiver took it.
	CallDone CallState = "done"
	// CallFailed: the receiver refused it, or did not take it in time.
	CallFailed CallState = "failed"
	// CallCancelled: its enrolment ended before.
	CallCancelled CallState = "cancelled"
)

// CallStates lists the states of calls. The caller owns the result.
func CallStates() []CallState {
	return []CallState{CallPlanned, CallDone, CallFailed, CallCancelled}
}

// Ended reports whether nothing more is tried.
func (k Call) Ended() bool { return k.State != CallPlanned }

// NewCallID is the id of the call that a step makes for an enrolment.
func NewCallID(e Enrolment, step string) string { return NewMessageID(e, step) }

// WebhookID is the id by which a receiver recognises a repeated call. It depends on the call's id
// alone, and reveals neither the shop nor the customer.
func (k Call) WebhookID() string {
	sum := sha256.Sum256([]byte(k.ID))
	return "msg_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26])
}

// CallAnswer is what became of one attempt of a call.
type CallAnswer struct {
	Status int           // HTTP status; 0: no answer was read
	Done   bool          // the receiver took it
	Final  bool          // it was refused for good
	After  time.Duration // the receiver wants no attempt before that; 0: it does not say
	Waits  time.Duration // it was not tried, and is to be tried after that; 0: it was tried
	Reason string        // for people, without the address and without what was said
}

// After is the call after an attempt at now. One that nobody took is repeated after a growing time,
// the last time at Until.
func (k Call) After(a CallAnswer, now time.Time) Call {
	k.Reason = a.Reason
	if a.Waits > 0 {
		if k.DueAt = now.Add(a.Waits); k.DueAt.After(k.Until) {
			return k.failed(now)
		}
		return k
	}
	k.Status, k.TriedAt = a.Status, now
	k.Attempts++
	switch {
	case a.Done:
		k.State, k.EndedAt = CallDone, now
		return k
	case a.Final, !now.Before(k.Until), now.Add(a.After).After(k.Until):
		return k.failed(now)
	}
	k.DueAt = earlierOf(now.Add(max(k.pause(), a.After)), k.Until)
	return k
}

// End ends a call without an attempt.
func (k Call) End(state CallState, why string, now time.Time) Call {
	k.State, k.Reason, k.EndedAt = state, why, now
	return k
}

func (k Call) failed(now time.Time) Call { return k.End(CallFailed, k.Reason, now) }

// pauses are the times between attempts; the last one repeats.
func pauses() []time.Duration {
	return []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute}
}

// pause is the time before the next attempt: up to a fifth more or less than planned, so that the
// calls that one outage stopped do not come back at one moment. It is drawn by a hash.
func (k Call) pause() time.Duration {
	list := pauses()
	planned := list[min(max(k.Attempts, 1), len(list))-1]
	sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(k.ID), uint32(k.Attempts)))
	share := float64(binary.BigEndian.Uint32(sum[:4])) / (1 << 32)
	return (planned*4/5 + time.Duration(share*float64(planned)*2/5)).Round(time.Millisecond)
}

// Resumed is the call as its campaign lets it be: since a pause, or since another version took over,
// it has its whole time again.
func (k Call) Resumed(c *Campaign, s Step) Call {
	if c.StateAt.After(k.PlannedAt) {
		k.Until = laterOf(k.Until, c.StateAt.Add(s.callIn()))
	}
	return k
}

// Goes decides whether a call may be made now, with its enrolment as it is stored now. If not, the
// call is ended as the answer says.
func (k Call) Goes(c *Campaign, e Enrolment, now time.Time) (end Call, goes bool) {
	switch {
	case c.State == Archived:
		return k.End(CallCancelled, "the campaign is archived", now), false
	case e.ID != k.Enrolment || e.Entry != k.Entry:
		return k.End(CallCancelled, "its enrolment does not exist any more", now), false
	case e.State != Enrolled && e.State != Finished:
		return k.End(CallCancelled, "the enrolment is "+string(e.State)+": "+e.Reason, now), false
	case k.Attempts == 0 && now.After(k.Until):
		return k.End(CallFailed, "it could not be made in time: the receiver was too slow with the calls before", now), false
	}
	return k, true
}

// Calls reports whether a step of the campaign calls the world outside.
func (c *Campaign) Calls() bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Do == DoWebhook || s.Do == DoNotify })
}

// awaitsCalls reports whether a step of the campaign waits for the end of a call.
func (c *Campaign) awaitsCalls() bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Do == DoWebhook })
}

// StepOf is the step that makes a call; ok is false where the campaign has none of that id.
func (c *Campaign) StepOf(k Call) (s Step, ok bool) {
	i := slices.IndexFunc(c.Steps, func(s Step) bool { return s.ID == k.Step })
	if i < 0 {
		return Step{}, false
	}
	return c.Steps[i], true
}

// Awaited is the id of the call whose end the enrolment waits for; empty: it waits for none.
func (e Enrolment) Awaited() string {
	if e.Called == "" {
		return ""
	}
	return NewCallID(e, e.Called)
}

// Wake asks to decide again about an enrolment that waits for a call of a step.
type Wake struct {
	Enrolment string
	Entry     int
	Step      string
}

// Wakes is the wake of the call's enrolment; ok is false where nobody waits.
func (k Call) Wakes() (w Wake, ok bool) {
	return Wake{k.Enrolment, k.Entry, k.Step}, k.Kind == CallWebhook
}

// CallSecret is the secret that signs the calls of a shop.
type CallSecret struct {
	Key           []byte
	CreatedAt     time.Time
	Previous      []byte    // the one before, which still signs; nil: none
	PreviousUntil time.Time // how long it does
}

// Keys are the secrets that sign now.
func (x CallSecret) Keys() [][]byte {
	if len(x.Previous) == 0 {
		return [][]byte{x.Key}
	}
	return [][]byte{x.Key, x.Previous}
}
