package segments_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// ago is a paid order of that many days ago, at noon in Shanghai.
func ago(t testing.TB, days int, amount int64) commerce.OrderFact {
	t.Helper()
	return bought(fmt.Sprintf("o%d-%d", days, amount), instant(t, "2026-03-15T10:00:00+08:00").AddDate(0, 0, -days), amount)
}

// fittedBy is a shop in Shanghai whose customers are those of the summaries.
func fittedBy(t testing.TB, rules segments.Rules, summaries ...segments.Summary) segments.Params {
	t.Helper()
	p := shanghai(t)
	fitted, err := segments.Fit(rules, p, slices.Values(summaries), instant(t, now))
	if err != nil {
		t.Fatal(err)
	}
	p.Fitted = fitted
	return p
}

// shows is the value of a field of a customer, as an explanation shows it.
func shows(t testing.TB, field string, profile commerce.Profile, p segments.Params) string {
	t.Helper()
	return shownAt(t, field, profile, p, instant(t, now))
}

func shownAt(t testing.TB, field string, profile commerce.Profile, p segments.Params, at time.Time) string {
	t.Helper()
	c, problems := tryParse(`{"field": "`+field+`", "op": "set"}`, segments.Scope{})
	if c == nil {
		t.Fatal(problems)
	}
	return segments.Explain(c, &profile, nil, p, at).Seen
}

// thresholds are fixed: 10, 20, 30 and 40 days, 1 to 4 orders, 100 to 400 yuan.
func thresholds() segments.Rules {
	return segments.Rules{Thresholds: &segments.Thresholds{
		Recency: []float64{10, 20, 30, 40}, Frequency: []float64{1, 2, 3, 4}, Monetary: []float64{10000, 20000, 30000, 40000},
	}}
}

// Fixed thresholds score without a shop's figures; a value at a threshold goes
// with those below it.
func TestRFMByFixedThresholds(t *testing.T) {
	t.Parallel()
	p := fittedBy(t, thresholds())
	for days, want := range map[int]string{
		0: "5", 10: "5", 11: "4", 20: "4", 21: "3", 30: "3",
		31: "2", 40: "2", 41: "1", 365: "1", 366: "unset",
	} {
		if got := shows(t, "rfm.r", customer(ago(t, days, 1)), p); got != want {
			t.Errorf("%d days ago: got R %s, want %s", days, got, want)
		}
	}
	for amount, want := range map[int64]string{0: "1", 10000: "1", 10001: "2", 40000: "4", 40001: "5"} {
		if got := shows(t, "rfm.m", customer(ago(t, 1, amount)), p); got != want {
			t.Errorf("paid %d: got M %s, want %s", amount, got, want)
		}
	}
	var orders []commerce.OrderFact
	for n := range 6 {
		orders = append(orders, ago(t, n, 1000))
		if got, want := shows(t, "rfm.score", customer(orders...), p), fmt.Sprintf("5%d1", min(n+1, 5)); got != want {
			t.Errorf("%d orders: got %s, want %s", n+1, got, want)
		}
	}
}

// The score ranges over what was paid in the period, less all refunds of it.
func TestRFMCountsWhatIsPaidInThePeriod(t *testing.T) {
	t.Parallel()
	rules := segments.Rules{Period: 90}
	p := shanghai(t)
	old := ago(t, 90, 1)
	old.PaidAt = instant(t, "2025-12-15T00:00:00+08:00")
	older := ago(t, 91, 2)
	older.PaidAt = instant(t, "2025-12-14T23:59:59+08:00")
	partly := ago(t, 7, 900)
	partly.Net, partly.Payment = 500, commerce.PartiallyRefunded
	foreign := ago(t, 6, 0)
	foreign.Unpriced = true
	test, back, cancelled, unpaid, unknown, future := ago(t, 5, 1), ago(t, 5, 2), ago(t, 5, 3), ago(t, 5, 4), ago(t, 5, 5), ago(t, -1, 6)
	test.Test, unpaid.Payment, unknown.PaidAt = true, commerce.Unpaid, time.Time{}
	back.RefundedAt, cancelled.CancelledAt = back.PaidAt, back.PaidAt
	loose := []commerce.RefundFact{{At: old.PaidAt, Amount: 100}, {At: older.PaidAt, Amount: 1000}}
	type (
		orders  = []commerce.OrderFact
		summary = segments.Summary
	)
	for name, c := range map[string]struct {
		orders orders
		loose  []commerce.RefundFact
		want   summary
	}{
		"from the first midnight":                 {orders{old, older}, nil, summary{Days: 90, Orders: 1, Net: 1, Gaps: []int64{1}}},
		"net of partial refunds":                  {orders{partly}, nil, summary{Days: 7, Orders: 1, Net: 500}},
		"less refunds of the period of no order":  {orders{partly}, loose, summary{Days: 7, Orders: 1, Net: 400}},
		"orders without a known amount count":     {orders{partly, foreign}, nil, summary{Days: 6, Orders: 2, Net: 500, Gaps: []int64{1}}},
		"nothing that is not paid now":            {orders{test, back, cancelled, unpaid, unknown, future}, nil, summary{}},
		"nothing of an account that is truncated": {slices.Repeat(orders{partly}, commerce.MaxHistory+1), nil, summary{}},
	} {
		profile := commerce.Profile{History: commerce.NewHistory(slices.Clone(c.orders), c.loose)}
		got := segments.SummaryOf(&profile, rules, p, instant(t, now))
		if got.Gaps = slices.Clip(got.Gaps); len(got.Gaps) == 0 {
			got.Gaps = nil
		}
		if diff := cmp.Diff(got, c.want); diff != "" {
			t.Errorf("%s: got, want:\n%s", name, diff)
		}
	}
}

