package commerce

import "time"

// Delivery is an inbound delivery: the unchanged request of a platform. It is
// stored before the request is answered, and read afterwards.
type Delivery struct {
	ID         string        `bson:"_id"` // Key(shop, connection, dedupe key): a repetition has the same id
	Shop       string        `bson:"shop"`
	Connection string        `bson:"connection"` // slug
	Platform   string        `bson:"platform"`
	Topic      string        `bson:"topic"`
	Headers    []KV          `bson:"headers"` // headers needed for reading; never the signature
	Body       []byte        `bson:"body,omitempty"`
	ReceivedAt time.Time     `bson:"received_at"`
	State      DeliveryState `bson:"state"`
	Reason     string        `bson:"reason,omitempty"` // why ignored or quarantined
	Subjects   []string      `bson:"subjects"`         // ids of the documents it changed
	ReadAt     time.Time     `bson:"read_at,omitempty"`
	Erased     bool          `bson:"erased,omitempty"`  // the body was deleted: it contained data of an erased person
	Removed    bool          `bson:"removed,omitempty"` // the body was deleted: it was too old
	Claim      `bson:",inline"`
}

// DeliveryState is the progress of a delivery.
type DeliveryState string

const (
	// Unread: stored, waiting for a worker.
	Unread DeliveryState = "unread"
	// Reading: claimed by a worker.
	Reading DeliveryState = "reading"
	// Read: its records are stored.
	Read DeliveryState = "read"
	// Ignored: it contains nothing to store; Reason explains why.
	Ignored DeliveryState = "ignored"
	// Quarantined: reading failed. The delivery is stored whole and can be
	// replayed.
	Quarantined DeliveryState = "quarantined"
)

// Claim is a worker's lease on a document: the worker, the end of the lease
// (wall clock), and the number of claims so far. A write under a claim names
// the worker and the fence, so that a worker whose lease has ended writes
// nothing.
type Claim struct {
	Holder     string    `bson:"claim,omitempty"`
	Fence      int64     `bson:"fence"`
	LeaseUntil time.Time `bson:"lease_until,omitempty"`
}
