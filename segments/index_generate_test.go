package segments

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/strictjson"

	"pgregory.net/rapid"
)

// anObject is a condition as JSON.
type anObject = map[string]any

// What random conditions and random customers are made of: few values, so that they meet.
var (
	aText = []string{"1", "2", "red", "RED", "ｒｅｄ", "red hat", "Red Hat", "Hats", "hats", "Hats > Red", "HATS > red",
		"Shoes", "Straße", "STRASSE",
		"s1:woo:1", "s1:woo:2", "s1:woo:17", "web", "app", "email", "2026-03-14", "2.50", "true"}
	aSpan   = []any{"1d", "7d", "24h", "30m", anObject{"days": 40}, anObject{"months": 2}, anObject{"weeks": 3}, anObject{"days": 400}}
	aDay    = []any{"2026-03-14", "2026-03-01", "2025-12-31", "2026-03-15T02:30:00Z", "2026-03-15T02:30:00.0005Z", "1990-03-17", "2000-02-29"}
	aBirth  = []any{"1990-03-17", "--03-17", "--02-29", "2000-02-29", "2026-03-01"}
	aCount  = []any{0, 1, 2, 3, 1.5, -1, 25, 36, 111, 555}
	aMoney  = []any{"0.01", 5, "12.34", 100, "-1", "99.999", "0"}
	aBound  = []string{"gt", "gte", "lt", "lte", "is"}
	anEvent = []string{
		"order.placed", "order.paid", "order.shipped", "order.delivered", "order.completed", "order.partially_refunded",
		"order.refunded", "order.cancelled", "order.deposit_paid", "order.rated", "order.refund_requested", "order.refund_closed",
	}
	others = [][]string{{"customer.created"}, {"consent.granted"}, {"checkout.started"}}
	aReply = []string{"message.sent", "message.delivered", "message.opened", "message.clicked", "message.unsubscribed"}
)

func one[T any](t *rapid.T, name string, list []T) T { return rapid.SampledFrom(list).Draw(t, name) }

// someValue is a value that fits a field.
func someValue(t *rapid.T, f *field) any {
	switch {
	case len(f.among) > 0:
		return one(t, "among", f.among)
	case f.kind == ofNumber:
		return one(t, "count", aCount)
	case f.kind == ofMoney:
		return one(t, "money", aMoney)
	case f.kind == ofDate:
		return one(t, "day", aDay)
	case f.kind == ofBirthday:
		return one(t, "birthday", aBirth)
	case f.kind == ofFlag:
		return rapid.Bool().Draw(t, "flag")
	}
	return one(t, "text", aText)
}

// someTest is a test of any field of the families: the tables of fields and of
// operators decide, so that a new line is covered.
func someTest(t *rapid.T, asks origin, prefix string) anObject {
	var fields []*field
	for _, family := range families {
		for i := range family.fields {
			if family.origin == asks && strings.HasPrefix(family.fields[i].name, prefix) {
				fields = append(fields, &family.fields[i])
			}
		}
	}
	f := one(t, "field", fields)
	name := f.name
	if strings.HasSuffix(name, ".") {
		name += one(t, "key", []string{"email", "tier"})
	}
	var fits []operator
	for _, o := range operators {
		if slices.Contains(o.fits, f.kind) {
			fits = append(fits, o)
		}
	}
	op := one(t, "op", fits)
	test := anObject{"field": name, "op": op.name}
	if f.anyCase && op.comparesTexts() && rapid.IntRange(0, 2).Draw(t, "exact") == 0 {
		test["case"] = rapid.Bool().Draw(t, "case")
	}
	switch op.takes {
	case takesOne:
		test["value"] = someValue(t, f)
	case takesList:
		test["value"] = []any{someValue(t, f), someValue(t, f)}
	case takesEnds:
		test["value"] = []any{someValue(t, f), someValue(t, f)}
	case takesSpan:
		test["value"] = one(t, "span", aSpan)
	}
	return test
}

