package commerce

import "time"

// Order is what a platform says of one order, from every delivery seen of it:
// OrderState from the newest record, the rest merged (see Merge).
type Order struct {
	ID         string `bson:"_id"` // Key(shop, connection, external)
	Shop       string `bson:"shop"`
	Connection string `bson:"connection"`
	External   string `bson:"external"` // the platform's id, as text

	OrderState `bson:"state"`
	Times      Timeline `bson:"times"` // resolved by Merge of Live and Past; in a record that came: what it tells
	Parcels    []Parcel `bson:"parcels"`
	Refunds    []Refund `bson:"refunds"`

	Live      Sightings `bson:"live,omitempty"`    // what the platform showed
	Past      Sightings `bson:"past,omitempty"`    // what imports said
	Deleted   Stamp     `bson:"deleted,omitempty"` // the latest deletion
	Lists     Lists     `bson:"lists,omitempty"`
	Withdrawn Withdrawn `bson:"withdrawn,omitempty"`

	Customer string    `bson:"customer,omitempty"` // customer id; empty: the order names nobody
	Home     string    `bson:"home,omitempty"`     // whom its strong identities name, where a phone made Customer of them
	Former   string    `bson:"former,omitempty"`   // whom it was taken from, until their profile knows
	Imported bool      `bson:"imported"`           // came as history: fires no campaign
	Fact     OrderFact `bson:"fact"`               // compact form, rewritten with every save
	Outbox   []string  `bson:"outbox"`             // ids of events saved here but perhaps not yet there
	Retold   []string  `bson:"retold,omitempty"`   // those of the outbox that were told before, otherwise
	Pending  bool      `bson:"pending"`            // the outbox, or the customer's want, is still to be finished
	Rev      int64     `bson:"rev"`                // compare-and-set; 0 = never saved

	// Kind is what Method means, under the terms of the connection. Empty: no
	// method is told.
	Kind PaymentKind `bson:"-"`

	// RedactedAt is when whose it is was erased (WithoutPerson); later records of
	// it lose the same. Zero: never.
	RedactedAt time.Time `bson:"redacted_at,omitempty"`
}

// OrderState is the part of an order that only the newest record decides.
// Absent values are zero values; Money without a currency was not given.
type OrderState struct {
	Version  time.Time     `bson:"version"`            // the platform's time of last change; zero for a stub
	Received time.Time     `bson:"received,omitempty"` // when the record came: of two of one version the later counts
	History  bool          `bson:"history,omitempty"`  // an import said it; set by Merge
	Facts    int           `bson:"facts"`              // how much this record said; set by Merge, breaks what ties are left
	Number   string        `bson:"number"`
	Status   OrderStatus   `bson:"status"`
	Payment  PaymentStatus `bson:"payment"`
	Test     bool          `bson:"test"`
	Fake     bool          `bson:"fake"` // marked as brushed (刷单)

	Currency string   `bson:"currency"`
	Rate     Decimal  `bson:"rate"` // shop currency for 1 of Currency, where the platform gave it
	Total    Money    `bson:"total"`
	Subtotal Money    `bson:"subtotal"`
	Discount Money    `bson:"discount"`
	Tax      Money    `bson:"tax"`
	Shipping Money    `bson:"shipping"`
	Deposit  Money    `bson:"deposit"` // of a pre-sale
	Lines    []Line   `bson:"lines"`
	Coupons  []string `bson:"coupons"`
	Tags     []string `bson:"tags,omitempty"` // what the merchant and their apps filed it under

	Buyer  Buyer  `bson:"buyer"`
	Method string `bson:"method"` // payment method: cod, bank_transfer, else the platform's name
	// MethodNames are what the platform and then the merchant call the method.
	MethodNames []string `bson:"method_names,omitempty"`
	Channel     string   `bson:"channel"` // web, app, pos, ...
	Store       string   `bson:"store"`
	Device      string   `bson:"device"`
	Source      Source   `bson:"source"`

	PayURL      string    `bson:"pay_url"`
	CancelAt    time.Time `bson:"cancel_at"`    // when the platform closes it unpaid
	PageOnly    bool      `bson:"page_only"`    // PayURL shows the order; whether it can be paid there is not told
	DueAt       time.Time `bson:"due_at"`       // when it is to be paid by the terms agreed; zero: at once
	CloseFrom   time.Time `bson:"close_from"`   // since when a platform that closes it some time later counts; zero: it does not
	BalanceFrom time.Time `bson:"balance_from"` // pre-sale: window for the balance
	BalanceTo   time.Time `bson:"balance_to"`
	Rating      int       `bson:"rating"` // 1..5; 0 = not rated
	InStock     *bool     `bson:"in_stock,omitempty"`
	Custom      []KV      `bson:"custom"`
	Quality     []string  `bson:"quality"` // what was odd about the record: codes of the data-quality count
}

