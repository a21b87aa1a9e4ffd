package commerce

import "time"

// EventKind names what happened. The names are those of the campaign language.
type EventKind string

// Event kinds, by subject.
const (
	OrderPlaced            EventKind = "order.placed"
	OrderDepositPaid       EventKind = "order.deposit_paid"
	OrderPaid              EventKind = "order.paid"
	OrderShipped           EventKind = "order.shipped" // one a parcel
	OrderDelivered         EventKind = "order.delivered"
	OrderCompleted         EventKind = "order.completed"
	OrderRated             EventKind = "order.rated"
	OrderCancelled         EventKind = "order.cancelled"
	OrderRefundRequested   EventKind = "order.refund_requested"
	OrderRefundClosed      EventKind = "order.refund_closed"
	OrderPartiallyRefunded EventKind = "order.partially_refunded" // one a refund below the total
	OrderRefunded          EventKind = "order.refunded"           // all of it
	CheckoutStarted        EventKind = "checkout.started"
	SegmentEntered         EventKind = "segment.entered" // the subject is the customer, the cause Key(segment, version of the membership)
	SegmentLeft            EventKind = "segment.left"
)

// Event is something that happened, once. Its id is made of what happened, so
// that seeing it again finds it: Key(shop, kind, subject, cause). Cause is a
// refund or parcel id or empty; never a counter or a version.
type Event struct {
	ID       string    `bson:"_id"`
	Shop     string    `bson:"shop"`
	Kind     EventKind `bson:"kind"`
	Subject  string    `bson:"subject"` // id of the order or checkout
	Customer string    `bson:"customer,omitempty"`
	Cause    string    `bson:"cause"`
	At       time.Time `bson:"at"`
	// Historic: an import told it first, or it is inferred. No campaign is entered
	// by it; exits, goals and credit hear it.
	Historic bool  `bson:"historic,omitempty"`
	Telling  int64 `bson:"telling"` // the order's rev that told At last

	State     EventState `bson:"state"`
	HandledAt time.Time  `bson:"handled_at,omitempty"`
	Claim     `bson:",inline"`
}

// EventState says whether an event's effects are done.
type EventState string

// Handling is claimed.
const (
	Unhandled EventState = "unhandled"
	Handling  EventState = "handling"
	Handled   EventState = "handled"
)

// EventOf makes an event again from its id and its time, without its customer.
func EventOf(id string, at time.Time) (Event, error) {
	parts, err := SplitKey(id)
	if err != nil || len(parts) != 4 {
		return Event{}, Errorf(Internal, "event %q: its id is not one of an event", id)
	}
	return NewEvent(parts[0], EventKind(parts[1]), parts[2], parts[3], at), nil
}

// NewEvent makes an event with its id.
func NewEvent(shop string, kind EventKind, subject, cause string, at time.Time) Event {
	return Event{ID: Key(shop, string(kind), subject, cause), Shop: shop, Kind: kind, Subject: subject, Cause: cause, At: at, State: Unhandled}
}
