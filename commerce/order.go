package commerce

import "time"

// Order is one order as its platform describes it, from every delivery received
// so far: OrderState from the newest record, the rest merged (see Merge).
type Order struct {
	ID         string `bson:"_id"` // Key(shop, connection, external)
	Shop       string `bson:"shop"`
	Connection string `bson:"connection"`
	External   string `bson:"external"` // the platform's id, as text

	OrderState `bson:"state"`
	Times      Timeline `bson:"times"` // resolved by Merge from Live and Past; in a new record: its own times
	Parcels    []Parcel `bson:"parcels"`
	Refunds    []Refund `bson:"refunds"`

	Live      Sightings `bson:"live,omitempty"`    // records of the platform
	Past      Sightings `bson:"past,omitempty"`    // records of imports
	Deleted   Stamp     `bson:"deleted,omitempty"` // the latest deletion
	Lists     Lists     `bson:"lists,omitempty"`
	Withdrawn Withdrawn `bson:"withdrawn,omitempty"`

	Customer string    `bson:"customer,omitempty"` // customer id; empty: the order names no customer
	Home     string    `bson:"home,omitempty"`     // customer of its strong identities, where a phone joined them with Customer
	Former   string    `bson:"former,omitempty"`   // former customer, until their profile is recomputed
	Imported bool      `bson:"imported"`           // from an import: starts no campaign
	Fact     OrderFact `bson:"fact"`               // compact form, rewritten with every save
	Outbox   []string  `bson:"outbox"`             // ids of events that may not be stored yet
	Repeated []string  `bson:"retold,omitempty"`   // events of the outbox that are reported again, with changes
	Pending  bool      `bson:"pending"`            // the outbox, or the customer's new generation, is not finished
	Rev      int64     `bson:"rev"`                // for compare-and-set; 0: never saved

	// Kind is the meaning of Method under the terms of the connection. Empty:
	// the platform reported no method.
	Kind PaymentKind `bson:"-"`

	// RedactedAt is when the personal data was erased (WithoutPerson). Later
	// records of the order lose theirs too. Zero: never.
	RedactedAt time.Time `bson:"redacted_at,omitempty"`
}

// OrderState is the part of an order that only the newest record decides.
// Absent values are zero values; Money without a currency was not given.
type OrderState struct {
	Version  time.Time     `bson:"version"`            // the platform's time of last change; zero for a stub
	Received time.Time     `bson:"received,omitempty"` // receipt; of two records of one version the later counts
	History  bool          `bson:"history,omitempty"`  // from an import; set by Merge
	Facts    int           `bson:"facts"`              // number of facts in the record; set by Merge, breaks ties
	Number   string        `bson:"number"`
	Status   OrderStatus   `bson:"status"`
	Payment  PaymentStatus `bson:"payment"`
	Test     bool          `bson:"test"`
	Fake     bool          `bson:"fake"` // marked as brushed (刷单)

	Currency string   `bson:"currency"`
	Rate     Decimal  `bson:"rate"` // shop currency for 1 of Currency, if the platform reports it
	Total    Money    `bson:"total"`
	Subtotal Money    `bson:"subtotal"`
	Discount Money    `bson:"discount"`
	Tax      Money    `bson:"tax"`
	Shipping Money    `bson:"shipping"`
	Deposit  Money    `bson:"deposit"` // of a pre-sale
	Lines    []Line   `bson:"lines"`
	Coupons  []string `bson:"coupons"`
	Tags     []string `bson:"tags,omitempty"` // tags of the merchant and their apps

	Buyer  Buyer  `bson:"buyer"`
	Method string `bson:"method"` // payment method: cod, bank_transfer, else the platform's name
	// MethodNames are the platform's and then the merchant's names of the
	// method.
	MethodNames []string `bson:"method_names,omitempty"`
	Channel     string   `bson:"channel"` // web, app, pos, ...
	Store       string   `bson:"store"`
	Device      string   `bson:"device"`
	Source      Source   `bson:"source"`

	PayURL      string    `bson:"pay_url"`
	CancelAt    time.Time `bson:"cancel_at"`    // when the platform closes it unpaid
	PageOnly    bool      `bson:"page_only"`    // PayURL shows the order; it may not allow payment
	DueAt       time.Time `bson:"due_at"`       // due date by the agreed terms; zero: at once
	CloseFrom   time.Time `bson:"close_from"`   // start of the platform's time to close; zero: it does not close
	BalanceFrom time.Time `bson:"balance_from"` // pre-sale: window for the balance
	BalanceTo   time.Time `bson:"balance_to"`
	Rating      int       `bson:"rating"` // 1..5; 0 = not rated
	InStock     *bool     `bson:"in_stock,omitempty"`
	Custom      []KV      `bson:"custom"`
	Quality     []string  `bson:"quality"` // codes of the data-quality count
}

// OrderStatus is the status of an order now.
type OrderStatus string

