package campaigns_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"comeback/campaigns"
	"comeback/commerce"
)

func paidAt() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func before(d time.Duration) time.Time { return paidAt().Add(-d) }

func eur(minor int64) commerce.Money { return commerce.Money{Minor: minor, Currency: "EUR"} }

// paidOrder is an order of customer c of 100.00 EUR, paid, with one line of
// 90.00 and 10.00 of shipping.
func paidOrder() commerce.Order {
	o := commerce.Order{ID: "s:wc:1", Shop: "s", Connection: "wc", External: "1", Customer: "s:email:c"}
	o.Version, o.Status, o.Payment, o.Currency = paidAt(), commerce.Open, commerce.Paid, "EUR"
	o.Total, o.Shipping, o.Discount = eur(10000), eur(1000), eur(500)
	o.Lines = []commerce.Line{{ID: "1", Quantity: 3, Net: eur(9000)}}
	o.Times.PlacedAt, o.Times.PaidAt = before(time.Hour), paidAt()
	return o
}

func euroShop() commerce.Shop { return commerce.Shop{ID: "s", Currency: "EUR", Zone: "Europe/Berlin"} }

// candidate is a message to that customer, sent two days before, window 5 days.
func candidate(id string, clicks ...time.Time) campaigns.Candidate {
	return campaigns.Candidate{
		Message: "s:" + id, Campaign: id, Step: "r1", Customer: "s:email:c", SentAt: before(48 * time.Hour),
		Window: 5 * 24 * time.Hour, Clicks: clicks,
	}
}

// An order is credited by coupon, then by our click token in its landing URL,
// then by the customer's last human click in the window; ties by message id.
func TestAttributionModels(t *testing.T) {
	t.Parallel()
	coupon := candidate("coupon")
	coupon.Coupons = []string{"BACK-7Q"}
	second := candidate("another-coupon")
	second.Coupons = []string{"BACK-8R"}
	friend := candidate("friend", before(time.Minute))
	friend.Customer = "s:email:other"
	unsent := candidate("unsent", before(time.Minute))
	unsent.SentAt = time.Time{}
	late := candidate("late", before(time.Minute))
	late.SentAt = paidAt().Add(time.Second)
	opened := candidate("opened")
	opened.Opens = []time.Time{before(time.Minute)}
	cases := map[string]struct {
		candidates []campaigns.Candidate
		coupons    []string
		landed     string
		countOpens bool
		want       []string // model:message, strongest first
	}{
		"nothing": {nil, nil, "", false, nil},
		"the last click, not the first": {
			[]campaigns.Candidate{candidate("a", before(time.Hour)), candidate("b", before(2*time.Hour), before(time.Minute))}, nil,
			"", false, []string{"last_click:s:b"},
		},
		"two clicks at one instant: the smaller id": {
			[]campaigns.Candidate{candidate("b", before(time.Hour)), candidate("a", before(time.Hour))}, nil, "", false,
			[]string{"last_click:s:a"},
		},
		"a click at the window's edge": {
			[]campaigns.Candidate{candidate("a", before(120*time.Hour))}, nil, "", false, []string{"last_click:s:a"},
		},
		"a click before the window":        {[]campaigns.Candidate{candidate("a", before(120*time.Hour+1))}, nil, "", false, nil},
		"a click after paying":             {[]campaigns.Candidate{candidate("a", paidAt().Add(1))}, nil, "", false, nil},
		"a click at the moment of paying":  {[]campaigns.Candidate{candidate("a", paidAt())}, nil, "", false, []string{"last_click:s:a"}},
		"somebody else's click":            {[]campaigns.Candidate{friend}, nil, "", false, nil},
		"a mail never sent, or sent later": {[]campaigns.Candidate{unsent, late}, nil, "", false, nil},
		"an open does not count":           {[]campaigns.Candidate{opened}, nil, "", false, nil},
		"an open counts when asked":        {[]campaigns.Candidate{opened}, nil, "", true, []string{"last_open:s:opened"}},
		"a click goes before an open": {[]campaigns.Candidate{opened, candidate("a", before(time.Hour))}, nil, "", true,
			[]string{"last_click:s:a", "last_open:s:opened"}},
		"landing goes before a later click": {[]campaigns.Candidate{candidate("a", before(time.Minute)), candidate("b")}, nil, "s:b", false,
			[]string{"landing:s:b", "last_click:s:a"}},
		"landing of a forwarded mail":     {[]campaigns.Candidate{friend}, nil, "s:friend", false, []string{"landing:s:friend"}},
		"landing of a message nobody has": {[]campaigns.Candidate{candidate("a")}, nil, "s:x", false, nil},
		"a coupon goes before all": {
			[]campaigns.Candidate{candidate("a", before(time.Minute)), coupon, candidate("b")}, []string{" back-7q"}, "s:b", false,
			[]string{"coupon:s:coupon", "landing:s:b", "last_click:s:a"},
		},
		"two of our coupons: the smaller id": {
			[]campaigns.Candidate{coupon, second}, []string{"BACK-7Q", "BACK-8R"}, "", false, []string{"coupon:s:another-coupon"},
		},
		"a coupon of somebody else's making": {[]campaigns.Candidate{coupon}, []string{"SPRING"}, "", false, nil},
		"a coupon that went to another person": {
			[]campaigns.Candidate{func() campaigns.Candidate { f := friend; f.Coupons = []string{"X"}; return f }()}, []string{"X"},
			"", false, []string{"coupon:s:friend"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, shop := paidOrder(), euroShop()
			o.Coupons, shop.Results.CountOpens = c.coupons, c.countOpens
			got, ok := campaigns.Attribute(shop, o, c.candidates, c.landed)
			var list []string
			for _, x := range got.Credits {
				list = append(list, string(x.Model)+":"+x.Message)
			}
			if diff := cmp.Diff(list, c.want); diff != "" || ok != (len(c.want) > 0) {
				t.Fatalf("got (%v), want:\n%s", ok, diff)
			}
			if ok && string(got.Model)+":"+got.Message != c.want[0] {
				t.Errorf("got %s:%s as the one that counts, want %s", got.Model, got.Message, c.want[0])
			}
		})
	}
}