// The period is the trade's where the shop has not set one.
func TestRFMPeriodDefaultsToTheTrade(t *testing.T) {
	t.Parallel()
	for trade, days := range map[string]int{"food": 180, "apparel": 365, "kitchen": 730, "gifts": 1095, "": 365} {
		if got := fittedBy(t, segments.Rules{Trade: trade}).Fitted.Period; got != days {
			t.Errorf("%q: got %d, want %d", trade, got, days)
		}
	}
}

// buyers are summaries of so many orders each, bought today for 1 yuan.
func buyers(orders ...int64) []segments.Summary {
	var list []segments.Summary
	for _, n := range orders {
		list = append(list, segments.Summary{Orders: n, Net: 100})
	}
	return list
}

// Cut points are quantiles of type 7; a value at one goes low. A shop whose
// buyers are all alike gives them all the low score.
func TestRFMCutPoints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		orders []int64
		want   []float64
	}{
		{[]int64{7}, []float64{7, 7, 7, 7}},
		{[]int64{2, 1}, []float64{1.2, 1.4, 1.6, 1.8}},
		{[]int64{6, 5, 4, 3, 2, 1}, []float64{2, 3, 4, 5}},
		{[]int64{1, 1, 1, 1, 1, 1, 1, 1, 9, 9, 9}, []float64{1, 1, 1, 9}},
	} {
		f := fittedBy(t, segments.Rules{}, buyers(c.orders...)...).Fitted
		if diff := cmp.Diff(f.Frequency.Cuts, c.want); diff != "" {
			t.Errorf("%v: got, want:\n%s", c.orders, diff)
		}
	}
	alike := fittedBy(t, segments.Rules{}, buyers(1, 1, 1)...)
	if got := shows(t, "rfm.score", customer(ago(t, 0, 100)), alike); got != "511" {
		t.Errorf("all alike: got %s, want 511", got)
	}
}

// With whole units a value lies above a cut point only by a day, an order or a
// unit of the shop's currency.
func TestRFMInWholeUnits(t *testing.T) {
	t.Parallel()
	summaries := []segments.Summary{{Orders: 1, Net: 1000}}
	for _, c := range []struct {
		amount int64
		want   [2]string
	}{{1000, [2]string{"1", "1"}}, {1001, [2]string{"5", "1"}}, {1099, [2]string{"5", "1"}}, {1100, [2]string{"5", "5"}}} {
		got := [2]string{
			shows(t, "rfm.m", customer(ago(t, 0, c.amount)), fittedBy(t, segments.Rules{}, summaries...)),
			shows(t, "rfm.m", customer(ago(t, 0, c.amount)), fittedBy(t, segments.Rules{WholeUnits: true}, summaries...)),
		}
		if got != c.want {
			t.Errorf("%d: got %v, want %v", c.amount, got, c.want)
		}
	}
}

