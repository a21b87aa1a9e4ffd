package segments

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
)

// more are the scenarios in which records of a set happen now: as many as are
// missing, or one with the amount that is missing.
func (s scenario) more(pointer string, set occurrences, around window, figure aggregate, tests []comparison) []scenario {
	if s.made || s.profile.History.Truncated {
		return nil
	}
	one, ok := s.madeFor(set)
	if !ok {
		return nil
	}
	v := s.evaluation()
	hits := slices.Collect(set.in(v, around))
	text := set.kinds[0].words(set, around, 1)
	var list []scenario
	add := func(many int64, amount *int64) {
		record := one
		words := strconv.FormatInt(many, 10) + " more " + set.kinds[0].words(set, around, many)
		if amount != nil {
			if record, ok = one.with(figure.of, value{set: true, num: fraction{*amount, 1}}); !ok || *amount < 0 {
				return
			}
			words = fmt.Sprintf("1 more %s of %s %s", text, figure.of.title, s.written(figure.of, *amount))
			if figure.op == "sum" && *amount > 0 {
				words = fmt.Sprintf("%s more %s of a %s", s.written(figure.of, *amount), figure.of.title, text)
			}
		}
		found := s
		found.profile = record.added(s.profile, many, s.now)
		list = append(list, found.after(Lack{Pointer: pointer, Kind: Happening, Text: words}, float64(costHappening*many)))
	}
	for _, many := range counts(figure, tests, int64(len(hits)), v) {
		add(many, nil)
	}
	if figure.op != "count" && figure.op != "distinct" {
		for _, amount := range figure.lacking(tests, set, hits, v) {
			add(1, &amount)
		}
	}
	return list
}

// most is the largest number of records in one change.
const most = 100

// counts are the numbers of additional records to try.
func counts(figure aggregate, tests []comparison, have int64, v *evaluation) []int64 {
	list := []int64{1, 2, 3}
	for _, test := range tests {
		bound := unitOf(figure.kind()).bound(test.bound, v)
		lacks := bound.Units/pow10(bound.Scale) - have
		list = append(list, lacks, lacks+1)
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(n int64) bool { return n < 1 || n > most })
}

// lacking are amounts that bring a figure to its bounds, or just beyond.
func (a aggregate) lacking(tests []comparison, set occurrences, hits []hit, v *evaluation) (list []int64) {
	f, ok := a.figure(v, set, hits)
	if !ok {
		f = fraction{0, 1}
	}
	for _, test := range tests {
		bound := unitOf(a.kind()).bound(test.bound, v)
		whole := bound.Units / pow10(bound.Scale)
		if whole > 1<<40 || whole < -(1<<40) || f.num > 1<<40 {
			continue
		}
		amount := whole
		switch n := int64(len(hits)); {
		case a.op == "sum":
			amount = whole - f.num
		case a.op == "avg" && f.den < 1<<20:
			amount = whole*(n+1) - f.num
		}
		list = append(list, amount, amount+1, amount-1)
	}
	return list
}

// written is an amount in the form that people write.
func (s scenario) written(of subject, amount int64) string {
	if of.kind != ofMoney {
		return strconv.FormatInt(amount, 10)
	}
	v := s.evaluation()
	return strings.TrimSpace(commerce.Decimal{Units: amount, Scale: v.exponent}.String() + " " + v.params.Currency)
}

// words describes a set: "paid order with ... in the last 90 days".
func (k eventKind) words(set occurrences, around window, many int64) string {
	of, what, _ := strings.Cut(k.name, ".")
	text := strings.ReplaceAll(what, "_", " ") + " " + of
	if many != 1 {
		text += "s"
	}
	if set.where != nil {
		text += " with " + wordsOf(set.where)
	}
	for _, w := range []window{set.window, around} {
		if w.last != nil {
			text += " in the last " + w.last.String()
		}
	}
	return text
}

// wordsOf writes a where on one line.
func wordsOf(c Condition) string {
	switch c := c.(type) {
	case test:
		return c.words
	case oneLine:
		return wordsOf(c.part)
	case not:
		return "not (" + wordsOf(c.part) + ")"
	case group:
		parts, by := make([]string, len(c.parts)), " and "
		for i, part := range c.parts {
			parts[i] = wordsOf(part)
		}
		if c.anyOf {
			by = " or "
		}
		return "(" + strings.Join(parts, by) + ")"
	}
	return "..."
}

// madeFor is a new record, at the current time, that belongs to the set except for
// its window.
func (s scenario) madeFor(set occurrences) (made scenario, ok bool) {
	for _, kind := range set.kinds {
		if made, ok = s.madeOf(kind, set.where); ok {
			return made, true
		}
	}
	return made, false
}

