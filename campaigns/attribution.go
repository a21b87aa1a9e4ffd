package campaigns

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// Model is a rule by which an order is credited to a message.
type Model string

// The models, strongest first; the first that finds a message decides.
const (
	// ByCoupon: the order used a code made for the message.
	ByCoupon Model = "coupon"
	// ByLanding: the order's landing URL contains the message's click token.
	ByLanding Model = "landing"
	// ByClick: the customer's last click by a human within the window.
	ByClick Model = "last_click"
	// ByOpen: the last open likewise, only if the shop counts opens.
	ByOpen Model = "last_open"
)

// Candidate is the part of a message that attribution reads. Candidates of an order
// are the messages to its customer, and those that its coupons or its landing URL
// name, to any recipient.
type Candidate struct {
	Message  string
	Campaign string
	Step     string
	Customer string // at the end of all merges
	SentAt   time.Time
	Window   time.Duration // AttributionWindow
	Coupons  []string
	Clicks   []time.Time // by humans
	Opens    []time.Time // by humans
}

// Conversion is a paid order that is credited to a message. It is computed from the
// order and the touches alone, and can be computed again at any time. Amounts are in
// minor units of the shop's currency. Without a message the order is not credited
// any more.
type Conversion struct {
	ID       string    `bson:"_id"` // the order's
	Shop     string    `bson:"shop"`
	Customer string    `bson:"customer"`
	PaidAt   time.Time `bson:"paid_at"` // the moment of conversion

	Model    Model    `bson:"model"` // of the credit that counts; so the next three
	Message  string   `bson:"message"`
	Campaign string   `bson:"campaign"`
	Step     string   `bson:"step"`
	Credits  []Credit `bson:"credits"` // one for each model that found a message, strongest first

	Currency string      `bson:"currency"`
	Revenue  int64       `bson:"revenue"` // paid, before refunds
	Margin   int64       `bson:"margin"`
	Basis    MarginBasis `bson:"basis"`
	Discount int64       `bson:"discount"` // given through our coupons: a cost of the campaign
	Unpriced bool        `bson:"unpriced"` // in another currency without a rate: amounts are 0

	Reversals      []Reversal `bson:"reversals"` // oldest first, also after the window
	Reversed       int64      `bson:"reversed"`
	MarginReversed int64      `bson:"margin_reversed"`

	Former []string `bson:"former,omitempty"` // messages credited before, until results have counted the change
	Rev    int64    `bson:"rev"`
}

// Credit is the result of one model.
type Credit struct {
	Model    Model     `bson:"model"`
	Message  string    `bson:"message"`
	Campaign string    `bson:"campaign"`
	Step     string    `bson:"step"`
	At       time.Time `bson:"at,omitempty"` // of the click or open
}

// Reversal takes back a share of revenue and margin after a refund.
type Reversal struct {
	Cause   string    `bson:"cause"` // refund id; "cancelled" and "refunded" where the platform lists none
	At      time.Time `bson:"at"`
	Revenue int64     `bson:"revenue"`
	Margin  int64     `bson:"margin"`
}

// MarginBasis is the source of a margin.
type MarginBasis string

// What a margin was computed of.
const (
	// FromUnitCosts: the unit costs of all lines are known.
	FromUnitCosts MarginBasis = "unit costs"
	// FromBoth: those of some lines are known; the shop's rate serves for the others.
	FromBoth MarginBasis = "unit costs and rate"
	// FromRate: the shop's rate alone.
	FromRate MarginBasis = "rate"
)

// Attribute credits order o to one of candidates. landed is the message whose click
// token is in the order's landing URL (LandedMessage); empty for none. ok is false
// if no message is credited, or the order is unpaid, a test or fake.
func Attribute(shop commerce.Shop, o commerce.Order, candidates []Candidate, landed string) (c Conversion, ok bool) {
	paid := o.PaidNow() || o.PaymentNow() == commerce.Refunded
	if !paid || o.Times.PaidAt.IsZero() || o.Test || o.Fake {
		return Conversion{}, false
	}
	credits := credit(shop, o, candidates, landed)
	if len(credits) == 0 {
		return Conversion{}, false
	}
	first, fact := credits[0], commerce.FactOf(o, shop.Currency)
	c = Conversion{
		ID: o.ID, Shop: o.Shop, Customer: o.Customer, PaidAt: o.Times.PaidAt, Credits: credits,
		Model: first.Model, Message: first.Message, Campaign: first.Campaign, Step: first.Step, Currency: shop.Currency,
	}
	if fact.Unpriced {
		c.Unpriced = true
		return c, true
	}
	c.Revenue = fact.Total
	c.Margin, c.Basis = MarginOf(fact, shop.Results.MarginBP)
	c.Discount = couponCost(o, fact, candidates)
	c.reverse(fact)
	return c, true
}

