package commerce

import (
	"cmp"
	"slices"
	"time"
)

// Checkout is a started checkout, which may never become an order. The newest
// record decides every field but the times; see MergeCheckout.
type Checkout struct {
	ID         string `bson:"_id"` // Key(shop, connection, external)
	Shop       string `bson:"shop"`
	Connection string `bson:"connection"`
	External   string `bson:"external"` // the platform's checkout token

	CheckoutState `bson:"state"`
	StartedAt     time.Time `bson:"started_at,omitempty"`
	CompletedAt   time.Time `bson:"completed_at,omitempty"` // became an order
	Became        string    `bson:"became,omitempty"`       // external id of that order, whichever record named it; see BecameOrder
	DeletedAt     time.Time `bson:"deleted_at,omitempty"`   // latest deletion; DeletedNow reports whether it is still in force
	Deleted       Stamp     `bson:"deleted,omitempty"`

	Customer string   `bson:"customer,omitempty"`
	Home     string   `bson:"home,omitempty"`   // see Order.Home
	Former   string   `bson:"former,omitempty"` // former customer, until their profile is recomputed
	Imported bool     `bson:"imported"`
	Outbox   []string `bson:"outbox"`
	Pending  bool     `bson:"pending"`
	Rev      int64    `bson:"rev"`
}

// CheckoutFactOf returns the compact form of c. ok is false for a checkout
// without a known start, which has no event either (CheckoutEvents).
func CheckoutFactOf(c Checkout) (f CheckoutFact, ok bool) {
	f = CheckoutFact{ID: c.ID, At: c.StartedAt, CompletedAt: c.CompletedAt, Currency: c.Total.Currency, Total: c.Total.Minor}
	return f, c.started()
}

// BecameOrder is the external id of the order that the checkout became; empty while none is known.
func (c Checkout) BecameOrder() string { return cmp.Or(c.Became, c.CheckoutState.Order) }

// Empty reports whether there is nothing to buy in the checkout.
func (c Checkout) Empty() bool {
	return c.Total.Minor <= 0 && !slices.ContainsFunc(c.Lines, func(l Line) bool { return l.Quantity > 0 })
}

// DeletedNow reports whether the platform deleted the checkout after its newest record.
func (c Checkout) DeletedNow() bool {
	return !c.DeletedAt.IsZero() && c.weighed().Deleted.compare(Stamp{c.Version, c.Received}) >= 0
}

// CheckoutState is the part of a checkout that only the newest record decides.
type CheckoutState struct {
	Version  time.Time `bson:"version"`
	Received time.Time `bson:"received,omitempty"` // receipt of the record
	History  bool      `bson:"history,omitempty"`  // from an import; set by MergeCheckout
	Facts    int       `bson:"facts"`
	Order    string    `bson:"order"` // external id of the order it became, in this record
	Currency string    `bson:"currency"`
	Total    Money     `bson:"total"`
	Lines    []Line    `bson:"lines"`
	Coupons  []string  `bson:"coupons"`
	Buyer    Buyer     `bson:"buyer"`
	URL      string    `bson:"url"` // leads the buyer back to the checkout
	Source   Source    `bson:"source"`
	Quality  []string  `bson:"quality"`
}
