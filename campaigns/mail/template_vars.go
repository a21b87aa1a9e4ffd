package mail

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"comeback/commerce"
)

// Kind is the kind of a variable or of a filter's result.
type Kind string

// The kinds of values in templates. kindAny is not known before rendering.
const (
	// KindText is text, escaped where it is written.
	KindText Kind = "text"
	// KindNumber is a whole or decimal number.
	KindNumber Kind = "a number"
	// KindMoney is an amount with its currency.
	KindMoney Kind = "money"
	// KindTime is an instant, written in the shop's zone.
	KindTime Kind = "a time"
	// KindBool is for conditions.
	KindBool Kind = "true or false"
	// KindURL is an address that is safe in a link.
	KindURL Kind = "a URL"
	// KindHTML is markup that a filter made.
	KindHTML   Kind = "HTML"
	kindText        = KindText
	kindNumber      = KindNumber
	kindList   Kind = "a list"
	kindAny    Kind = "a value"
)

func joinKinds(kinds []Kind) string {
	list := make([]string, len(kinds))
	for i, k := range kinds {
		list[i] = string(k)
	}
	return strings.Join(list, " or ")
}

// Variable is one name that templates may use.
type Variable struct {
	Name  string
	Kind  Kind
	About string
}

// Variables lists every variable of templates. A variable without a value writes
// nothing and is false in {% if %}. customer.custom.<key> is text too, and so is
// event.<property>, of the reported event that the enrolment began with.
func Variables() []Variable { return slices.Clone(variables) }

func variableNames() []string {
	list := make([]string, len(variables))
	for i, v := range variables {
		list[i] = v.Name
	}
	return list
}

var variables = []Variable{
	{"shop.name", KindText, "the shop's name"},
	{"shop.url", KindURL, "the storefront"},
	{"shop.email", KindText, "address for replies"},
	{"shop.address", KindText, "postal address of the sender"},

	{"customer.name", KindText, "first and last name, in Chinese order where they are Chinese; none if it looks like an advertisement"},
	{"customer.first_name", KindText, "first name, under the same condition"},
	{"customer.last_name", KindText, "last name, under the same condition"},
	{"customer.email", KindText, "e-mail address"},
	{"customer.city", KindText, "city"},
	{"customer.country", KindText, "ISO 3166 code"},
	{"customer.member_level", KindText, "member level"},
	{"customer.points", KindNumber, "points"},

	{"order.number", KindText, "the order number that buyers see"},
	{"order.total", KindMoney, "what the buyer pays, in the order's currency"},
	{"order.subtotal", KindMoney, "sum of the lines"},
	{"order.discount", KindMoney, "sum of the discounts; none when 0"},
	{"order.shipping", KindMoney, "shipping"},
	{"order.tax", KindMoney, "tax"},
	{"order.deposit", KindMoney, "deposit of a pre-sale; none when 0"},
	{"order.pay_url", KindURL, "the order's payment page"},
	{"order.placed_at", KindTime, "when it was placed"},
	{"order.paid_at", KindTime, "when it was paid in full"},
	{"order.shipped_at", KindTime, "when the first parcel left"},
	{"order.delivered_at", KindTime, "when everything had arrived"},
	{"order.cancel_at", KindTime, "when the shop closes it unpaid"},
	{"order.due_at", KindTime, "when payment is due by the agreed terms"},
	{"order.balance_from", KindTime, "pre-sale: from when the balance can be paid"},
	{"order.balance_to", KindTime, "pre-sale: until when"},
	{"order.lines", kindList, "the first 50 lines"},
	{"order.line_count", KindNumber, "how many lines there are"},
	{"order.units", KindNumber, "sum of the quantities"},
	{"order.more_lines", KindNumber, "lines that order.lines leaves out; none when 0"},
	{"order.table", KindHTML, "lines and total as a table; write it with | raw"},
	{"order.list", KindText, "lines and total as text, one line each"},

	{"checkout.url", KindURL, "brings the buyer back to the checkout"},
	{"checkout.total", KindMoney, "the amount to pay"},
	{"checkout.started_at", KindTime, "when it began"},
	{"checkout.lines", kindList, "the first 50 lines"},
	{"checkout.line_count", KindNumber, "how many lines there are"},
	{"checkout.units", KindNumber, "sum of the quantities"},
	{"checkout.more_lines", KindNumber, "lines that checkout.lines leaves out; none when 0"},
	{"checkout.table", KindHTML, "lines and total as a table; write it with | raw"},
	{"checkout.list", KindText, "lines and total as text, one line each"},

	{"line.title", KindText, "in {% for line in order.lines %}: title of the product"},
	{"line.variant", KindText, "size, colour ..."},
	{"line.brand", KindText, "brand"},
	{"line.quantity", KindNumber, "how many"},
	{"line.unit_price", KindMoney, "price of one before discounts"},
	{"line.total", KindMoney, "what the buyer pays for the line"},
	{"line.image", KindURL, "picture of the product, where known"},
	{"line.url", KindURL, "page of the product, where known"},
	{"forloop.first", KindBool, "in a loop: this is the first turn"},
	{"forloop.last", KindBool, "in a loop: this is the last turn"},
	{"forloop.index", KindNumber, "in a loop: number of the turn, from 1"},

	{"links.pay", KindURL, "the page to finish on: order.pay_url, else checkout.url, else shop.url"},
	{"links.shop", KindURL, "the storefront"},
	{"links.unsubscribe", KindURL, "ends marketing mail; every marketing mail must show it"},
	{"mail.marketing", KindBool, "the mail is marketing, not about an order only"},
}

