package campaigns_test

import (
	"fmt"

	"comeback/campaigns"
	"comeback/commerce"
)

const reminder = `{
  "schema": 1, "id": "reminder", "name": "Reminder", "class": "service",
  "trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}},
  "key": "order", "reentry": "never",
  "exit": [{"event": "order.paid", "same": "order", "as": "goal"}],
  "steps": [{"id": "first", "wait": "1h", "expires": "12h", "send": {"channel": "email", "template": "unpaid-1"}}],
  "tests": [
    {"name": "left unpaid", "given": ["0m order.placed"], "expect": {"sent": ["first@1h"]}},
    {"name": "paid in time", "given": ["0m order.placed", "10m order.paid"], "expect": {"sent": ["first@1h"]}}
  ]
}`

// A campaign's own tests run on the engine that runs it live. The second one
// expects a mail about an order that was paid: it fails, and so does the file.
func ExampleRunTests() {
	c, _ := campaigns.Parse([]byte(reminder))
	for _, result := range campaigns.RunTests(c, commerce.Shop{Currency: "EUR", Zone: "UTC", Market: commerce.West}) {
		fmt.Println(result.Name, result.Passed(), len(result.Sent))
	}
	// Output:
	// left unpaid true 1
	// paid in time false 0
}

// Accept says all that is wrong with a file, with its place.
func ExampleAccept() {
	c, problems := campaigns.Accept([]byte(reminder), nil, commerce.Shop{Currency: "EUR", Zone: "UTC", Market: commerce.West})
	fmt.Println(c == nil)
	for _, p := range problems {
		fmt.Printf("%d:%d %s\n", p.Line, p.Column, p.Message)
	}
	// Output:
	// true
	// 9:5 test "paid in time" fails: sent [], want [first@1h]
}

// The ready campaigns of a market, with win-back at the time of a trade.
func ExampleReady() {
	list, err := campaigns.Ready(commerce.China, "food")
	for _, ready := range list {
		c, _ := campaigns.Parse(ready.JSON)
		fmt.Println(ready.Name, len(c.Steps), c.Trigger.Lapse)
	}
	fmt.Println(err)
	// Output:
	// unpaid-reminder 2 0
	// thirty-day-follow-up 3 0
	// win-back 3 75
	// checkout-recovery 2 0
	// <nil>
}
