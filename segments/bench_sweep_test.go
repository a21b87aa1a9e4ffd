package segments_test

import (
	"fmt"
	"testing"

	"comeback/segments"
)

// hundred makes a hundred typical segments: ten kinds, each with ten windows,
// categories, regions and amounts.
func hundred(tb testing.TB) []segments.Condition {
	tb.Helper()
	days := []int{7, 14, 30, 45, 60, 90, 120, 180, 270, 365}
	var list []segments.Condition
	for i := range 10 {
		d, next := days[i], days[(i+3)%10]
		for _, text := range []string{
			fmt.Sprintf(`{"all": [{"field": "customer.consent.email", "op": "is", "value": true}, `+
				`{"event": "order.paid", "last": {"days": %d}}]}`, d),
			fmt.Sprintf(`{"all": [{"event": "order.paid", "count": {"gte": 2}}, `+
				`{"field": "orders.last_at", "op": "more_than_ago", "value": {"days": %d}}]}`, d),
			fmt.Sprintf(`{"event": "order.paid", "where": {"field": "line.category", "op": "in", "value": ["%d", "%d"]}, `+
				`"last": {"days": %d}}`, i, 3*i+1, next),
			fmt.Sprintf(`{"all": [{"event": "order.paid", "sum": "order.net", "gte": %d, "last": {"days": %d}}, `+
				`{"field": "customer.region", "op": "in", "value": ["%d", "%d"]}]}`, 100*(i+1), next, i, i+1),
			fmt.Sprintf(`{"all": [{"event": "message.opened", "last": {"days": %d}}, `+
				`{"not": {"event": "order.paid", "last": {"days": %d}}}]}`, d, next),
			fmt.Sprintf(`{"all": [{"field": "customer.age", "op": "between", "value": [%d, %d]}, `+
				`{"field": "customer.gender", "op": "is", "value": "female"}, {"field": "orders.average", "op": "gte", "value": %d}]}`,
				18+4*i, 30+4*i, 50+10*i),
			fmt.Sprintf(`{"all": [{"field": "customer.tags", "op": "has", "value": "tag%d"}, `+
				`{"event": "order.paid", "count": {"gte": %d}, "last": {"days": %d}}]}`, i+3, i/3+1, next),
			fmt.Sprintf(`{"share": {"event": "order.paid", "where": {"field": "order.coupon", "op": "set"}}, "of": {"event": "order.paid"}, `+
				`"last": {"days": %d}, "gte": 0.%d}`, next, i+1),
			fmt.Sprintf(`{"any": [{"field": "customer.birthday", "op": "anniversary_within_next", "value": {"days": %d}}, `+
				`{"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}, "last": {"days": %d}, `+
				`"pick": "last", "not_followed_by": {"event": "order.paid"}}]}`, i+1, i+1),
			fmt.Sprintf(`{"ratio": [{"event": "order.paid", "sum": "order.net", "last": {"days": %d}}, `+
				`{"event": "order.paid", "sum": "order.net", "ago": {"from": {"days": %d}, "to": {"days": %d}}}], "gt": 1.5}`, d, 2*d, d),
		} {
			list = append(list, parse(tb, text, segments.Scope{}))
		}
	}
	return list
}

// BenchmarkSweep measures a hundred segments in one pass.
func BenchmarkSweep(b *testing.B) {
	ix, _ := built(b, makeShop(benchCustomers, benchOrders, benchSeed))
	list := hundred(b)
	into := make([]*segments.Bitmap, len(list))
	for i := range into {
		into[i] = &segments.Bitmap{}
	}
	b.ReportAllocs()
	for b.Loop() {
		ix.Sweep(list, shopNow(), into)
	}
	members := 0
	for _, set := range into {
		members += set.Count()
	}
	b.ReportMetric(float64(members), "members")
}
