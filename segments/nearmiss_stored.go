package segments

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
)

// origin is the origin of the field.
func (t test) origin() origin {
	for _, family := range families {
		if strings.HasPrefix(t.name, family.prefix) && family.prefix != "" {
			return family.origin
		}
	}
	return originCustomer
}

// fixed are attributes that do not change once they are set.
var fixed = []string{"customer.source", "customer.utm_medium", "customer.utm_campaign", "customer.utm_term", "customer.utm_content",
	"customer.birthday", "customer.known_since"}

// mutable are the fields of an existing order that may change.
var mutable = []string{"order.payment_status", "order.status", "order.rating", "order.in_stock"}

// changeable reports whether the field may get another value.
func (s scenario) changeable(of subject) bool {
	if slices.Contains(mutable, of.name) {
		return s.order != nil
	}
	return strings.HasPrefix(of.name, "customer.") && !(slices.Contains(fixed, of.name) && of.value(s.evaluation()).set)
}

// assigned are the scenarios in which the field has one of the values that the
// test names, or one next to them.
func (s scenario) assigned(t test, want bool) (list []scenario) {
	text := t.words
	if !want {
		text = "not " + text
	}
	change := Lack{Pointer: t.pointer, Kind: Attribute, Text: text}
	cost := float64(costAttribute)
	switch {
	case s.made:
		cost = costMade
	case t.name == "customer.consent.":
		change.Kind, cost = ConsentChange, costConsent
		change.Text = "consent for " + t.key
	}
	for _, val := range s.targets(t) {
		if found, ok := s.with(t.subject, val); ok {
			c := change
			if c.Kind == ConsentChange && !val.flag {
				c.Text = "consent for " + t.key + " withdrawn"
			}
			list = append(list, found.after(c, cost))
			cost += cost / 1000 // of equal costs the first wins
		}
	}
	return list
}

// targets are values to try for a test: those it names and those next to them.
func (s scenario) targets(t test) (list []value) {
	v := s.evaluation()
	text := func(texts ...string) {
		for _, text := range texts {
			list = append(list, value{set: text != "", text: text, list: []string{text}})
		}
	}
	switch is := t.is.(type) {
	case amongTexts:
		text(is.values[:min(len(is.values), 3)]...)
		text("other", "one more")
	case hasAll:
		list = append(list, value{set: true, list: is.values})
	case textPart:
		text(is.part, "other")
	case amongFlags:
		list = append(list, flagOf(true), flagOf(false))
	case pointRange, sinceNow, amongPoints, anniversary:
		return s.instantsOf(t)
	case presence:
		text(slices.Concat(t.among[:min(len(t.among), 1)], []string{"something"})...)
		list = append(list, dateOf(s.now), flagOf(true))
	}
	for _, d := range t.numbers() {
		bound := t.bound(d, v)
		low := bound.Units / pow10(bound.Scale)
		for _, n := range []int64{low, low + 1, low - 1} {
			list = append(list, value{set: true, num: fraction{n, 1}, text: strconv.FormatInt(n, 10)})
		}
		list = append(list, value{set: true, num: fraction{low, 1}, text: bound.String()})
	}
	if !slices.ContainsFunc(list, func(x value) bool { return x.num.den > 0 }) {
		for i := range list {
			list[i].num.den = 1
		}
	}
	return list
}

// numbers are the bounds of a test, as written.
func (t test) numbers() []commerce.Decimal {
	switch is := t.is.(type) {
	case comparison:
		return []commerce.Decimal{is.bound}
	case betweenNumbers:
		return []commerce.Decimal{is.low, is.high}
	case amongNumbers:
		return is.values[:min(len(is.values), 3)]
	}
	return nil
}

// instantsOf are the instants at which a test of a date changes its result, and
// those next to them.
func (s scenario) instantsOf(t test) (list []value) {
	v := s.evaluation()
	var at []time.Time
	switch is := t.is.(type) {
	case pointRange:
		for _, p := range []*point{is.from, is.after, is.to} {
			if p != nil {
				at = append(at, p.start(v), p.end(v), p.start(v).Add(-time.Millisecond))
			}
		}
	case sinceNow:
		at = append(at, v.now, is.span.back(v), is.span.back(v).Add(-time.Millisecond), v.now.Add(time.Millisecond))
	case amongPoints:
		for _, p := range is.values[:min(len(is.values), 3)] {
			at = append(at, p.start(v), p.end(v))
		}
	case anniversary:
		at = append(at, v.now.AddDate(-1, 0, 0), v.now.AddDate(-1, 6, 0))
	}
	for _, instant := range at {
		list = append(list, value{set: true, at: instant.Truncate(time.Millisecond), text: dayOf(instant, v.zone).String()})
	}
	return list
}

