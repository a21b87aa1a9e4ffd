package segments

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// field is one value that tests compare.
type field struct {
	name  string // ends with "." if the author adds a key
	kind  fieldKind
	doc   string   // what it is, with its unit
	unset string   // what unset means; empty: it is never unset
	among []string // all possible values, if they are few
	days  bool     // a number of days: a duration in days or weeks may be written too
	least int64    // smallest possible number
	most  int64    // largest possible number; 0: no limit
	read  func(v *evaluation, key string) value

	// anyCase marks texts that people write, such as names, places and tags: case and width do not matter, unless a
	// test has "case": true. Ids, codes and names of a fixed list are exact.
	anyCase bool

	distinct func(v *evaluation) []string // the values that distinct counts; nil: those that tests compare
}

// fieldKind is the type of a field's values.
type fieldKind uint8

// A custom field is text. A test of a number, a date or a flag reads it from the
// text. A list passes a test when one of its entries does.
const (
	ofNumber fieldKind = iota
	ofMoney
	ofText
	ofList
	ofDate
	ofBirthday
	ofFlag
	ofCustom
	ofProperty // a custom field that may be a list too
)

// written reports whether the values are texts that a test reads as what its own value is.
func (k fieldKind) written() bool { return k == ofCustom || k == ofProperty }

func (k fieldKind) String() string {
	return [...]string{"a number", "money", "text", "a list", "a date", "a birthday", "true or false", "a custom field", "a property"}[k]
}

// origin is the kind of record that has a field.
type origin uint8

const (
	originCustomer origin = 1 << iota // customer.* and orders.*
	originOrder                       // order.* and line.*
	originMessage                     // message.*
	originConsent                     // consent.*
	originCheckout                    // checkout.*
	originSelf                        // no fields: the customer itself
	originReported                    // event.*: of an event that the shop reported
)

// records names the records of the origin, in the plural.
func (o origin) records() string {
	switch o {
	case originMessage:
		return "messages"
	case originConsent:
		return "consents"
	case originCheckout:
		return "checkouts"
	case originSelf:
		return "customers"
	case originReported:
		return "reported events"
	}
	return "orders"
}

// family is a table of fields that belong to one thing.
type family struct {
	prefix string
	origin origin
	fields []field
}

// families are the tables of fields, one a file.
var families = []family{
	{"customer.", originCustomer, customerFields},
	{"orders.", originCustomer, ordersFields},
	{"rfm.", originCustomer, rfmFields},
	{"customer.", originCustomer, stageFields},
	{"orders.", originCustomer, clockFields},
	{"orders.", originCustomer, habitFields},
	{"", originCustomer, shortNames},
	{"order.", originOrder, orderFields},
	{"line.", originOrder, lineFields},
	{"message.", originMessage, messageFields},
	{"consent.", originConsent, consentFields},
	{"checkout.", originCheckout, checkoutFields},
	{"event.", originReported, reportedFields},
}

// foldsField reports whether texts of the field are compared without case and width.
func foldsField(name string) bool {
	for _, family := range families {
		for i := range family.fields {
			f := &family.fields[i]
			if f.name == name || strings.HasSuffix(f.name, ".") && strings.HasPrefix(name, f.name) {
				return f.anyCase
			}
		}
	}
	return false
}

// laterFields are published names that are not supported yet. A name that ends
// with "." means all names below it.
var laterFields = []string{
	"expected_orders", "customer.expected_orders", "expected_value", "customer.expected_value",
}

// subject is the field of a test, with its key if it has one.
type subject struct {
	*field
	key   string
	title string // the name as written
	lines bool   // it is one of line.*
	folds bool   // texts are compared without case and width
}

// value reads the field.
func (s subject) value(v *evaluation) value { return s.read(v, s.key) }