// A customer belongs to the first group whose rule matches; without one the group is unset.
func TestRFMGroupsFirstMatchWins(t *testing.T) {
	t.Parallel()
	rules := thresholds()
	rules.Groups = []segments.Group{
		{Name: "loyal", F: segments.Range{From: 3}}, {Name: "big", M: segments.Range{From: 5}},
		{Name: "recent", R: segments.Range{From: 4, To: 4}, F: segments.Range{To: 1}},
	}
	p := fittedBy(t, rules)
	for want, orders := range map[string][]commerce.OrderFact{
		"loyal": {ago(t, 1, 50000), ago(t, 2, 1), ago(t, 3, 1)}, "big": {ago(t, 1, 50000), ago(t, 2, 1)},
		"recent": {ago(t, 11, 1)}, "unset": {ago(t, 1, 1)},
	} {
		if got := shows(t, "rfm.group", customer(orders...), p); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// The eight cells are defined by the means of the shop's buyers; at the mean is
// not above it.
func TestChineseGroups(t *testing.T) {
	t.Parallel()
	p := fittedBy(t, segments.Rules{Groups: segments.ChineseGroups()}, // means: 20 days, 2 orders, 60 yuan
		segments.Summary{Days: 10, Orders: 1, Net: 2000}, segments.Summary{Days: 30, Orders: 3, Net: 10000})
	for _, c := range []struct {
		days, orders int
		amount       int64
		want         string
	}{
		{19, 3, 6001, "重要价值"}, {19, 2, 6001, "重要发展"}, {20, 3, 6001, "重要保持"}, {20, 2, 6001, "重要挽留"},
		{19, 3, 6000, "一般价值"}, {19, 2, 6000, "一般发展"}, {20, 3, 6000, "一般保持"}, {20, 2, 6000, "一般挽留"},
	} {
		orders := []commerce.OrderFact{ago(t, c.days, c.amount)}
		for n := 1; n < c.orders; n++ {
			orders = append(orders, ago(t, c.days+n, 0))
		}
		if got := shows(t, "rfm.group", customer(orders...), p); got != c.want {
			t.Errorf("%d days, %d orders, %d: got %s, want %s", c.days, c.orders, c.amount, got, c.want)
		}
	}
	rules := segments.Rules{Thresholds: thresholds().Thresholds, Groups: segments.ChineseGroups()}
	if got := shows(t, "rfm.group", customer(ago(t, 1, 1)), fittedBy(t, rules)); got != "unset" {
		t.Errorf("no buyers, no mean: got %s, want unset", got)
	}
}

// Ten of the 125 combinations belong to none of the ten usual groups.
func TestUsualGroupsCover(t *testing.T) {
	t.Parallel()
	inside := func(r segments.Range, score int) bool { return score >= r.From && score <= r.To }
	none := 0
	for n := range 125 {
		if !slices.ContainsFunc(segments.UsualGroups(5), func(g segments.Group) bool {
			return inside(g.R, 1+n/25) && inside(g.F, 1+n/5%5) && inside(g.M, 1+n%5)
		}) {
			none++
		}
	}
	if none != 10 {
		t.Errorf("got %d, want 10", none)
	}
}

// Scores and stages are unset until the shop's figures are computed.
func TestFieldsAreUnsetWithoutTheShopsFigures(t *testing.T) {
	t.Parallel()
	profile := customer(ago(t, 1, 100), ago(t, 9, 100))
	fields := []string{"rfm.r", "rfm.f", "rfm.m", "rfm.score", "rfm.group", "customer.stage", "stage", "orders.overdue_ratio", "overdue_ratio",
		"customer.next_order_at", "next_order_at", "orders.price_tier"}
	for _, field := range fields {
		if got := shows(t, field, profile, shanghai(t)); got != "unset" {
			t.Errorf("%s: got %s, want unset", field, got)
		}
	}
	for _, field := range slices.DeleteFunc(fields, func(f string) bool { return strings.HasSuffix(f, "stage") }) {
		if got := shows(t, field, profile, fittedBy(t, segments.Rules{})); got != "unset" {
			t.Errorf("%s of a shop without buyers: got %s, want unset", field, got)
		}
	}
}

// Rules that make no sense are rejected, and the error names the field.
func TestRulesAreChecked(t *testing.T) {
	t.Parallel()
	group := func(g segments.Group) segments.Rules { return segments.Rules{Groups: []segments.Group{g}} }
	type scores = segments.Range
	falling := segments.Thresholds{Recency: make([]float64, 4), Frequency: make([]float64, 4), Monetary: []float64{1, 2, 4, 3}}
	for want, rules := range map[string]segments.Rules{
		"period: -1 days: at least 1 and at most 36525, or 0 for that of the trade": {Period: -1},
		"thresholds.recency: give 4 numbers that never fall":                        {Thresholds: &segments.Thresholds{}},
		"thresholds.monetary: give 4 numbers that never fall":                       {Thresholds: &falling},
		"bins: 2 scores: at least 3 and at most 10, or 0 for 5":                     {Bins: 2},
		"bins: 11 scores: at least 3 and at most 10, or 0 for 5":                    {Bins: 11},
		"thresholds.recency: give 2 numbers that never fall":                        {Bins: 3, Thresholds: &falling},
		"groups.0.r: scores are 1 to 3, 0 for an open end": {
			Bins: 3, Groups: []segments.Group{{Name: "a", R: scores{From: 4}}},
		},
		"groups: 101 are too many: at most 100":                                {Groups: make([]segments.Group, 101)},
		"groups.0.name: give the group a name":                                 group(segments.Group{}),
		"groups.0.r: scores are 1 to 5, 0 for an open end":                     group(segments.Group{Name: "a", R: scores{From: 6}}),
		"groups.0.m: from 3 to 2 is nothing: the smaller score comes first":    group(segments.Group{Name: "a", M: scores{From: 3, To: 2}}),
		"groups.0.f.mean: \"over\": it is above or below, or empty for either": group(segments.Group{Name: "a", F: scores{Mean: "over"}}),
	} {
		_, err := segments.Fit(rules, segments.Params{}, slices.Values([]segments.Summary(nil)), time.Time{})
		if commerce.CodeOf(err) != commerce.Invalid || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Price tiers are thirds of the shop's customers by average item price; a
// price at a cut point is in the lower tier.
func TestPriceTiers(t *testing.T) {
	t.Parallel()
	var shop []segments.Summary
	for price := range 7 { // cut points at 200 and 400
		shop = append(shop, segments.Summary{Price: float64(100 * price), Priced: true})
	}
	p := fittedBy(t, segments.Rules{}, append(shop, segments.Summary{Orders: 1})...)
	for total, want := range map[int64]string{0: "low", 400: "low", 401: "middle", 800: "middle", 801: "high"} { // two pieces
		o := ago(t, 1, total)
		o.Units = 2
		if got := shows(t, "orders.price_tier", customer(o), p); got != want {
			t.Errorf("%d: got %s, want %s", total, got, want)
		}
		s := segments.SummaryOf(&commerce.Profile{History: customer(o).History}, segments.Rules{}, p, instant(t, now))
		if !s.Priced || s.Price != float64(total)/2 {
			t.Errorf("%d: got %v", total, s)
		}
	}
	if got := shows(t, "orders.price_tier", customer(ago(t, 1, 100)), p); got != "unset" {
		t.Errorf("no pieces: got %s, want unset", got)
	}
}

func drawSummary(t *rapid.T) segments.Summary {
	return segments.Summary{
		Days: rapid.Int64Range(0, 400).Draw(t, "days"), Orders: rapid.Int64Range(0, 6).Draw(t, "orders"),
		Net:   rapid.Int64Range(-300, 3000).Draw(t, "net"),
		Gaps:  rapid.SliceOfN(rapid.Int64Range(1, 90), 0, 4).Draw(t, "gaps"),
		Price: float64(rapid.IntRange(0, 50).Draw(t, "price")), Priced: rapid.Bool().Draw(t, "priced"),
	}
}

// A more recent buyer never has a lower R, one more order never a lower F, more
// money never a lower M, whatever the shop's buyers; everybody scored has one
// of the eight cells.
func TestScoresAreMonotone(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		rules := segments.Rules{WholeUnits: rapid.Bool().Draw(t, "whole"), Groups: segments.ChineseGroups()}
		p := fittedBy(outer, rules, rapid.SliceOfN(rapid.Custom(drawSummary), 1, 30).Draw(t, "buyers")...)
		if p.Fitted.Customers == 0 {
			t.Skip("no buyers")
		}
		days, amount := rapid.IntRange(2, 360).Draw(t, "days"), rapid.Int64Range(0, 3000).Draw(t, "amount")
		base := customer(ago(outer, days, amount))
		for field, better := range map[string]commerce.Profile{
			"rfm.r": customer(ago(outer, days-1, amount)), "rfm.f": customer(ago(outer, days, amount), ago(outer, days+1, 0)),
			"rfm.m": customer(ago(outer, days, amount+50)),
		} {
			if worse, got := shows(outer, field, base, p), shows(outer, field, better, p); got < worse {
				t.Fatalf("%s: got %s, want at least %s", field, got, worse)
			}
		}
		if shows(outer, "rfm.group", base, p) == "unset" {
			t.Fatal("no cell")
		}
	})
}

// The fitted figures do not depend on the order of customers, and are unchanged
// by storage.
func TestFittedDoesNotDependOnTheOrderOfCustomers(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		customers := rapid.SliceOfN(rapid.Custom(drawSummary), 0, 40).Draw(t, "customers")
		want := fittedBy(outer, segments.Rules{}, customers...).Fitted
		seed := rapid.Uint64().Draw(t, "seed")
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(customers), func(i, j int) { customers[i], customers[j] = customers[j], customers[i] })
		stored, err := json.Marshal(fittedBy(outer, segments.Rules{}, customers...).Fitted)
		if err != nil {
			t.Fatal(err)
		}
		var got segments.Fitted
		if err := json.Unmarshal(stored, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&got, want); diff != "" {
			t.Fatalf("got, want:\n%s", diff)
		}
	})
}
