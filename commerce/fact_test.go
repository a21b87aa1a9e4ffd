package commerce_test

import (
	"testing"
	"time"

	"comeback/commerce"

	"github.com/google/go-cmp/cmp"
)

// Conditions see when a deposit was paid and an order was rated. They see each
// time a refund was requested or refused, oldest first, even without money.
func TestFactContainsDepositsRatingsAndRefunds(t *testing.T) {
	t.Parallel()
	fact := commerce.FactOf(commerce.Order{
		Times: commerce.Timeline{PlacedAt: at(1), DepositPaidAt: at(2), RatedAt: at(9)},
		Refunds: []commerce.Refund{
			{ID: "b", RequestedAt: at(6)},
			{ID: "a", RequestedAt: at(3), ClosedAt: at(5)},
			{ID: "c", RefundedAt: at(7), Amount: commerce.Money{Minor: 5, Currency: "CNY"}},
		},
	}, "CNY")
	if !fact.DepositPaidAt.Equal(at(2)) || !fact.RatedAt.Equal(at(9)) {
		t.Errorf("got a deposit at %v and a rating at %v", fact.DepositPaidAt, fact.RatedAt)
	}
	if d := cmp.Diff(fact.Requested, []time.Time{at(3), at(6)}); d != "" {
		t.Errorf("requested: got, want: %s", d)
	}
	if d := cmp.Diff(fact.Closed, []time.Time{at(5)}); d != "" || len(fact.Refunds) != 1 {
		t.Errorf("closed: got, want: %s; refunds %v", d, fact.Refunds)
	}
}
