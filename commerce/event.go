package commerce

import "time"

// EventKind names what happened, in the words of the campaign language.
type EventKind string

// Event kinds, by subject.
const (
	// OrderPlaced: the buyer placed the order.
	OrderPlaced EventKind = "order.placed"
	// OrderDepositPaid: the deposit of a pre-sale was paid.
	OrderDepositPaid EventKind = "order.deposit_paid"
	// OrderPaid: the full amount was paid.
	OrderPaid EventKind = "order.paid"
	// OrderShipped: a parcel left; one event a parcel.
	OrderShipped EventKind = "order.shipped"
	// OrderDelivered: everything arrived.
	OrderDelivered EventKind = "order.delivered"
	// OrderCompleted: the platform closed the order as successful.
	OrderCompleted EventKind = "order.completed"
	// OrderRated: the buyer rated the order.
	OrderRated EventKind = "order.rated"
	// OrderCancelled: the order was cancelled or deleted.
	OrderCancelled EventKind = "order.cancelled"
	// OrderRefundRequested: the buyer asked for a refund.
	OrderRefundRequested EventKind = "order.refund_requested"
	// OrderRefundClosed: a refund was refused or withdrawn.
	OrderRefundClosed EventKind = "order.refund_closed"
	// OrderPartiallyRefunded: money went back, but not all of it; one event a
	// refund.
	OrderPartiallyRefunded EventKind = "order.partially_refunded"
	// OrderRefunded: all money went back.
	OrderRefunded EventKind = "order.refunded"
	// CheckoutStarted: a checkout first named its buyer.
	CheckoutStarted EventKind = "checkout.started"
	// CheckoutEnded: a checkout became an order, or was deleted. No campaign names it: it ends what is
	// under way about the checkout. The cause is the order, or what else ended it.
	CheckoutEnded EventKind = "checkout.ended"
	// SegmentEntered: a customer joined a segment. The subject is the customer,
	// the cause Key(segment, version of the membership).
	SegmentEntered EventKind = "segment.entered"
	// SegmentLeft: a customer left a segment.
	SegmentLeft EventKind = "segment.left"
	// TicketOpened: the customer asked the shop's support for help. The shop reports
	// it over the API; its property "ticket" is the id of the ticket, if there is one.
	TicketOpened EventKind = "ticket.opened"
	// TicketClosed: the shop's support closed a ticket of the customer.
	TicketClosed EventKind = "ticket.closed"
	// CampaignEnter: a step of a campaign lets a customer enter another one, which the cause names.
	// The subject is an order, a checkout or a customer.
	CampaignEnter EventKind = "campaign.enter"
	// CustomerCreated: a customer became known. The subject is the customer, and there is no
	// cause.
	CustomerCreated EventKind = "customer.created"
	// ConsentGranted: a person consented to marketing on a channel. The subject is a pseudonym of
	// the address, the cause Key(channel, time).
	ConsentGranted EventKind = "consent.granted"
	// MessageOpened: a human opened a message for the first time. The subject is the customer, the
	// cause the message.
	MessageOpened EventKind = "message.opened"
	// MessageClicked: a human clicked in a message for the first time, likewise.
	MessageClicked EventKind = "message.clicked"
	// CampaignRun: a run of a broadcast or a schedule passed the customer. It is the cause
	// of an entry and is not stored as an event. The subject is the campaign, the cause the
	// planned time.
	CampaignRun EventKind = "campaign.run"
)

// Event is something that happened once. Its id consists of what happened, so
// that the same event always has the same id: Key(shop, kind, subject, cause).
// Cause is the id of a refund or parcel, the shop's id of a reported event, or
// empty; never a counter or a version.
type Event struct {
	ID       string    `bson:"_id"`
	Shop     string    `bson:"shop"`
	Kind     EventKind `bson:"kind"`
	Subject  string    `bson:"subject"` // id of the order, checkout or customer
	Customer string    `bson:"customer,omitempty"`
	Cause    string    `bson:"cause"`
	At       time.Time `bson:"at"`
	// Historic: an import reported it first, or its time is inferred. It starts
	// no campaign for the customer; exits, goals and attribution use it.
	Historic bool  `bson:"historic,omitempty"`
	OrderRev int64 `bson:"telling"` // revision of the order that last set At
	// Properties are what the shop reported with the event, sorted by key. Only
	// events that are Reported have them.
	Properties []Property `bson:"properties,omitempty"`

	State     EventState `bson:"state"`
	HandledAt time.Time  `bson:"handled_at,omitempty"`
	Claim     `bson:",inline"`
}

// EventState is the progress of an event's effects.
type EventState string

const (
	// Unhandled: stored, waiting for a worker.
	Unhandled EventState = "unhandled"
	// Handling: claimed by a worker.
	Handling EventState = "handling"
	// Handled: all effects are done.
	Handled EventState = "handled"
)

// EventOf restores an event from its id and its time, without its customer.
func EventOf(id string, at time.Time) (Event, error) {
	parts, err := SplitKey(id)
	if err != nil || len(parts) != 4 {
		return Event{}, Errorf(Internal, "event %q: not the id of an event", id)
	}
	return NewEvent(parts[0], EventKind(parts[1]), parts[2], parts[3], at), nil
}

// NewEvent makes an event with its id.
func NewEvent(shop string, kind EventKind, subject, cause string, at time.Time) Event {
	return Event{ID: Key(shop, string(kind), subject, cause), Shop: shop, Kind: kind, Subject: subject, Cause: cause, At: at, State: Unhandled}
}