// OrderStatus says where an order stands now.
type OrderStatus string

// An order is open until it is completed or cancelled (closed unpaid, failed).
const (
	Open      OrderStatus = "open"
	Completed OrderStatus = "completed"
	Cancelled OrderStatus = "cancelled"
)

// PaymentStatus says what is paid now. Paid now means Paid or PartiallyRefunded.
type PaymentStatus string

// The payment states of the campaign language.
const (
	Unpaid            PaymentStatus = "unpaid"
	DepositPaid       PaymentStatus = "deposit_paid"
	Authorized        PaymentStatus = "authorized"
	PartiallyPaid     PaymentStatus = "partially_paid"
	Paid              PaymentStatus = "paid"
	PartiallyRefunded PaymentStatus = "partially_refunded"
	Refunded          PaymentStatus = "refunded"
	Voided            PaymentStatus = "voided"
)

// Payment methods that conditions name; others keep the platform's name.
const (
	CashOnDelivery = "cod"
	BankTransfer   = "bank_transfer"
)

// Timeline holds when each state began. A time never says that the state still
// holds: for that ask PaidNow and CancelledNow. Zero: not known. Where records
// show a state without its time, Merge resolves it; see Sightings. DeletedAt is
// set only while the order is deleted. ShippedAt is for platforms that list no
// parcels, RefundedAt for those that list no refunds.
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

// Line is one position of an order. Net is what the buyer pays for it, after
// discounts, with tax; UnitPrice is before discounts, as printed, and may have
// more digits than the currency.
type Line struct {
	ID        string  `bson:"id"`
	Product   string  `bson:"product"` // the platform's product id; empty for a custom position
	Variant   string  `bson:"variant"`
	SKU       string  `bson:"sku"`
	Title     string  `bson:"title"`
	Brand     string  `bson:"brand"`
	Category  string  `bson:"category"`        // where the order itself says it; else the product's decides
	Quantity  int64   `bson:"quantity"`        // pieces
	Exact     Decimal `bson:"exact,omitempty"` // the quantity where it is no whole number, such as 0.25 kg; see Pieces
	UnitPrice Decimal `bson:"unit_price"`
	Net       Money   `bson:"net"`
	UnitCost  Money   `bson:"unit_cost"` // without a currency: not known
	Custom    []KV    `bson:"custom"`
}

// Amount is the line's quantity, exactly.
func (l Line) Amount() Decimal {
	if l.Exact.IsZero() {
		return Decimal{Units: l.Quantity}
	}
	return l.Exact
}

// Parcel is one shipment of an order.
type Parcel struct {
	ID          string       `bson:"id"`
	Version     time.Time    `bson:"version"`
	ShippedAt   time.Time    `bson:"shipped_at,omitempty"`
	DeliveredAt time.Time    `bson:"delivered_at,omitempty"`
	Cancelled   bool         `bson:"cancelled"`
	Carrier     string       `bson:"carrier"`
	Tracking    string       `bson:"tracking"`
	Lines       []ParcelLine `bson:"lines"` // empty: not said, taken as all lines
	Mention     `bson:"mention"`
	Heard       time.Time `bson:"heard,omitempty"` // when the record was received whose word stands
}