// fieldAt finds the field that n names. It is not ok after a problem.
func (p *parser) fieldAt(n *strictjson.Node) (s subject, ok bool) {
	if n.Kind != strictjson.String {
		p.problem(n, "a field is a name such as \"customer.gender\", not %s", n.Kind)
		return s, false
	}
	var known []string
	for _, family := range families {
		for i := range family.fields {
			f := &family.fields[i]
			known = append(known, f.name)
			key, keyed := strings.CutPrefix(n.Text, f.name)
			if !keyed || key != "" && !strings.HasSuffix(f.name, ".") {
				continue
			}
			if key == "" && strings.HasSuffix(f.name, ".") {
				p.problem(n, "%s needs a key after the point", f.name)
				return s, false
			}
			s = subject{f, key, n.Text, family.prefix == "line.", f.anyCase}
			return s, p.mayAsk(n, family)
		}
	}
	for _, name := range laterFields {
		if n.Text == name || strings.HasSuffix(name, ".") && strings.HasPrefix(n.Text, name) {
			p.problem(n, "not supported yet: field %s", clip(n.Text))
			return s, false
		}
	}
	p.suggest(n, strictjson.Nearest(n.Text, known), "unknown field %q", clip(n.Text))
	return s, false
}

// mayAsk refuses fields of records that the place of the test does not have.
func (p *parser) mayAsk(n *strictjson.Node, f family) bool {
	if f.prefix == "line." {
		p.lines = true
	}
	switch {
	case p.origins&f.origin != 0:
		return true
	case f.origin == originCustomer:
		p.problem(n, "%s is about the customer: put the test beside the event, not into its where", n.Text)
	case f.origin == originMessage:
		p.problem(n, "%s is about a message: put the test into the where of a message event", n.Text)
	case f.origin == originConsent:
		p.problem(n, "%s is about a consent: put the test into the where of consent.granted", n.Text)
	case f.origin == originCheckout:
		p.problem(n, "%s is about a checkout: put the test into the where of checkout.started", n.Text)
	case f.origin == originReported:
		p.problem(n, "%s is about an event that the shop reported, such as custom.quiz_done: only in a campaign that names it", n.Text)
	case p.origins&originCustomer == 0:
		p.problem(n, "%s is about an order, and these events are %s", n.Text, p.origins.records())
	default:
		p.problem(n, "%s is about one order: put the test into the where of an event such as order.paid, or ask orders.*", n.Text)
	}
	return false
}

// texts are the values of the field that text tests compare.
func (s subject) texts(v *evaluation) []string {
	got := s.value(v)
	switch {
	case !got.set:
		return nil
	case s.kind == ofList, len(got.list) > 0:
		return s.compared(got.list)
	}
	return s.compared([]string{got.text})
}

// compared are texts in the form in which they are compared: folded, where case and
// width do not matter.
func (s subject) compared(list []string) []string {
	if !s.folds {
		return list
	}
	folded := make([]string, len(list))
	for i, text := range list {
		folded[i] = commerce.Fold(text)
	}
	return folded
}

// number is the field's number. Custom text that is no plain decimal is unset.
func (s subject) number(v *evaluation) (f fraction, ok bool) {
	got := s.value(v)
	if !s.kind.written() || !got.set {
		return got.num, got.set
	}
	d, err := commerce.ParseDecimal(got.text)
	return fraction{d.Units, pow10(d.Scale)}, err == nil
}

// date is the field's instant. A birthday and a custom date are the first instant
// of their day. A birthday without a year has none.
func (s subject) date(v *evaluation) (at time.Time, ok bool) {
	got := s.value(v)
	if s.kind == ofDate {
		return got.at, got.set
	}
	if d, ok := parseDay(got.text); ok {
		return d.start(v.zone), d.year > 0
	}
	at, err := time.Parse(time.RFC3339, got.text)
	return at, err == nil && s.kind.written()
}

// day is the field's date in the shop's zone. Its year is 0 if unknown.
func (s subject) day(v *evaluation) (d day, ok bool) {
	if got := s.value(v); s.kind != ofDate {
		if d, ok := parseDay(got.text); ok {
			return d, true
		}
	}
	at, ok := s.date(v)
	return dayOf(at, v.zone), ok
}

// seen writes the value for explanations.
func (s subject) seen(v *evaluation) string {
	got := s.value(v)
	switch {
	case !got.set:
		return "unset"
	case s.kind == ofNumber:
		return got.num.text(0)
	case s.kind == ofMoney:
		return strings.TrimSpace(got.num.text(v.exponent) + " " + v.params.Currency)
	case s.kind == ofList, len(got.list) > 0:
		return strings.Join(slices.Compact(slices.Sorted(slices.Values(got.list))), ", ")
	case s.kind == ofDate:
		return got.at.In(v.zone).Format(time.RFC3339)
	case s.kind == ofFlag:
		return fmt.Sprint(got.flag)
	}
	return got.text
}
