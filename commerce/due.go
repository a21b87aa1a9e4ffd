package commerce

import "time"

// Due is the time at which a shop next has work due. NextDue zero: no work is
// due.
type Due struct {
	Shop     string    `bson:"shop"`
	NextDue  time.Time `bson:"next_due,omitempty"`
	Rev      int64     `bson:"rev"`       // rises with every piece of work written
	ServedAt time.Time `bson:"served_at"` // wall clock
}

// Unfinished lists shops with work that a process may have left when it died.
type Unfinished struct {
	Outboxes []string // records whose events are not stored yet
	Reviews  []string // connections whose open orders are to be read again
	Work     []string // work that no worker is notified of
}
