package campaigns

import (
	"strconv"
	"time"

	"comeback/commerce"
)

// Message is the intent to send one step's message once, and its result. Decide
// plans it; the hand-over moves it through the other states.
type Message struct {
	ID        string `bson:"_id"` // Key(shop, campaign, key..., entry, step): no version in it
	Shop      string `bson:"shop"`
	Campaign  string `bson:"campaign"`
	Version   int    `bson:"version"`
	Hash      string `bson:"hash"` // of the campaign's JSON
	Enrolment string `bson:"enrolment"`
	Entry     int    `bson:"entry"`
	Step      string `bson:"step"`
	Template  string `bson:"template"`
	Channel   string `bson:"channel"`
	Class     Class  `bson:"class"`
	Arm       Arm    `bson:"arm"` // always Treated: the held out get none

	Customer string `bson:"customer"`
	Order    string `bson:"order,omitempty"`
	Checkout string `bson:"checkout,omitempty"`

	State       MessageState `bson:"state"`
	DueAt       time.Time    `bson:"due_at,omitempty"`      // only while Planned or Deferred
	FirstDue    time.Time    `bson:"first_due,omitempty"`   // DueAt as planned, before anything put it off
	PutOffTo    time.Time    `bson:"put_off_to,omitempty"`  // the end of a deferral by quiet hours or a cap: until then it is not late
	Awaits      string       `bson:"awaits,omitempty"`      // the stream of the domain that it waits for
	AwaitsFrom  time.Time    `bson:"awaits_from,omitempty"` // its due time before it waited
	ExpiresAt   time.Time    `bson:"expires_at,omitempty"`
	OnUncertain OnUncertain  `bson:"on_uncertain"`
	PlannedAt   time.Time    `bson:"planned_at"`

	Claim      string    `bson:"claim,omitempty"`
	Fence      int64     `bson:"fence"`
	LeaseUntil time.Time `bson:"lease_until,omitempty"`
	Attempts   int       `bson:"attempts"`
	Rev        int64     `bson:"rev"`

	MessageID string               `bson:"message_id,omitempty"` // of the RFC 5322 header, the same for every attempt
	Recipient commerce.AddressHash `bson:"recipient,omitempty"`  // the address it was sent to
	Rendered  time.Time            `bson:"rendered,omitempty"`   // the Date header: fixed at the first rendering
	Subject   string               `bson:"subject,omitempty"`    // as sent

	SentAt     time.Time `bson:"sent_at,omitempty"`
	EndedAt    time.Time `bson:"ended_at,omitempty"` // became failed, suppressed, cancelled or uncertain
	Code       int       `bson:"code,omitempty"`     // the server's reply
	Enhanced   string    `bson:"enhanced,omitempty"`
	Reason     string    `bson:"reason,omitempty"` // why it is in this state, for people
	RetryCount int       `bson:"retry_count"`      // temporary refusals so far

	Doubts    int       `bson:"doubts,omitempty"`     // refusals of the relay, each after it took another mail
	DoubtedAt time.Time `bson:"doubted_at,omitempty"` // the last of them, on the wall clock
	DoubtFrom time.Time `bson:"doubt_from,omitempty"` // the first of them

	DeliveredAt    time.Time `bson:"delivered_at,omitempty"`
	OpenedAt       time.Time `bson:"opened_at,omitempty"`  // the first open by a human
	ClickedAt      time.Time `bson:"clicked_at,omitempty"` // the first click by a human
	LastClickedAt  time.Time `bson:"last_clicked_at,omitempty"`
	UnsubscribedAt time.Time `bson:"unsubscribed_at,omitempty"`
	Opens          int64     `bson:"opens"`  // by humans
	Clicks         int64     `bson:"clicks"` // by humans
	MachineOpens   int64     `bson:"machine_opens"`
	MachineClicks  int64     `bson:"machine_clicks"`

	Rerouted bool `bson:"-"` // Channel and Template are not those that are stored

	Budget TouchBudget `bson:"touch_budget,omitempty"`
	Past   *TouchSums  `bson:"past,omitempty"` // touches older than the installation stores them one by one

	Touched  bool  `bson:"touched"`   // sent, opened or clicked since its touches were counted
	TouchRev int64 `bson:"touch_rev"` // rises with each of these

	Links  []Link     `bson:"links"`  // click targets, fixed at the first rendering
	Record []Decision `bson:"record"` // why it was planned, deferred, sent or dropped: the last 20
}

// MessageState is the progress of a message.
type MessageState string

// The states of a message (ARCHITECTURE 5).
const (
	// Planned messages are due at DueAt.
	Planned MessageState = "planned"
	// Claimed: a worker handles the message.
	Claimed MessageState = "claimed"
	// HandingOver: the server may have the message.
	HandingOver MessageState = "handing_over"
	// Sent: the server accepted it. This is final.
	Sent MessageState = "sent"
	// Deferred messages are due again at DueAt.
	Deferred MessageState = "deferred"
	// Failed: it cannot be sent, and the address is not the reason. This is final.
	Failed MessageState = "failed"
	// Suppressed: the address must not get it. This is final.
	Suppressed MessageState = "suppressed"
	// Cancelled: its reason is gone. This is final.
	Cancelled MessageState = "cancelled"
	// Uncertain: nobody knows whether the server accepted it. It may still become Sent or
	// Failed, or be sent again.
	Uncertain MessageState = "uncertain"
)

// NewMessageID is the id of the message that a step sends for an enrolment.
func NewMessageID(e Enrolment, step string) string {
	return e.ID + ":" + commerce.Key(strconv.Itoa(e.Entry), step)
}

// Note adds a decision to the message's record of the last 20.
func (m *Message) Note(d Decision) { m.Record = bounded(m.Record, d, 20) }

// Take gives the message the route of a verdict.
func (m *Message) Take(v Verdict) {
	if v.Route != (Route{}) && (Route{m.Channel, m.Template}) != v.Route {
		m.Channel, m.Template, m.Rerouted = v.Route.Channel, v.Route.Template, true
	}
}

// Elsewhere is the verdict on a message that is composed for another channel than the one that
// reaches the customer by now: it is taken up again at once.
func (v Verdict) Elsewhere(now time.Time) Verdict {
	v.Outcome, v.Until = Defer, now
	v.Reasons = append(v.Reasons, fail(CheckChannel, "%s reaches the customer by now: written again for it", v.Route.Channel))
	return v
}

// Apply writes a verdict of HandOver to the message: its record and, unless the
// verdict is Go, its new state. The caller clears claim and lease.
func (m *Message) Apply(v Verdict, now time.Time) {
	m.Take(v)
	m.Note(Decision{At: now, Step: m.Step, Outcome: string(v.Outcome), Reasons: v.Reasons})
	switch v.Outcome {
	case Go:
		return
	case Defer:
		m.State, m.DueAt, m.PutOffTo = Deferred, v.Until, v.Until
	case Wait:
		m.State = Planned
	case Drop:
		m.State, m.DueAt, m.EndedAt = v.State, time.Time{}, now
	}
	m.Reason = v.Why()
}
