package campaigns

import (
	"slices"
	"strconv"
	"strings"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// lapseTrigger reads {"lapse": {"days": n}} and {"lapse": {"overdue_ratio": x}}.
func (r *reader) lapseTrigger(n *strictjson.Node) (t Trigger) {
	n = n.Member("lapse")
	if !r.object(n, "lapse") {
		return t
	}
	days, ratio := n.Member("days"), n.Member("overdue_ratio")
	switch {
	case days != nil && ratio != nil:
		r.problem(n, "lapse: either days or overdue_ratio, not both")
	case days != nil:
		t.Lapse = r.whole(days, "days", 1, 3660)
	case ratio != nil:
		t.Overdue = r.ratio(ratio, "overdue_ratio")
	default:
		r.problem(n, `lapse: "days" or "overdue_ratio" is missing`)
	}
	return t
}

// ratio reads a number from 0.1 to 100 with at most two decimals.
func (r *reader) ratio(n *strictjson.Node, what string) commerce.Decimal {
	d, err := commerce.ParseDecimal(n.Text)
	hundredths, exact := d.Minor(2)
	if n.Kind != strictjson.Number || err != nil || !exact || hundredths < 10 || hundredths > 10_000 {
		r.problem(n, "%s: a number from 0.1 to 100 with at most two decimals is wanted, such as 1.5", what)
		return commerce.Decimal{}
	}
	return d
}

// missing reads not_followed_by and within; nil without them.
func (r *reader) missing(n *strictjson.Node) *Missing {
	absence, within := n.Member("not_followed_by"), n.Member("within")
	switch {
	case absence == nil && within == nil:
		return nil
	case absence == nil:
		r.problem(within, `within: it says how long to wait for not_followed_by, which is missing`)
		return nil
	case within == nil:
		r.problem(n, `trigger: "within" is missing: how long to wait for not_followed_by, such as "3d"`)
		return nil
	}
	m := &Missing{Within: r.duration(within, "within")}
	if r.object(absence, "absence") {
		r.needs(absence, "absence", "event")
		m.Events = r.events(absence.Member("event"), false)
	}
	return m
}

// dateTrigger reads {"date": field, "offset": "-7d", "at": "09:00", "yearly": true}.
func (r *reader) dateTrigger(n *strictjson.Node) Trigger {
	t := &DateTrigger{Field: r.text(n.Member("date"), "date")}
	_, custom := segments.CustomKey(t.Field)
	if t.Field != "" && t.Field != segments.Birthday && !custom {
		r.suggest(n.Member("date"), strictjson.Nearest(t.Field, []string{segments.Birthday, "customer.custom."}),
			"date: %q is neither %s nor customer.custom.<key>", t.Field, segments.Birthday)
	}
	t.Yearly = t.Field == segments.Birthday
	if at := n.Member("yearly"); at != nil {
		t.Yearly = r.flag(at, "yearly")
		if !t.Yearly && t.Field == segments.Birthday && at.Kind == strictjson.Bool {
			r.suggest(at, "true", "yearly: a birthday comes each year, and the date of birth itself never again")
		}
	}
	if at := n.Member("offset"); at != nil {
		t.Offset = r.offset(at)
	}
	if at := n.Member("at"); at != nil {
		t.At = r.clock(at, "at")
	} else {
		r.problem(n, `trigger: "at" is missing: the time of the day in the customer's zone, such as "09:00"`)
	}
	return Trigger{Date: t}
}

// offset reads a number of calendar days such as "-7d", "0d" or "3d".
func (r *reader) offset(n *strictjson.Node) int {
	digits, ok := strings.CutSuffix(n.Text, "d")
	days, err := strconv.Atoi(digits)
	if n.Kind != strictjson.String || !ok || err != nil || digits[0] == '+' || days < -365 || days > 365 {
		r.problem(n, `offset: days before or after the date are wanted, "-7d" or "3d", at most 365`)
		return 0
	}
	return days
}

// timely finds conflicts of a time trigger with the rest of the file.
func (r *reader) timely(c *Campaign, root *strictjson.Node) {
	t := c.Trigger
	if c.Class == Service && t.ofCustomer() {
		r.suggest(root.Member("class"), string(Marketing), "class: service is about an order the customer made, and this trigger has none")
	}
	if t.ofCustomer() && c.Key != ByCustomer {
		what := map[bool]string{true: "lapse", false: "date"}[t.lapses()]
		r.suggest(root.Member("key"), string(ByCustomer), "key: a %s is the customer's, not an order's", what)
	}
	if t.Missing != nil {
		r.awaiting(c, root)
	}
	if t.Date == nil {
		return
	}
	r.orderless(c, root)
	if c.Backfill {
		r.problem(root.Member("backfill"), "backfill: a date that is over is not caught up on; leave backfill out")
	}
	if c.Reentry.Never && t.Date.Yearly {
		r.note(root.Member("reentry"), "reentry: never: each customer gets one %s only, not one each year; \"always\" allows each", t.Date.Field)
	}
	if !c.Reentry.Never && c.Reentry.After == 0 && t.Date.Yearly {
		r.note(root.Member("reentry"), "reentry: a date that moves to a later day of the year comes twice; {\"after\": \"180d\"} prevents it")
	}
	if c.Reentry.After > 360*day && t.Date.Yearly {
		r.note(root.Member("reentry"), "reentry: after more than 360 days, so some years are left out")
	}
}

// orderless refuses exits and a goal of the enrolment's own order: under a date it has
// none.
func (r *reader) orderless(c *Campaign, root *strictjson.Node) {
	const form = "same: under a date there is no order of the enrolment"
	for i, x := range c.Exits {
		if x.Same == SameOrder {
			r.suggest(root.Member("exit").Items[i].Member("same"), string(SameCustomer), form)
		}
	}
	if c.Goal != nil && c.Goal.Same == SameOrder {
		r.suggest(root.Member("goal").Member("same"), string(SameCustomer), form)
	}
}

// awaiting finds conflicts of not_followed_by.
func (r *reader) awaiting(c *Campaign, root *strictjson.Node) {
	absence := root.Member("trigger").Member("not_followed_by")
	if c.Trigger.Missing.Within == 0 {
		r.problem(root.Member("trigger").Member("within"), "within: must be more than nothing")
	}
	for _, kind := range slices.Concat(c.Trigger.Events, c.Trigger.Missing.Events) {
		if !strings.HasPrefix(string(kind), "order.") {
			r.problem(absence, "not_followed_by: it is between events of one order, and %s is none", kind)
		}
	}
	if c.Key != ByOrder {
		r.suggest(root.Member("key"), string(ByOrder), "key: what is not followed is the event of one order")
	}
	for _, kind := range c.Trigger.Missing.Events {
		if slices.Contains(c.Trigger.Events, kind) && happensOnce(kind) {
			r.problem(absence, "not_followed_by: %s is the trigger and happens once an order, so nothing can follow", kind)
		}
		if !slices.ContainsFunc(c.Exits, func(x Exit) bool { return x.Same == SameOrder && slices.Contains(x.Events, kind) }) {
			r.note(absence, "not_followed_by: %s after the entry ends nothing; an exit on it of the same order would", kind)
		}
	}
}
