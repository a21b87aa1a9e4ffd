package segments

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Row is one customer as an index reads it. Instants count in whole
// milliseconds, as they are stored. Of the profile an index keeps what
// conditions can ask: not the costs of lines, not who said a consent, not when
// one was withdrawn, not the ids of refunds.
type Row struct {
	N    int64  // permanent number in the shop, 0 to MaxNumber
	ID   string // of the customer: samples are drawn by it
	Rev  int64  // of the document; of one customer the greatest counts
	Gone bool   // deleted or merged into another: a tombstone
	commerce.Profile
}

// MaxNumber is the greatest permanent number an index takes: its bitmaps have a
// bit for each.
const MaxNumber = 1<<28 - 1

// columns lists what a record of one kind has: the field's name, and where it
// is, to read it into an index and to write it back.
type columns[T any] struct {
	texts  []textColumn[T]
	ints   []intColumn[T]
	times  []timeColumn[T]
	custom func(*T) *[]commerce.KV // nil: there are none
}

type textColumn[T any] struct {
	name     string
	searched bool // few records have any one value: postings are kept
	of       func(*T) *string
}

type intColumn[T any] struct {
	name string
	of   func(*T) *int64
}

type timeColumn[T any] struct {
	name string
	of   func(*T) *time.Time
}

type listColumn[T any] struct {
	name string
	of   func(*T) *[]string
}

var customerColumns = columns[Row]{
	texts: []textColumn[Row]{
		{"customer.email", false, func(r *Row) *string { return &r.Attributes.Email }},
		{"customer.phone", false, func(r *Row) *string { return &r.Attributes.Phone }},
		{"customer.first_name", false, func(r *Row) *string { return &r.Attributes.FirstName }},
		{"customer.last_name", false, func(r *Row) *string { return &r.Attributes.LastName }},
		{"customer.gender", false, func(r *Row) *string { return &r.Attributes.Gender }},
		{"customer.birthday", false, func(r *Row) *string { return &r.Attributes.Birthday }},
		{"customer.country", false, func(r *Row) *string { return &r.Attributes.Country }},
		{"customer.region", false, func(r *Row) *string { return &r.Attributes.Region }},
		{"customer.city", false, func(r *Row) *string { return &r.Attributes.City }},
		{"customer.postcode", false, func(r *Row) *string { return &r.Attributes.Postcode }},
		{"customer.language", false, func(r *Row) *string { return &r.Attributes.Language }},
		{"customer.zone", false, func(r *Row) *string { return &r.Attributes.Zone }},
		{"customer.member_level", false, func(r *Row) *string { return &r.Attributes.MemberLevel }},
		{"customer.company", false, func(r *Row) *string { return &r.Attributes.Company }},
		{"customer.occupation", false, func(r *Row) *string { return &r.Attributes.Occupation }},
		{"customer.source", false, func(r *Row) *string { return &r.Attributes.Source.UTMSource }},
		{"customer.utm_medium", false, func(r *Row) *string { return &r.Attributes.Source.UTMMedium }},
		{"customer.utm_campaign", false, func(r *Row) *string { return &r.Attributes.Source.UTMCampaign }},
		{"customer.utm_term", false, func(r *Row) *string { return &r.Attributes.Source.UTMTerm }},
		{"customer.utm_content", false, func(r *Row) *string { return &r.Attributes.Source.UTMContent }},
	},
	ints: []intColumn[Row]{
		{"orders.count", func(r *Row) *int64 { return &r.History.Figures.Count }},
		{"orders.net", func(r *Row) *int64 { return &r.History.Figures.Net }},
		{"orders.total", func(r *Row) *int64 { return &r.History.Figures.Total }},
		{"orders.units", func(r *Row) *int64 { return &r.History.Figures.Units }},
		{"orders.discount", func(r *Row) *int64 { return &r.History.Figures.Discount }},
		{"orders.coupons", func(r *Row) *int64 { return &r.History.Figures.Coupons }},
		{"orders.placed", func(r *Row) *int64 { return &r.History.Figures.Placed }},
		{"orders.unpaid", func(r *Row) *int64 { return &r.History.Figures.Unpaid }},
		{"orders.cancelled", func(r *Row) *int64 { return &r.History.Figures.Cancelled }},
		{"orders.refunds", func(r *Row) *int64 { return &r.History.Figures.Refunds }},
		{"orders.refunded", func(r *Row) *int64 { return &r.History.Figures.Refunded }},
		{"orders.unpriced", func(r *Row) *int64 { return &r.History.Figures.Unpriced }},
		{"rev", func(r *Row) *int64 { return &r.Rev }},
	},
	times: []timeColumn[Row]{
		{"orders.first_at", func(r *Row) *time.Time { return &r.History.Figures.FirstAt }},
		{"orders.last_at", func(r *Row) *time.Time { return &r.History.Figures.LastAt }},
		{"customer.known_since", func(r *Row) *time.Time { return &r.KnownSince }},
	},
	custom: func(r *Row) *[]commerce.KV { return &r.Attributes.Custom },
}