func (s scenario) madeOf(kind eventKind, where Condition) (made scenario, ok bool) {
	made = scenario{profile: s.profile, params: s.params, now: s.now, made: true, tries: s.tries}
	now := s.now.Truncate(time.Millisecond)
	switch kind.origin {
	case originMessage:
		made.message = &commerce.MessageFact{ID: "new"}
	case originConsent:
		made.consent = &commerce.Consent{Channel: "email", Granted: true, At: now}
	case originCheckout:
		made.checkout = &commerce.CheckoutFact{ID: "new", At: now, Currency: s.params.Currency}
	case originSelf:
		return made, s.profile.KnownSince.IsZero()
	default:
		made.order = &commerce.OrderFact{ID: "new", PlacedAt: now, PaidAt: now, Status: commerce.Open, Payment: commerce.Paid,
			Currency: s.params.Currency, Units: 1, Lines: []commerce.LineFact{{Quantity: 1}}}
	}
	made.happen(kind, now)
	if where != nil {
		if made, ok = made.repair(where, true); !ok {
			return made, false
		}
	}
	return made, len(kind.instants(nil, made.evaluation())) > 0
}

// happen makes the event happen to the current record.
func (s *scenario) happen(kind eventKind, now time.Time) {
	at := func(column string) subject { return subject{field: &field{name: column}} }
	switch name := kind.name; {
	case name == "order.refund_requested":
		s.order.Requested = []time.Time{now}
	case name == "order.refund_closed":
		s.order.Closed = []time.Time{now}
	case name == "order.partially_refunded":
		s.order.Refunds = []commerce.RefundFact{{ID: "new", At: now}}
	case s.order != nil:
		replaced(&s.order, &orderColumns, at(name+"_at"), dateOf(now))
	case name == "message.opened", name == "message.clicked":
		_, what, _ := strings.Cut(name, ".")
		replaced(&s.message, &messageColumns, at(what), dateOf(now))
		replaced(&s.message, &messageColumns, at("last "+what), dateOf(now))
	case s.message != nil:
		replaced(&s.message, &messageColumns, at(strings.TrimPrefix(name, "message.")), dateOf(now))
	}
}

// added is the profile with n copies of the current record.
func (s scenario) added(p commerce.Profile, many int64, now time.Time) commerce.Profile {
	p.History.Orders, p.Engagement, p.Checkouts = slices.Clip(p.History.Orders), slices.Clip(p.Engagement), slices.Clip(p.Checkouts)
	var orders []commerce.OrderFact
	for range many {
		switch {
		case s.order != nil:
			orders = append(orders, *s.order)
		case s.message != nil:
			p.Engagement = append(p.Engagement, *s.message)
		case s.checkout != nil:
			p.Checkouts = append(p.Checkouts, *s.checkout)
		case s.consent != nil:
			kept := slices.DeleteFunc(slices.Clone(p.Consents), func(c commerce.Consent) bool { return c.Channel == s.consent.Channel })
			p.Consents = append(kept, *s.consent)
		default:
			p.KnownSince = now
		}
	}
	if len(orders) > 0 {
		truncated := p.History.Truncated
		p.History = commerce.NewHistory(slices.Concat(p.History.Orders, orders), p.History.Loose)
		p.History.Truncated = truncated
		if p.KnownSince.IsZero() {
			p.KnownSince = now
		}
	}
	return p
}

// bought are the scenarios in which the customer buys, for the figures that
// purchases change.
func (s scenario) bought(t test) []scenario {
	if !strings.HasPrefix(t.name, "orders.") && t.family() != "rfm." &&
		!slices.Contains([]string{"customer.stage", "stage", "overdue_ratio", "customer.p_alive", "p_alive", "next_order_at",
			"customer.next_order_at"}, t.name) {
		return nil
	}
	paid := occurrences{kinds: []eventKind{eventKinds[slices.IndexFunc(eventKinds, func(k eventKind) bool { return k.name == "order.paid" })]}}
	figure, tests := aggregate{op: "count"}, []comparison{}
	for _, d := range t.numbers() {
		tests = append(tests, comparison{"gte", d})
	}
	if t.kind == ofMoney {
		column := "order.total"
		if t.name == "orders.net" {
			column = "order.net"
			tests = append(tests, s.owed(tests)...) // refunds without an order reduce it too
		}
		i := slices.IndexFunc(orderFields, func(f field) bool { return f.name == column })
		figure = aggregate{op: "sum", of: subject{field: &orderFields[i], title: column}}
		if t.name == "orders.average" || t.name == "orders.average_item_price" {
			figure.op = "avg"
		}
	}
	return s.more(t.pointer, paid, window{}, figure, tests)
}

// owed are the bounds plus the amount that refunds without an order take off the
// sum of the orders.
func (s scenario) owed(tests []comparison) (raised []comparison) {
	v, off := s.evaluation(), -s.profile.History.Figures.Net
	for _, o := range s.profile.History.Orders {
		if o.Counts() {
			off += o.Net
		}
	}
	if off <= 0 || off > 1<<40 {
		return nil
	}
	for _, t := range tests {
		bound := unitOf(ofMoney).bound(t.bound, v)
		if whole := bound.Units / pow10(bound.Scale); whole < 1<<40 && whole > -(1<<40) {
			raised = append(raised, comparison{t.op, commerce.Decimal{Units: whole + off, Scale: v.exponent}})
		}
	}
	return raised
}

func (t test) family() string {
	name, _, _ := strings.Cut(t.name, ".")
	return name + "."
}
