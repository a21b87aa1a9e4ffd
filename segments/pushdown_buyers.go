package segments

import "slices"

const (
	countPath    = "history.figures.count"
	lastPaidPath = "history.figures.last_at"
)

// ofBuyers are the fields that are unset without a paid order and that no database
// computes: quotients, with the stored figure that is divided, and figures that
// need all orders.
var ofBuyers = map[string]stored{
	"orders.average":            {"history.figures.total", asNumber},
	"orders.items_per_order":    {"history.figures.units", asNumber},
	"orders.average_item_price": {"history.figures.total", asNumber},
	"orders.discount_share":     {"history.figures.discount", asNumber},
	"orders.coupon_share":       {"history.figures.coupons", asNumber},
	"orders.usual_hour":         {},
	"orders.usual_weekday":      {},
	"orders.weekend_share":      {},
	"orders.device":             {},
	"orders.payment_method":     {},
	"orders.median_gap":         {},
	"orders.favourite_category": {},
	"orders.overdue_ratio":      {},
	"overdue_ratio":             {},
	"orders.price_tier":         {},
	"customer.next_order_at":    {},
	"next_order_at":             {},
}

// buyer matches a customer with a paid order.
func buyer() *Clause { return numbersIn(countPath, interval{1, everything().hi}) }

// buyers encloses a test that, before negation, only buyers pass. A quotient above
// a positive bound has a dividend above it too.
func (o *outliner) buyers(t test, divided stored) enclosed {
	if is, ok := t.is.(presence); ok {
		return noMoreThan(buyer()).negatedIf(!is.want)
	}
	above := buyer()
	if is, ok := t.is.(comparison); ok && divided.path != "" && (is.op == "gt" || is.op == "gte") {
		if i := is.interval(t.bound(is.bound, &o.evaluation)); i.lo > 0 {
			above = allClauses(above, numbersIn(divided.path, i))
		}
	}
	return noMoreThan(above).negatedIf(t.negate)
}

// scored encloses a test of a score. A customer with a score bought within the
// period.
func (o *outliner) scored(t test) enclosed {
	set := exactly(never())
	if f := o.evaluation.params.Fitted; f != nil && f.scored() {
		since := o.evaluation.period(f.Period).interval().lo
		set = noMoreThan(instantsIn(lastPaidPath, interval{since, everything().hi}))
	}
	if is, ok := t.is.(presence); ok {
		return set.negatedIf(!is.want)
	}
	return set.negatedIf(t.negate)
}

// stage encloses a test of the stage. A prospect has no paid order.
func (o *outliner) stage(t test) enclosed {
	fitted := o.evaluation.params.Fitted != nil
	none := only(fitted, buyer().not())
	some := noMoreThan(only(fitted, buyer()))
	switch is := t.is.(type) {
	case presence:
		return unite(exactly(none), some).negatedIf(!is.want)
	case amongTexts:
		asked := slices.Contains(is.values, prospect)
		others := slices.ContainsFunc(is.values, func(s string) bool { return s != prospect })
		if !others {
			some = exactly(never())
		}
		return unite(exactly(only(asked, none)), some).negatedIf(t.negate)
	}
	return anybody()
}
