package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"

	"pgregory.net/rapid"
)

type object = map[string]any

// The parts of random conditions and random customers: few values, so that they
// meet.
var (
	someTexts = []string{"1", "red", "RED", "ｒｅｄ", "red hat", "Hats", "hats", "Hats > Red", "HATS > red", "Shoes", "s:woo:1", "s:woo:2",
		"web", "email",
		"2016-03-14", "2.50", "true"}
	someDays = []string{"2016-03-14", "2015-12-31", "2016-03-15T02:30:00Z", "2016-03-15T02:30:00.0005Z", "1990-03-17",
		"2000-02-29", "--03-17", "--02-29"}
	someSpans = []string{"1d", "7d", "24h", "30m", "40d", "9w", "400d"}
	someSums  = []string{"0.01", "5", "12.34", "-1", "0"}
	someNames = []string{"female", "other", "paid", "unpaid", "open", "prospect", "new", "active", "lapsed", "monday", "low"}
	someEnds  = []string{"gt", "gte", "lt", "lte", "is"}
	theTests  = []string{"set", "unset", "is", "is_not", "in", "not_in", "gt", "gte", "lt", "lte", "between", "contains",
		"starts_with", "ends_with", "has", "has_any",
		"has_all", "before", "after", "within_last", "within_next", "more_than_ago", "anniversary_within_next", "anniversary_within_last"}
	onOrders = []string{"order.placed", "order.paid", "order.paid", "order.shipped", "order.delivered", "order.completed",
		"order.partially_refunded", "order.refunded", "order.cancelled",
		"order.deposit_paid", "order.rated", "order.refund_requested", "order.refund_closed"}
	onOthers   = [][]string{{"customer.created"}, {"consent.granted"}, {"checkout.started"}}
	onMessages = []string{"message.sent", "message.delivered", "message.opened", "message.clicked", "message.unsubscribed"}
)

func among[T any](t *rapid.T, name string, list []T) T { return rapid.SampledFrom(list).Draw(t, name) }

// language is the published names of fields, by their owners.
type language struct {
	customer, order, message, consent, checkout []string
	segments                                    *segments.Set
}

