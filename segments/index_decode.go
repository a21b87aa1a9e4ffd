package segments

import (
	"slices"

	"comeback/commerce"
)

// read decodes a customer into the row's own memory. Ids of orders and messages
// are read only on request: they are most of the work.
func (c *chunk) read(i uint32, r *Row, ids bool) {
	tags, custom, consents, orders, messages := r.Attributes.Tags[:0], r.Attributes.Custom[:0], r.Consents[:0], r.History.Orders, r.Engagement
	r.Attributes.Custom = custom
	customerColumns.write(&c.customers, i, r)
	r.N, r.ID = c.numberOf(i), c.id.at(i)
	r.Attributes.Tags = c.tags.appendTo(tags, i)
	r.Attributes.Points = nil
	if points, ok := c.points.at(i); ok {
		r.Attributes.Points = &points
	}
	for channel, column := range c.consent {
		if said := column.at(i); said != "" {
			consents = append(consents, commerce.Consent{Channel: channel, Granted: said == yes})
		}
	}
	r.Consents = consents
	c.readGrants(i, consents)
	from, to := c.checkouts.of(i)
	r.Checkouts = resize(r.Checkouts, int(to-from))
	for k := range r.Checkouts {
		checkoutColumns.write(&c.checkouts.relation, from+uint32(k), &r.Checkouts[k])
	}
	r.History.Truncated = c.account != nil && c.account.has(i)
	r.History.Loose = c.loose.appendTo(r.History.Loose[:0], i)
	from, to = c.ordersOf(i)
	orders = resize(orders, int(to-from))
	for k := range orders {
		c.readOrder(from+uint32(k), &orders[k], ids)
	}
	r.History.Orders = orders
	from, to = c.messagesOf(i)
	messages = resize(messages, int(to-from))
	for k := range messages {
		messageColumns.write(&c.messages, from+uint32(k), &messages[k])
		if ids {
			messages[k].ID = c.messageID.at(from + uint32(k))
		}
	}
	r.Engagement = messages
}

// readGrants sets when a customer's consents were granted.
func (c *chunk) readGrants(i uint32, consents []commerce.Consent) {
	var granted commerce.Consent
	for from, to := c.consents.of(i); from < to; from++ {
		consentColumns.write(&c.consents.relation, from, &granted)
		for k := range consents {
			if consents[k].Channel == granted.Channel {
				consents[k].At = granted.At
			}
		}
	}
}

// readOrder decodes an order.
func (c *chunk) readOrder(i uint32, o *commerce.OrderFact, ids bool) {
	refunds, lines := o.Refunds[:0], o.Lines
	o.Custom = o.Custom[:0]
	orderColumns.write(&c.orders, i, o)
	s := &c.states[c.state.value(i)]
	o.Status, o.Payment, o.Test, o.Fake, o.Unpriced, o.InStock, o.Rating = s.Status, s.Payment, s.Test, s.Fake, s.Unpriced, s.InStock, s.Rating
	if ids {
		o.ID = c.orderID.at(i)
	}
	for k := range orderLists {
		list := orderLists[k].of(o)
		*list = c.orderLists[k].appendTo((*list)[:0], i)
	}
	for _, ms := range c.moments[refundedAt].of(i) {
		refunds = append(refunds, commerce.RefundFact{At: instantOf(ms)})
	}
	o.Refunds, o.Requested, o.Closed = refunds, o.Requested[:0], o.Closed[:0]
	for _, ms := range c.moments[requestedAt].of(i) {
		o.Requested = append(o.Requested, instantOf(ms))
	}
	for _, ms := range c.moments[closedAt].of(i) {
		o.Closed = append(o.Closed, instantOf(ms))
	}
	from, to := c.linesOf(i)
	lines = resize(lines, int(to-from))
	for k := range lines {
		c.readLine(from+uint32(k), &lines[k])
	}
	o.Lines = lines
}

func (c *chunk) readLine(i uint32, l *commerce.LineFact) {
	l.Custom = l.Custom[:0]
	lineColumns.write(&c.lines, i, l)
}

// resize is the list with n entries; existing ones retain their memory.
func resize[T any](list []T, n int) []T {
	list = list[:min(n, cap(list))]
	if len(list) < n {
		list = slices.Grow(list, n-len(list))[:n]
	}
	return list
}
