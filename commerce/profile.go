package commerce

import "time"

// Profile is everything that conditions know about one customer: attributes,
// purchases, and reactions to messages. segments.Match reads nothing else.
type Profile struct {
	Attributes Attributes     `bson:"attributes"`
	Names      NameKeys       `bson:"names"`                 // of Attributes; no condition reads them
	Consents   []Consent      `bson:"consents"`              // at most one a channel: in force for the own address or number
	KnownSince time.Time      `bson:"known_since,omitempty"` // first record or order
	History    History        `bson:"history"`
	Checkouts  []CheckoutFact `bson:"checkouts"`  // the latest MaxCheckouts, oldest first by (At, ID)
	Engagement []MessageFact  `bson:"engagement"` // oldest first, 400 days

	OtherConsents []Consent `bson:"other_consents"`  // in force for further addresses; no condition reads them
	Sales         []Sale    `bson:"sales,omitempty"` // by address; no condition reads them
}

// MaxCheckouts is the largest number of checkouts in a profile.
const MaxCheckouts = 100

// CheckoutFact is a checkout in the form that conditions read.
type CheckoutFact struct {
	ID          string    `bson:"i"`
	At          time.Time `bson:"a"`            // start
	CompletedAt time.Time `bson:"co,omitempty"` // became an order
	Currency    string    `bson:"cu"`
	Total       int64     `bson:"to"` // in minor units of Currency
}

// History is a customer's orders in compact form, oldest first by (PlacedAt,
// ID), and the figures over them. Above MaxHistory orders only the figures are
// stored: such a customer is an account, not a person.
type History struct {
	Orders    []OrderFact  `bson:"orders"`
	Loose     []RefundFact `bson:"loose"` // refunds that name no order
	Figures   Figures      `bson:"figures"`
	Truncated bool         `bson:"truncated"`
}

// MaxHistory is the number of orders above which a history is truncated.
const MaxHistory = 5000

// Figures are the totals of a history over its counting orders: paid now, not
// fully refunded, neither test nor fake. Money is in minor units of the shop's
// currency; orders without a known rate are counted in Unpriced and in no sum.
type Figures struct {
	Count     int64     `bson:"count"`
	Total     int64     `bson:"total"` // paid, before refunds
	Net       int64     `bson:"net"`   // paid, less refunds
	Discount  int64     `bson:"discount"`
	Units     int64     `bson:"units"`
	Coupons   int64     `bson:"coupons"` // orders with a coupon
	FirstAt   time.Time `bson:"first_at,omitempty"`
	LastAt    time.Time `bson:"last_at,omitempty"` // of paid_at
	Placed    int64     `bson:"placed"`
	Unpaid    int64     `bson:"unpaid"` // unpaid now and to be paid online: see OrderFact.Payable
	Cancelled int64     `bson:"cancelled"`
	Refunds   int64     `bson:"refunds"` // orders with money returned
	Refunded  int64     `bson:"refunded"`
	Unpriced  int64     `bson:"unpriced"`
}

