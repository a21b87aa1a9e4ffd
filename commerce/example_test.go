package commerce_test

import (
	"fmt"
	"time"

	"comeback/commerce"
)

// Two webhooks of one order may come in any order, and each of them twice: the
// record is the same.
func ExampleMerge() {
	placed, paid := orderReported(0, commerce.Unpaid), orderReported(7, commerce.Paid)
	first := commerce.Merge(commerce.Merge(commerce.Order{}, placed), paid)
	second := commerce.Merge(commerce.Merge(commerce.Merge(commerce.Order{}, paid), placed), placed)
	fmt.Println(first.PaymentNow(), first.Times.PaidAt.Format("15:04"))
	fmt.Println(second.PaymentNow(), second.Times.PaidAt.Format("15:04"))
	// Output:
	// paid 10:07
	// paid 10:07
}

// Events follow from what changed between two states of an order, never from
// the topic of a webhook.
func ExampleEvents() {
	before := commerce.Merge(commerce.Order{}, orderReported(0, commerce.Unpaid))
	after := commerce.Merge(before, orderReported(7, commerce.Paid))
	for _, event := range commerce.Events(before, after) {
		fmt.Println(event.Kind, event.At.Format("15:04"))
	}
	// Output: order.paid 10:07
}

// Ids are made of parts and split into them again, whatever bytes the parts
// contain.
func ExampleKey() {
	id := commerce.Key("acme", "main", "#1001/a")
	parts, err := commerce.SplitKey(id)
	fmt.Println(id, parts, err)
	// Output: acme:main:~231001~2fa [acme main #1001/a] <nil>
}

// Money is whole minor units; more digits than the currency has are refused.
func ExampleParseMoney() {
	price, err := commerce.ParseMoney("12.30", "EUR")
	fmt.Println(price.Minor, price.Currency, err)
	yen, err := commerce.ParseMoney("1230", "JPY")
	fmt.Println(yen.Minor, yen.Currency, err)
	// Output:
	// 1230 EUR <nil>
	// 1230 JPY <nil>
}

// orderReported is a platform's record of an order, so many minutes after it
// was placed.
func orderReported(minutes int, payment commerce.PaymentStatus) commerce.Order {
	placed := time.Date(2011, 3, 1, 10, 0, 0, 0, time.UTC)
	now := placed.Add(time.Duration(minutes) * time.Minute)
	o := commerce.Order{ID: "acme:main:1001", Shop: "acme", Connection: "main", External: "1001"}
	o.OrderState = commerce.OrderState{Version: now, Received: now, Status: commerce.Open, Payment: payment, Currency: "EUR"}
	o.Times.PlacedAt = placed
	if payment == commerce.Paid {
		o.Times.PaidAt = now
	}
	return o
}
