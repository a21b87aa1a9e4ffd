package segments

import (
	"slices"
	"strings"

	"comeback/commerce"
)

// test plans a test of a field; nil where no column answers it.
func (b *planner) test(t test, at level) node {
	if t.field == nil {
		return nil
	}
	switch {
	case at == atCustomers:
		return b.customerTest(t)
	case at == atMessages:
		if i := messageColumns.text(t.name); i >= 0 {
			return b.textTest(t, func(c *chunk) *texts { return &c.messages.texts[i] })
		}
	case at == atConsents:
		if i := consentColumns.text(t.name); i >= 0 {
			return b.textTest(t, func(c *chunk) *texts { return &c.consents.texts[i] })
		}
	case at == atCheckouts:
		return b.checkoutTest(t)
	case at == atOrders:
		return b.orderTest(t)
	case t.lines:
		return b.lineTest(t)
	}
	return nil
}

// customerTest plans a test of customer.* and orders.*.
func (b *planner) customerTest(t test) node {
	if i := customerColumns.number(t.name); i >= 0 {
		return b.numberTest(t, atCustomers, false, func(c *chunk) *ints { return &c.customers.ints[i] })
	}
	if i := customerColumns.instant(t.name); i >= 0 {
		return b.instantTest(t, atCustomers, func(c *chunk) *ints { return &c.customers.times[i] })
	}
	switch t.name {
	case "customer.birthday":
		return b.birthdayTest(t)
	case "customer.age":
		return b.ageTest(t)
	case "customer.tags":
		return listNode{func(c *chunk) *lists { return &c.tags }, t, b.reserve(1)}
	case "customer.points":
		return b.numberTest(t, atCustomers, false, func(c *chunk) *ints { return &c.points })
	case "customer.known_for":
		return b.daysTest(t, customerColumns.instant("customer.known_since"))
	case "orders.days_since_last":
		return b.daysTest(t, lastPaidAt)
	case "customer.consent.":
		return textNode{func(c *chunk) *texts { return c.consent[t.key] }, func(said string) value {
			return value{set: said != "", flag: said == yes}
		}, t, b.reserve(1), false}
	case "customer.custom.":
		return b.textTest(t, func(c *chunk) *texts { return c.customers.custom[t.key] })
	}
	if slices.Contains(paymentFields, t.name) {
		return paymentNode{t, strings.HasPrefix(t.name, "rfm."), b.figurePlace(t.name)}
	}
	if of := b.habit(t.name); of != nil {
		return habitNode{t, of, b.figurePlace(t.name), b.reserve(1)}
	}
	if i := customerColumns.text(t.name); i >= 0 && t.kind == ofText {
		return b.textTest(t, func(c *chunk) *texts { return &c.customers.texts[i] })
	}
	return b.fractionTest(t)
}

// fractionTest plans a test of one figure divided by another.
func (b *planner) fractionTest(t test) node {
	figure := func(i int) func(c *chunk, row uint32) int64 {
		return func(c *chunk, row uint32) int64 { return c.customers.ints[i].value(row) }
	}
	n := fractionNode{passes: b.passes(t), negate: t.negated()}
	if t.name == "orders.price_tier" {
		n.passes = b.tiers(t)
	}
	if n.passes == nil {
		return nil
	}
	count, units, total, discount := figure(figureCount), figure(figureUnits), figure(figureTotal), figure(figureDiscount)
	switch t.name {
	case "orders.average":
		unpriced := figure(figureUnpriced)
		n.num, n.den = total, func(c *chunk, row uint32) int64 { return count(c, row) - unpriced(c, row) }
	case "orders.average_item_price", "orders.price_tier":
		n.num, n.den = total, pricedUnits
	case "orders.items_per_order":
		n.num, n.den = units, count
	case "orders.coupon_share":
		n.num, n.den = figure(figureCoupons), count
	case "orders.discount_share":
		n.num, n.den = discount, func(c *chunk, row uint32) int64 { return saturate(total(c, row), discount(c, row)) }
	default:
		return nil
	}
	return n
}

