package commerce

import "time"

// Market chooses default timings and wording: docs/glossary.md has both.
type Market string

// The two markets whose defaults differ.
const (
	China Market = "cn"
	West  Market = "west"
)

// Shop is one merchant's store: the tenant. Its id is chosen by the merchant
// (see Slug) and starts every other id.
type Shop struct {
	ID           string  `bson:"_id"`
	Shop         string  `bson:"shop"` // equal to ID: every document names its shop
	Name         string  `bson:"name"`
	Market       Market  `bson:"market"`
	Zone         string  `bson:"zone"`         // IANA, decides calendar days and quiet hours
	Currency     string  `bson:"currency"`     // ISO 4217, what conditions and reports count in
	Language     string  `bson:"language"`     // BCP 47, picks templates for customers without one
	Jurisdiction string  `bson:"jurisdiction"` // "cn", "eu", ...: consent rules
	Trade        string  `bson:"trade"`        // apparel, food, ...: lifecycle thresholds (docs/glossary.md)
	URL          string  `bson:"url"`          // the storefront, where links without a better target lead
	Sender       Sender  `bson:"sender"`
	Results      Results `bson:"results"`
	CampaignsRev int64   `bson:"campaigns_rev"` // rises with every change of an active campaign
	// SegmentsRev rises with every change of a segment in use, of a customer's place
	// in a static list, and of the rules that score customers.
	SegmentsRev int64     `bson:"segments_rev"`
	Rev         int64     `bson:"rev"`
	CreatedAt   time.Time `bson:"created_at"`
}

// Sender is the identity a shop's mail is sent under. From's domain is the
// sending domain of Message-ID and List-Id.
type Sender struct {
	Name    string `bson:"name"`
	From    string `bson:"from"`
	ReplyTo string `bson:"reply_to"`
	Address string `bson:"address"` // postal address shown in marketing mail (CAN-SPAM)
}

// Results says how a shop's campaigns are judged. Zero values mean the
// defaults: 5 days for a click, opens not counted, 100 % margin, free
// messages.
type Results struct {
	WindowHours  int   `bson:"window_hours"`
	CountOpens   bool  `bson:"count_opens"`
	MarginBP     int64 `bson:"margin_bp"`     // margin of a sale in 1/100 %, where unit costs are unknown; 0 = 10000
	MessagePrice int64 `bson:"message_price"` // cost of one e-mail in 1/1000 of the shop currency's minor unit
}

// Location is the shop's zone, UTC when it is unset or unknown.
func (s Shop) Location() *time.Location {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" {
		return time.UTC
	}
	return zone
}

// Connection joins a shop to one store of one platform. A shop may have
// several of one platform; Slug tells them apart and is the "source" in keys.
type Connection struct {
	ID        string    `bson:"_id"` // Key(shop, slug)
	Shop      string    `bson:"shop"`
	Slug      string    `bson:"slug"`
	Platform  string    `bson:"platform"` // shopify, woocommerce, generic
	Source    string    `bson:"source"`   // the platform's own name of the store; when set, deliveries must name it
	Secret    []byte    `bson:"secret"`   // sealed
	Previous  []byte    `bson:"previous"` // sealed; accepted too after a rotation
	CreatedAt time.Time `bson:"created_at"`
	Rev       int64     `bson:"rev"`

	// UnpaidClosesAfter is how long the store lets an unpaid order stand; 0: for
	// ever; nil: as long as its platform does unless told otherwise.
	UnpaidClosesAfter *time.Duration `bson:"unpaid_closes_after,omitempty"`
	// PaymentMethods are what the merchant says of payment methods, sorted by name.
	PaymentMethods []PaymentMethod `bson:"payment_methods,omitempty"`
	// ReviewAt is from when on the open orders are to be looked at again, for
	// the terms changed; zero: they have been.
	ReviewAt time.Time `bson:"review_at,omitempty"`
}