// Only real, paid orders are conversions.
func TestOnlyRealPaidOrdersAreConversions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*commerce.Order){
		"not paid":                    func(o *commerce.Order) { o.Payment, o.Times.PaidAt = commerce.Unpaid, time.Time{} },
		"a payment that fell through": func(o *commerce.Order) { o.Payment = commerce.Voided },
		"a deposit":                   func(o *commerce.Order) { o.Payment = commerce.DepositPaid },
		"a test":                      func(o *commerce.Order) { o.Test = true },
		"a fake":                      func(o *commerce.Order) { o.Fake = true },
	} {
		o := paidOrder()
		change(&o)
		if got, ok := campaigns.Attribute(euroShop(), o, []campaigns.Candidate{candidate("a", before(time.Hour))}, ""); ok {
			t.Errorf("%s: got %+v, want no conversion", name, got)
		}
	}
}

// Refunds take revenue and margin back in proportion, each when it happened,
// also long after the window, and together never more than was paid.
func TestRefundsReverse(t *testing.T) {
	t.Parallel()
	later := func(days int) time.Time { return paidAt().AddDate(0, 0, days) }
	refund := func(id string, days int, minor int64) commerce.Refund {
		return commerce.Refund{ID: id, RefundedAt: later(days), Amount: eur(minor)}
	}
	cases := map[string]struct {
		change          func(*commerce.Order)
		want            []campaigns.Reversal
		margin, revenue int64 // taken back in all
	}{
		"none": {func(*commerce.Order) {}, nil, 0, 0},
		"asked for, not given": {func(o *commerce.Order) {
			o.Refunds = []commerce.Refund{{ID: "r", RequestedAt: later(1), Amount: eur(5000)}}
		}, nil, 0, 0},
		"a third, thirty days later": {func(o *commerce.Order) {
			o.Payment, o.Refunds = commerce.PartiallyRefunded, []commerce.Refund{refund("r", 30, 3333)}
		}, []campaigns.Reversal{{Cause: "r", At: later(30), Revenue: 3333, Margin: 1333}}, 1333, 3333},
		"three thirds add up": {func(o *commerce.Order) {
			o.Payment, o.Refunds = commerce.Refunded, []commerce.Refund{refund("c", 3, 3334), refund("a", 1, 3333), refund("b", 2, 3333)}
		}, []campaigns.Reversal{
			{Cause: "a", At: later(1), Revenue: 3333, Margin: 1333}, {Cause: "b", At: later(2), Revenue: 3333, Margin: 1333},
			{Cause: "c", At: later(3), Revenue: 3334, Margin: 1334},
		}, 4000, 10000},
		"more than was paid": {func(o *commerce.Order) {
			o.Payment, o.Refunds = commerce.Refunded, []commerce.Refund{refund("r", 1, 99999)}
		}, []campaigns.Reversal{{Cause: "r", At: later(1), Revenue: 10000, Margin: 4000}}, 4000, 10000},
		"refunded where the platform lists none": {func(o *commerce.Order) {
			o.Payment, o.Times.RefundedAt = commerce.Refunded, later(9)
		}, []campaigns.Reversal{{Cause: "refunded", At: later(9), Revenue: 10000, Margin: 4000}}, 4000, 10000},
		"cancelled after a part was refunded": {func(o *commerce.Order) {
			o.Status, o.Times.CancelledAt = commerce.Cancelled, later(2)
			o.Refunds = []commerce.Refund{refund("r", 1, 2500)}
		}, []campaigns.Reversal{
			{Cause: "r", At: later(1), Revenue: 2500, Margin: 1000}, {Cause: "cancelled", At: later(2), Revenue: 7500, Margin: 3000},
		}, 4000, 10000},
	}
	for name, c := range cases {
		o, shop := paidOrder(), euroShop()
		shop.Results.MarginBP = 4000
		c.change(&o)
		got, ok := campaigns.Attribute(shop, o, []campaigns.Candidate{candidate("a", before(time.Hour))}, "")
		if !ok || got.Revenue != 10000 || got.Margin != 4000 {
			t.Errorf("%s: got %+v, want revenue 10000 and margin 4000", name, got)
		}
		if diff := cmp.Diff(got.Reversals, c.want, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: got, want:\n%s", name, diff)
		}
		if got.Reversed != c.revenue || got.MarginReversed != c.margin {
			t.Errorf("%s: got %d and %d taken back, want %d and %d", name, got.Reversed, got.MarginReversed, c.revenue, c.margin)
		}
	}
}

