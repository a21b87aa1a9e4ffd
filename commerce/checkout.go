package commerce

import "time"

// Checkout is a started checkout, perhaps never to become an order. The newest
// record decides all but Times; see MergeCheckout.
type Checkout struct {
	ID         string `bson:"_id"` // Key(shop, connection, external)
	Shop       string `bson:"shop"`
	Connection string `bson:"connection"`
	External   string `bson:"external"` // the platform's checkout token

	CheckoutState `bson:"state"`
	StartedAt     time.Time `bson:"started_at,omitempty"`
	CompletedAt   time.Time `bson:"completed_at,omitempty"` // became an order
	DeletedAt     time.Time `bson:"deleted_at,omitempty"`   // of the latest deletion; ask DeletedNow whether it stands
	Deleted       Stamp     `bson:"deleted,omitempty"`

	Customer string   `bson:"customer,omitempty"`
	Home     string   `bson:"home,omitempty"`   // see Order.Home
	Former   string   `bson:"former,omitempty"` // whom it was taken from, until their profile knows
	Imported bool     `bson:"imported"`
	Outbox   []string `bson:"outbox"`
	Pending  bool     `bson:"pending"`
	Rev      int64    `bson:"rev"`
}

// CheckoutFactOf is the compact form of c. ok is false for a checkout that
// nobody has started for us: it has no event either (CheckoutEvents).
func CheckoutFactOf(c Checkout) (f CheckoutFact, ok bool) {
	f = CheckoutFact{ID: c.ID, At: c.StartedAt, CompletedAt: c.CompletedAt, Currency: c.Total.Currency, Total: c.Total.Minor}
	return f, c.started()
}

// DeletedNow tells whether the platform deleted the checkout after its newest record.
func (c Checkout) DeletedNow() bool {
	return !c.DeletedAt.IsZero() && c.weighed().Deleted.compare(Stamp{c.Version, c.Received}) >= 0
}

// CheckoutState is the part of a checkout that only the newest record decides.
type CheckoutState struct {
	Version  time.Time `bson:"version"`
	Received time.Time `bson:"received,omitempty"` // when the record came
	History  bool      `bson:"history,omitempty"`  // an import said it; set by MergeCheckout
	Facts    int       `bson:"facts"`
	Order    string    `bson:"order"` // external id of the order it became
	Currency string    `bson:"currency"`
	Total    Money     `bson:"total"`
	Lines    []Line    `bson:"lines"`
	Coupons  []string  `bson:"coupons"`
	Buyer    Buyer     `bson:"buyer"`
	URL      string    `bson:"url"` // brings the buyer back to it
	Source   Source    `bson:"source"`
	Quality  []string  `bson:"quality"`
}