// AttributionWindow is the longest time from touch to payment that earns
// credit: the shop's setting, else the default for the campaign and channel.
func AttributionWindow(shop commerce.Shop, c *Campaign, channel string) time.Duration {
	const day = 24 * time.Hour
	china := shop.Market == commerce.China
	switch {
	case shop.Results.WindowHours > 0:
		return time.Duration(shop.Results.WindowHours) * time.Hour
	case c.Trigger.lapses():
		return 7 * day
	case china && c.Key == ByOrder && c.Triggers(commerce.OrderPlaced):
		return day
	case channel == "sms" && china:
		return 3 * day
	case channel == "sms":
		return day
	}
	return 5 * day
}

// credit applies each model.
func credit(shop commerce.Shop, o commerce.Order, candidates []Candidate, landed string) []Credit {
	models := []struct {
		model Model
		best  func() (Candidate, time.Time, bool)
	}{
		{ByCoupon, func() (Candidate, time.Time, bool) { return byCoupon(o, candidates) }},
		{ByLanding, func() (Candidate, time.Time, bool) { return byLanding(o, candidates, landed) }},
		{ByClick, func() (Candidate, time.Time, bool) { return lastTouch(o, candidates, Candidate.clicks) }},
		{ByOpen, func() (Candidate, time.Time, bool) { return lastTouch(o, candidates, Candidate.opens) }},
	}
	if !shop.Results.CountOpens {
		models = models[:3]
	}
	var list []Credit
	for _, m := range models {
		if c, at, ok := m.best(); ok {
			list = append(list, Credit{Model: m.model, Message: c.Message, Campaign: c.Campaign, Step: c.Step, At: at})
		}
	}
	return list
}

func (c Candidate) clicks() []time.Time { return c.Clicks }
func (c Candidate) opens() []time.Time  { return c.Opens }

// sentBefore reports whether the message was sent, and not after at.
func (c Candidate) sentBefore(at time.Time) bool { return !c.SentAt.IsZero() && !c.SentAt.After(at) }

// byCoupon finds the message with a code that the order used; of several the one
// with the smallest id. A code is proof by itself: it has its own expiry and no
// window.
func byCoupon(o commerce.Order, candidates []Candidate) (best Candidate, at time.Time, ok bool) {
	for _, c := range candidates {
		used := c.sentBefore(o.Times.PaidAt) && len(ours(o, c.Coupons)) > 0
		if used && (!ok || c.Message < best.Message) {
			best, ok = c, true
		}
	}
	return best, time.Time{}, ok
}

// byLanding finds the landed message. A landing is a visit by itself; its moment is
// the last click before payment, else the sending.
func byLanding(o commerce.Order, candidates []Candidate, landed string) (Candidate, time.Time, bool) {
	i := slices.IndexFunc(candidates, func(c Candidate) bool { return landed != "" && c.Message == landed })
	if i < 0 || !candidates[i].sentBefore(o.Times.PaidAt) {
		return Candidate{}, time.Time{}, false
	}
	c, at := candidates[i], candidates[i].SentAt
	if last, ok := lastWithin(c.Clicks, o.Times.PaidAt, c.Window); ok {
		at = last
	}
	return c, at, o.Times.PaidAt.Sub(at) <= c.Window
}

// lastTouch finds the customer's message with the last touch in its window; of
// several at one instant the one with the smallest id.
func lastTouch(o commerce.Order, candidates []Candidate, touches func(Candidate) []time.Time) (best Candidate, at time.Time, ok bool) {
	for _, c := range candidates {
		if c.Customer != o.Customer || c.Customer == "" || !c.sentBefore(o.Times.PaidAt) {
			continue
		}
		last, found := lastWithin(touches(c), o.Times.PaidAt, c.Window)
		if found && (!ok || cmp.Or(at.Compare(last), cmp.Compare(c.Message, best.Message)) < 0) {
			best, at, ok = c, last, true
		}
	}
	return best, at, ok
}