// Margin comes from unit costs where they are known, else from the shop's rate,
// by default all of the sale; the basis names the source.
func TestMargin(t *testing.T) {
	t.Parallel()
	line := func(net, cost, quantity int64) commerce.LineFact {
		return commerce.LineFact{Net: net, Cost: cost, Costed: cost > 0, Quantity: quantity}
	}
	cases := map[string]struct {
		fact  commerce.OrderFact
		rate  int64
		want  int64
		basis campaigns.MarginBasis
	}{
		"nothing known": {commerce.OrderFact{Total: 10000}, 0, 10000, campaigns.FromRate},
		"a rate": {
			commerce.OrderFact{Total: 10000, Lines: []commerce.LineFact{line(9000, 0, 3)}}, 3333, 3000 + 333, campaigns.FromRate,
		},
		"unit costs": {
			commerce.OrderFact{Total: 9000, Lines: []commerce.LineFact{line(9000, 2000, 3)}}, 5000, 3000, campaigns.FromUnitCosts,
		},
		"unit costs, shipping at rate": {
			commerce.OrderFact{Total: 10000, Lines: []commerce.LineFact{line(9000, 2000, 3)}}, 5000, 3500, campaigns.FromUnitCosts,
		},
		"some unit costs": {
			commerce.OrderFact{Total: 9000, Lines: []commerce.LineFact{line(5000, 2000, 1), line(4000, 0, 1)}}, 2500, 3000 + 1000,
			campaigns.FromBoth,
		},
		"a discount below the lines": {
			commerce.OrderFact{Total: 8000, Lines: []commerce.LineFact{line(9000, 2000, 3)}}, 5000, 2000, campaigns.FromUnitCosts,
		},
		"sold at a loss": {
			commerce.OrderFact{Total: 9000, Lines: []commerce.LineFact{line(9000, 4000, 3)}}, 0, -3000, campaigns.FromUnitCosts,
		},
	}
	for name, c := range cases {
		if got, basis := campaigns.MarginOf(c.fact, c.rate); got != c.want || basis != c.basis {
			t.Errorf("%s: got %d from %s, want %d from %s", name, got, basis, c.want, c.basis)
		}
	}
}