func published() (l language) {
	l.segments = segments.NewSet([][]byte{
		[]byte(`{"schema": 1, "id": "women", "name": "Women", "condition": {"field": "customer.gender", "op": "is", "value": "female"}}`),
		[]byte(`{"schema": 1, "id": "chosen", "name": "Chosen", "static": true}`),
		[]byte(`{"schema": 1, "id": "wide", "name": "Wide", "condition": {"any": [{"segment": "women"}, {"segment": "chosen"},
			{"event": "order.paid", "last": "40d", "count": {"gte": 2}}]}}`),
		[]byte(`{"schema": 1, "id": "deep", "name": "Deep", "condition": {"not": {"segment": "wide"}}}`),
		[]byte(`{"schema": 1, "id": "deeper", "name": "Deeper", "condition": {"segment": "deep"}}`),
	})
	text, err := json.Marshal(segments.Schema()["$defs"])
	if err != nil {
		panic(err)
	}
	names := map[string]bool{}
	for _, found := range regexp.MustCompile(`"const":"([a-z_.]+)"|"pattern":"\^([a-z_.\\]+)\."`).FindAllStringSubmatch(string(text), -1) {
		if name := found[1]; name != "" {
			names[name] = true
		} else {
			names[strings.ReplaceAll(found[2], `\`, "")] = true
		}
	}
	for name := range names {
		switch {
		case strings.HasPrefix(name, "order.") || strings.HasPrefix(name, "line."):
			l.order = append(l.order, name)
		case strings.HasPrefix(name, "message."):
			l.message = append(l.message, name)
		case strings.HasPrefix(name, "consent."):
			l.consent = append(l.consent, name)
		case strings.HasPrefix(name, "checkout."):
			l.checkout = append(l.checkout, name)
		default:
			l.customer = append(l.customer, name)
		}
	}
	for _, list := range [][]string{l.customer, l.order, l.message, l.consent, l.checkout} {
		slices.Sort(list)
	}
	return l
}

func (l language) parsed(condition object) (c segments.Condition, text string) {
	data, err := json.Marshal(condition)
	if err != nil {
		panic(err)
	}
	node, _ := strictjson.Read(data)
	c, _ = segments.Parse(node, segments.Scope{Segments: l.segments})
	return c, string(data)
}

// drawValid draws until the language has it; around may put it in its place.
func (l language) drawValid(t *rapid.T, draw func(*rapid.T) object, around func(object) object) object {
	for {
		o := draw(t)
		if c, _ := l.parsed(around(o)); c != nil {
			return o
		}
	}
}

func asItIs(o object) object { return o }

func drawTest(t *rapid.T, fields []string) object {
	name := among(t, "field", fields)
	if strings.HasSuffix(name, ".") {
		name += among(t, "key", []string{"email", "tier"})
	}
	value := func() any {
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			return among(t, "flag", []bool{true, false})
		case 1:
			return among(t, "count", []float64{0, 1, 2, 3, 1.5, 25, 36})
		case 2:
			return among(t, "sum", someSums)
		case 3:
			return among(t, "day", someDays)
		case 4:
			return among(t, "name", someNames)
		case 5:
			return among(t, "span", someSpans)
		}
		return among(t, "text", someTexts)
	}
	test := object{"field": name, "op": among(t, "op", theTests)}
	if exact := rapid.IntRange(0, 8).Draw(t, "exact"); exact < 2 {
		test["case"] = exact == 0
	}
	switch test["op"] {
	case "set", "unset":
	case "in", "not_in", "has_any", "has_all", "between":
		test["value"] = []any{value(), value()}
	default:
		test["value"] = value()
	}
	return test
}

func drawGroup(t *rapid.T, depth int, leaf func(*rapid.T) object) object {
	switch rapid.IntRange(0, 3+2*min(depth, 2)).Draw(t, "shape") {
	case 4:
		return object{"not": drawGroup(t, depth-1, leaf)}
	case 5, 6, 7:
		var parts []any
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			parts = append(parts, drawGroup(t, depth-1, leaf))
		}
		return object{among(t, "group", []string{"all", "any"}): parts}
	}
	return leaf(t)
}

// drawEvents draws events of one origin, with where and window.
func (l language) drawEvents(t *rapid.T, kinds []string, windowed bool) object {
	e := object{"event": among(t, "event", kinds)}
	if rapid.IntRange(0, 4).Draw(t, "several") == 0 {
		e["event"] = []string{among(t, "event", kinds), among(t, "event", kinds)}
	}
	fields := l.fieldsOf(kinds[0])
	if len(fields) > 0 && rapid.Bool().Draw(t, "filtered") {
		e["where"] = drawGroup(t, 2, func(t *rapid.T) object {
			return l.drawValid(t, func(t *rapid.T) object {
				return drawTest(t, fields)
			}, func(o object) object { return object{"event": kinds[0], "where": o} })
		})
	}
	if !windowed {
		return e
	}
	switch rapid.IntRange(0, 6).Draw(t, "window") {
	case 0, 1:
		e["last"] = among(t, "span", someSpans)
	case 2:
		e["ago"] = object{"from": "60d", "to": among(t, "to", []string{"7d", "1d", "30m"})}
	case 3:
		e["after"] = among(t, "after", someDays[:4])
	case 4:
		e["before"] = among(t, "before", someDays[:4])
	}
	return e
}

// fieldsOf are the fields of the subject of an event.
func (l language) fieldsOf(kind string) []string {
	switch family, _, _ := strings.Cut(kind, "."); family {
	case "message":
		return l.message
	case "consent":
		return l.consent
	case "checkout":
		return l.checkout
	case "customer":
		return nil
	}
	return l.order
}

func (l language) drawFigure(t *rapid.T, e object, kinds []string, bounded bool) {
	op := among(t, "figure", []string{"count", "sum", "avg", "min", "max", "distinct"})
	end := among(t, "end", someEnds)
	number := any(among(t, "number", []float64{0, 1, 2, 3, 1.5, -1}))
	switch {
	case op == "count" || kinds[0] == "customer.created":
		if bounded {
			e["count"] = object{end: number}
		}
		return
	case kinds[0] == "checkout.started":
		e[op] = "checkout.total"
		if number = among(t, "money", someSums); op == "distinct" {
			e[op], number = "checkout.currency", 1
		}
	case kinds[0] == "consent.granted":
		e["distinct"] = "consent.channel"
	case kinds[0] == onMessages[0]:
		e["distinct"] = among(t, "of", l.message)
	case op == "distinct":
		e["distinct"] = among(t, "of",
			[]string{"line.category", "line.product", "order.channel", "order.coupon", "order.tags", "order.id", "line.attribute.tier"})
	default:
		e[op] = among(t, "of", []string{"order.net", "order.total", "line.net", "order.units", "line.quantity", "order.rating",
			"order.refunded", "order.discount", "order.lines"})
		if !slices.Contains([]any{"order.units", "line.quantity", "order.rating", "order.lines"}, e[op]) {
			number = among(t, "money", someSums)
		}
	}
	if bounded {
		e[end] = number
	}
}

func (l language) drawEvent(t *rapid.T) object {
	kinds := among(t, "of", append([][]string{onOrders, onOrders, onOrders, onOrders, onMessages}, onOthers...))
	end := among(t, "end", someEnds)
	switch rapid.IntRange(0, 7).Draw(t, "form") {
	case 0:
		return object{"share": l.drawEvents(t, kinds, true), "of": l.drawEvents(t, kinds, true), end: among(t, "share", []float64{0.5, 0, 1, -1})}
	case 1:
		halves := []object{l.drawEvents(t, kinds, true), l.drawEvents(t, kinds, true)}
		for _, e := range halves {
			l.drawFigure(t, e, kinds, false)
		}
		return object{"ratio": halves, end: among(t, "ratio", []float64{0.5, 0, 1, 2})}
	}
	e := l.drawEvents(t, kinds, true)
	l.drawFigure(t, e, kinds, true)
	e["pick"] = among(t, "pick", []string{"any", "any", "last"})
	for _, key := range []string{"followed_by", "not_followed_by"} {
		if rapid.IntRange(0, 3).Draw(t, "follow") == 0 {
			e[key] = l.drawEvents(t, among(t, "of", append([][]string{onOrders, onMessages}, onOthers...)), false)
		}
	}
	return e
}

// drawCondition draws any condition on a customer.
func (l language) drawCondition(t *rapid.T) (segments.Condition, string) {
	return l.parsed(drawGroup(t, 2, func(t *rapid.T) object {
		return l.drawValid(t, func(t *rapid.T) object {
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0:
				return object{"sample": object{"percent": 50, "seed": "a"}}
			case 9:
				return object{"segment": among(t, "segment", l.segments.IDs())}
			case 1, 2, 3, 4:
				return l.drawEvent(t)
			}
			return drawTest(t, l.customer)
		}, asItIs)
	}))
}

// dice makes random customers.
type dice struct{ *rand.Rand }

// judgedAt is the moment at which conditions are judged.
func judgedAt() time.Time { return time.Date(2016, 3, 15, 2, 30, 0, 0, time.UTC) }

func (d dice) text() string {
	return []string{"", someTexts[d.IntN(len(someTexts))], someTexts[d.IntN(len(someTexts))]}[d.IntN(3)]
}

func (d dice) texts(most int) (list []string) {
	for range d.IntN(most + 1) {
		list = append(list, d.text())
	}
	return list
}

// custom may name one key twice, as platforms do: the first counts.
func (d dice) custom() (list []commerce.KV) {
	for range d.IntN(4) {
		list = append(list, commerce.KV{Key: []string{"tier", "email"}[d.IntN(2)], Value: d.text()})
	}
	return list
}

// when is an instant around now, in whole milliseconds; zero sometimes.
func (d dice) when() time.Time {
	if d.IntN(4) == 0 {
		return time.Time{}
	}
	return judgedAt().Add(time.Duration(3-d.IntN(150)) * []time.Duration{time.Hour, 11 * time.Hour, 73 * time.Hour,
		time.Millisecond}[d.IntN(4)])
}

func (d dice) amount() int64 { return int64(d.IntN(8)-1) * 617 }

func (d dice) order(id string) commerce.OrderFact {
	o := commerce.OrderFact{ID: id, PlacedAt: d.when(), PaidAt: d.when(), Currency: "CNY", Channel: d.text(), Method: d.text(),
		Store: d.text(), Device: d.text(),
		Status: []commerce.OrderStatus{commerce.Open, commerce.Completed, commerce.Cancelled}[d.IntN(3)], Units: int64(d.IntN(4)),
		Total: d.amount(), Net: d.amount(),
		Payment: []commerce.PaymentStatus{commerce.Paid, commerce.Paid, commerce.Paid, commerce.Unpaid, commerce.PartiallyRefunded,
			commerce.Refunded}[d.IntN(6)],
		Test: d.IntN(9) == 0, Fake: d.IntN(9) == 0, Unpriced: d.IntN(9) == 0, Coupons: d.texts(2), Tags: d.texts(2), Custom: d.custom()}
	if d.IntN(3) == 0 {
		o.ShippedAt, o.DeliveredAt, o.CompletedAt, o.CancelAt = d.when(), d.when(), d.when(), d.when()
		o.BalanceFrom, o.BalanceTo, o.DueAt = d.when(), d.when(), d.when()
		o.Discount, o.Shipping, o.Refunded = d.amount(), d.amount(), d.amount()
		o.Rating, o.UTM = d.IntN(6), [3]string{d.text(), d.text(), d.text()}
		stock := d.IntN(2) == 0
		o.InStock, o.Refunds = &stock, []commerce.RefundFact{{At: d.when()}, {At: d.when()}}
		o.DepositPaidAt, o.RatedAt, o.Requested, o.Closed = d.when(), d.when(), []time.Time{d.when()}, []time.Time{d.when(), d.when()}
	}
	if d.IntN(6) == 0 {
		o.CancelledAt = d.when()
	}
	if d.IntN(6) == 0 {
		o.RefundedAt = d.when()
	}
	for range []int{1, 1, 1, 0, 2, 3}[d.IntN(6)] {
		o.Lines = append(o.Lines,
			commerce.LineFact{Product: d.text(), Variant: d.text(), SKU: d.text(), Brand: d.text(), Quantity: int64(d.IntN(4)),
				Category: []string{"", "", d.text()}[d.IntN(3)], Price: d.amount(), Net: d.amount(), Custom: d.custom()})
	}
	return o
}

func (d dice) message(id string) commerce.MessageFact {
	return commerce.MessageFact{ID: id, Campaign: d.text(), Step: d.text(), Channel: d.text(), SentAt: d.when(), DeliveredAt: d.when(),
		OpenedAt: d.when(), LastOpenedAt: d.when(), ClickedAt: d.when(), LastClickedAt: d.when(), UnsubscribedAt: d.when()}
}

// customer is random customer number n of a shop. It keeps the rules of
// Recompute: figures of the orders, one consent a channel.
func (d dice) customer(shop string, n int) commerce.Customer {
	c := commerce.Customer{ID: commerce.Key(shop, "platform", fmt.Sprint(n)), Shop: shop, N: int64(n)}
	a := &c.Attributes
	for _, text := range []*string{&a.Email, &a.Phone, &a.FirstName, &a.LastName, &a.Country, &a.Region, &a.City, &a.Postcode,
		&a.Language, &a.Zone, &a.MemberLevel,
		&a.Company, &a.Occupation, &a.Source.UTMSource, &a.Source.UTMMedium, &a.Source.UTMCampaign, &a.Source.UTMTerm, &a.Source.UTMContent} {
		*text = d.text()
	}
	a.Gender = []string{"", "female", "male", "other"}[d.IntN(4)]
	a.Birthday = []string{"", "1990-03-17", "2000-02-29", "--03-17", "--02-29", "2016-03-01", "2017-01-01", "1989-03-15",
		"2001-03-16", "1966-12-31", "1890-03-17"}[d.IntN(11)]
	a.Tags, a.Custom, c.KnownSince = d.texts(3), d.custom(), d.when()
	if d.IntN(2) == 0 {
		points := int64(d.IntN(4)) - 1
		a.Points = &points
	}
	for _, channel := range []string{"email", "tier"} {
		if d.IntN(2) == 0 {
			c.Consents = append(c.Consents, commerce.Consent{Channel: channel, Granted: d.IntN(2) == 0, At: d.when()})
		}
	}
	var orders []commerce.OrderFact
	for i := range d.IntN(6) {
		orders = append(orders, d.order(fmt.Sprintf("s:woo:%d", i)))
	}
	var loose []commerce.RefundFact
	if d.IntN(6) == 0 {
		loose = append(loose, commerce.RefundFact{ID: "r", At: d.when(), Amount: 617})
	}
	c.History = commerce.NewHistory(orders, loose)
	if d.IntN(15) == 0 {
		c.History.Orders, c.History.Truncated = nil, true
	}
	for i := range d.IntN(10) / 3 {
		c.Checkouts = append(c.Checkouts,
			commerce.CheckoutFact{ID: fmt.Sprint("k", i), At: d.when(), CompletedAt: d.when(),
				Currency: []string{"", "CNY", "EUR"}[d.IntN(3)], Total: d.amount()})
	}
	for i := range d.IntN(4) {
		c.Engagement = append(c.Engagement, d.message(fmt.Sprint("m", i)))
	}
	return c
}
