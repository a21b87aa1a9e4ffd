package commerce_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
)

// A profile knows when the customer last bought with which address. Orders that do not
// count are no sales, an order without an address counts for the customer's own, and a
// marketplace's address has none.
func TestAProfileKnowsTheSalesOfEachAddress(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }
	order := func(id, email string, placed, paid int, change func(*commerce.OrderFact)) commerce.Purchase {
		fact := commerce.OrderFact{ID: id, PlacedAt: day(placed), PaidAt: day(paid), Payment: commerce.Paid}
		if change != nil {
			change(&fact)
		}
		return commerce.Purchase{Fact: fact, Buyer: commerce.Buyer{Email: email, Platform: "7"}}
	}
	records := []commerce.CustomerRecord{{Connection: "c", External: "7", Email: "own@example.com", Verified: true, Version: day(1)}}
	p := commerce.Recompute(records, []commerce.Purchase{
		order("s:c:1", "own@example.com", 1, 9, nil), order("s:c:2", "Own@Example.com", 5, 5, nil),
		order("s:c:3", "", 2, 2, nil), order("s:c:4", "other@example.com", 7, 8, nil),
		order("s:c:5", "x@marketplace.amazon.com", 9, 9, nil),
		order("s:c:6", "other@example.com", 20, 20, func(f *commerce.OrderFact) { f.Payment = commerce.Unpaid }),
		order("s:c:7", "other@example.com", 21, 21, func(f *commerce.OrderFact) { f.Test = true }),
		order("s:c:8", "other@example.com", 22, 22, func(f *commerce.OrderFact) { f.RefundedAt = day(23) }),
		order("s:c:9", "other@example.com", 24, 24, func(f *commerce.OrderFact) { f.CancelledAt = day(25) }),
	}, nil, nil)
	want := []commerce.Sale{
		{Address: "other@example.com", PlacedAt: day(7), PaidAt: day(8)}, {Address: "own@example.com", PlacedAt: day(5), PaidAt: day(9)},
	}
	if diff := cmp.Diff(want, p.Sales); diff != "" {
		t.Error(diff)
	}
	if got := p.SaleTo(commerce.EmailAddress("OWN@example.com")); got != want[1] {
		t.Errorf("got %+v, want the sales of the own address", got)
	}
	if got := p.SaleTo(commerce.Address{}); got != (commerce.Sale{}) {
		t.Errorf("got %+v, want no sales of no address", got)
	}
}

// A suppression of the customer's own address is a refusal, also where nobody ever said
// anything about consent.
func TestASuppressionWithoutAConsentIsARefusal(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := commerce.Profile{Attributes: commerce.Attributes{Email: "ann@example.com"}}
	own := commerce.EmailAddress("ann@example.com")
	if got := p.Mailable(); len(got) != 1 || got[0] != own {
		t.Fatalf("got %d addresses, want the own", len(got))
	}
	lifted := p.ApplySuppressions(map[commerce.Address][]commerce.Suppression{
		own: {{Scope: commerce.SuppressMarketing, Reason: commerce.Unsubscribed, CreatedAt: at}},
	})
	want := commerce.Consent{Channel: "email", Address: "ann@example.com", At: at, Source: "unsubscribed", State: commerce.ConsentStopped}
	if got, _ := p.Consent("email"); got != want || !got.Refused() || len(lifted) > 0 {
		t.Errorf("got %+v, %d lifted, want %+v", got, len(lifted), want)
	}
}