// Vars are the records of a mail. Order and Checkout are nil if the mail has none.
// Products, by product id, add pictures and pages to lines; it may be nil.
type Vars struct {
	Shop      commerce.Shop
	Customer  commerce.Attributes
	Order     *commerce.Order
	Checkout  *commerce.Checkout
	Products  map[string]commerce.Product
	Marketing bool
	Reported  []commerce.Property // of the event that the enrolment began with; nil: none
}

// binder turns records into the values of one rendering.
type binder struct {
	Vars
	zone    *time.Location
	chinese bool
	links   *addresses
}

func (b binder) bind(unsubscribe string) map[string]any {
	order, checkout := b.order(), b.checkout()
	pay := firstText(order["pay_url"], checkout["url"], b.links.form(b.Shop.URL))
	return map[string]any{
		"shop": map[string]any{
			"name": textOf(b.Shop.Name), "url": b.links.form(b.Shop.URL), "address": textOf(b.Shop.Sender.Address),
			"email": firstText(textOf(b.Shop.Sender.ReplyTo), textOf(b.Shop.Sender.From)),
		},
		"customer": b.customer(),
		"order":    order,
		"checkout": checkout,
		"event":    b.event(),
		"links":    map[string]any{"pay": pay, "shop": b.links.form(b.Shop.URL), "unsubscribe": textOf(unsubscribe)},
		"mail":     map[string]any{"marketing": b.Marketing},
	}
}

func (b binder) customer() map[string]any {
	c := b.Customer
	custom := map[string]any{}
	for _, kv := range c.Custom {
		if custom[kv.Key] = b.links.foreign(kv.Value); custom[kv.Key] == nil { // a value that is only an address is used as one
			custom[kv.Key] = words(kv.Value)
		}
	}
	first, last := personName(c.FirstName), personName(c.LastName)
	values := map[string]any{
		"name": textOf(fullName(first, last)), "first_name": textOf(first), "last_name": textOf(last), "email": textOf(c.Email),
		"city": words(c.City), "country": words(c.Country), "member_level": words(c.MemberLevel), "custom": custom,
	}
	if c.Points != nil {
		values["points"] = int(*c.Points)
	}
	return values
}

// event has the properties of a reported event. Whole numbers and flags are what
// conditions compare; all else is text, and that of a list has commas between.
func (b binder) event() map[string]any {
	values := map[string]any{}
	for _, p := range b.Reported {
		values[p.Key] = b.property(p)
	}
	return values
}

func (b binder) property(p commerce.Property) any {
	switch n, err := strconv.Atoi(p.Value); {
	case p.Type == commerce.NumberProperty && err == nil:
		return n
	case p.Type == commerce.FlagProperty:
		return p.Value == "true"
	}
	if link := b.links.foreign(p.Value); link != nil { // a value that is only an address is used as one
		return link
	}
	return words(p.String())
}