const (
	// Open: neither completed nor cancelled yet.
	Open OrderStatus = "open"
	// Completed: closed as successful.
	Completed OrderStatus = "completed"
	// Cancelled: called off, closed unpaid, or failed.
	Cancelled OrderStatus = "cancelled"
)

// OrderStatuses are all statuses.
func OrderStatuses() []OrderStatus { return []OrderStatus{Open, Completed, Cancelled} }

// PaymentStatus is what is paid now, in the words of the campaign language. An
// order is paid now if the status is Paid or PartiallyRefunded.
type PaymentStatus string

const (
	// Unpaid: nothing is paid.
	Unpaid PaymentStatus = "unpaid"
	// DepositPaid: the deposit of a pre-sale is paid.
	DepositPaid PaymentStatus = "deposit_paid"
	// Authorized: the payment is promised, and not captured yet.
	Authorized PaymentStatus = "authorized"
	// PartiallyPaid: a part is paid.
	PartiallyPaid PaymentStatus = "partially_paid"
	// Paid: the full amount is paid.
	Paid PaymentStatus = "paid"
	// PartiallyRefunded: a part of the money went back.
	PartiallyRefunded PaymentStatus = "partially_refunded"
	// Refunded: all money went back.
	Refunded PaymentStatus = "refunded"
	// Voided: the payment was cancelled before it was captured.
	Voided PaymentStatus = "voided"
)

// PaymentStatuses are all statuses of a payment.
func PaymentStatuses() []PaymentStatus {
	return []PaymentStatus{Unpaid, DepositPaid, Authorized, PartiallyPaid, Paid, PartiallyRefunded, Refunded, Voided}
}

// Payment methods with a name of their own in conditions; others have the platform's name.
const (
	// CashOnDelivery: paid on delivery or pick-up.
	CashOnDelivery = "cod"
	// BankTransfer: paid outside the shop, by transfer or cheque.
	BankTransfer = "bank_transfer"
)

// Timeline contains the time when each state began. It does not show that a
// state still applies: PaidNow and CancelledNow report that. Zero: not known.
// Where records show a state without its time, Merge resolves the time; see
// Sightings. DeletedAt is set only while the order is deleted. ShippedAt is for
// platforms that list no parcels, RefundedAt for those that list no refunds.
type Timeline struct {
	PlacedAt      time.Time `bson:"placed_at,omitempty"`
	DepositPaidAt time.Time `bson:"deposit_paid_at,omitempty"`
	PaidAt        time.Time `bson:"paid_at,omitempty"` // the full amount
	ShippedAt     time.Time `bson:"shipped_at,omitempty"`
	DeliveredAt   time.Time `bson:"delivered_at,omitempty"` // all of it
	CompletedAt   time.Time `bson:"completed_at,omitempty"`
	CancelledAt   time.Time `bson:"cancelled_at,omitempty"`
	RefundedAt    time.Time `bson:"refunded_at,omitempty"` // all of it, where the platform lists no refunds
	RatedAt       time.Time `bson:"rated_at,omitempty"`
	DeletedAt     time.Time `bson:"deleted_at,omitempty"`
}

// Line is one position of an order. Net is the price the buyer pays for it,
// after discounts, with tax. UnitPrice is the printed price before discounts;
// it may have more digits than the currency.
type Line struct {
	ID        string  `bson:"id"`
	Product   string  `bson:"product"` // the platform's product id; empty for a custom position
	Variant   string  `bson:"variant"`
	SKU       string  `bson:"sku"`
	Title     string  `bson:"title"`
	Brand     string  `bson:"brand"`
	Category  string  `bson:"category"`        // set if the order itself names it; else the product's category counts
	Quantity  int64   `bson:"quantity"`        // pieces
	Exact     Decimal `bson:"exact,omitempty"` // a quantity that is no whole number, such as 0.25 kg; see Pieces
	UnitPrice Decimal `bson:"unit_price"`
	Net       Money   `bson:"net"`
	UnitCost  Money   `bson:"unit_cost"` // without a currency: not known
	Custom    []KV    `bson:"custom"`
}

// Amount is the exact quantity of the line.
func (l Line) Amount() Decimal {
	if l.Exact.IsZero() {
		return Decimal{Units: l.Quantity}
	}
	return l.Exact
}

// Parcel is one shipment of an order.
type Parcel struct {
	ID             string       `bson:"id"`
	Version        time.Time    `bson:"version"`
	ShippedAt      time.Time    `bson:"shipped_at,omitempty"`
	DeliveredAt    time.Time    `bson:"delivered_at,omitempty"`
	Cancelled      bool         `bson:"cancelled"`
	Carrier        string       `bson:"carrier"`
	Tracking       string       `bson:"tracking"`
	Lines          []ParcelLine `bson:"lines"`             // empty: not reported, read as all lines
	History        bool         `bson:"history,omitempty"` // the record that counts is an import's; set by Merge
	Mention        `bson:"mention"`
	RecordReceived time.Time `bson:"heard,omitempty"` // receipt of the record that counts
}

