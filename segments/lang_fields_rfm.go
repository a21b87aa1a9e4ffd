package segments

import (
	"math"
	"time"
)

// rfmFields are a customer's scores among the shop's buyers.
var rfmFields = []field{
	{name: "rfm.r", kind: ofNumber, doc: "recency score, from 1 to the shop's number of scores, usually 5: the highest bought most recently",
		unset: notScored, most: mostBins, least: 1,
		read: score(func(s rfm) int64 { return int64(s.r) })},
	{name: "rfm.f", kind: ofNumber, doc: "frequency score, likewise: the highest has the most paid orders of the period",
		unset: notScored, most: mostBins, least: 1,
		read: score(func(s rfm) int64 { return int64(s.f) })},
	{name: "rfm.m", kind: ofNumber, doc: "monetary score, likewise: the highest paid most in the period, less refunds",
		unset: notScored, most: mostBins, least: 1,
		read: score(func(s rfm) int64 { return int64(s.m) })},
	{name: "rfm.score", kind: ofNumber, doc: "the three scores as three digits, 111 to 555 of five scores",
		unset: notScored, most: 111 * mostBins, least: 111,
		read: score(rfm.number)},
	{name: "rfm.group", kind: ofText, anyCase: true,
		doc:   "name of the first of the shop's groups whose rule matches, such as Champions",
		unset: notScored + ", or no group's rule matches",
		read:  rfmGroup},
}

// stageFields are where a customer is in the life cycle.
var stageFields = []field{
	{name: "customer.stage", kind: ofText, doc: stageDoc, unset: notFitted, among: stages, read: stage},
	{name: "customer.p_alive", kind: ofNumber, doc: aliveDoc, unset: notModelled, most: 1, read: alive},
	{name: "customer.next_order_at", kind: ofDate,
		doc:   "when the next order is expected: the last paid order plus the customer's own expected gap",
		unset: noOwnClock,
		read:  nextOrderAt},
}

// clockFields compare a customer with the shop's other customers.
var clockFields = []field{
	{name: "orders.overdue_ratio", kind: ofNumber, doc: overdueDoc, unset: noOwnClock, read: overdueRatio},
	{name: "orders.price_tier", kind: ofText, doc: "third of the shop's customers by average item price",
		unset: noOrder + ", or " + notFitted, among: priceTiers,
		read: priceTier},
}

// shortNames are dimensions whose names may be written without the family too.
var shortNames = []field{
	{name: "stage", kind: ofText, doc: "short for customer.stage: " + stageDoc, unset: notFitted, among: stages, read: stage},
	{name: "p_alive", kind: ofNumber, doc: "short for customer.p_alive: " + aliveDoc, unset: notModelled, most: 1, read: alive},
	{name: "overdue_ratio", kind: ofNumber, doc: "short for orders.overdue_ratio: " + overdueDoc, unset: noOwnClock,
		read: overdueRatio},
	{name: "next_order_at", kind: ofDate, doc: "short for customer.next_order_at", unset: noOwnClock, read: nextOrderAt},
}

const (
	stageDoc   = "stage of the customer's life: prospect, new, active, loyal, at_risk, lapsed, lost"
	overdueDoc = "days since the last paid order / the customer's own expected gap between orders"

	aliveDoc    = "probability that the customer still buys, 0 to 1, by the days with a paid order"
	notModelled = "there is no paid order, or no model is fitted to the shop"

	notFitted  = "the shop's own figures are not computed yet"
	notScored  = "no paid order within the period, or " + notFitted
	noOwnClock = "there is no paid order, or the shop has fewer than 200 gaps between orders"
)

// score reads one of a customer's scores.
func score(of func(rfm) int64) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value {
		x, ok := v.scorable()
		if !ok {
			return value{}
		}
		return numberOf(of(v.params.Fitted.scores(x)))
	}
}

func rfmGroup(v *evaluation, _ string) value {
	x, ok := v.scorable()
	if !ok {
		return value{}
	}
	return textOf(v.params.Fitted.group(x))
}

// scorable is the figures that the customer is scored by. It is not ok for a
// customer without a score.
func (v *evaluation) scorable() (figures, bool) {
	if v.params.Fitted == nil || !v.params.Fitted.scored() {
		return figures{}, false
	}
	return v.purchases(v.params.Fitted.Period)
}

func stage(v *evaluation, _ string) value {
	if v.params.Fitted == nil {
		return value{}
	}
	s, ok := v.stageFacts()
	if !ok {
		return value{}
	}
	return textOf(v.params.Fitted.stage(s))
}

func overdueRatio(v *evaluation, _ string) value {
	ratio, ok := v.overdue()
	return value{set: ok, num: ratio}
}

func priceTier(v *evaluation, _ string) value {
	price := averageItemPrice(v, "")
	if v.params.Fitted == nil || len(v.params.Fitted.Prices) == 0 || !price.set {
		return value{}
	}
	return textOf(priceTiers[v.params.Fitted.tier(price.num)])
}

// tier is the index in priceTiers of an average item price.
func (f *Fitted) tier(price fraction) int {
	tier := Scale{Cuts: f.Prices}.above(float64(price.num) / float64(price.den))
	return min(tier, len(priceTiers)-1)
}

func nextOrderAt(v *evaluation, _ string) value {
	last, known := v.lastPaid()
	gap, own := v.expectedGap()
	if !known || !own {
		return value{}
	}
	const part = 24 * time.Hour / dayParts
	return dateOf(last.Add(time.Duration(min(gap, math.MaxInt64/int64(part))) * part))
}