func someGroup(t *rapid.T, depth int, leaf func(*rapid.T) anObject) anObject {
	switch rapid.IntRange(0, 3+2*min(depth, 2)).Draw(t, "shape") {
	case 4:
		return anObject{"not": someGroup(t, depth-1, leaf)}
	case 5, 6, 7:
		var parts []any
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			parts = append(parts, someGroup(t, depth-1, leaf))
		}
		return anObject{one(t, "group", []string{"all", "any"}): parts}
	}
	return leaf(t)
}

// someEvents are events with their where and their window.
func someEvents(t *rapid.T, kinds []string, windowed bool) anObject {
	e := anObject{"event": one(t, "event", kinds)}
	if rapid.IntRange(0, 4).Draw(t, "several") == 0 {
		e["event"] = []any{one(t, "event", kinds), one(t, "event", kinds)}
	}
	asks, prefixes := originOrder, []string{"order.", "line.", "line."}
	switch kinds[0] {
	case aReply[0]:
		asks, prefixes = originMessage, []string{"message."}
	case "consent.granted":
		asks, prefixes = originConsent, []string{"consent."}
	case "checkout.started":
		asks, prefixes = originCheckout, []string{"checkout."}
	}
	if kinds[0] != "customer.created" && rapid.Bool().Draw(t, "filtered") {
		e["where"] = someGroup(t, 2, func(t *rapid.T) anObject { return someTest(t, asks, one(t, "whose", prefixes)) })
	}
	if windowed {
		someWindow(t, e)
	}
	return e
}

func someWindow(t *rapid.T, e anObject) {
	switch rapid.IntRange(0, 6).Draw(t, "window") {
	case 0, 1:
		e["last"] = one(t, "span", aSpan)
	case 2:
		e["ago"] = anObject{"from": anObject{"days": 60}, "to": one(t, "to", []any{"7d", "1d", "30m"})}
	case 3:
		e["after"] = one(t, "after", aDay)
	case 4:
		e["before"], e["last"] = one(t, "before", aDay), one(t, "span", aSpan)
	}
}

// someFigure gives e a figure of what its events are.
func someFigure(t *rapid.T, e anObject, kinds []string, bounded bool) {
	op := one(t, "figure", []string{"count", "sum", "avg", "min", "max", "distinct"})
	if kinds[0] == "customer.created" {
		op = "count"
	}
	switch {
	case op == "distinct" && kinds[0] == "consent.granted":
		e["distinct"] = "consent.channel"
	case op == "distinct" && kinds[0] == "checkout.started":
		e["distinct"] = "checkout.currency"
	case op != "count" && kinds[0] == "checkout.started":
		e[op] = "checkout.total"
	case op == "distinct" && kinds[0] == aReply[0]:
		e["distinct"] = one(t, "of", []string{"message.campaign", "message.channel"})
	case op == "distinct":
		e["distinct"] = one(t, "of", []string{"line.category", "line.product", "order.channel", "order.coupon", "order.tags",
			"order.id", "order.status", "line.attribute.tier", "order.custom.tier"})
	case op == "count" && bounded:
		e["count"] = anObject{one(t, "bound", aBound): one(t, "count", aCount)}
		return
	case op == "count" || kinds[0] == aReply[0] || kinds[0] == "consent.granted":
		return
	default:
		e[op] = one(t, "of", []string{"order.net", "order.net", "order.total", "line.net", "line.price",
			"order.units", "line.quantity", "order.rating", "order.refunded", "order.lines"})
	}
	if bounded {
		e[one(t, "bound", aBound)] = someBound(t, e)
	}
}

// someBound is a number, as text where the figure is money.
func someBound(t *rapid.T, e anObject) any {
	for _, op := range []string{"sum", "avg", "min", "max"} {
		switch e[op] {
		case nil, "order.units", "line.quantity", "order.rating", "order.lines":
		default:
			return one(t, "money", aMoney)
		}
	}
	return one(t, "number", aCount)
}