var orderColumns = columns[commerce.OrderFact]{
	texts: []textColumn[commerce.OrderFact]{
		{"order.currency", false, func(o *commerce.OrderFact) *string { return &o.Currency }},
		{"order.channel", true, func(o *commerce.OrderFact) *string { return &o.Channel }},
		{"order.payment_method", false, func(o *commerce.OrderFact) *string { return &o.Method }},
		{"order.store", true, func(o *commerce.OrderFact) *string { return &o.Store }},
		{"order.device", false, func(o *commerce.OrderFact) *string { return &o.Device }},
		{"order.utm_source", false, func(o *commerce.OrderFact) *string { return &o.UTM[0] }},
		{"order.utm_medium", false, func(o *commerce.OrderFact) *string { return &o.UTM[1] }},
		{"order.utm_campaign", true, func(o *commerce.OrderFact) *string { return &o.UTM[2] }},
		{"order.payment_kind", false, func(o *commerce.OrderFact) *string { return (*string)(&o.Kind) }},
	},
	ints: []intColumn[commerce.OrderFact]{
		{"order.net", func(o *commerce.OrderFact) *int64 { return &o.Net }},
		{"order.total", func(o *commerce.OrderFact) *int64 { return &o.Total }},
		{"order.discount", func(o *commerce.OrderFact) *int64 { return &o.Discount }},
		{"order.shipping", func(o *commerce.OrderFact) *int64 { return &o.Shipping }},
		{"order.refunded", func(o *commerce.OrderFact) *int64 { return &o.Refunded }},
		{"order.units", func(o *commerce.OrderFact) *int64 { return &o.Units }},
	},
	times: []timeColumn[commerce.OrderFact]{
		{"order.placed_at", func(o *commerce.OrderFact) *time.Time { return &o.PlacedAt }},
		{"order.paid_at", func(o *commerce.OrderFact) *time.Time { return &o.PaidAt }},
		{"order.shipped_at", func(o *commerce.OrderFact) *time.Time { return &o.ShippedAt }},
		{"order.delivered_at", func(o *commerce.OrderFact) *time.Time { return &o.DeliveredAt }},
		{"order.completed_at", func(o *commerce.OrderFact) *time.Time { return &o.CompletedAt }},
		{"order.cancelled_at", func(o *commerce.OrderFact) *time.Time { return &o.CancelledAt }},
		{"order.refunded_at", func(o *commerce.OrderFact) *time.Time { return &o.RefundedAt }},
		{"order.cancel_at", func(o *commerce.OrderFact) *time.Time { return &o.CancelAt }},
		{"order.balance_from", func(o *commerce.OrderFact) *time.Time { return &o.BalanceFrom }},
		{"order.deposit_paid_at", func(o *commerce.OrderFact) *time.Time { return &o.DepositPaidAt }},
		{"order.rated_at", func(o *commerce.OrderFact) *time.Time { return &o.RatedAt }},
		{"order.balance_to", func(o *commerce.OrderFact) *time.Time { return &o.BalanceTo }},
		{"order.due_at", func(o *commerce.OrderFact) *time.Time { return &o.DueAt }},
	},
	custom: func(o *commerce.OrderFact) *[]commerce.KV { return &o.Custom },
}

// orderLists are the lists of texts an order has.
var orderLists = [...]listColumn[commerce.OrderFact]{
	{"order.coupon", func(o *commerce.OrderFact) *[]string { return &o.Coupons }},
	{"order.tags", func(o *commerce.OrderFact) *[]string { return &o.Tags }},
}

// orderList tells where the list of a field is in orderLists, -1 where it is none.
func orderList(name string) int {
	return slices.IndexFunc(orderLists[:], func(l listColumn[commerce.OrderFact]) bool { return l.name == name })
}

