package commerce

import "time"

// Due says when a shop next has work due. NextDue zero: nothing is due.
type Due struct {
	Shop     string    `bson:"shop"`
	NextDue  time.Time `bson:"next_due,omitempty"`
	Rev      int64     `bson:"rev"`       // rises with every piece of work written
	ServedAt time.Time `bson:"served_at"` // wall clock
}
