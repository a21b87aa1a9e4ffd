package segments_test

import (
	"fmt"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// parsed reads a condition on a customer.
func parsed(text string) segments.Condition {
	root, problems := strictjson.Read([]byte(text))
	if root == nil {
		panic(problems[0].Message)
	}
	c, _ := segments.Parse(root, segments.Scope{})
	return c
}

// twoOrders is the profile of a customer with two orders.
func twoOrders() *commerce.Profile {
	first := time.Date(2011, 1, 10, 9, 0, 0, 0, time.UTC)
	order := func(id string, at time.Time, net int64) commerce.OrderFact {
		return commerce.OrderFact{ID: id, PlacedAt: at, PaidAt: at, Payment: commerce.Paid, Total: net, Net: net}
	}
	return &commerce.Profile{
		Attributes: commerce.Attributes{City: "北京"},
		History:    commerce.History{Orders: []commerce.OrderFact{order("o1", first, 4290), order("o2", first.AddDate(0, 1, 0), 1250)}},
	}
}

// A condition is read once and evaluated for any customer.
func ExampleMatch() {
	now := time.Date(2011, 3, 1, 12, 0, 0, 0, time.UTC)
	params := segments.Params{Currency: "EUR"}
	for _, text := range []string{
		`{"event": "order.paid", "count": {"gte": 2}, "last": {"days": 90}}`,
		`{"event": "order.paid", "sum": "order.net", "gte": "100.00"}`,
		`{"all": [{"field": "customer.city", "op": "is", "value": "北京"}, {"not": {"event": "order.paid", "last": {"days": 7}}}]}`,
	} {
		fmt.Println(segments.Match(parsed(text), twoOrders(), nil, params, now))
	}
	// Output:
	// true
	// false
	// true
}

// Explain shows the values found, and the orders that counted.
func ExampleExplain() {
	now := time.Date(2011, 3, 1, 12, 0, 0, 0, time.UTC)
	c := parsed(`{"event": "order.paid", "sum": "order.net", "gte": "100.00"}`)
	why := segments.Explain(c, twoOrders(), nil, segments.Params{Currency: "EUR"}, now)
	fmt.Println(why.Match, why.Seen, why.Orders)
	// Output: false 55.40 EUR [o1 o2]
}

// Mistakes are reported with their place and the nearest valid name.
func ExampleParse() {
	root, _ := strictjson.Read([]byte(`{"field": "customer.contry", "op": "is", "value": "DE"}`))
	_, problems := segments.Parse(root, segments.Scope{})
	p := problems[0]
	fmt.Printf("%d:%d %s: %s; did you mean %q?\n", p.Line, p.Column, p.Pointer, p.Message, p.Suggestion)
	// Output: 1:11 /field: unknown field "customer.contry"; did you mean "customer.country"?
}