// ParcelLine is the quantity of a line in a parcel.
type ParcelLine struct {
	Line     string `bson:"line"`
	Quantity int64  `bson:"quantity"`
}

// Refund is money that goes back, or a request for it. The times set show the
// progress: requested, refunded (money moved) or closed (refused or withdrawn).
// Shown is for platforms that list a refund without its time: Merge then
// resolves RefundedAt.
type Refund struct {
	ID             string    `bson:"id"`
	Version        time.Time `bson:"version"`
	RequestedAt    time.Time `bson:"requested_at,omitempty"`
	RefundedAt     time.Time `bson:"refunded_at,omitempty"`
	ClosedAt       time.Time `bson:"closed_at,omitempty"`
	Reported       time.Time `bson:"told,omitempty"`  // RefundedAt as a record reported it; set by Merge
	Shown          time.Time `bson:"shown,omitempty"` // first version that lists the refund as made
	Amount         Money     `bson:"amount"`          // positive
	Reason         string    `bson:"reason"`
	Unlisted       bool      `bson:"unlisted,omitempty"` // the platform never lists it, so no list withdraws it
	History        bool      `bson:"history,omitempty"`  // the record that counts is an import's; set by Merge
	Mention        `bson:"mention"`
	RecordReceived time.Time `bson:"heard,omitempty"` // receipt of the record that counts
}

// Buyer is the customer named by an order or a checkout. A buyer without
// Platform, Email and Phone is unknown: guests are never one customer.
type Buyer struct {
	Platform         string `bson:"platform"` // the platform's customer id; guests have none
	Email            string `bson:"email"`
	Verified         bool   `bson:"verified"` // the platform confirmed the address
	Phone            string `bson:"phone"`
	FirstName        string `bson:"first_name"`
	LastName         string `bson:"last_name"`
	Company          string `bson:"company"`
	Language         string `bson:"language"`
	Country          string `bson:"country"` // ISO 3166 alpha-2
	Region           string `bson:"region"`
	City             string `bson:"city"`
	Postcode         string `bson:"postcode"`
	AcceptsMarketing bool   `bson:"accepts_marketing"` // ticked at this checkout; false is no statement
}

// Source is the origin of an order or a customer.
type Source struct {
	UTMSource   string `bson:"utm_source"`
	UTMMedium   string `bson:"utm_medium"`
	UTMCampaign string `bson:"utm_campaign"`
	UTMTerm     string `bson:"utm_term"`
	UTMContent  string `bson:"utm_content"`
	Landing     string `bson:"landing"` // complete landing URL: it may contain our click token
	Referrer    string `bson:"referrer"`
}

// PaidNow reports whether the order is paid and not fully refunded. The newest
// record decides, or an import of a later time.
func (o Order) PaidNow() bool { p := o.PaymentNow(); return p == Paid || p == PartiallyRefunded }

func (o Order) statePaid() bool { return o.Payment == Paid || o.Payment == PartiallyRefunded }

// PaymentNow is the payment status now. An import never changes the platform's
// status, except that a payment dated after the platform's last record counts.
func (o Order) PaymentNow() PaymentStatus {
	if !o.shows(paid) && o.Payment != Voided && o.datedLater(o.Times.PaidAt) {
		return Paid
	}
	return o.Payment
}

// datedLater reports whether at, of an import, lies after the platform's last
// record.
func (o Order) datedLater(at time.Time) bool {
	return !o.Stub() && !o.History && !o.Past.IsZero() && at.After(o.Version)
}

// CancelledNow reports whether the order is cancelled or deleted. The newest
// record decides, or an import of a later time. A record newer than the
// deletion restores the order.
func (o Order) CancelledNow() bool {
	return o.Status == Cancelled || o.DeletedNow() || o.datedLater(o.Times.CancelledAt)
}

// DeletedNow reports whether the platform deleted the order after its newest record.
func (o Order) DeletedNow() bool {
	deleted := o.Deleted
	if deleted.IsZero() { // stored by an older release, or a new record
		deleted = Stamp{o.Times.DeletedAt, o.Received}
	}
	return !deleted.At.IsZero() && deleted.compare(Stamp{o.Version, o.Received}) >= 0
}

// Stub reports whether only partial records (a parcel, a refund, a deletion) of
// the order have been received so far.
func (o Order) Stub() bool { return o.Version.IsZero() }

// Payable reports whether a reminder is useful once the order is due: open,
// unpaid and payable online, not outside the shop (docs/glossary.md).
func (o Order) Payable() bool {
	kind := o.kind()
	return o.Status == Open && o.PaymentNow() == Unpaid && !o.CancelledNow() && (kind == "" || kind == PaidByCard)
}