// pricedUnits is the divisor of the average item price; 0 where that is unset.
func pricedUnits(c *chunk, row uint32) int64 {
	units := c.customers.ints[figureUnits].value(row)
	if c.priced == nil && c.account == nil {
		return units
	}
	if c.account != nil && c.account.has(row) && c.customers.ints[figureUnpriced].value(row) > 0 {
		return 0
	}
	from, to := c.ordersOf(row)
	for i := from; i < to; i++ {
		if c.priced != nil && !c.priced.has(i) && (c.paid == nil || c.paid.has(i)) {
			units -= c.orders.ints[orderUnits].value(i)
		}
	}
	return units
}

// tiers tests the tier of an average item price; nil where the shop has no
// tiers.
func (b *planner) tiers(t test) func(fraction) bool {
	fitted := b.evaluation.params.Fitted
	if fitted == nil || len(fitted.Prices) == 0 {
		return nil
	}
	if _, asked := t.is.(presence); asked {
		return b.passes(t)
	}
	s, v := t.subject, b.evaluation
	var passes []bool
	for _, tier := range priceTiers {
		s.field = &field{name: t.name, kind: t.kind, read: func(*evaluation, string) value { return textOf(tier) }}
		passes = append(passes, t.is.passes(s, &v))
	}
	return func(price fraction) bool { return passes[fitted.tier(price)] }
}

// passes tests a number that need not be whole; nil where the kind of the test
// is not known.
func (b *planner) passes(t test) func(fraction) bool {
	bound := func(d commerce.Decimal) commerce.Decimal { return t.bound(d, &b.evaluation) }
	switch is := t.is.(type) {
	case presence:
		return func(fraction) bool { return true }
	case comparison:
		is.bound = bound(is.bound)
		return func(f fraction) bool { return is.accepts(f.cmp(is.bound)) }
	case betweenNumbers:
		low, high := bound(is.low), bound(is.high)
		return func(f fraction) bool { return f.cmp(low) >= 0 && f.cmp(high) <= 0 }
	case amongNumbers:
		var values []commerce.Decimal
		for _, d := range is.values {
			values = append(values, bound(d))
		}
		return func(f fraction) bool {
			return slices.ContainsFunc(values, func(d commerce.Decimal) bool { return f.cmp(d) == 0 })
		}
	}
	return nil
}

// orderTest plans a test of order.*.
func (b *planner) orderTest(t test) node {
	if i := orderColumns.number(t.name); i >= 0 {
		return b.numberTest(t, atOrders, t.kind == ofMoney, func(c *chunk) *ints { return &c.orders.ints[i] })
	}
	if i := orderColumns.instant(t.name); i >= 0 {
		return b.instantTest(t, atOrders, func(c *chunk) *ints { return &c.orders.times[i] })
	}
	if i := orderColumns.text(t.name); i >= 0 {
		return b.textTest(t, func(c *chunk) *texts { return &c.orders.texts[i] })
	}
	if i := orderList(t.name); i >= 0 {
		return listNode{func(c *chunk) *lists { return &c.orderLists[i] }, t, b.reserve(1)}
	}
	switch t.name {
	case "order.status", "order.payment_status", "order.test", "order.fake", "order.in_stock", "order.rating":
		return stateNode{t, b.reserve(1)}
	case "order.lines":
		return sizeNode{t}
	case "order.id":
		return idNode{func(c *chunk) *ids { return &c.orderID }, t}
	case "order.custom.":
		return b.textTest(t, func(c *chunk) *texts { return c.orders.custom[t.key] })
	}
	return nil
}

// checkoutTest plans a test of checkout.*; nil of the total, which is set in
// the shop's currency alone.
func (b *planner) checkoutTest(t test) node {
	if i := checkoutColumns.instant(t.name); i >= 0 {
		return b.instantTest(t, atCheckouts, func(c *chunk) *ints { return &c.checkouts.times[i] })
	}
	if i := checkoutColumns.text(t.name); i >= 0 {
		return b.textTest(t, func(c *chunk) *texts { return &c.checkouts.texts[i] })
	}
	return nil
}

