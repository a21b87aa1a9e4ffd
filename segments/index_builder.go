package segments

import (
	"slices"
	"time"

	"comeback/commerce"
)

// chunkBuilder collects rows and packs them into a chunk.
type chunkBuilder struct {
	most      int // customers of a chunk
	customers relationBuilder[Row]
	orders    relationBuilder[commerce.OrderFact]
	lines     relationBuilder[commerce.LineFact]
	messages  relationBuilder[commerce.MessageFact]
	consents  ownedBuilder[commerce.Consent]
	checkouts ownedBuilder[commerce.CheckoutFact]

	numbers    []int64
	id         idBuilder
	tags       listBuilder
	consent    map[string]*textBuilder
	points     []int64
	account    []uint32
	loose      looseRefunds
	orderAt    []uint32
	lineAt     []uint32
	messageAt  []uint32
	moments    [allMoments]momentsBuilder
	orderID    idBuilder
	messageID  idBuilder
	orderLists [len(orderLists)]listBuilder
	known      map[orderState]int
	usual      []orderState // the first few of known
	states     []commerce.OrderFact
	state      []int64

	paidCount, paidNet, lastPaid []int64
}

func newChunkBuilder(most int) *chunkBuilder {
	b := &chunkBuilder{
		most:      most,
		customers: newRelationBuilder(&customerColumns),
		orders:    newRelationBuilder(&orderColumns),
		lines:     newRelationBuilder(&lineColumns),
		messages:  newRelationBuilder(&messageColumns),
		consents:  newOwnedBuilder(&consentColumns),
		checkouts: newOwnedBuilder(&checkoutColumns),
		consent:   map[string]*textBuilder{},
		known:     map[orderState]int{},
	}
	b.tags.folds = foldsField("customer.tags")
	for i := range orderLists {
		b.orderLists[i].folds = foldsField(orderLists[i].name)
	}
	return b
}

// full reports whether the chunk is to be sealed.
func (b *chunkBuilder) full() bool {
	return b.customers.n >= b.most || b.orders.n >= chunkFacts || b.lines.n >= chunkFacts ||
		b.messages.n >= chunkFacts || b.checkouts.n >= chunkFacts
}

// add appends a customer. It retains nothing of the row but its texts.
func (b *chunkBuilder) add(r *Row) {
	i := b.customers.n
	b.numbers = append(b.numbers, r.N)
	b.id.set(i, r.ID)
	b.tags.set(i, r.Attributes.Tags)
	b.consents.next()
	b.checkouts.next()
	for k, c := range r.Consents {
		if !slices.ContainsFunc(r.Consents[:k], func(before commerce.Consent) bool { return before.Channel == c.Channel }) {
			b.addConsent(i, c)
		}
	}
	if r.Attributes.Points != nil {
		b.points = append(extend(b.points, i, unset), max(*r.Attributes.Points, unset+1))
	}
	if r.History.Truncated {
		b.account = append(b.account, uint32(i))
	}
	b.loose.add(i, r.History.Loose)
	b.orderAt, b.messageAt = append(b.orderAt, uint32(b.orders.n)), append(b.messageAt, uint32(b.messages.n))
	b.paidCount, b.paidNet, b.lastPaid = append(b.paidCount, 0), append(b.paidNet, 0), append(b.lastPaid, unset)
	for k := range r.History.Orders {
		b.addOrder(i, &r.History.Orders[k])
	}
	for k := range r.Engagement {
		b.messageID.set(b.messages.n, r.Engagement[k].ID)
		b.messages.add(&r.Engagement[k])
	}
	for k := range r.Checkouts {
		b.checkouts.add(&r.Checkouts[k])
	}
	b.customers.add(r)
}

const yes, no = "yes", "no"

