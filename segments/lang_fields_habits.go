package segments

import (
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// habitFields are a customer's habits, computed from the stored paid orders and
// the times they were placed at.
var habitFields = []field{
	{name: "orders.usual_hour", kind: ofNumber,
		doc:   "hour of the day with the most paid orders, 0 to 23, in the shop's zone; of equal hours that of the latest order",
		unset: noOrder, most: 23,
		read: usualHour},
	{name: "orders.usual_weekday", kind: ofText,
		doc:   "weekday with the most paid orders, in the shop's zone; of equal weekdays that of the latest order",
		unset: noOrder, among: weekdays,
		read: usualWeekday},
	{name: "orders.weekend_share", kind: ofNumber, doc: "paid orders placed on a Saturday or Sunday of the shop's zone / paid orders, 0 to 1",
		unset: noOrder, most: 1,
		read: weekendShare},
	{name: "orders.coupon_share", kind: ofNumber, doc: "paid orders with a coupon / paid orders, 0 to 1", unset: noOrder, most: 1,
		read: func(v *evaluation, _ string) value {
			return shareOf(v.profile.History.Figures.Coupons, v.profile.History.Figures.Count)
		}},
	{name: "orders.device", kind: ofText, anyCase: true, doc: "device of most paid orders; of equal devices that of the latest order",
		unset: noOrder + ", or " + notReported,
		read:  usualText(func(o *commerce.OrderFact) string { return o.Device })},
	{name: "orders.payment_method", kind: ofText, anyCase: true,
		doc:   "payment method of most paid orders; of equal methods that of the latest order",
		unset: noOrder + ", or " + notReported,
		read:  usualText(func(o *commerce.OrderFact) string { return o.Method })},
	{name: "orders.median_gap", kind: ofNumber, doc: "median of the days between two days with a paid order, in the shop's zone",
		unset: "there are no paid orders on two days", days: true,
		read: medianGap},
	{name: "orders.favourite_category", kind: ofList, anyCase: true,
		doc: "category in most paid orders, with all those above it: name, or path from the root as in Clothing > Shoes; " +
			"the narrowest that half of the orders above it share",
		unset: noOrder + ", or the products' categories are not known",
		read:  favouriteCategory},
}

var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func usualHour(v *evaluation, _ string) value {
	hour, ok := v.usual(time.Time.Hour)
	return value{set: ok, num: fraction{int64(hour), 1}}
}

func usualWeekday(v *evaluation, _ string) value {
	weekday, ok := v.usual(func(at time.Time) int { return (int(at.Weekday()) + 6) % 7 })
	if !ok {
		return value{}
	}
	return textOf(weekdays[weekday])
}

func weekendShare(v *evaluation, _ string) value {
	var weekend, all int64
	for o := range v.paidOrders() {
		at, known := v.placed(o)
		if !known {
			continue
		}
		all++
		if w := at.Weekday(); w == time.Saturday || w == time.Sunday {
			weekend++
		}
	}
	return shareOf(weekend, all)
}

// usualText reads the most frequent text of the orders that have one.
func usualText(of func(*commerce.OrderFact) string) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value {
		return textOf(v.usualText(of))
	}
}

// medianGap is the median gap. Of an even number of gaps it is the mean of the two
// in the middle.
func medianGap(v *evaluation, _ string) value {
	gaps := v.gaps()
	if len(gaps) == 0 {
		return value{}
	}
	slices.Sort(gaps)
	low, high := gaps[(len(gaps)-1)/2], gaps[len(gaps)/2]
	return shareOf(low+high, 2)
}

func favouriteCategory(v *evaluation, _ string) value {
	path := v.favourite()
	if path == "" {
		return value{}
	}
	return listOf(pathNames(nil, strings.Split(path, pathSeparator)))
}
