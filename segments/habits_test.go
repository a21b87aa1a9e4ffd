package segments_test

import (
	"testing"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"

	"pgregory.net/rapid"
)

// placed is a paid order placed at a time of Shanghai.
func placed(t testing.TB, at string, change ...func(*commerce.OrderFact)) commerce.OrderFact {
	t.Helper()
	o := bought(at, instant(t, at+":00+08:00"), 100)
	o.PaidAt = o.PaidAt.AddDate(0, 0, 1) // habits go by when it was placed
	for _, c := range change {
		c(&o)
	}
	return o
}

func on(device, method string) func(*commerce.OrderFact) {
	return func(o *commerce.OrderFact) { o.Device, o.Method = device, method }
}

func of(categories ...string) func(*commerce.OrderFact) {
	return func(o *commerce.OrderFact) {
		for _, c := range categories {
			o.Lines = append(o.Lines, commerce.LineFact{Category: c, Quantity: 1})
		}
	}
}

// Each habit is the value of most paid orders; of equals that of the latest. Times
// are those of placing the order, in the shop's zone.
func TestHabits(t *testing.T) {
	t.Parallel()
	unpaid := placed(t, "2026-03-09T23:10", on("tv", "cod"))
	unpaid.Payment = commerce.Unpaid
	coupon := func(o *commerce.OrderFact) { o.Coupons = []string{"SAVE"} }
	type orders = []commerce.OrderFact
	for name, c := range map[string]struct {
		field  string
		orders orders
		want   string
	}{
		"the hour most orders were placed in": {"orders.usual_hour", orders{
			placed(t, "2026-03-01T00:10"), placed(t, "2026-03-02T00:50"), placed(t, "2026-03-03T09:00"),
		}, "0"},
		"of two hours the latest order's": {"orders.usual_hour", orders{
			placed(t, "2026-03-01T22:10"), placed(t, "2026-03-02T00:50"), placed(t, "2026-03-03T09:00"),
		}, "9"},
		"the hour of the shop's zone":    {"orders.usual_hour", orders{bought("o", instant(t, "2026-03-01T23:30:00Z"), 1)}, "7"},
		"an unpaid order makes no habit": {"orders.usual_hour", orders{placed(t, "2026-03-01T22:10"), unpaid}, "22"},
		"the weekday": {"orders.usual_weekday", orders{
			placed(t, "2026-03-01T22:10"), placed(t, "2026-03-08T00:50"), placed(t, "2026-03-03T09:00"),
		}, "sunday"},
		"the weekday of the shop's zone": {"orders.usual_weekday", orders{bought("o", instant(t, "2026-03-01T23:30:00Z"), 1)}, "monday"},
		"orders of Saturday and Sunday": {"orders.weekend_share", orders{
			placed(t, "2026-03-13T23:59"), placed(t, "2026-03-14T00:00"),
			placed(t, "2026-03-15T10:00"), placed(t, "2026-03-16T00:00"),
		}, "0.5"},
		"orders with a coupon": {"orders.coupon_share", orders{
			placed(t, "2026-03-01T22:10", coupon), placed(t, "2026-03-02T22:10"),
			placed(t, "2026-03-03T22:10"), placed(t, "2026-03-04T22:10"),
		}, "0.25"},
		"the device": {"orders.device", orders{
			placed(t, "2026-03-01T22:10", on("phone", "")), placed(t, "2026-03-02T22:10", on("desktop", "")),
			placed(t, "2026-03-03T22:10", on("phone", "")), placed(t, "2026-03-04T22:10"), unpaid,
		}, "phone"},
		"the payment method": {"orders.payment_method", orders{
			placed(t, "2026-03-01T22:10", on("", "card")), placed(t, "2026-03-02T22:10", on("", "cod")),
		}, "cod"},
		"a device that is not reported": {"orders.device", orders{placed(t, "2026-03-01T22:10")}, "unset"},
		"the middle gap":                {"orders.median_gap", orders{ago(t, 1, 1), ago(t, 3, 1), ago(t, 13, 1), ago(t, 18, 1)}, "5"},
		"the mean of the two in the middle": {"orders.median_gap", orders{
			ago(t, 1, 1), ago(t, 3, 1), ago(t, 13, 1), ago(t, 18, 1), ago(t, 24, 1),
		}, "5.5"},
		"orders of one day are one purchase": {"orders.median_gap", orders{ago(t, 1, 1), ago(t, 3, 1), ago(t, 3, 2)}, "2"},
		"one day has no gap":                 {"orders.median_gap", orders{ago(t, 1, 1), ago(t, 1, 2)}, "unset"},
		"no weekend share without an order":  {"orders.weekend_share", nil, "unset"},
		"no usual hour without an order":     {"orders.usual_hour", nil, "unset"},
		"no usual weekday without an order":  {"orders.usual_weekday", nil, "unset"},
	} {
		if got := shows(t, c.field, customer(c.orders...), shanghai(t)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// The favourite category is the one most orders have a line of, as narrow as
// half of the orders above it share. A test of it matches also those above it.
func TestFavouriteCategory(t *testing.T) {
	t.Parallel()
	days := []string{"2026-03-01T10:00", "2026-03-02T10:00", "2026-03-03T10:00", "2026-03-04T10:00", "2026-03-05T10:00"}
	const running, trail, hats = "Shoes > Running", "Shoes > Trail", "Hats"
	for name, c := range map[string]struct {
		orders [][]string
		want   string
	}{
		"the narrowest half of the orders share":   {[][]string{{running}, {running}, {trail}, {hats}}, "Running, Shoes, Shoes > Running"},
		"of equals the one bought last":            {[][]string{{running}, {trail}}, "Shoes, Shoes > Trail, Trail"},
		"not so narrow that few share it":          {[][]string{{running}, {trail}, {"Shoes > Boots"}}, "Shoes"},
		"an order counts once, whatever its lines": {[][]string{{hats, hats, hats}, {trail}, {trail}}, "Shoes, Shoes > Trail, Trail"},
		"bought together, by name":                 {[][]string{{"Socks", hats}}, "Hats"},
		"above it is enough":                       {[][]string{{"Shoes"}, {"Shoes"}, {"Shoes"}, {trail}, {hats}}, "Shoes"},
		"no category is known":                     {[][]string{{}, {""}}, "unset"},
	} {
		var orders []commerce.OrderFact
		for i, categories := range c.orders {
			orders = append(orders, placed(t, days[i], of(categories...)))
		}
		if got := shows(t, "orders.favourite_category", customer(orders...), shanghai(t)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	p := shanghai(t)
	p.Categories = func(product string) [][]string { return [][]string{{"Shoes", product}} }
	known := placed(t, days[0], func(o *commerce.OrderFact) { o.Lines = []commerce.LineFact{{Product: "Trail"}} })
	if got := shows(t, "orders.favourite_category", customer(known), p); got != "Shoes, Shoes > Trail, Trail" {
		t.Errorf("the product's category: got %s", got)
	}
}

// A number that a field never reaches, or never leaves, is noted; its values
// are completed.
func TestParseNotesRanges(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"field": "rfm.r", "op": "gte", "value": 4}`:                          "",
		`{"field": "rfm.r", "op": "gt", "value": 5}`:                           "rfm.r is 1 to 5: this matches nobody",
		`{"field": "rfm.r", "op": "lte", "value": 5}`:                          "rfm.r is 1 to 5: this matches wherever it is set",
		`{"field": "rfm.score", "op": "is", "value": 55}`:                      "rfm.score is 111 to 555: this matches nobody",
		`{"field": "rfm.score", "op": "in", "value": [55, 555]}`:               "",
		`{"field": "orders.usual_hour", "op": "between", "value": [24, 26]}`:   "orders.usual_hour is 0 to 23: this matches nobody",
		`{"field": "orders.usual_hour", "op": "between", "value": [0, 23]}`:    "orders.usual_hour is 0 to 23: this matches wherever it is set",
		`{"field": "orders.weekend_share", "op": "gte", "value": 60}`:          "orders.weekend_share is 0 to 1: this matches nobody",
		`{"field": "orders.overdue_ratio", "op": "gte", "value": 60}`:          "",
		`{"field": "orders.median_gap", "op": "gte", "value": {"weeks": 2}}`:   "",
		`{"field": "orders.favourite_category", "op": "has", "value": "Hats"}`: "",
	} {
		_, problems := tryParse(in, segments.Scope{Bins: 5})
		got := ""
		for _, p := range problems {
			got += p.Message
		}
		if got != want || strictjson.Refused(problems) {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		`{"field": "customer.stage", "op": "is", "value": "lapsd"}`:        "lapsed",
		`{"field": "orders.usual_weekday", "op": "is", "value": "Sunday"}`: "sunday",
		`{"field": "stag", "op": "is", "value": "lost"}`:                   "stage",
		`{"field": "orders.usual_our", "op": "is", "value": 7}`:            "orders.usual_hour",
		`{"field": "rfm.grup", "op": "is", "value": "Lost"}`:               "rfm.group",
	} {
		if _, problems := tryParse(in, segments.Scope{}); len(problems) != 1 || problems[0].Suggestion != want {
			t.Errorf("%s: got %v, want %s suggested", in, problems, want)
		}
	}
}

// Every test of the new fields parses as the schema has it, and its negation is
// its exact complement, also of customers it says nothing about.
func TestShopFieldsComplement(t *testing.T) {
	t.Parallel()
	hours, shares := []any{0, 9, 23}, []any{0, 0.5, 1}
	kinds := []kindOfField{
		{"rfm.r", someCounts, numberOps}, {"rfm.score", []any{111, 333, 555}, numberOps}, {"rfm.group", []any{"Champions", "Lost"}, textOps},
		{"customer.stage", []any{"new", "lost", "prospect"}, nil}, {"stage", []any{"active", "loyal"}, nil},
		{"overdue_ratio", []any{0.5, 1.5, 4}, numberOps},
		{"customer.next_order_at", someDays, dateOps}, {"orders.usual_hour", hours, numberOps},
		{"orders.usual_weekday", []any{"sunday", "monday"}, nil},
		{"orders.weekend_share", shares, numberOps}, {"orders.coupon_share", shares, numberOps}, {"orders.device", []any{"phone"}, textOps},
		{"orders.median_gap", []any{0, 2, object{"days": 3}}, numberOps}, {"orders.price_tier", []any{"low", "high"}, nil},
		{"orders.favourite_category", someBrands, []string{"has"}},
	}
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		p := fittedBy(outer, segments.Rules{}, rapid.SliceOfN(rapid.Custom(drawSummary), 0, 100).Draw(t, "shop")...)
		p.Fitted.Ages.Own = rapid.Bool().Draw(t, "own")
		profile, test := drawProfile(t), drawTest(t, kinds)
		complement, ok := map[any]string{"is": "is_not", "in": "not_in", "set": "unset"}[test["op"]]
		text := written(outer, test)
		holds := agree(outer, text, parse(outer, text, segments.Scope{}), &profile, nil, p, instant(outer, now))
		if test["op"] = complement; !ok {
			return
		}
		text = written(outer, test)
		if agree(outer, text, parse(outer, text, segments.Scope{}), &profile, nil, p, instant(outer, now)) == holds {
			t.Fatalf("%s does not complement: both are %v", text, holds)
		}
	})
}