func someEvent(t *rapid.T) anObject {
	kinds := one(t, "of", append([][]string{anEvent, anEvent, anEvent, anEvent, aReply}, others...))
	switch rapid.IntRange(0, 6).Draw(t, "form") {
	case 0:
		c := anObject{"share": someEvents(t, kinds, true), "of": someEvents(t, kinds, true),
			one(t, "bound", aBound): one(t, "share", []any{0.5, 0, 1, 0.25})}
		someWindow(t, c)
		return c
	case 1:
		var halves [2]any
		for i := range halves {
			kinds := one(t, "half of", [][]string{kinds, kinds, anEvent})
			e := someEvents(t, kinds, true)
			someFigure(t, e, kinds, false)
			halves[i] = e
		}
		return anObject{"ratio": halves[:], one(t, "bound", aBound): one(t, "ratio", []any{0.5, 0, 1, 2, -1})}
	}
	e := someEvents(t, kinds, true)
	someFigure(t, e, kinds, true)
	if rapid.Bool().Draw(t, "pick") {
		e["pick"] = one(t, "pick", []string{"any", "last"})
	}
	for _, key := range []string{"followed_by", "not_followed_by"} {
		if rapid.IntRange(0, 3).Draw(t, "follow") == 0 {
			e[key] = someEvents(t, one(t, "of", append([][]string{anEvent, aReply}, others...)), false)
		}
	}
	return e
}

// someObject is any condition on a customer as it is written. It refers to the
// segments of such ids.
func someObject(t *rapid.T, ids []string) anObject {
	return someGroup(t, 2, func(t *rapid.T) anObject {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 9:
			if len(ids) > 0 {
				return anObject{"segment": one(t, "segment", ids)}
			}
		case 0:
			return anObject{"sample": anObject{"percent": one(t, "percent", []any{10, 50, 99.5}), "seed": "a"}}
		case 1, 2, 3, 4:
			return someEvent(t)
		}
		return someTest(t, originCustomer, "")
	})
}

// someSegments are segments that refer to one another, one of them a list.
func someSegments(t *rapid.T) *Set {
	files, ids := [][]byte{[]byte(`{"schema": 1, "id": "fair", "name": "Fair", "static": true}`)}, []string{"fair"}
	for _, id := range []string{"a", "b", "c"}[:rapid.IntRange(0, 3).Draw(t, "segments")] {
		data, err := json.Marshal(anObject{"schema": 1, "id": id, "name": id, "condition": someObject(t, ids)})
		if err != nil {
			t.Fatal(err)
		}
		if set := NewSet(append(files, data)); set.Segment(id) != nil {
			files, ids = append(files, data), append(ids, id)
		}
	}
	return NewSet(files)
}

// lists draws the listed customers of the segments.
func (d dice) lists(ids []string, most int64) map[string]Lists {
	lists := map[string]Lists{}
	for _, id := range ids {
		var l Lists
		for _, set := range []**Bitmap{&l.In, &l.Out} {
			if d.IntN(2) == 0 {
				*set = &Bitmap{}
				for range d.IntN(12) {
					(*set).Add(d.Int64N(most))
				}
			}
		}
		lists[id] = l
	}
	return lists
}

// someCondition is any condition on a customer: parsed, and as JSON. ok is false
// where it is rejected, such as between two values in the wrong order.
func someCondition(t *rapid.T, set *Set) (c Condition, text string, ok bool) {
	data, err := json.Marshal(someObject(t, set.IDs()))
	if err != nil {
		t.Fatal(err)
	}
	node, _ := strictjson.Read(data)
	c, problems := Parse(node, Scope{Segments: set})
	return c, string(data), !strictjson.Refused(problems)
}

// aShop is the parameters for random conditions.
func aShop(t testing.TB) (Params, time.Time) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return Params{Zone: zone, Currency: "CNY", Categories: func(product string) [][]string {
		return map[string][][]string{"s1:woo:1": {{"Hats", "Red"}, {"Shoes"}}, "s1:woo:2": {{"Hats"}}, "s1:woo:17": {{"1", "2"}}}[product]
	}, Titles: func(product string) string {
		return map[string]string{"s1:woo:1": "Red Hat", "s1:woo:2": "STRASSE", "red": "ｒｅｄ"}[product]
	}}, time.Date(2026, 3, 15, 2, 30, 0, 0, time.UTC)
}