func (b *chunkBuilder) addConsent(i int, c commerce.Consent) {
	column, ok := b.consent[c.Channel]
	if !ok {
		column = &textBuilder{}
		b.consent[c.Channel] = column
	}
	if c.Granted {
		column.set(i, yes)
		b.consents.add(&c)
	} else {
		column.set(i, no)
	}
}

func (b *chunkBuilder) addOrder(row int, o *commerce.OrderFact) {
	i := b.orders.n
	b.orderID.set(i, o.ID)
	for k := range orderLists {
		b.orderLists[k].set(i, *orderLists[k].of(o))
	}
	code := b.stateCode(stateOf(o))
	b.state = append(b.state, int64(code))
	if b.states[code].Counts() {
		b.paidCount[row]++
		if !o.PaidAt.IsZero() {
			b.lastPaid[row] = max(b.lastPaid[row], o.PaidAt.UnixMilli())
		}
		if !o.Unpriced {
			b.paidNet[row] = saturate(b.paidNet[row], o.Net)
		}
	}
	for _, r := range o.Refunds {
		b.moments[refundedAt].add(i, r.At)
	}
	for _, at := range o.Requested {
		b.moments[requestedAt].add(i, at)
	}
	for _, at := range o.Closed {
		b.moments[closedAt].add(i, at)
	}
	b.lineAt = append(b.lineAt, uint32(b.lines.n))
	for k := range o.Lines {
		b.lines.add(&o.Lines[k])
	}
	b.orders.add(o)
}

// stateCode is the index of a state in b.states. The first states are the usual
// ones: most orders need no look-up in the map.
func (b *chunkBuilder) stateCode(s orderState) int {
	if code := slices.Index(b.usual, s); code >= 0 {
		return code
	}
	code, ok := b.known[s]
	if !ok {
		code = len(b.states)
		b.known[s], b.states = code, append(b.states, s.example())
		if code < usualStates {
			b.usual = append(b.usual, s)
		}
	}
	return code
}

const usualStates = 6

// milliseconds is an instant as columns store it; unset where it is not known.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return unset
	}
	return t.UnixMilli()
}

// seal is the chunk of the rows added. The builder is empty afterwards.
func (b *chunkBuilder) seal() *chunk {
	rows, orders := b.customers.n, b.orders.n
	c := &chunk{id: b.id.seal(rows), tags: b.tags.seal(rows), points: pack(b.points, rows, unset, false), consent: map[string]*texts{},
		orderID: b.orderID.seal(orders), messageID: b.messageID.seal(b.messages.n), states: b.states, state: pack(b.state, orders, 0, true)}
	c.numberRows(b.numbers)
	c.loose = b.loose.seal()
	for channel, column := range b.consent {
		t := column.seal(rows, false)
		c.consent[channel] = &t
	}
	if len(b.account) > 0 {
		c.account = newBitset(rows)
		for _, i := range b.account {
			c.account.add(i)
		}
	}
	c.orderAt, c.messageAt = closed(b.orderAt, orders), closed(b.messageAt, b.messages.n)
	if c.lineAt = closed(b.lineAt, b.lines.n); oneEach(c.lineAt) {
		c.lineAt = nil
	}
	c.bare = withNone(c.lineAt)
	for i := range b.orderLists {
		c.orderLists[i] = b.orderLists[i].seal(orders)
	}
	for i := range b.moments {
		c.moments[i] = b.moments[i].seal(orders)
	}
	c.owner, c.writer, c.parent = newHints(c.orderAt), newHints(c.messageAt), newHints(c.lineAt)
	b.sealRelations(c)
	c.sealStates(b.state)
	c.paidCount, c.paidNet = pack(b.paidCount, rows, 0, false), pack(b.paidNet, rows, 0, false)
	c.lastPaid = pack(b.lastPaid, rows, unset, false)
	figures := c.customers.ints
	c.paidCount.share(&figures[figureCount])
	c.paidNet.share(&figures[figureNet])
	c.lastPaid.share(&c.customers.times[lastPaidAt])
	c.lastPaid.coarsely()
	figures[figureTotal].share(&figures[figureNet])
	c.birthday, c.dates = daysOfYear(&c.customers.texts[birthdays].dictionary)
	b.reset()
	return c
}