var lineColumns = columns[commerce.LineFact]{
	texts: []textColumn[commerce.LineFact]{
		{"line.product", true, func(l *commerce.LineFact) *string { return &l.Product }},
		{"line.category", true, func(l *commerce.LineFact) *string { return &l.Category }},
		{"line.brand", true, func(l *commerce.LineFact) *string { return &l.Brand }},
		{"line.sku", false, func(l *commerce.LineFact) *string { return &l.SKU }},
		{"line.variant", false, func(l *commerce.LineFact) *string { return &l.Variant }},
	},
	ints: []intColumn[commerce.LineFact]{
		{"line.net", func(l *commerce.LineFact) *int64 { return &l.Net }},
		{"line.price", func(l *commerce.LineFact) *int64 { return &l.Price }},
		{"line.quantity", func(l *commerce.LineFact) *int64 { return &l.Quantity }},
	},
	custom: func(l *commerce.LineFact) *[]commerce.KV { return &l.Custom },
}

var messageColumns = columns[commerce.MessageFact]{
	texts: []textColumn[commerce.MessageFact]{
		{"message.campaign", false, func(m *commerce.MessageFact) *string { return &m.Campaign }},
		{"message.step", false, func(m *commerce.MessageFact) *string { return &m.Step }},
		{"message.channel", false, func(m *commerce.MessageFact) *string { return &m.Channel }},
	},
	times: []timeColumn[commerce.MessageFact]{
		{"sent", func(m *commerce.MessageFact) *time.Time { return &m.SentAt }},
		{"delivered", func(m *commerce.MessageFact) *time.Time { return &m.DeliveredAt }},
		{"opened", func(m *commerce.MessageFact) *time.Time { return &m.OpenedAt }},
		{"last opened", func(m *commerce.MessageFact) *time.Time { return &m.LastOpenedAt }},
		{"clicked", func(m *commerce.MessageFact) *time.Time { return &m.ClickedAt }},
		{"last clicked", func(m *commerce.MessageFact) *time.Time { return &m.LastClickedAt }},
		{"unsubscribed", func(m *commerce.MessageFact) *time.Time { return &m.UnsubscribedAt }},
	},
}

// consentColumns are those of consents that are granted.
var consentColumns = columns[commerce.Consent]{
	texts: []textColumn[commerce.Consent]{{"consent.channel", false, func(c *commerce.Consent) *string { return &c.Channel }}},
	times: []timeColumn[commerce.Consent]{{"consent.granted", func(c *commerce.Consent) *time.Time { return &c.At }}},
}

var checkoutColumns = columns[commerce.CheckoutFact]{
	texts: []textColumn[commerce.CheckoutFact]{{"checkout.currency", false, func(c *commerce.CheckoutFact) *string { return &c.Currency }}},
	ints:  []intColumn[commerce.CheckoutFact]{{"checkout.minor", func(c *commerce.CheckoutFact) *int64 { return &c.Total }}},
	times: []timeColumn[commerce.CheckoutFact]{
		{"checkout.started", func(c *commerce.CheckoutFact) *time.Time { return &c.At }},
		{"checkout.completed_at", func(c *commerce.CheckoutFact) *time.Time { return &c.CompletedAt }},
	},
}

// Where columns that the index itself reads are in their tables.
const (
	birthdays      = 5 // of customerColumns.texts
	figureCount    = 0 // of customerColumns.ints
	figureNet      = 1
	figureTotal    = 2
	figureUnits    = 3
	figureDiscount = 4
	figureCoupons  = 5
	figureUnpriced = 11
	figureRev      = 12
	lastPaidAt     = 1 // of customerColumns.times

	orderNet   = 0 // of orderColumns.ints
	orderTotal = 1
	orderUnits = 5
	placedAt   = 0 // of orderColumns.times
	paidAt     = 1

	lineProduct  = 0 // of lineColumns.texts
	lineCategory = 1
	lineNet      = 0 // of lineColumns.ints
	linePrice    = 1
	lineQuantity = 2
)

// text, number and instant tell where the column of a field is, -1 where there is none.
func (c *columns[T]) text(name string) int {
	for i := range c.texts {
		if c.texts[i].name == name {
			return i
		}
	}
	return -1
}

func (c *columns[T]) number(name string) int {
	for i := range c.ints {
		if c.ints[i].name == name {
			return i
		}
	}
	return -1
}

func (c *columns[T]) instant(name string) int {
	for i := range c.times {
		if c.times[i].name == name {
			return i
		}
	}
	return -1
}