// What our coupons took off is a cost of the campaign; other coupons' is not.
func TestCouponCost(t *testing.T) {
	t.Parallel()
	ours := candidate("a")
	ours.Coupons = []string{"OURS"}
	for name, c := range map[string]struct {
		used []string
		want int64
	}{
		"ours alone": {[]string{"OURS"}, 500}, "ours and another": {[]string{"OURS", "SPRING"}, 250},
		"another": {[]string{"SPRING"}, 0}, "none": {nil, 0},
	} {
		o := paidOrder()
		o.Coupons = c.used
		got, _ := campaigns.Attribute(euroShop(), o, []campaigns.Candidate{ours, candidate("b", before(time.Hour))}, "")
		if got.Discount != c.want {
			t.Errorf("%s: got %d, want %d", name, got.Discount, c.want)
		}
	}
}

// An order in another currency counts at the platform's rate, and without one it
// is a conversion without an amount, said so.
func TestForeignCurrency(t *testing.T) {
	t.Parallel()
	o := paidOrder()
	shop := euroShop()
	shop.Currency = "USD"
	got, ok := campaigns.Attribute(shop, o, []campaigns.Candidate{candidate("a", before(time.Hour))}, "")
	if !ok || !got.Unpriced || got.Revenue != 0 || got.Currency != "USD" {
		t.Errorf("without a rate: got %+v", got)
	}
	o.Rate = commerce.Decimal{Units: 11, Scale: 1}
	got, _ = campaigns.Attribute(shop, o, []campaigns.Candidate{candidate("a", before(time.Hour))}, "")
	if got.Unpriced || got.Revenue != 11000 {
		t.Errorf("at 1.1: got %+v, want 110.00", got)
	}
}

// The window is the shop's own, else the default of its market, the kind of
// campaign and the channel.
func TestAttributionWindow(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	unpaid := &campaigns.Campaign{Key: campaigns.ByOrder, Trigger: campaigns.Trigger{Events: []commerce.EventKind{commerce.OrderPlaced}}}
	care := &campaigns.Campaign{Key: campaigns.ByOrder, Trigger: campaigns.Trigger{Events: []commerce.EventKind{commerce.OrderDelivered}}}
	winback := &campaigns.Campaign{Key: campaigns.ByCustomer, Trigger: campaigns.Trigger{Lapse: 120}}
	cases := []struct {
		market   commerce.Market
		hours    int
		campaign *campaigns.Campaign
		channel  string
		want     time.Duration
	}{
		{commerce.West, 0, unpaid, "email", 5 * day}, {commerce.China, 0, unpaid, "email", day}, {commerce.West, 0, unpaid, "sms", day},
		{commerce.China, 0, care, "sms", 3 * day}, {commerce.China, 0, care, "email", 5 * day}, {commerce.China, 0, winback, "sms", 7 * day},
		{commerce.West, 0, winback, "email", 7 * day}, {commerce.China, 36, winback, "email", 36 * time.Hour},
	}
	for _, c := range cases {
		shop := commerce.Shop{Market: c.market, Results: commerce.Results{WindowHours: c.hours}}
		if got := campaigns.AttributionWindow(shop, c.campaign, c.channel); got != c.want {
			t.Errorf("%+v: got %s, want %s", c, got, c.want)
		}
	}
}