// sealRelations packs the records. A total often equals the net amount, and the
// figures of a single line those of its order.
func (b *chunkBuilder) sealRelations(c *chunk) {
	nothing := func(*relation, int) *ints { return nil }
	c.customers = b.customers.seal(nothing)
	c.orders = b.orders.seal(func(r *relation, column int) *ints {
		if column == orderTotal {
			return &r.ints[orderNet]
		}
		return nil
	})
	c.lines = b.lines.seal(func(_ *relation, column int) *ints {
		switch {
		case c.lineAt != nil:
		case column == lineNet:
			return &c.orders.ints[orderNet]
		case column == lineQuantity:
			return &c.orders.ints[orderUnits]
		}
		return nil
	})
	c.messages = b.messages.seal(nothing)
	c.consents, c.checkouts = b.consents.seal(), b.checkouts.seal()
}

// sealStates marks the orders that are paid, visible, priced, returned and cancelled.
func (c *chunk) sealStates(codes []int64) {
	of := func(is func(*commerce.OrderFact) bool) bitset {
		table, set := make([]uint64, len(c.states)), newBitset(len(codes))
		for code := range c.states {
			if is(&c.states[code]) {
				table[code] = 1
			}
		}
		for i, code := range codes {
			set[i/64] |= table[code] << (i % 64)
		}
		if set.count() == len(codes) {
			return nil
		}
		return set
	}
	c.paid = of(func(o *commerce.OrderFact) bool { return o.Counts() })
	c.visible = of(inForce)
	c.priced = of(func(o *commerce.OrderFact) bool { return !o.Unpriced })
	c.returned = of(func(o *commerce.OrderFact) bool { return !o.RefundedAt.IsZero() })
	c.cancelled = of(func(o *commerce.OrderFact) bool { return !o.CancelledAt.IsZero() })
}

// reset empties the builder and retains its buffers.
func (b *chunkBuilder) reset() {
	b.numbers, b.points, b.account = b.numbers[:0], b.points[:0], b.account[:0]
	b.orderAt, b.lineAt, b.messageAt = b.orderAt[:0], b.lineAt[:0], b.messageAt[:0]
	b.state, b.paidCount, b.paidNet, b.lastPaid = b.state[:0], b.paidCount[:0], b.paidNet[:0], b.lastPaid[:0]
	b.consent, b.known, b.usual, b.states = map[string]*textBuilder{}, map[orderState]int{}, b.usual[:0], nil
}

// closed is the starts followed by the end.
func closed(starts []uint32, end int) []uint32 {
	list := make([]uint32, len(starts)+1)
	list[copy(list, starts)] = uint32(end)
	return list
}

// oneEach reports whether every record has exactly one.
func oneEach(starts []uint32) bool {
	for i, at := range starts {
		if at != uint32(i) {
			return false
		}
	}
	return true
}

// withNone is the records that have none; nil where there is no such record.
func withNone(starts []uint32) bitset {
	var set bitset
	for i := 1; i < len(starts); i++ {
		if starts[i] == starts[i-1] {
			if set == nil {
				set = newBitset(len(starts) - 1)
			}
			set.add(uint32(i - 1))
		}
	}
	return set
}

// daysOfYear is 32 x month + day of each birthday of a dictionary. ok is true
// where every text with a year is a date, so that the dictionary sorts by date.
func daysOfYear(d *dictionary) (days []uint16, ok bool) {
	days = make([]uint16, d.len())
	for code := 1; code < d.len(); code++ {
		text := d.text(uint32(code))
		born, good := parseDay(text)
		if !good && text[0] != '-' {
			return nil, false
		}
		days[code] = uint16(32*int(born.month) + born.day)
	}
	return days, true
}
