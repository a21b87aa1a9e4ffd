package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/storetest"
)

// BenchmarkFilter counts conditions in a shop of 100,000 customers with five
// orders each, without an index in memory.
func BenchmarkFilter(b *testing.B) {
	docs := storetest.Embedded(b, store.Collections())
	at := newClock()
	at.at = judgedAt()
	s := storeAt(docs, at)
	const n = 100_000
	d := dice{rand.New(rand.NewPCG(1, 2))}
	for from := 0; from < n; from += 1000 {
		var page []any
		for i := range 1000 {
			page = append(page, d.buyer(from+i+1))
		}
		if _, err := docs.InsertMany(b.Context(), "customers", page); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name      string
		condition object
	}{
		{"attribute", object{"field": "customer.city", "op": "is", "value": "Shoes"}},
		{"figures", object{"all": []any{object{"field": "orders.count", "op": "gte", "value": 3},
			object{"field": "orders.last_at", "op": "more_than_ago", "value": "90d"}}}},
		{"history", object{"event": "order.paid", "last": "30d", "where": object{"field": "line.brand", "op": "is", "value": "Shoes"}}},
		{"birthday", object{"field": "customer.birthday", "op": "anniversary_within_next", "value": "7d"}},
		{"judged", object{"event": "order.paid", "last": "30d", "count": object{"gte": 2}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			condition, _ := published().parsed(c.condition)
			members := int64(0)
			for b.Loop() {
				count, err := s.CountMatching(b.Context(), "s", condition, segments.Params{Currency: "CNY"})
				if err != nil {
					b.Fatal(err)
				}
				members = count
			}
			b.ReportMetric(float64(members), "members")
		})
	}
}

// buyer is a customer with five orders of one or two lines.
func (d dice) buyer(n int) commerce.Customer {
	c := d.customer("s", n)
	var orders []commerce.OrderFact
	for i := range 5 {
		paid := judgedAt().Add(-time.Duration(d.IntN(800*24)) * time.Hour)
		orders = append(orders, commerce.OrderFact{ID: fmt.Sprintf("s:woo:%d", n*5+i), PlacedAt: paid.Add(-time.Minute),
			PaidAt: paid, Status: commerce.Completed,
			Payment: commerce.Paid, Currency: "CNY", Total: 4200, Net: 4200, Units: 2, Channel: "web", Lines: []commerce.LineFact{
				{Product: fmt.Sprint("s:woo:", d.IntN(1000)), Brand: d.text(), Quantity: 1, Price: 2100,
					Net: 2100}, {Product: "s:woo:7", Quantity: 1, Price: 2100, Net: 2100}}})
	}
	c.Attributes.Birthday = time.Date(1950+d.IntN(55), 1, 1+d.IntN(365), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	c.History, c.Engagement = commerce.NewHistory(orders, nil), nil
	return c
}
