package segments

import (
	"time"

	"comeback/commerce"
)

// Condition is a parsed condition. It is immutable and safe for concurrent use.
// Parse makes it. Match and Explain evaluate it.
type Condition interface {
	match(v *evaluation) bool
	explain(v *evaluation) Verdict
}

// Params is the input of a condition besides the profile. The zero value means
// UTC, a currency of two decimals, products without known categories and titles, and a shop
// whose own figures are not computed: rfm.*, stages, overdue ratios and price
// tiers are unset.
type Params struct {
	Zone       *time.Location                  // decides calendar days; nil: UTC
	Currency   string                          // of the profile's amounts
	Categories func(product string) [][]string // category paths of a product id, root first; nil: none known
	Titles     func(product string) string     // title of a product id; nil: none known
	Customer   string                          // id of the customer; samples are drawn by it; empty: in no sample
	Listed     func(segment string) Listing    // the listing of the customer in a segment; nil: none
	Segments   *Set                            // the shop's segments, for conditions that were parsed under Scope.Named; nil: none
	Fitted     *Fitted                         // figures of all the shop's customers; nil: not computed
	Reported   []commerce.Property             // of the event that event.* is read from; nil: there is none
}

// Catalog is what a shop's products are called and where they belong, by their ids.
// Rev differs where any of it does.
type Catalog struct {
	Categories func(product string) [][]string // paths, root first
	Title      func(product string) string
	Rev        string
}

// Use sets the catalog of the products.
func (p *Params) Use(c Catalog) { p.Categories, p.Titles = c.Categories, c.Title }

// Match reports whether the profile matches the condition at now. order is the
// order that order.* and line.* are read from. If it is nil, they are unset. A nil
// condition always matches. Times after now count only in a test without a window.
func Match(c Condition, profile *commerce.Profile, order *commerce.OrderFact, p Params, now time.Time) bool {
	return c == nil || c.match(newEvaluation(profile, order, p, now))
}

// evaluation is what a condition sees while it is evaluated: the customer, the
// order, line, message, consent or checkout, and the time. It belongs to one call.
type evaluation struct {
	profile  *commerce.Profile
	order    *commerce.OrderFact
	line     *commerce.LineFact
	message  *commerce.MessageFact
	consent  *commerce.Consent
	checkout *commerce.CheckoutFact
	params   Params
	zone     *time.Location
	exponent int
	now      time.Time
	today    day
	days     *[]int64 // memory that gaps may use again; nil: it takes its own
}

func newEvaluation(profile *commerce.Profile, order *commerce.OrderFact, p Params, now time.Time) *evaluation {
	v := &evaluation{profile: profile, order: order, params: p, zone: p.Zone, now: now}
	if v.profile == nil {
		v.profile = &commerce.Profile{}
	}
	if v.zone == nil {
		v.zone = time.UTC
	}
	var known bool
	if v.exponent, known = commerce.Exponent(p.Currency); !known {
		v.exponent = 2
	}
	v.today = dayOf(now, v.zone)
	return v
}
