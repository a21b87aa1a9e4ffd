package segments_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// ordersAgo is a customer with a paid order that many days ago each.
func ordersAgo(t testing.TB, days ...int) commerce.Profile {
	t.Helper()
	var list []commerce.OrderFact
	for _, d := range days {
		list = append(list, ago(t, d, 100))
	}
	return customer(list...)
}

// Every boundary of the stages, in a shop that sells apparel: 75, 120 and 270
// days, and a period of 365.
func TestStagesOfTheTrade(t *testing.T) {
	t.Parallel()
	p := fittedBy(t, segments.Rules{Trade: "apparel"})
	unpaid := ago(t, 1, 100)
	unpaid.Payment = commerce.Unpaid
	undated := ago(t, 1, 100)
	undated.PaidAt = time.Time{}
	account := func(last time.Time) commerce.Profile {
		return commerce.Profile{History: commerce.History{Truncated: true, Figures: commerce.Figures{Count: 6000, LastAt: last}}}
	}
	for name, c := range map[string]struct {
		profile commerce.Profile
		want    string
	}{
		"no order is a prospect":                            {commerce.Profile{}, "prospect"},
		"an unpaid order makes no customer":                 {customer(unpaid), "prospect"},
		"one order of today is new":                         {ordersAgo(t, 0), "new"},
		"one order is new until it is 30 days old":          {ordersAgo(t, 30), "new"},
		"one order older than 30 days is active":            {ordersAgo(t, 31), "active"},
		"two orders are active, not new":                    {ordersAgo(t, 1, 2), "active"},
		"three orders of the period are loyal":              {ordersAgo(t, 1, 2, 365), "loyal"},
		"an order before the period does not make loyal":    {ordersAgo(t, 1, 2, 366), "active"},
		"active until T1":                                   {ordersAgo(t, 75), "active"},
		"loyal until T1":                                    {ordersAgo(t, 75, 76, 77), "loyal"},
		"at risk when the last order is older than T1":      {ordersAgo(t, 76), "at_risk"},
		"the loyal are at risk too when older than T1":      {ordersAgo(t, 76, 77, 78), "at_risk"},
		"at risk until T2":                                  {ordersAgo(t, 120, 400), "at_risk"},
		"lapsed when the last order is older than T2":       {ordersAgo(t, 121), "lapsed"},
		"lapsed until T3":                                   {ordersAgo(t, 270), "lapsed"},
		"lost when the last order is older than T3":         {ordersAgo(t, 271, 500, 600), "lost"},
		"an order paid at an unknown time gives no stage":   {customer(undated), "unset"},
		"an account of too many orders goes by its last":    {account(instant(t, now)), "loyal"},
		"an account that has not bought for a year is lost": {account(instant(t, "2025-03-01T00:00:00Z")), "lost"},
	} {
		for _, field := range []string{"customer.stage", "stage"} {
			if got := shows(t, field, c.profile, p); got != c.want {
				t.Errorf("%s: %s: got %s, want %s", name, field, got, c.want)
			}
		}
	}
}

// Each trade has its own days.
func TestStageDaysByTrade(t *testing.T) {
	t.Parallel()
	for trade, want := range map[string][3]float64{
		"food": {45, 75, 150}, "coffee": {45, 75, 150}, "pet": {45, 75, 150}, "nappies": {45, 75, 150}, "supplements": {45, 90, 180},
		"skin care": {75, 120, 240},
		"apparel":   {75, 120, 270}, "home": {150, 270, 540}, "kitchen": {150, 270, 540}, "electronics": {240, 400, 720},
		"gifts": {330, 400, 760}, "seasonal": {330, 400, 760},
		"": {60, 120, 365}, "unknown": {60, 120, 365}, "stamps": {60, 120, 365},
	} {
		a := fittedBy(t, segments.Rules{Trade: trade}).Fitted.Ages
		if got := [3]float64{a.AtRisk, a.Lapsed, a.Lost}; got != want || a.Own {
			t.Errorf("%q: got %v, want %v", trade, got, want)
		}
	}
}

// withGaps is a shop of food whose customers have one gap each.
func withGaps(t testing.TB, gaps ...int64) segments.Params {
	t.Helper()
	var list []segments.Summary
	for _, days := range gaps {
		list = append(list, segments.Summary{Gaps: []int64{days}})
	}
	return fittedBy(t, segments.Rules{Trade: "food"}, list...)
}

