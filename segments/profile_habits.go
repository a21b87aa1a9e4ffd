package segments

import (
	"slices"
	"strconv"
)

// habits are the answers of one customer that follow from figures and orders:
// the number of each, 0 where nobody knows.
type habits [habitCount]uint8

// Where each answer is.
const (
	habitNone = iota
	habitAge
	habitMonth
	habitKnown
	habitPoints
	habitOrders
	habitSince
	habitUnits
	habitDiscount
	habitRefunds
	habitTier
	habitCoupons
	habitWeekend
	habitHour
	habitWeekday
	habitGap
	habitOverdue
	habitStage
	habitR
	habitF
	habitM
	habitGroup
	habitCount
)

// habitQuestions ask what follows from a customer's figures and orders.
func habitQuestions(f *Fitted) (list []*question) {
	months := make([]string, 12)
	for i := range months {
		months[i] = strconv.Itoa(i + 1)
	}
	list = []*question{
		{family: natural, field: "customer.birthday", answers: months, ask: bornIn, habit: habitMonth},
		{family: habitual, field: "orders.usual_weekday", answers: weekdays, ask: isText("orders.usual_weekday"), habit: habitWeekday},
		{family: purchase, field: "orders.price_tier", answers: priceTiers, ask: isText("orders.price_tier"), habit: habitTier},
		{family: lifecycle, field: "customer.stage", answers: stages, ask: isText("customer.stage"), habit: habitStage},
	}
	for _, r := range rangeQuestions {
		q := &question{family: r.family, field: r.field, answers: r.bands.names(), ask: r.bands.within(r.field), habit: r.habit}
		if r.field == refundShare {
			q.ask = refundedNone
		}
		list = append(list, q)
	}
	return append(list, scoreQuestions(f)...)
}

// rangeQuestions are the numbers that are compared in ranges.
var rangeQuestions = []struct {
	family, field string
	habit         int
	bands         bands
}{
	{natural, "customer.age", habitAge, ageBands},
	{social, "customer.known_for", habitKnown, knownBands},
	{social, "customer.points", habitPoints, pointBands},
	{purchase, "orders.count", habitOrders, countBands},
	{purchase, "orders.days_since_last", habitSince, sinceBands},
	{purchase, "orders.items_per_order", habitUnits, unitBands},
	{purchase, "orders.discount_share", habitDiscount, discountBands},
	{purchase, refundShare, habitRefunds, shareBands},
	{habitual, "orders.coupon_share", habitCoupons, shareBands},
	{habitual, "orders.weekend_share", habitWeekend, shareBands},
	{habitual, "orders.usual_hour", habitHour, hourBands},
	{habitual, "orders.median_gap", habitGap, gapBands},
	{lifecycle, "orders.overdue_ratio", habitOverdue, lateBands},
}

// refundShare is orders with money returned / orders placed, which is no field
// of conditions: only those without can be asked for.
const refundShare = "orders.refund_share"

func refundedNone(answer int, _ string) any {
	if answer > 1 {
		return nil
	}
	return asking{"all": []any{
		asking{"field": "orders.refunds", "op": "lte", "value": 0},
		asking{"field": "orders.placed", "op": "gt", "value": 0},
	}}
}

// scoreQuestions ask the scores and groups of a shop that has some.
func scoreQuestions(f *Fitted) (list []*question) {
	if f == nil || !f.scored() {
		return nil
	}
	for i, field := range []string{"rfm.r", "rfm.f", "rfm.m"} {
		list = append(list, &question{family: scored, field: field, answers: []string{"1", "2", "3", "4", "5"}, habit: habitR + i,
			ask: func(answer int, _ string) any { return asking{"field": field, "op": "is", "value": answer} }})
	}
	return append(list, &question{family: scored, field: "rfm.group", answers: groupNames(f), ask: isText("rfm.group"), habit: habitGroup})
}

// groupNames are the names of the groups, each once.
func groupNames(f *Fitted) (names []string) {
	for _, g := range f.Groups {
		if !slices.Contains(names, g.Name) {
			names = append(names, g.Name)
		}
	}
	return names
}

// countHabits counts the answers that follow from figures.
func (x *clerk) countHabits(to []ballot) {
	x.habit.enter(x.ch, x.survey.evaluation)
	var h habits
	var found [habitCount][256]sides
	for row, side := range x.side {
		h = habits{}
		x.habit.read(uint32(row), &h)
		for i, answer := range h {
			found[i][answer][side]++
		}
	}
	for i, q := range x.survey.questions {
		if q.habit == habitNone {
			continue
		}
		for answer := range to[i].cells {
			to[i].cells[answer].add(found[q.habit][answer])
			if answer > 0 {
				to[i].known.add(found[q.habit][answer])
			}
		}
	}
}
