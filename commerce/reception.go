package commerce

import (
	"cmp"
	"time"
)

// Refusal is why a delivery was not accepted.
type Refusal string

// The reasons of refusal. There is a fixed number of them, so that what strangers
// send cannot make a connection's counts grow.
const (
	// Unsigned: there is no signature in the form of the platform.
	Unsigned Refusal = "no_signature"
	// WrongSecret: the signature is made with none of the connection's secrets.
	WrongSecret Refusal = "wrong_secret"
	// WrongTime: the signature is right, and its time is too far from ours.
	WrongTime Refusal = "wrong_time"
	// WrongSource: the signature is right, and the delivery names another store.
	WrongSource Refusal = "wrong_source"
	// WrongPlatform: the signature is right, and the address is that of another
	// platform.
	WrongPlatform Refusal = "wrong_platform"
	// Oversized: the body is larger than the limit.
	Oversized Refusal = "too_large"
	// Incomplete: the body ended too early.
	Incomplete Refusal = "incomplete"
	// NotStored: the delivery is right, and the database did not take it.
	NotStored Refusal = "not_stored"
)

// Refusals returns all reasons, in the order in which they are shown.
func Refusals() []Refusal {
	return []Refusal{Unsigned, WrongSecret, WrongTime, WrongSource, WrongPlatform, Oversized, Incomplete, NotStored}
}

// Reception counts what was posted to a connection since it was made. Processes add
// to it about once a minute.
type Reception struct {
	ID         string            `bson:"_id"` // the connection's
	Shop       string            `bson:"shop"`
	Connection string            `bson:"connection"`
	Accepted   Tally             `bson:"accepted"`
	Refused    map[Refusal]Tally `bson:"refused"`
}

// Tally is how often something happened, and when last.
type Tally struct {
	Count int64     `bson:"n"`
	Last  time.Time `bson:"last"`
	Named string    `bson:"named,omitempty"` // of WrongSource: the store that was named last
}

// Add returns both tallies as one.
func (t Tally) Add(other Tally) Tally {
	if !other.Last.Before(t.Last) {
		t.Last = other.Last
		t.Named = cmp.Or(other.Named, t.Named)
	}
	t.Count += other.Count
	return t
}

// Add adds other's counts to r's.
func (r *Reception) Add(other Reception) {
	r.Accepted = r.Accepted.Add(other.Accepted)
	for reason, t := range other.Refused {
		if r.Refused == nil {
			r.Refused = map[Refusal]Tally{}
		}
		r.Refused[reason] = r.Refused[reason].Add(t)
	}
}