// with is the scenario in which a field has a value. It is not ok if the field is
// not set that way.
func (s scenario) with(of subject, val value) (scenario, bool) {
	switch family := (test{subject: of}).origin(); {
	case family == originCustomer:
		row := Row{Profile: s.profile}
		ok := setOfCustomer(&row, of, val) || set(&customerColumns, &row, of, val)
		s.profile = row.Profile
		return s, ok
	case family == originMessage && s.message != nil:
		return s, replaced(&s.message, &messageColumns, of, val)
	case family == originConsent && s.consent != nil:
		return s, replaced(&s.consent, &consentColumns, of, val)
	case family == originCheckout && s.checkout != nil:
		if of.name == "checkout.total" {
			of.field = &field{name: "checkout.minor", kind: ofMoney}
		}
		return s, replaced(&s.checkout, &checkoutColumns, of, val)
	case family == originOrder && s.order != nil:
		return s.withOrder(of, val)
	}
	return s, false
}

func (s scenario) withOrder(of subject, val value) (scenario, bool) {
	order := *s.order
	if of.lines {
		if len(order.Lines) != 1 || s.line == nil {
			return s, false
		}
		line := *s.line
		ok := set(&lineColumns, &line, of, val)
		order.Lines = []commerce.LineFact{line}
		s.line, s.order = &order.Lines[0], &order
		order.Units = line.Quantity
		return s, ok
	}
	ok := setOfOrder(&order, of, val) || set(&orderColumns, &order, of, val)
	if s.made && (of.name == "order.net" || of.name == "order.total") {
		order.Total, order.Net = val.num.num, val.num.num
	}
	s.order = &order
	return s, ok
}

// replaced sets a field in a copy of the current record.
func replaced[T any](record **T, c *columns[T], of subject, val value) bool {
	changed := **record
	ok := set(c, &changed, of, val)
	*record = &changed
	return ok
}

// set writes a field that has a column.
func set[T any](c *columns[T], record *T, of subject, val value) bool {
	if i := c.text(of.name); i >= 0 {
		*c.texts[i].of(record) = val.text
		return true
	}
	if i := c.number(of.name); i >= 0 && !strings.HasPrefix(of.name, "orders.") {
		*c.ints[i].of(record) = val.num.num
		return true
	}
	if i := c.instant(of.name); i >= 0 && !strings.HasPrefix(of.name, "orders.") {
		*c.times[i].of(record) = val.at
		return true
	}
	if c.custom == nil || !strings.HasSuffix(of.name, ".") || of.kind != ofCustom {
		return false
	}
	list := c.custom(record)
	kept := slices.DeleteFunc(slices.Clone(*list), func(kv commerce.KV) bool { return kv.Key == of.key })
	*list = append(kept, commerce.KV{Key: of.key, Value: val.text})
	return true
}

func setOfCustomer(r *Row, of subject, val value) bool {
	switch of.name {
	case "customer.tags":
		named := of.compared(val.list)
		kept := slices.DeleteFunc(slices.Clone(r.Attributes.Tags), func(tag string) bool {
			return slices.Contains(named, of.compared([]string{tag})[0])
		})
		if len(kept) == len(r.Attributes.Tags) { // toggle the tag
			kept = append(kept, val.list...)
		} else if len(val.list) > 1 {
			kept = append(kept, val.list...)
		}
		r.Attributes.Tags = kept
	case "customer.points":
		points := val.num.num
		r.Attributes.Points = &points
	case "customer.consent.":
		kept := slices.DeleteFunc(slices.Clone(r.Consents), func(c commerce.Consent) bool { return c.Channel == of.key })
		r.Consents = append(kept, commerce.Consent{Channel: of.key, Granted: val.flag})
	default:
		return false
	}
	return true
}

func setOfOrder(o *commerce.OrderFact, of subject, val value) bool {
	switch of.name {
	case "order.payment_status":
		o.Payment = commerce.PaymentStatus(val.text)
	case "order.status":
		o.Status = commerce.OrderStatus(val.text)
	case "order.rating":
		o.Rating = int(min(max(val.num.num, 0), 5))
	case "order.in_stock":
		o.InStock = &val.flag
	case "order.test":
		o.Test = val.flag
	case "order.fake":
		o.Fake = val.flag
	default:
		i := orderList(of.name)
		if i < 0 {
			return false
		}
		*orderLists[i].of(o) = slices.DeleteFunc(slices.Clone(val.list), func(text string) bool { return text == "" })
	}
	return true
}