func (b binder) order() map[string]any {
	o := b.Order
	if o == nil {
		return nil
	}
	b.links.payAt(o.PayURL)
	values := map[string]any{
		"number": words(o.Number), "pay_url": b.links.form(o.PayURL),
		"total": b.money(o.Total), "subtotal": b.money(o.Subtotal), "shipping": b.money(o.Shipping), "tax": b.money(o.Tax),
		"placed_at": b.time(o.Times.PlacedAt), "paid_at": b.time(o.Times.PaidAt),
		"shipped_at": b.time(o.ShippedAt()), "delivered_at": b.time(o.DeliveredAt()),
		"cancel_at": b.time(o.CancelAt), "due_at": b.time(o.DueAt),
		"balance_from": b.time(o.BalanceFrom), "balance_to": b.time(o.BalanceTo),
	}
	if o.Discount.Minor != 0 {
		values["discount"] = b.money(o.Discount)
	}
	if o.Deposit.Minor != 0 {
		values["deposit"] = b.money(o.Deposit)
	}
	b.lines(values, o.Shop, o.Connection, o.Currency, o.Lines)
	return values
}

func (b binder) checkout() map[string]any {
	c := b.Checkout
	if c == nil {
		return nil
	}
	values := map[string]any{"url": b.links.form(c.URL), "total": b.money(c.Total), "started_at": b.time(c.StartedAt)}
	b.lines(values, c.Shop, c.Connection, c.Currency, c.Lines)
	return values
}

func (b binder) lines(values map[string]any, shop, connection, currency string, lines []commerce.Line) {
	shown := lines[:min(len(lines), maxLines)]
	list := make([]map[string]any, len(shown))
	units := 0
	for _, l := range lines {
		units += int(l.Quantity)
	}
	for i, l := range shown {
		p := b.Products[commerce.Key(shop, connection, l.Product)]
		list[i] = map[string]any{
			"title": words(firstOf(l.Title, p.Title)), "variant": words(l.Variant), "brand": words(firstOf(l.Brand, p.Brand)),
			"quantity":   int(l.Quantity),
			"unit_price": b.decimal(l.UnitPrice, currency), "total": b.money(l.Net), "image": b.links.form(p.Image), "url": b.links.form(p.URL),
		}
	}
	values["lines"], values["line_count"], values["units"] = list, len(lines), units
	if more := len(lines) - len(shown); more > 0 {
		values["more_lines"] = more
	}
}

// money is nil if the platform reported none.
func (b binder) money(m commerce.Money) any {
	if m.Currency == "" {
		return nil
	}
	return money{m, b.chinese}
}

func (b binder) decimal(d commerce.Decimal, currency string) any {
	exponent, ok := commerce.Exponent(currency)
	if !ok {
		return nil
	}
	minor, _ := d.Minor(exponent)
	return b.money(commerce.Money{Minor: minor, Currency: currency})
}

func (b binder) time(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return moment{t.In(b.zone), b.chinese}
}

// textOf is nil for an empty text, because Liquid takes that for true.
func textOf(s string) any {
	if s = strings.TrimSpace(s); s == "" {
		return nil
	}
	return s
}

// scheme is the part of a text that makes it a link. It needs no blank before it,
// because some languages write none.
var scheme = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://|\bmailto:`)

// words is a text by others for a mail. Addresses in it lose their scheme, so that
// they are no links, and above all no tracked links of our host.
func words(s string) any {
	for scheme.MatchString(s) { // the rest after a removal may contain another
		s = scheme.ReplaceAllString(s, "")
	}
	return textOf(s)
}

func firstText(list ...any) any {
	i := slices.IndexFunc(list, func(v any) bool { return v != nil })
	if i < 0 {
		return nil
	}
	return list[i]
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// PersonName is a customer's name for an address line, filtered as it is in a greeting.
func PersonName(first, last string) string { return fullName(personName(first), personName(last)) }

// personName is the name, or empty if it looks like an advertisement: forms are
// filled with those, and a greeting would pass them on.
func personName(s string) string {
	s = oneLineText(s)
	lower := strings.ToLower(s)
	for _, mark := range []string{"/", "\\", "www.", ".com", ".cn", ".net", ".ru", "@", "http"} {
		if strings.Contains(lower, mark) {
			return ""
		}
	}
	if len([]rune(s)) > 40 {
		return ""
	}
	return s
}

// fullName joins the parts in the order of their script.
func fullName(first, last string) string {
	if strings.ContainsFunc(last, isHan) || last == "" && strings.ContainsFunc(first, isHan) {
		return last + first
	}
	return strings.TrimSpace(first + " " + last)
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }
