package segments_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"comeback/commerce"

	"pgregory.net/rapid"
)

// object is a condition in its written form.
type object = map[string]any

func written(t testing.TB, condition any) string {
	t.Helper()
	text, err := json.Marshal(condition)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	somePlaces = []any{"Hangzhou", "Ningbo", "Wenzhou"}
	someBrands = []any{"Acme", "Bolt", "Clothing", "Clothing > Shoes", "Shoes"}
	someDays   = []any{"2026-03-14", "2026-03-01", "2025-12-31", "2026-03-15T02:30:00Z"}
	someSpans  = []any{object{"days": 1}, "7d", "24h", object{"months": 2}, object{"weeks": 3}, "30m"}
	someMoney  = []any{"0.01", 5, "12.34", 100, "99.999"}
	someCounts = []any{0, 1, 2, 3, 1.5}
	someFlags  = []any{true, false}
)

// kindOfField is a field for the generator, with the values to compare it with.
type kindOfField struct {
	name   string
	values []any
	ops    []string // taking one value, beside is and is_not
}

var (
	numberOps = []string{"gt", "gte", "lt", "lte"}
	textOps   = []string{"contains", "starts_with", "ends_with"}
	dateOps   = []string{"before", "after"}

	customerKinds = []kindOfField{
		{"customer.city", somePlaces, textOps}, {"customer.tags", somePlaces, []string{"has"}}, {"customer.points", someCounts, numberOps},
		{"customer.consent.email", someFlags, nil}, {"customer.custom.tier", someCounts, numberOps},
		{"customer.known_for", someCounts, numberOps},
		{"orders.count", someCounts, numberOps}, {"orders.net", someMoney, numberOps}, {"orders.average", someMoney, numberOps},
		{"orders.last_at", someDays, dateOps}, {"customer.birthday", []any{"1990-03-17", "2000-02-29"}, dateOps},
	}
	orderKinds = []kindOfField{
		{"order.net", someMoney, numberOps}, {"order.channel", []any{"app", "web"}, textOps},
		{"order.coupon", somePlaces, []string{"has"}}, {"order.tags", somePlaces, []string{"has"}},
		{"order.placed_at", someDays, dateOps}, {"order.units", someCounts, numberOps}, {"order.in_stock", someFlags, nil},
		{"line.brand", someBrands, textOps}, {"line.category", someBrands, []string{"has"}}, {"line.price", someMoney, numberOps},
		{"line.quantity", someCounts, numberOps},
	}
)

func drawTest(t *rapid.T, kinds []kindOfField) object {
	f := rapid.SampledFrom(kinds).Draw(t, "field")
	one := rapid.SampledFrom(f.values)
	switch op := rapid.SampledFrom(append([]string{"set", "unset", "is", "is_not", "in", "not_in", "within_last", "more_than_ago"},
		f.ops...)).Draw(t, "op"); op {
	case "set", "unset":
		return object{"field": f.name, "op": op}
	case "in", "not_in":
		return object{"field": f.name, "op": op, "value": rapid.SliceOfN(one, 1, 3).Draw(t, "values")}
	case "within_last", "more_than_ago":
		return object{"field": rapid.SampledFrom([]string{"orders.last_at", "orders.first_at", "customer.known_since"}).Draw(t, "date"),
			"op": op, "value": rapid.SampledFrom(someSpans).Draw(t, "span")}
	default:
		return object{"field": f.name, "op": op, "value": one.Draw(t, "value")}
	}
}

// drawGroup is a condition of tests, nested at most depth deep.
func drawGroup(t *rapid.T, depth int, leaf func(*rapid.T) object) object {
	switch rapid.IntRange(0, 5+min(depth, 1)*3).Draw(t, "shape") {
	case 6:
		return object{"not": drawGroup(t, depth-1, leaf)}
	case 7, 8:
		var parts []any
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			parts = append(parts, drawGroup(t, depth-1, leaf))
		}
		return object{rapid.SampledFrom([]string{"all", "any"}).Draw(t, "group"): parts}
	}
	return leaf(t)
}

func drawEvents(t *rapid.T) object {
	e := object{"event": rapid.SampledFrom([]any{"order.paid", "order.placed", "order.refunded", "order.shipped",
		[]any{"order.paid", "order.refunded"}}).Draw(t, "event")}
	if rapid.Bool().Draw(t, "filtered") {
		orders := func(t *rapid.T) object {
			for {
				if test := drawTest(t, orderKinds); test["op"] != "within_last" && test["op"] != "more_than_ago" {
					return test
				}
			}
		}
		e["where"] = drawGroup(t, 1, orders)
	}
	switch rapid.IntRange(0, 4).Draw(t, "window") {
	case 0:
		e["last"] = rapid.SampledFrom(someSpans).Draw(t, "span")
	case 1:
		e["ago"] = object{"from": object{"days": 60}, "to": "7d"}
	case 2:
		e["after"] = rapid.SampledFrom(someDays).Draw(t, "after")
	}
	return e
}