// aFitted is the fitted figures of random shops: with gaps of its own, or those
// of its trade.
func aFitted(own bool) *Fitted {
	return &Fitted{Customers: 20, Period: 90, Prices: []float64{300, 900},
		Recency: Scale{Cuts: []float64{3, 10, 30, 60}, Mean: 20}, Frequency: Scale{Cuts: []float64{0, 1, 2, 3}, Mean: 2},
		Monetary: Scale{Cuts: []float64{0, 617, 2000, 5000}, Mean: 2000},
		Groups: []Group{{Name: "red", R: Range{From: 4}, M: Range{Mean: Above}}, {Name: "1", F: Range{To: 2}},
			{Name: "Hats", R: Range{Mean: Below}}},
		Ages: Ages{AtRisk: 15, Lapsed: 30, Lost: 60, Own: own}, Gaps: Gaps{Count: 300, P75: 12, P90: 25, Mean: 9, Within: 40, Between: 15}}
}

// dice makes random customers.
type dice struct{ *rand.Rand }

func (d dice) text() string {
	if d.IntN(3) == 0 {
		return ""
	}
	return aText[d.IntN(len(aText))]
}

func (d dice) texts(most int) (list []string) {
	for range d.IntN(most + 1) {
		list = append(list, aText[d.IntN(len(aText))])
	}
	return list
}

func (d dice) custom() []commerce.KV {
	if d.IntN(3) > 0 {
		return nil
	}
	return []commerce.KV{{Key: "tier", Value: d.text()}, {Key: "email", Value: d.text()}}
}

// when is an instant around now, in whole milliseconds; zero sometimes.
func (d dice) when() time.Time {
	if d.IntN(4) == 0 {
		return time.Time{}
	}
	now := time.Date(2026, 3, 15, 2, 30, 0, 0, time.UTC)
	return now.Add(time.Duration(3-d.IntN(150)) * []time.Duration{time.Hour, 11 * time.Hour, 73 * time.Hour, time.Millisecond}[d.IntN(4)])
}

func (d dice) amount() int64 { return int64(d.IntN(8)) * 617 }

func (d dice) order(id string) commerce.OrderFact {
	o := commerce.OrderFact{ID: id, PlacedAt: d.when(), PaidAt: d.when(), Currency: "CNY",
		Channel: d.text(), Method: d.text(), Store: d.text(), Device: d.text(),
		Status: []commerce.OrderStatus{commerce.Open, commerce.Completed, commerce.Cancelled}[d.IntN(3)],
		Units:  int64(d.IntN(4)), Total: d.amount(), Net: d.amount(),
		Payment: []commerce.PaymentStatus{commerce.Paid, commerce.Paid, commerce.Paid, commerce.Unpaid,
			commerce.PartiallyRefunded, commerce.Refunded}[d.IntN(6)],
		Test: d.IntN(9) == 0, Fake: d.IntN(9) == 0, Unpriced: d.IntN(9) == 0, Coupons: d.texts(2), Tags: d.texts(2), Custom: d.custom()}
	if d.IntN(3) == 0 {
		o.ShippedAt, o.DeliveredAt, o.CompletedAt, o.CancelAt = d.when(), d.when(), d.when(), d.when()
		o.BalanceFrom, o.BalanceTo, o.DueAt = d.when(), d.when(), d.when()
		o.Discount, o.Shipping, o.Refunded, o.Rating = d.amount(), d.amount(), d.amount(), d.IntN(6)
		o.UTM = [3]string{d.text(), d.text(), d.text()}
		stock := d.IntN(2) == 0
		o.DepositPaidAt, o.RatedAt, o.Requested, o.Closed = d.when(), d.when(), []time.Time{d.when(), d.when()}, []time.Time{d.when()}
		o.InStock, o.Refunds = &stock, []commerce.RefundFact{{At: d.when()}, {At: d.when()}}
	}
	if d.IntN(6) == 0 {
		o.CancelledAt = d.when()
	}
	if d.IntN(6) == 0 {
		o.RefundedAt = d.when()
	}
	for range d.lines() {
		o.Lines = append(o.Lines, commerce.LineFact{Product: d.text(), Variant: d.text(), SKU: d.text(), Brand: d.text(),
			Quantity: int64(d.IntN(4)),
			Category: []string{"", "", d.text()}[d.IntN(3)], Price: d.amount(), Net: d.amount(), Custom: d.custom()})
	}
	return o
}

