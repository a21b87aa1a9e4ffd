package commerce

import (
	"slices"
	"strings"
	"time"
)

// PrivacyKind is the kind of a request about personal data.
type PrivacyKind string

const (
	// EraseCustomer: erase a person, and keep the facts about money.
	EraseCustomer PrivacyKind = "customer"
	// EraseConnection: erase every person of a connection.
	EraseConnection PrivacyKind = "shop"
	// Disclose: export the data of a person.
	Disclose PrivacyKind = "data_request"
)

// PrivacyState is the progress of a request.
type PrivacyState string

const (
	// PrivacyWaiting: not carried out yet.
	PrivacyWaiting PrivacyState = "waiting"
	// PrivacyDone: carried out. A request to disclose has its export.
	PrivacyDone PrivacyState = "done"
)

// PrivacyRequest is a platform's or a merchant's request about a person's data.
// The person is stored as the platform's own id and as pseudonyms only.
type PrivacyRequest struct {
	ID         string      `bson:"_id"`
	Shop       string      `bson:"shop"`
	Connection string      `bson:"connection"` // empty: requested over the API
	Kind       PrivacyKind `bson:"kind"`
	By         string      `bson:"by,omitempty"` // id of an API key; empty: the platform
	// Deleted distinguishes the deletion of an account from a person's request.
	// After a merge of two accounts one is deleted, and the person remains.
	Deleted bool `bson:"deleted,omitempty"`

	Platform string   `bson:"platform"`           // the platform's customer id
	Email    string   `bson:"email"`              // pseudonym
	Phone    string   `bson:"phone,omitempty"`    // pseudonym
	Customer string   `bson:"customer,omitempty"` // our id, if the request names it
	Orders   []string `bson:"orders"`             // the platform's ids of the orders concerned

	At     time.Time    `bson:"at"` // later data is not concerned
	State  PrivacyState `bson:"state"`
	DueAt  time.Time    `bson:"due_at,omitempty"` // set again once it is carried out, for deliveries in progress
	DoneAt time.Time    `bson:"done_at,omitempty"`
	Place  string       `bson:"place,omitempty"` // progress of the erasure of a connection
	Erased Erased       `bson:"erased"`

	Claim      string    `bson:"claim,omitempty"`
	Fence      int64     `bson:"fence"`
	LeaseUntil time.Time `bson:"lease_until,omitempty"`
	Rev        int64     `bson:"rev"`
}

// Erased counts the documents from which one person, or every person of a
// connection, was erased.
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

// Add adds further counts.
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

// AuditEntry records an action of consequence, without personal data.
type AuditEntry struct {
	ID      string    `bson:"_id"`
	Shop    string    `bson:"shop"`
	At      time.Time `bson:"at"`
	Action  string    `bson:"action"`
	Subject string    `bson:"subject"`      // id of the cause: a privacy request
	By      string    `bson:"by,omitempty"` // id of an API key; empty: a platform
	Erased  Erased    `bson:"erased"`
}

// WithoutPerson returns the order without personal data. Money, lines, times
// and origin stay. Later records of the order lose the same fields, so that
// both still merge.
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

// withoutPerson keeps the country, which many people share.
func (b Buyer) withoutPerson() Buyer { return Buyer{Country: b.Country} }

// withoutPerson keeps the names of the shop's own campaigns.
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

// OrderIDs returns the ids of the orders that a request lists.
func (r PrivacyRequest) OrderIDs() []string {
	ids := make([]string, len(r.Orders))
	for i, external := range r.Orders {
		ids[i] = Key(r.Shop, r.Connection, external)
	}
	return ids
}