// From 200 repeat gaps on the shop's own quantiles count: p75, p90 and twice p90.
func TestStageDaysOfTheShopItself(t *testing.T) {
	t.Parallel()
	gaps := slices.Concat(slices.Repeat([]int64{20}, 160), slices.Repeat([]int64{40}, 40))
	if diff := cmp.Diff(withGaps(t, gaps[1:]...).Fitted.Ages, segments.Ages{AtRisk: 45, Lapsed: 75, Lost: 150}); diff != "" {
		t.Errorf("199 gaps: got, want:\n%s", diff)
	}
	p := withGaps(t, gaps...)
	if diff := cmp.Diff(p.Fitted.Ages, segments.Ages{AtRisk: 20, Lapsed: 40, Lost: 80, Own: true}); diff != "" {
		t.Errorf("200 gaps: got, want:\n%s", diff)
	}
	for name, c := range map[string]struct {
		days []int
		want string
	}{
		"new until p75":                    {[]int{20}, "new"},
		"at risk above p75":                {[]int{21}, "at_risk"},
		"two orders go by days":            {[]int{40, 60}, "at_risk"},
		"lapsed above p90":                 {[]int{41, 60}, "lapsed"},
		"lapsed until twice p90":           {[]int{80}, "lapsed"},
		"lost above twice p90":             {[]int{81}, "lost"},
		"three orders go by their own gap": {[]int{30, 54, 78}, "loyal"}, // expected gap 24 days: nobody has two
	} {
		if got := shows(t, "customer.stage", ordersAgo(t, c.days...), p); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// Customers with three orders are judged by their overdue ratio: above 1.5,
// 2.5 and 4 of the expected gap, here 20 days.
func TestThreeOrdersAreJudgedByTheCustomersOwnGap(t *testing.T) {
	t.Parallel()
	p := withGaps(t, slices.Repeat([]int64{20}, 200)...)
	for days, want := range map[int]string{30: "loyal", 31: "at_risk", 50: "at_risk", 51: "lapsed", 80: "lapsed", 81: "lost"} {
		if got := shows(t, "customer.stage", ordersAgo(t, days, days+20, days+40), p); got != want {
			t.Errorf("%d days: got %s, want %s", days, got, want)
		}
	}
}

// The variance within customers and between them is estimated without bias;
// an expected gap lies between the customer's own mean and the shop's.
func TestExpectedGapIsShrunk(t *testing.T) {
	t.Parallel()
	two := []segments.Summary{{Gaps: []int64{2, 4}}, {Gaps: []int64{8, 10}}, {}}
	got := fittedBy(t, segments.Rules{}, two...).Fitted.Gaps
	want := segments.Gaps{Count: 4, P75: 8.5, P90: 9.4, Mean: 6, Within: 2, Between: 17}
	if diff := cmp.Diff(got, want, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}
	three := fittedBy(t, segments.Rules{}, append(two, segments.Summary{Gaps: []int64{30}})...).Fitted.Gaps // Z: 154/155, 154/155, 77/78
	want = segments.Gaps{Count: 5, P75: 10, P90: 22, Mean: 13.965738758029978, Within: 2, Between: 154}
	if diff := cmp.Diff(three, want, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("each customer counts by their own weight: got, want:\n%s", diff)
	}
	p := shanghai(t)
	p.Fitted = &segments.Fitted{Gaps: got, Ages: segments.Ages{Own: true}}
	for name, c := range map[string]struct {
		days []int
		want string
	}{
		"no gap of one's own: the shop's mean":       {[]int{12}, "2"},
		"two gaps of 24 on average: 23 are expected": {[]int{46, 54, 94}, "2"},
		"orders of one day are one purchase":         {[]int{46, 46, 54, 94}, "2"},
		"bought today":                               {[]int{0, 3}, "0"},
		"no ratio without an order":                  {nil, "unset"},
	} {
		if got := shows(t, "overdue_ratio", ordersAgo(t, c.days...), p); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// Where customers do not differ, the expected gap is the shop's mean. Where each
// customer has one constant gap, only that gap counts.
func TestExpectedGapAtTheExtremes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gaps [][]int64
		days []int
		want string
	}{
		"alike":           {[][]int64{{10, 30}, {30, 10}}, []int{40, 45, 50}, "2"},
		"nobody has two":  {[][]int64{{10}, {30}}, []int{40, 45, 50}, "2"},
		"each on one gap": {[][]int64{{10, 10}, {30, 30}}, []int{40, 45, 50}, "8"},
	} {
		var list []segments.Summary
		for range 100 {
			for _, gaps := range c.gaps {
				list = append(list, segments.Summary{Gaps: gaps})
			}
		}
		if got := shows(t, "orders.overdue_ratio", ordersAgo(t, c.days...), fittedBy(t, segments.Rules{}, list...)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// The next order is expected one own gap after the last.
func TestNextOrderIsOneGapAhead(t *testing.T) {
	t.Parallel()
	p := withGaps(t, slices.Repeat([]int64{20}, 200)...)
	for _, days := range []int{5, 25} {
		want := instant(t, "2026-03-15T10:00:00+08:00").AddDate(0, 0, 20-days).Format(time.RFC3339)
		if got := shows(t, "customer.next_order_at", ordersAgo(t, days), p); got != want {
			t.Errorf("%d days: got %s, want %s", days, got, want)
		}
	}
	test := fmt.Sprintf(`{"field": %q, "op": "within_next", "value": {"days": 15}}`, "next_order_at")
	profile := ordersAgo(t, 5)
	if c := parse(t, test, segments.Scope{}); !agree(t, test, c, &profile, nil, p, instant(t, now)) {
		t.Errorf("%s does not hold", test)
	}
}