// lines is mostly one, so that some chunks have nothing else.
func (d dice) lines() int { return []int{1, 1, 1, 1, 0, 2, 3}[d.IntN(7)] }

func (d dice) message(id string) commerce.MessageFact {
	return commerce.MessageFact{ID: id, Campaign: d.text(), Step: d.text(), Channel: d.text(), SentAt: d.when(), DeliveredAt: d.when(),
		OpenedAt: d.when(), LastOpenedAt: d.when(), ClickedAt: d.when(), LastClickedAt: d.when(), UnsubscribedAt: d.when()}
}

// customer is a random customer of number n.
func (d dice) customer(n, rev int64) *Row {
	r := &Row{N: n, ID: fmt.Sprintf("s1:platform:%d", n), Rev: rev}
	a := &r.Attributes
	for _, text := range []*string{&a.Email, &a.Phone, &a.FirstName, &a.LastName, &a.Country, &a.Region, &a.City,
		&a.Postcode, &a.Language, &a.Zone, &a.MemberLevel,
		&a.Company, &a.Occupation, &a.Source.UTMSource, &a.Source.UTMMedium, &a.Source.UTMCampaign, &a.Source.UTMTerm, &a.Source.UTMContent} {
		*text = d.text()
	}
	a.Gender = []string{"", "female", "male", "other"}[d.IntN(4)]
	a.Birthday = []string{"", "1990-03-17", "2000-02-29", "--03-17", "--02-29", "2026-03-01", "2027-01-01",
		"1989-03-15", "2001-03-16", "1966-12-31"}[d.IntN(10)]
	if d.IntN(200) == 0 {
		a.Birthday = []string{"soon", "1990-3-17", "-x"}[d.IntN(3)]
	}
	a.Tags, a.Custom, r.KnownSince = d.texts(3), d.custom(), d.when()
	if d.IntN(2) == 0 {
		points := int64(d.IntN(4)) - 1
		a.Points = &points
	}
	for _, channel := range []string{"email", "tier"} {
		if d.IntN(2) == 0 {
			r.Consents = append(r.Consents, commerce.Consent{Channel: channel, Granted: d.IntN(2) == 0, At: d.when()})
		}
	}
	var orders []commerce.OrderFact
	for i := range d.IntN(6) {
		orders = append(orders, d.order(fmt.Sprintf("s1:woo:%d", i)))
	}
	var loose []commerce.RefundFact
	for range max(0, d.IntN(6)-3) {
		loose = append(loose, commerce.RefundFact{At: d.when(), Amount: d.amount()})
	}
	r.History = commerce.NewHistory(orders, loose)
	if d.IntN(20) == 0 {
		r.History.Figures, r.History.Truncated = commerce.Figures{Count: 7, Net: 100, Total: 120,
			FirstAt: d.when(), LastAt: d.when(), Unpriced: 1}, true
	}
	for i := range d.IntN(4) {
		r.Engagement = append(r.Engagement, d.message(fmt.Sprintf("m%d", i)))
	}
	for i := range d.IntN(10) / 3 {
		r.Checkouts = append(r.Checkouts, commerce.CheckoutFact{ID: fmt.Sprintf("k%d", i), At: d.when(), CompletedAt: d.when(),
			Currency: []string{"", "CNY", "EUR"}[d.IntN(3)], Total: d.amount()})
	}
	return r
}