// lineTest plans a test of line.*.
func (b *planner) lineTest(t test) node {
	if i := lineColumns.number(t.name); i >= 0 {
		return b.numberTest(t, atLines, t.kind == ofMoney, func(c *chunk) *ints { return &c.lines.ints[i] })
	}
	switch t.name {
	case "line.category":
		return categoryNode{t, b.reserve(2)}
	case "line.title":
		return textNode{func(c *chunk) *texts { return &c.lines.texts[lineProduct] }, textOf, t, b.reserve(1), true}
	case "line.attribute.":
		return b.textTest(t, func(c *chunk) *texts { return c.lines.custom[t.key] })
	}
	if i := lineColumns.text(t.name); i >= 0 {
		return b.textTest(t, func(c *chunk) *texts { return &c.lines.texts[i] })
	}
	return nil
}

func (b *planner) textTest(t test, column func(c *chunk) *texts) node {
	return textNode{column, textOf, t, b.reserve(1), false}
}

// numberTest plans a test of a column of numbers.
func (b *planner) numberTest(t test, at level, priced bool, column func(c *chunk) *ints) node {
	list, ok := b.intervals(t)
	if !ok {
		return nil
	}
	return numberNode{at, column, list, priced, t.negated()}
}

// instantTest plans a test of a column of instants.
func (b *planner) instantTest(t test, at level, column func(c *chunk) *ints) node {
	list, ok := b.instants(t)
	if !ok {
		return nil
	}
	return numberNode{at, column, list, false, t.negated()}
}

// daysTest plans a test of the days since an instant of customers.
func (b *planner) daysTest(t test, column int) node {
	list, ok := b.intervals(t)
	if !ok {
		return nil
	}
	if _, asked := t.is.(presence); !asked {
		list = b.sinceDays(list)
	}
	return numberNode{atCustomers, func(c *chunk) *ints { return &c.customers.times[column] }, list, false, t.negated()}
}

// negated reports whether the test matches the complement of the predicate's
// intervals: unset is the complement of every value.
func (t test) negated() bool {
	is, asked := t.is.(presence)
	return t.negate != (asked && !is.want)
}

// ageTest plans a test of customer.age: from one birthday to another. A birthday
// in the future has no age.
func (b *planner) ageTest(t test) node {
	list, ok := b.intervals(t)
	if !ok {
		return nil
	}
	n := birthdayNode{test: t, ranges: b.ofAge(list), place: b.reserve(1)}
	n.negate = t.negated()
	return n
}

// birthdayTest plans a test of customer.birthday.
func (b *planner) birthdayTest(t test) node {
	n := birthdayNode{test: t, place: b.reserve(1), negate: t.negate}
	switch is := t.is.(type) {
	case presence:
		return b.textTest(t, func(c *chunk) *texts { return &c.customers.texts[birthdays] })
	case anniversary:
		first := b.evaluation.today
		if !is.next {
			first = is.span.from(first, -1)
		}
		n.annual = b.everyDay(t, first.year)
		return n
	case amongPoints:
		if !slices.ContainsFunc(is.values, func(p point) bool { return !p.annual() }) {
			n.annual = b.everyDay(t, 1<<16)
			return n
		}
	}
	list, ok := b.instants(t)
	if !ok {
		return nil
	}
	n.ranges = b.onDates(list)
	return n
}

// everyDay evaluates a test for each day of the year. The result is valid for
// birthdays before a year.
func (b *planner) everyDay(t test, before int) *annual {
	a := &annual{before: before}
	var row Row
	v := b.evaluation
	v.profile = &row.Profile
	for d := (day{2000, 1, 1}); d.year == 2000; d = d.add(1) {
		row.Attributes.Birthday = day{0, d.month, d.day}.String()
		a.days[d.month][d.day] = t.is.passes(t.subject, &v)
	}
	return a
}
