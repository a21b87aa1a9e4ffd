package segments

import (
	"strconv"
	"time"

	"comeback/commerce"
)

// Stored is a segment of a shop, with the version in use.
type Stored struct {
	ID          string    `bson:"_id"` // Key(shop, slug)
	Shop        string    `bson:"shop"`
	Segment     string    `bson:"segment"` // slug
	Name        string    `bson:"name"`    // of the version in use
	Static      bool      `bson:"static"`  // likewise
	Version     int       `bson:"version"` // the one in use, from 1
	State       State     `bson:"state"`
	ListingsRev int64     `bson:"listings_rev"` // rises with every change of the listings
	Rev         int64     `bson:"rev"`
	CreatedAt   time.Time `bson:"created_at"`
	ChangedAt   time.Time `bson:"changed_at"`
}

// State is whether a segment is in use.
type State string

// The states of a segment.
const (
	// Active segments are evaluated all the time.
	Active State = "active"
	// Archived segments stay stored, but no customer enters or leaves them.
	Archived State = "archived"
)

// Definition is one version of a segment, as accepted. It is immutable.
type Definition struct {
	ID        string    `bson:"_id"` // Key(shop, slug, version)
	Shop      string    `bson:"shop"`
	Segment   string    `bson:"segment"`
	Version   int       `bson:"version"`
	Hash      string    `bson:"hash"`
	JSON      []byte    `bson:"json"` // byte for byte
	CreatedAt time.Time `bson:"created_at"`
}

// NewDefinition is the stored form of a version of a segment.
func NewDefinition(shop string, s *Segment, version int, now time.Time) Definition {
	return Definition{
		ID: commerce.Key(shop, s.ID, strconv.Itoa(version)), Shop: shop, Segment: s.ID, Version: version,
		Hash: s.Hash, JSON: s.Raw, CreatedAt: now,
	}
}

// Listed is a customer that a person or an import added to a segment, or removed
// from it. It overrides the segment's condition.
type Listed struct {
	ID       string    `bson:"_id"` // Key(shop, slug, customer)
	Shop     string    `bson:"shop"`
	Segment  string    `bson:"segment"`
	Customer string    `bson:"customer"`
	N        int64     `bson:"n"`        // the customer's number
	Included bool      `bson:"included"` // else excluded
	Reason   string    `bson:"reason"`   // why, for people
	By       string    `bson:"by"`       // id of an API key or an import
	At       time.Time `bson:"at"`
}

// Membership is the members of a segment as the last sweep found them, and what it
// changed. The events of sweep n are stored before sweep n + 1.
type Membership struct {
	ID         string    `bson:"_id"` // Key(shop, slug)
	Shop       string    `bson:"shop"`
	Segment    string    `bson:"segment"`
	Version    int64     `bson:"version"`    // of this document: sweeps that changed something, from 1
	Definition int       `bson:"definition"` // version of the segment it was evaluated by
	Language   int       `bson:"language"`   // version of the language it was evaluated by; older stores have none
	Size       int64     `bson:"size"`
	Members    []byte    `bson:"members"` // numbers of customers, a portable roaring bitmap
	Entered    []byte    `bson:"entered"` // since the version before, likewise
	Left       []byte    `bson:"left"`
	Silent     bool      `bson:"silent"`  // emits no events: the first sweep of a definition without backfill, or of the language
	Emitted    bool      `bson:"emitted"` // the events of this version are stored
	At         time.Time `bson:"at"`      // of the evaluation
	Days       []Day     `bson:"days"`    // the last 800, oldest first
}

// Day is one day of a segment's history, in the shop's zone.
type Day struct {
	Day     string `bson:"day" json:"day"`   // 2006-01-02
	Size    int64  `bson:"size" json:"size"` // at the last change of the day
	Entered int64  `bson:"entered" json:"entered"`
	Left    int64  `bson:"left" json:"left"`
}
