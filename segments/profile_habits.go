package segments

import (
	"slices"
	"strconv"
)

// habits are the values of one customer that follow from figures and orders: the
// code of each, 0 where it is not known.
type habits [habitCount]uint8

// Index of each dimension in habits.
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

// habitDimensions are the dimensions that follow from a customer's figures and orders.
func habitDimensions(f *Fitted) (list []*dimension) {
	months := make([]string, 12)
	for i := range months {
		months[i] = strconv.Itoa(i + 1)
	}
	list = []*dimension{
		{family: natural, field: "customer.birthday", values: months, find: bornIn, habit: habitMonth},
		{family: habitual, field: "orders.usual_weekday", values: weekdays, find: isText("orders.usual_weekday"), habit: habitWeekday},
		{family: purchase, field: "orders.price_tier", values: priceTiers, find: isText("orders.price_tier"), habit: habitTier},
		{family: lifecycle, field: "customer.stage", values: stages, find: isText("customer.stage"), habit: habitStage},
	}
	for _, r := range rangeDimensions {
		d := &dimension{family: r.family, field: r.field, values: r.bands.names(), find: r.bands.within(r.field), habit: r.habit}
		if r.field == refundShare {
			d.find = refundedNone
		}
		list = append(list, d)
	}
	return append(list, scoreDimensions(f)...)
}

// rangeDimensions are the numbers that are compared in ranges.
var rangeDimensions = []struct {
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

// refundShare is orders with a refund / orders placed. It is no field of
// conditions: a condition can only find customers without refunds.
const refundShare = "orders.refund_share"

func refundedNone(code int, _ string) any {
	if code > 1 {
		return nil
	}
	return jsonObject{"all": []any{
		jsonObject{"field": "orders.refunds", "op": "lte", "value": 0},
		jsonObject{"field": "orders.placed", "op": "gt", "value": 0},
	}}
}

// scoreDimensions are the scores and groups of a shop that has some.
func scoreDimensions(f *Fitted) (list []*dimension) {
	if f == nil || !f.scored() {
		return nil
	}
	var scores []string
	for score := range binsOf(f.Bins) {
		scores = append(scores, strconv.Itoa(score+1))
	}
	for i, field := range []string{"rfm.r", "rfm.f", "rfm.m"} {
		list = append(list, &dimension{family: scored, field: field, values: scores, habit: habitR + i,
			find: func(code int, _ string) any { return jsonObject{"field": field, "op": "is", "value": code} }})
	}
	return append(list, &dimension{family: scored, field: "rfm.group", values: groupNames(f), find: isText("rfm.group"), habit: habitGroup})
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

// countHabits counts the values that follow from figures.
func (x *counter) countHabits(to []valueCounts) {
	x.habit.enter(x.ch, x.profiler.evaluation)
	var h habits
	var found [habitCount][256]sides
	for row, side := range x.side {
		h = habits{}
		x.habit.read(uint32(row), &h)
		for i, code := range h {
			found[i][code][side]++
		}
	}
	for i, d := range x.profiler.dimensions {
		if d.habit == habitNone {
			continue
		}
		for code := range to[i].cells {
			to[i].cells[code].add(found[d.habit][code])
			if code > 0 {
				to[i].known.add(found[d.habit][code])
			}
		}
	}
}