// ParcelLine is how much of a line is in a parcel.
type ParcelLine struct {
	Line     string `bson:"line"`
	Quantity int64  `bson:"quantity"`
}

// Refund is money going back, or asked back. Which times are set says how far
// it is: requested, refunded (money moved) or closed (refused or withdrawn).
// Shown is for platforms that list a refund without its time: RefundedAt is then
// resolved by Merge.
type Refund struct {
	ID          string    `bson:"id"`
	Version     time.Time `bson:"version"`
	RequestedAt time.Time `bson:"requested_at,omitempty"`
	RefundedAt  time.Time `bson:"refunded_at,omitempty"`
	ClosedAt    time.Time `bson:"closed_at,omitempty"`
	Told        time.Time `bson:"told,omitempty"`  // RefundedAt as a record told it; set by Merge
	Shown       time.Time `bson:"shown,omitempty"` // the first version that lists the refund as made
	Amount      Money     `bson:"amount"`          // positive
	Reason      string    `bson:"reason"`
	Unlisted    bool      `bson:"unlisted,omitempty"` // the platform lists it nowhere: no list withdraws it
	Mention     `bson:"mention"`
	Heard       time.Time `bson:"heard,omitempty"` // when the record was received whose word stands
}

// Buyer is whom an order or a checkout names. A buyer without Platform, Email
// and Phone is nobody: guests are never one customer.
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
	AcceptsMarketing bool   `bson:"accepts_marketing"` // ticked at this checkout; false says nothing
}

// Source is where an order or a customer came from.
type Source struct {
	UTMSource   string `bson:"utm_source"`
	UTMMedium   string `bson:"utm_medium"`
	UTMCampaign string `bson:"utm_campaign"`
	UTMTerm     string `bson:"utm_term"`
	UTMContent  string `bson:"utm_content"`
	Landing     string `bson:"landing"` // landing URL, whole: our click token may be in it
	Referrer    string `bson:"referrer"`
}

// PaidNow tells whether the order is paid and not fully refunded, as its
// newest record says, or an import of a later time.
func (o Order) PaidNow() bool { p := o.PaymentNow(); return p == Paid || p == PartiallyRefunded }

func (o Order) statePaid() bool { return o.Payment == Paid || o.Payment == PartiallyRefunded }

// PaymentNow is what is paid now. An import never changes the state that the
// platform told; but a payment it dates after the platform's last word stands.
func (o Order) PaymentNow() PaymentStatus {
	if !o.shows(paid) && o.Payment != Voided && o.saidLater(o.Times.PaidAt) {
		return Paid
	}
	return o.Payment
}

// saidLater tells whether at, of an import, lies after the platform's last word.
func (o Order) saidLater(at time.Time) bool {
	return !o.Stub() && !o.History && !o.Past.IsZero() && at.After(o.Version)
}

// CancelledNow tells whether the order is cancelled or deleted, as its newest
// record says, or an import of a later time. A record newer than the deletion
// restores it.
func (o Order) CancelledNow() bool {
	return o.Status == Cancelled || o.DeletedNow() || o.saidLater(o.Times.CancelledAt)
}

// DeletedNow tells whether the platform deleted the order after its newest record.
func (o Order) DeletedNow() bool {
	deleted := o.Deleted
	if deleted.IsZero() { // as an older release stored it, or as it came
		deleted = Stamp{o.Times.DeletedAt, o.Received}
	}
	return !deleted.At.IsZero() && deleted.compare(Stamp{o.Version, o.Received}) >= 0
}

// Stub tells whether only partial bodies (a parcel, a refund, a deletion) have
// been seen of the order so far.
func (o Order) Stub() bool { return o.Version.IsZero() }

// Payable tells whether a reminder makes sense once the order is due: open,
// unpaid and to be paid online, not past the shop (docs/glossary.md).
func (o Order) Payable() bool {
	kind := o.kind()
	return o.Status == Open && o.PaymentNow() == Unpaid && !o.CancelledNow() && (kind == "" || kind == PaidByCard)
}
