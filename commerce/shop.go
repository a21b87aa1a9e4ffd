package commerce

import "time"

// Market chooses default timings and wording; docs/glossary.md describes both.
type Market string

const (
	// China: customers in China.
	China Market = "cn"
	// West: customers elsewhere.
	West Market = "west"
)

// Shop is one merchant's store: the tenant. The merchant chooses its id (see
// Slug), which is the first part of every other id.
type Shop struct {
	ID           string `bson:"_id"`
	Shop         string `bson:"shop"` // equal to ID: every document names its shop
	Name         string `bson:"name"`
	Market       Market `bson:"market"`
	Zone         string `bson:"zone"`              // IANA; decides calendar days and quiet hours
	Currency     string `bson:"currency"`          // ISO 4217; currency of conditions and reports
	Language     string `bson:"language"`          // BCP 47; chooses templates for customers without a language
	Country      string `bson:"country,omitempty"` // ISO 3166; where the merchant is
	Jurisdiction string `bson:"jurisdiction"`      // one of Jurisdictions; empty: see Law
	// SoftOptInSince is since when the shop's checkout offers everybody to refuse marketing by
	// mail; zero: it does not. Under SoftOptIn only orders placed after it allow marketing.
	SoftOptInSince time.Time `bson:"soft_opt_in_since,omitempty"`
	Trade          string    `bson:"trade"` // apparel, food, ...: lifecycle thresholds (docs/glossary.md)
	URL            string    `bson:"url"`   // storefront; target of links that have no better one
	Sender         Sender    `bson:"sender"`
	Results        Results   `bson:"results"`
	Contact        Contact   `bson:"contact,omitempty"`
	CampaignsRev   int64     `bson:"campaigns_rev"` // rises with every change of an active campaign
	// SegmentsRev rises with every change of a segment in use, of a customer's place
	// in a static list, and of the rules that score customers.
	SegmentsRev int64     `bson:"segments_rev"`
	Rev         int64     `bson:"rev"`
	CreatedAt   time.Time `bson:"created_at"`
}

// Sender is the identity in a shop's mail. The domain of From is the domain of
// Message-ID and List-Id.
type Sender struct {
	Name    string `bson:"name"`
	From    string `bson:"from"`
	ReplyTo string `bson:"reply_to"`
	Address string `bson:"address"` // postal address shown in marketing mail (CAN-SPAM)
}

// Results are the rules by which a shop's campaigns are evaluated. Zero values
// mean the defaults: 5 days for a click, opens not counted, 100 % margin, free
// messages.
type Results struct {
	WindowHours  int   `bson:"window_hours"`
	CountOpens   bool  `bson:"count_opens"`
	MarginBP     int64 `bson:"margin_bp"`     // margin of a sale in 1/100 %, where unit costs are unknown; 0 = 10000
	MessagePrice int64 `bson:"message_price"` // cost of one e-mail in 1/1000 of the shop currency's minor unit
}

// MessagePrice is the cost of one e-mail in the shop's currency.
func (s Shop) MessagePrice() Decimal {
	decimals, _ := Exponent(s.Currency)
	return Decimal{Units: s.Results.MessagePrice, Scale: decimals + thousandths}
}

// SetMessagePrice sets the cost of one e-mail. A price that has more than a
// thousandth of the minor unit is Invalid.
func (s *Shop) SetMessagePrice(price Decimal) error {
	decimals, _ := Exponent(s.Currency)
	thousandth, exact := price.Minor(decimals + thousandths)
	if !exact {
		return Errorf(Invalid, "write an amount with at most %d decimals", decimals+thousandths)
	}
	s.Results.MessagePrice = thousandth
	return nil
}

// thousandths are the decimals of a message price behind those of its currency.
const thousandths = 3

// Location returns the shop's zone, UTC if it is unset or unknown.
func (s Shop) Location() *time.Location {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" {
		return time.UTC
	}
	return zone
}

// Connection joins a shop to one store of one platform. A shop may have several
// connections to one platform; Slug distinguishes them and is the "source" in
// keys.
type Connection struct {
	ID       string `bson:"_id"` // Key(shop, slug)
	Shop     string `bson:"shop"`
	Slug     string `bson:"slug"`
	Platform string `bson:"platform"` // shopify, woocommerce, generic
	Source   string `bson:"source"`   // the platform's name of the store; if set, deliveries must name it
	// Aliases are further names of the same store, entered or learned from signed
	// deliveries.
	Aliases   []string  `bson:"aliases,omitempty"`
	Secret    []byte    `bson:"secret"`   // encrypted
	Previous  []byte    `bson:"previous"` // encrypted; also accepted after a rotation
	CreatedAt time.Time `bson:"created_at"`
	Rev       int64     `bson:"rev"`

	// UnpaidClosesAfter is how long the store leaves an unpaid order open. 0:
	// forever. nil: the platform's default.
	UnpaidClosesAfter *time.Duration `bson:"unpaid_closes_after,omitempty"`
	// PaymentMethods is the merchant's table of payment methods, sorted by
	// name.
	PaymentMethods []PaymentMethod `bson:"payment_methods,omitempty"`
	// ReviewAt is when the open orders are to be read again after a change of
	// the terms. Zero: done.
	ReviewAt time.Time `bson:"review_at,omitempty"`
}
