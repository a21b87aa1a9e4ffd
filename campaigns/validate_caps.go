package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// crowded notes a step that a cap never lets through where the steps before it were sent: the cap
// drops it, or puts it off beyond its expiry. Dates of orders count as not known.
func (r *reader) crowded(c *Campaign, step int, at *strictjson.Node, shop commerce.Shop) {
	s := c.Steps[step]
	d := newDecider(c, Facts{Shop: shop}, time.Date(2026, 3, 2, 12, 0, 0, 0, shop.Location()))
	e := Enrolment{BeganAt: d.now, StepDue: d.now}
	var sent []time.Time
	for _, p := range c.way(step) {
		m := d.timing(e, c.Steps[p.step])
		if m.due.IsZero() {
			return
		}
		e.StepDue = m.due
		if before := c.Steps[p.step]; before.Do == DoSend && before.likely() == s.likely() {
			sent = append(sent, m.due)
		}
	}
	e.Step = step
	m := d.timing(e, s)
	if m.due.IsZero() {
		return
	}
	for _, k := range c.rolling(s.likely(), shop) {
		room := k.room(sent, m.due)
		late := !m.expires.IsZero() && !room.Before(m.expires)
		if room.After(m.due) && (k.Drop || late) {
			r.note(at, "step %s is never sent where the steps before it were: the cap %s leaves no room before it expires; "+
				"wait longer, or change the cap", s.ID, k)
			return
		}
	}
}

// rolling are the caps in any time that count the messages of one enrolment.
func (c *Campaign) rolling(channel string, shop commerce.Shop) []Cap {
	list := slices.Clone(c.limits(channel, shop.Market).caps)
	for _, k := range c.Policy.Scoped {
		if k.Calendar == "" {
			list = append(list, Cap{Max: k.Max, Per: k.Per, Drop: k.Drop})
		}
	}
	return list
}

// purchases notes a sequence from which nobody leaves by buying, although a purchase takes its
// reason away.
func (r *reader) purchases(c *Campaign) {
	lapse := c.Trigger.Lapse > 0 || c.Trigger.Overdue.Units != 0
	same := SameOrder
	if lapse {
		same = SameCustomer
	}
	unpaid := slices.Equal(demands(c.root.Member("trigger").Member("where"))["order.payment_status"], []string{string(commerce.Unpaid)})
	if !lapse && !unpaid || !slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Wait > 0 || s.Until != nil }) {
		return
	}
	leaves := slices.ContainsFunc(c.Exits, func(x Exit) bool { return x.Same == same && slices.Contains(x.Events, commerce.OrderPaid) })
	if !leaves {
		r.note(c.root.Member("steps"),
			"a purchase ends nothing: add {\"event\": \"order.paid\", \"same\": %q, \"as\": \"goal\"} to \"exit\"", same)
	}
}
