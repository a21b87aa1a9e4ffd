package commerce

import (
	"slices"
	"strings"
	"time"
)

// PrivacyKind says what a request about personal data asks for.
type PrivacyKind string

// The kinds, as they are stored.
const (
	EraseCustomer   PrivacyKind = "customer"     // forget a person, keep the money facts
	EraseConnection PrivacyKind = "shop"         // forget all persons of a connection
	Disclose        PrivacyKind = "data_request" // tell what is known of a person
)

// PrivacyState says how far a request is.
type PrivacyState string

// A request waits until it is carried out. What a merchant asks of a Done
// request to disclose is its export.
const (
	PrivacyWaiting PrivacyState = "waiting"
	PrivacyDone    PrivacyState = "done"
)

// PrivacyRequest is a platform's or a merchant's request about a person's data.
// Whom it is about is held as the platform's own id and as pseudonyms only.
type PrivacyRequest struct {
	ID         string      `bson:"_id"`
	Shop       string      `bson:"shop"`
	Connection string      `bson:"connection"` // empty: asked over the API
	Kind       PrivacyKind `bson:"kind"`
	By         string      `bson:"by,omitempty"` // id of an API key; empty: the platform asked
	// Deleted tells a platform's deletion of an account from a person's wish: an
	// account that was merged into another goes, and the person stays.
	Deleted bool `bson:"deleted,omitempty"`

	Platform string   `bson:"platform"`           // the platform's customer id
	Email    string   `bson:"email"`              // pseudonym
	Phone    string   `bson:"phone,omitempty"`    // pseudonym
	Customer string   `bson:"customer,omitempty"` // our id, where that was given
	Orders   []string `bson:"orders"`             // the platform's order ids concerned

	At     time.Time    `bson:"at"` // what happened later is no matter of it
	State  PrivacyState `bson:"state"`
	DueAt  time.Time    `bson:"due_at,omitempty"` // also once more after it was carried out, for what was under way
	DoneAt time.Time    `bson:"done_at,omitempty"`
	Place  string       `bson:"place,omitempty"` // how far the erasure of a connection is
	Erased Erased       `bson:"erased"`

	Claim      string    `bson:"claim,omitempty"`
	Fence      int64     `bson:"fence"`
	LeaseUntil time.Time `bson:"lease_until,omitempty"`
	Rev        int64     `bson:"rev"`
}

// Erased counts the documents a person, or a connection's persons, were erased from.
type Erased struct {
	Customers  int64 `bson:"customers"`
	Orders     int64 `bson:"orders"`
	Checkouts  int64 `bson:"checkouts"`
	Refunds    int64 `bson:"refunds"`
	Deliveries int64 `bson:"deliveries"`
	Messages   int64 `bson:"messages"`
	Enrolments int64 `bson:"enrolments"`
	Touches    int64 `bson:"touches"`
	Listings   int64 `bson:"listings"`
	Imports    int64 `bson:"imports"`
}

// Add counts more.
func (e *Erased) Add(more Erased) {
	e.Customers += more.Customers
	e.Orders += more.Orders
	e.Checkouts += more.Checkouts
	e.Refunds += more.Refunds
	e.Deliveries += more.Deliveries
	e.Messages += more.Messages
	e.Enrolments += more.Enrolments
	e.Touches += more.Touches
	e.Listings += more.Listings
	e.Imports += more.Imports
}

// AuditEntry says that something of consequence was done, without personal data.
type AuditEntry struct {
	ID      string    `bson:"_id"`
	Shop    string    `bson:"shop"`
	At      time.Time `bson:"at"`
	Action  string    `bson:"action"`
	Subject string    `bson:"subject"`      // id of what it was done by: a privacy request
	By      string    `bson:"by,omitempty"` // id of an API key; empty: a platform
	Erased  Erased    `bson:"erased"`
}

// WithoutPerson is the order without what says whose it is: money, lines, times
// and where it came from stay. A connector's later record of the same order
// loses the same, so the two still merge.
func (o Order) WithoutPerson(at time.Time) Order {
	o.RedactedAt = millis(at)
	o.Buyer = o.Buyer.withoutPerson()
	o.Source = o.Source.withoutPerson()
	o.Lines = linesWithoutPerson(o.Lines)
	o.PayURL, o.Custom, o.Tags = "", nil, nil
	o.Parcels, o.Withdrawn.Parcels = parcelsWithoutPerson(o.Parcels), parcelsWithoutPerson(o.Withdrawn.Parcels)
	o.Refunds, o.Withdrawn.Refunds = refundsWithoutPerson(o.Refunds), refundsWithoutPerson(o.Withdrawn.Refunds)
	return o
}

func parcelsWithoutPerson(list []Parcel) []Parcel {
	list = slices.Clone(list)
	for i := range list {
		list[i].Tracking = ""
	}
	return list
}

func refundsWithoutPerson(list []Refund) []Refund {
	list = slices.Clone(list)
	for i := range list {
		list[i].Reason = ""
	}
	return list
}

// WithoutPerson is Order.WithoutPerson for checkouts.
func (c Checkout) WithoutPerson() Checkout {
	c.Buyer, c.Source, c.Lines, c.URL = c.Buyer.withoutPerson(), c.Source.withoutPerson(), linesWithoutPerson(c.Lines), ""
	return c
}

// WithoutPerson is Order.WithoutPerson for refunds that name no order.
func (r LooseRefund) WithoutPerson() LooseRefund {
	r.Buyer, r.Refund.Reason = r.Buyer.withoutPerson(), ""
	return r
}

// withoutPerson keeps the country, which is of many.
func (b Buyer) withoutPerson() Buyer { return Buyer{Country: b.Country} }

// withoutPerson keeps what a campaign of the shop's own is called.
func (s Source) withoutPerson() Source {
	plain := func(text string) string {
		if strings.Contains(text, "@") {
			return ""
		}
		return text
	}
	return Source{UTMSource: plain(s.UTMSource), UTMMedium: plain(s.UTMMedium), UTMCampaign: plain(s.UTMCampaign)}
}

func linesWithoutPerson(lines []Line) []Line {
	if lines == nil {
		return nil
	}
	plain := make([]Line, len(lines))
	for i, l := range lines {
		l.Custom = nil // engravings, gift notes
		plain[i] = l
	}
	return plain
}

// OrderIDs are the ids of the orders a request lists.
func (r PrivacyRequest) OrderIDs() []string {
	ids := make([]string, len(r.Orders))
	for i, external := range r.Orders {
		ids[i] = Key(r.Shop, r.Connection, external)
	}
	return ids
}
