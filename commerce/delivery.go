package commerce

import "time"

// Delivery is an inbound delivery: what a platform sent, as it sent it. It is
// stored before it is answered, and read afterwards.
type Delivery struct {
	ID         string        `bson:"_id"` // Key(shop, connection, dedupe key): sent twice is one delivery
	Shop       string        `bson:"shop"`
	Connection string        `bson:"connection"` // slug
	Platform   string        `bson:"platform"`
	Topic      string        `bson:"topic"`
	Headers    []KV          `bson:"headers"` // those that reading needs; never the signature
	Body       []byte        `bson:"body,omitempty"`
	ReceivedAt time.Time     `bson:"received_at"`
	State      DeliveryState `bson:"state"`
	Reason     string        `bson:"reason,omitempty"` // why ignored or quarantined
	Subjects   []string      `bson:"subjects"`         // ids it touched
	ReadAt     time.Time     `bson:"read_at,omitempty"`
	Erased     bool          `bson:"erased,omitempty"` // the body told of a person who was erased, and is gone
	Claim      `bson:",inline"`
}

// DeliveryState says what became of a delivery.
type DeliveryState string

// Quarantined deliveries are kept whole and can be replayed. Reading is claimed.
const (
	Unread      DeliveryState = "unread"
	Reading     DeliveryState = "reading"
	Read        DeliveryState = "read"
	Ignored     DeliveryState = "ignored"
	Quarantined DeliveryState = "quarantined"
)

// Claim is a worker's hold on a document: whose it is, until when (wall
// clock), and how often it was claimed. A write under a claim names it and its
// fence, so that a worker that was too slow writes nothing.
type Claim struct {
	Holder     string    `bson:"claim,omitempty"`
	Fence      int64     `bson:"fence"`
	LeaseUntil time.Time `bson:"lease_until,omitempty"`
}