// OrderFact is an order in the form that conditions read. Amounts are in minor
// units of the shop's currency. They are 0, and Unpriced is set, for an order
// in another currency without a known rate.
type OrderFact struct {
	ID            string        `bson:"i"`
	PlacedAt      time.Time     `bson:"pl,omitempty"`
	DepositPaidAt time.Time     `bson:"dp,omitempty"` // the deposit of a pre-sale was paid
	PaidAt        time.Time     `bson:"pa,omitempty"`
	ShippedAt     time.Time     `bson:"sh,omitempty"`
	DeliveredAt   time.Time     `bson:"de,omitempty"`
	CompletedAt   time.Time     `bson:"co,omitempty"`
	CancelledAt   time.Time     `bson:"ca,omitempty"` // set only while cancelled now
	RefundedAt    time.Time     `bson:"re,omitempty"` // set only when fully refunded
	RatedAt       time.Time     `bson:"rt,omitempty"`
	CancelAt      time.Time     `bson:"cl,omitempty"`
	DueAt         time.Time     `bson:"du,omitempty"`
	BalanceFrom   time.Time     `bson:"bf,omitempty"`
	BalanceTo     time.Time     `bson:"bt,omitempty"`
	Status        OrderStatus   `bson:"st"`
	Payment       PaymentStatus `bson:"ps"`
	Test          bool          `bson:"t,omitempty"`
	Fake          bool          `bson:"f,omitempty"`
	Currency      string        `bson:"cu"` // of the order itself
	Unpriced      bool          `bson:"up,omitempty"`
	Total         int64         `bson:"to"`
	Net           int64         `bson:"ne"` // total less what was refunded, never below 0
	Discount      int64         `bson:"di,omitempty"`
	Shipping      int64         `bson:"sp,omitempty"`
	Refunded      int64         `bson:"rf,omitempty"`
	Units         int64         `bson:"un"`
	Channel       string        `bson:"ch,omitempty"`
	Method        string        `bson:"me,omitempty"` // cod and bank_transfer are kinds, all else names
	Kind          PaymentKind   `bson:"pk,omitempty"`
	Store         string        `bson:"so,omitempty"`
	Device        string        `bson:"dv,omitempty"`
	Rating        int           `bson:"ra,omitempty"`
	InStock       *bool         `bson:"is,omitempty"`
	Coupons       []string      `bson:"cp,omitempty"`
	Tags          []string      `bson:"tg,omitempty"`
	UTM           [3]string     `bson:"ut,omitempty"` // source, medium, campaign
	Refunds       []RefundFact  `bson:"rs,omitempty"` // oldest first
	Requested     []time.Time   `bson:"rq,omitempty"` // times of requests for refunds; oldest first
	Closed        []time.Time   `bson:"rc,omitempty"` // times when refunds were refused or withdrawn; oldest first
	Lines         []LineFact    `bson:"li,omitempty"`
	Custom        []KV          `bson:"cs,omitempty"`
}

// RefundFact is one refund after its money moved.
type RefundFact struct {
	ID     string    `bson:"i"`
	At     time.Time `bson:"a"`
	Amount int64     `bson:"m"`
}

// LineFact is an order line in the form that conditions read. Product is the
// product's id (Key(shop, connection, external)). Category is set only if the
// order names it; else the product's categories count.
type LineFact struct {
	Product  string `bson:"p,omitempty"`
	Variant  string `bson:"v,omitempty"`
	SKU      string `bson:"s,omitempty"`
	Brand    string `bson:"b,omitempty"`
	Category string `bson:"c,omitempty"`
	Quantity int64  `bson:"q"`
	Price    int64  `bson:"u"` // unit price, rounded to the minor unit
	Net      int64  `bson:"n"`
	Cost     int64  `bson:"k,omitempty"` // unit cost
	Costed   bool   `bson:"kk,omitempty"`
	Custom   []KV   `bson:"cs,omitempty"`
}

// MessageFact is a customer's reaction to one message. Each time is the first
// of its kind, by a human; opens and clicks by machines are never here.
type MessageFact struct {
	ID             string    `bson:"i"`
	Campaign       string    `bson:"c"`
	Step           string    `bson:"s"`
	Channel        string    `bson:"h"`
	SentAt         time.Time `bson:"se,omitempty"`
	DeliveredAt    time.Time `bson:"de,omitempty"`
	OpenedAt       time.Time `bson:"op,omitempty"`
	LastOpenedAt   time.Time `bson:"lo,omitempty"`
	ClickedAt      time.Time `bson:"cl,omitempty"`
	LastClickedAt  time.Time `bson:"lc,omitempty"`
	UnsubscribedAt time.Time `bson:"un,omitempty"`
}

// PaidNow reports whether the order is paid and not fully refunded.
func (f OrderFact) PaidNow() bool {
	return (f.Payment == Paid || f.Payment == PartiallyRefunded) && f.RefundedAt.IsZero()
}

// Counts reports whether purchase conditions and figures include the order:
// paid now, neither test, fake nor cancelled.
func (f OrderFact) Counts() bool {
	return f.PaidNow() && !f.Test && !f.Fake && f.CancelledAt.IsZero()
}