func lastWithin(touches []time.Time, paid time.Time, window time.Duration) (last time.Time, ok bool) {
	for _, t := range touches {
		if !t.After(paid) && paid.Sub(t) <= window && (!ok || t.After(last)) {
			last, ok = t, true
		}
	}
	return last, ok
}

// ours lists the order's coupons that are among codes.
func ours(o commerce.Order, codes []string) []string {
	var list []string
	for _, used := range o.Coupons {
		if slices.ContainsFunc(codes, func(code string) bool { return strings.EqualFold(strings.TrimSpace(used), code) }) {
			list = append(list, used)
		}
	}
	return list
}

// couponCost is the part of the order's discount from our coupons. Each of several
// codes counts an equal part, because platforms do not report the parts.
func couponCost(o commerce.Order, fact commerce.OrderFact, candidates []Candidate) int64 {
	var codes []string
	for _, c := range candidates {
		codes = append(codes, c.Coupons...)
	}
	return proportion(fact.Discount, int64(len(ours(o, codes))), int64(len(o.Coupons)))
}

// MarginOf is an order's margin before refunds. A line with a known unit cost counts
// its net price minus the cost; all else counts the share rateBP (in 1/100 %, 0: all
// of it). A discount on the whole order is subtracted in full.
func MarginOf(fact commerce.OrderFact, rateBP int64) (margin int64, basis MarginBasis) {
	costed, rest := marginParts(fact)
	known := 0
	for _, l := range fact.Lines {
		if l.Costed {
			known++
		}
	}
	switch {
	case known == 0:
		basis = FromRate
	case known < len(fact.Lines):
		basis = FromBoth
	default:
		basis = FromUnitCosts
	}
	return costed + rated(rest, rateBP), basis
}

// marginParts are the margin of the lines with unit costs, and the rest of the sale,
// whose margin is the shop's rate.
func marginParts(fact commerce.OrderFact) (costed, rest int64) {
	below := fact.Total
	for _, l := range fact.Lines {
		below -= l.Net
		if l.Costed {
			costed += l.Net - l.Quantity*l.Cost
			continue
		}
		rest += l.Net
	}
	if below < 0 {
		return costed + below, rest
	}
	return costed, rest + below
}

// rated is the margin of a sale by the shop's rate, in 1/100 %; 0: all of it.
func rated(sale, rateBP int64) int64 {
	if rateBP == 0 || rateBP == 10_000 {
		return sale
	}
	return proportion(sale, rateBP, 10_000)
}

// reverse takes back each refund at its time, in all never more than was paid. The
// parts of the margin add up exactly.
func (c *Conversion) reverse(fact commerce.OrderFact) {
	for _, r := range fact.Refunds {
		c.takeBack(r.ID, r.At, r.Amount)
	}
	if !fact.RefundedAt.IsZero() {
		c.takeBack("refunded", fact.RefundedAt, c.Revenue)
	}
	if !fact.CancelledAt.IsZero() {
		c.takeBack("cancelled", fact.CancelledAt, c.Revenue)
	}
}

func (c *Conversion) takeBack(cause string, at time.Time, amount int64) {
	amount = min(amount, c.Revenue-c.Reversed)
	if amount <= 0 {
		return
	}
	c.Reversed += amount
	margin := proportion(c.Margin, c.Reversed, c.Revenue) - c.MarginReversed
	c.MarginReversed += margin
	if at.Before(c.PaidAt) {
		at = c.PaidAt
	}
	c.Reversals = append(c.Reversals, Reversal{Cause: cause, At: at, Revenue: amount, Margin: margin})
}

// proportion is amount x part / whole, rounded half away from zero; 0 of nothing.
func proportion(amount, part, whole int64) int64 {
	if whole == 0 {
		return 0
	}
	magnitude := func(n int64) uint64 {
		if n < 0 {
			return -uint64(n)
		}
		return uint64(n)
	}
	high, low := bits.Mul64(magnitude(amount), magnitude(part))
	by := magnitude(whole)
	quotient, rest := bits.Div64(high%by, low, by)
	if rest >= by-rest {
		quotient++
	}
	if (amount < 0) != (part < 0) != (whole < 0) {
		return -int64(quotient)
	}
	return int64(quotient)
}
