package segments

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Row is one customer as an index reads it. Instants count in whole
// milliseconds, as they are stored. An index stores only what conditions can
// read of the profile: not the costs of lines, the source of a consent, when one
// was withdrawn, or the ids of refunds.
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

// columns lists the fields of a record of one kind: the name, and the place in
// the record, to read it into an index and to write it back.
type columns[T any] struct {
	texts  []textColumn[T]
	ints   []intColumn[T]
	times  []timeColumn[T]
	custom func(*T) *[]commerce.KV // nil: there are none
}

type textColumn[T any] struct {
	name     string
	searched bool // few records have any one value: postings are stored
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

// Index of the columns that the index itself reads. They are the keys of the
// tables below: two columns of one key do not compile.
const (
	birthdays = 5 // of customerColumns.texts

	lineProduct  = 0 // of lineColumns.texts
	lineCategory = 1
)

// Keys of customerColumns.ints.
const (
	figureCount = iota
	figureNet
	figureTotal
	figureUnits
	figureDiscount
	figureCoupons
	figurePlaced
	figureUnpaid
	figureCancelled
	figureRefunds
	figureRefunded
	figureUnpriced
	figureRev
)

// Keys of customerColumns.times.
const (
	firstPaidAt = iota
	lastPaidAt
	knownSince
)

// Keys of orderColumns.ints.
const (
	orderNet = iota
	orderTotal
	orderDiscount
	orderShipping
	orderRefunded
	orderUnits
)

// First keys of orderColumns.times. The times of an order are packed beside the one before.
const (
	placedAt = iota
	paidAt
)

// Keys of lineColumns.ints.
const (
	lineNet = iota
	linePrice
	lineQuantity
)

var customerColumns = columns[Row]{
	texts: []textColumn[Row]{
		{"customer.email", false, func(r *Row) *string { return &r.Attributes.Email }},
		{"customer.phone", false, func(r *Row) *string { return &r.Attributes.Phone }},
		{"customer.first_name", false, func(r *Row) *string { return &r.Attributes.FirstName }},
		{"customer.last_name", false, func(r *Row) *string { return &r.Attributes.LastName }},
		{"customer.gender", false, func(r *Row) *string { return &r.Attributes.Gender }},
		birthdays: {"customer.birthday", false, func(r *Row) *string { return &r.Attributes.Birthday }},
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
		figureCount:     {"orders.count", func(r *Row) *int64 { return &r.History.Figures.Count }},
		figureNet:       {"orders.net", func(r *Row) *int64 { return &r.History.Figures.Net }},
		figureTotal:     {"orders.total", func(r *Row) *int64 { return &r.History.Figures.Total }},
		figureUnits:     {"orders.units", func(r *Row) *int64 { return &r.History.Figures.Units }},
		figureDiscount:  {"orders.discount", func(r *Row) *int64 { return &r.History.Figures.Discount }},
		figureCoupons:   {"orders.coupons", func(r *Row) *int64 { return &r.History.Figures.Coupons }},
		figurePlaced:    {"orders.placed", func(r *Row) *int64 { return &r.History.Figures.Placed }},
		figureUnpaid:    {"orders.unpaid", func(r *Row) *int64 { return &r.History.Figures.Unpaid }},
		figureCancelled: {"orders.cancelled", func(r *Row) *int64 { return &r.History.Figures.Cancelled }},
		figureRefunds:   {"orders.refunds", func(r *Row) *int64 { return &r.History.Figures.Refunds }},
		figureRefunded:  {"orders.refunded", func(r *Row) *int64 { return &r.History.Figures.Refunded }},
		figureUnpriced:  {"orders.unpriced", func(r *Row) *int64 { return &r.History.Figures.Unpriced }},
		figureRev:       {"rev", func(r *Row) *int64 { return &r.Rev }},
	},
	times: []timeColumn[Row]{
		firstPaidAt: {"orders.first_at", func(r *Row) *time.Time { return &r.History.Figures.FirstAt }},
		lastPaidAt:  {"orders.last_at", func(r *Row) *time.Time { return &r.History.Figures.LastAt }},
		knownSince:  {"customer.known_since", func(r *Row) *time.Time { return &r.KnownSince }},
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
		orderNet:      {"order.net", func(o *commerce.OrderFact) *int64 { return &o.Net }},
		orderTotal:    {"order.total", func(o *commerce.OrderFact) *int64 { return &o.Total }},
		orderDiscount: {"order.discount", func(o *commerce.OrderFact) *int64 { return &o.Discount }},
		orderShipping: {"order.shipping", func(o *commerce.OrderFact) *int64 { return &o.Shipping }},
		orderRefunded: {"order.refunded", func(o *commerce.OrderFact) *int64 { return &o.Refunded }},
		orderUnits:    {"order.units", func(o *commerce.OrderFact) *int64 { return &o.Units }},
	},
	times: []timeColumn[commerce.OrderFact]{
		placedAt: {"order.placed_at", func(o *commerce.OrderFact) *time.Time { return &o.PlacedAt }},
		paidAt:   {"order.paid_at", func(o *commerce.OrderFact) *time.Time { return &o.PaidAt }},
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

// orderList is the index of a field in orderLists, -1 where it is no list.
func orderList(name string) int {
	return slices.IndexFunc(orderLists[:], func(l listColumn[commerce.OrderFact]) bool { return l.name == name })
}

var lineColumns = columns[commerce.LineFact]{
	texts: []textColumn[commerce.LineFact]{
		lineProduct:  {"line.product", true, func(l *commerce.LineFact) *string { return &l.Product }},
		lineCategory: {"line.category", true, func(l *commerce.LineFact) *string { return &l.Category }},
		{"line.brand", true, func(l *commerce.LineFact) *string { return &l.Brand }},
		{"line.sku", false, func(l *commerce.LineFact) *string { return &l.SKU }},
		{"line.variant", false, func(l *commerce.LineFact) *string { return &l.Variant }},
	},
	ints: []intColumn[commerce.LineFact]{
		lineNet:      {"line.net", func(l *commerce.LineFact) *int64 { return &l.Net }},
		linePrice:    {"line.price", func(l *commerce.LineFact) *int64 { return &l.Price }},
		lineQuantity: {"line.quantity", func(l *commerce.LineFact) *int64 { return &l.Quantity }},
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

// consentColumns are the columns of granted consents.
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

// text, number and instant are the index of the column of a field, -1 where there is none.
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