func drawEvent(t *rapid.T) object {
	e := drawEvents(t)
	op := rapid.SampledFrom([]string{"gt", "gte", "lt", "lte", "is"}).Draw(t, "bound")
	switch rapid.IntRange(0, 4).Draw(t, "figure") {
	case 0:
		e["count"] = object{op: rapid.SampledFrom(someCounts).Draw(t, "count")}
	case 1:
		of := []string{"order.net", "line.net", "order.total"}
		e[rapid.SampledFrom([]string{"sum", "avg", "min", "max"}).Draw(t, "aggregate")] = rapid.SampledFrom(of).Draw(t, "of")
		e[op] = rapid.SampledFrom(someMoney).Draw(t, "money")
	case 2:
		return object{"share": e, "of": drawEvents(t), op: rapid.SampledFrom([]any{0.5, 0, 1, 0.25}).Draw(t, "share")}
	case 3:
		e["pick"] = rapid.SampledFrom([]string{"any", "last"}).Draw(t, "pick")
		e[rapid.SampledFrom([]string{"followed_by", "not_followed_by"}).Draw(t, "follow")] = object{"event": "order.paid"}
	}
	return e
}

// drawCondition is any condition on a customer.
func drawCondition(t *rapid.T) object {
	return drawGroup(t, 2, func(t *rapid.T) object {
		if rapid.Bool().Draw(t, "happened") {
			return drawEvent(t)
		}
		return drawTest(t, customerKinds)
	})
}

func drawLine(t *rapid.T) commerce.LineFact {
	price := int64(rapid.IntRange(0, 12).Draw(t, "price")) * 617
	return commerce.LineFact{
		Brand:    rapid.SampledFrom([]string{"", "Acme", "Bolt"}).Draw(t, "brand"),
		Category: rapid.SampledFrom([]string{"", "Clothing > Shoes", "Clothing", "Hats"}).Draw(t, "category"),
		Price:    price, Net: price, Quantity: int64(rapid.IntRange(0, 3).Draw(t, "quantity")),
	}
}

func drawOrder(t *rapid.T, id string) commerce.OrderFact {
	base := time.Date(2026, 3, 15, 2, 30, 0, 0, time.UTC)
	at := base.Add(-time.Duration(rapid.IntRange(-2, 200).Draw(t, "hours")) * 11 * time.Hour)
	o := commerce.OrderFact{ID: id, PlacedAt: at, Status: commerce.Open, Currency: "CNY",
		Lines: rapid.SliceOfN(rapid.Custom(drawLine), 0, 3).Draw(t, "lines"),
		Payment: rapid.SampledFrom([]commerce.PaymentStatus{commerce.Unpaid, commerce.Paid, commerce.Paid, commerce.PartiallyRefunded,
			commerce.Refunded}).Draw(t, "payment"),
		Channel: rapid.SampledFrom([]string{"", "app", "web"}).Draw(t, "channel"), Test: rapid.IntRange(0, 9).Draw(t, "test") == 0,
		Unpriced: rapid.IntRange(0, 9).Draw(t, "unpriced") == 0}
	for _, l := range o.Lines {
		o.Units, o.Total = o.Units+l.Quantity, o.Total+l.Net
	}
	o.Net = o.Total
	if o.Payment != commerce.Unpaid {
		o.PaidAt = at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "later")) * time.Hour)
	}
	if o.Payment == commerce.Refunded {
		o.RefundedAt = o.PaidAt.Add(time.Hour)
	}
	if rapid.IntRange(0, 9).Draw(t, "cancelled") == 0 {
		o.Status, o.CancelledAt = commerce.Cancelled, at.Add(time.Hour)
	}
	if rapid.Bool().Draw(t, "coupon") {
		o.Coupons = []string{"Ningbo"}
	}
	o.Tags = rapid.SliceOfN(rapid.SampledFrom([]string{"Hangzhou", "Ningbo"}), 0, 2).Draw(t, "order tags")
	return o
}

func drawProfile(t *rapid.T) commerce.Profile {
	var orders []commerce.OrderFact
	for i := range rapid.IntRange(0, 5).Draw(t, "orders") {
		orders = append(orders, drawOrder(t, fmt.Sprintf("o%d", i)))
	}
	p := customer(orders...)
	p.Attributes.City = rapid.SampledFrom([]string{"", "Hangzhou", "Ningbo"}).Draw(t, "city")
	p.Attributes.Tags = rapid.SliceOfN(rapid.SampledFrom([]string{"Hangzhou", "Ningbo"}), 0, 2).Draw(t, "tags")
	p.Attributes.Birthday = rapid.SampledFrom([]string{"", "1990-03-17", "--03-15", "2000-02-29"}).Draw(t, "birthday")
	if tier := rapid.SampledFrom([]string{"", "1", "2.50", "gold"}).Draw(t, "tier"); tier != "" {
		p.Attributes.Custom = []commerce.KV{{Key: "tier", Value: tier}}
	}
	if rapid.Bool().Draw(t, "said") {
		p.Consents = []commerce.Consent{{Channel: "email", Granted: rapid.Bool().Draw(t, "granted")}}
	}
	if len(orders) > 0 {
		p.KnownSince = p.History.Orders[0].PlacedAt
	}
	return p
}
