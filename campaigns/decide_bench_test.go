package campaigns_test

import (
	"fmt"
	"testing"
	"time"

	"comeback/campaigns"
)

// One decision about an enrolment that is due: in a straight campaign of one mail, and through ten
// branches to a mail.
func BenchmarkDecide(b *testing.B) {
	deep := mailStep("last", "0m")
	for n := range 5 {
		deep = fmt.Sprintf(`{"id": "if%d", "if": {"field": "order.total", "op": "gte", "value": "10.00"}, "then": [%s]}`, n, deep)
	}
	branches := ""
	for n := range 5 {
		branches += fmt.Sprintf(`{"id": "first%d", "if": {"field": "customer.tags", "op": "has", "value": "vip"},
			"then": [{"id": "x%d", "exit": "vip"}]}, `, n, n)
	}
	for name, file := range map[string]string{"straight": withSteps(mailStep("a", "0m")), "ten branches": withSteps(branches + deep)} {
		b.Run(name, func(b *testing.B) {
			s := setup(b, file)
			e := s.enter(ten())
			later := ten().Add(time.Minute)
			b.ReportAllocs()
			for b.Loop() {
				if _, actions := campaigns.Decide(s.c, e, campaigns.Occasion{Kind: campaigns.OnDue}, s.facts, later); len(actions) != 1 {
					b.Fatalf("got %d actions, want the mail", len(actions))
				}
			}
		})
	}
}
