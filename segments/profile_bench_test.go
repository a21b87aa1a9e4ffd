package segments_test

import (
	"testing"

	"comeback/segments"
)

// fittedParams is the shop's parameters with the fitted figures of its customers.
func fittedParams(tb testing.TB, s *madeShop) segments.Params {
	tb.Helper()
	p, rules := madeParams(), segments.Rules{Trade: "apparel"}
	fitted, err := segments.Fit(rules, p, func(yield func(segments.Summary) bool) {
		for r := range s.rows() {
			if !yield(segments.SummaryOf(&r.Profile, rules, p, shopNow())) {
				return
			}
		}
	}, shopNow())
	if err != nil {
		tb.Fatal(err)
	}
	p.Fitted = fitted
	return p
}

// BenchmarkProfile measures the profile of a segment of nearly a fifth of the
// shop, with all key figures, traits, scores and stages; and of one of a
// handful.
func BenchmarkProfile(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	ix, _ := built(b, s)
	ix.Use(fittedParams(b, s))
	conditions := read(b, "eight.json")
	for _, name := range []string{"S2", "S4", "S1"} {
		var members segments.Bitmap
		ix.Members(conditions[name], shopNow(), &members)
		for window, days := range map[string]int{"": 0, "/365days": 365} {
			b.Run(name+window, func(b *testing.B) {
				b.ReportAllocs()
				var p segments.Profile
				for b.Loop() {
					p = ix.Profile(&members, segments.ProfileOptions{Days: days}, shopNow())
				}
				b.ReportMetric(float64(p.Tested), "tested")
			})
		}
	}
}

// BenchmarkTable measures the key figures of a hundred segments side by side.
func BenchmarkTable(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	ix, _ := built(b, s)
	sets := make([]*segments.Bitmap, 100)
	for i := range sets {
		sets[i] = &segments.Bitmap{}
		for n := i + 1; n <= benchCustomers; n += i%10 + 2 {
			sets[i].Add(int64(n))
		}
	}
	for name, days := range map[string]int{"ever": 0, "365days": 365} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ix.Table(sets, days, shopNow())
			}
		})
	}
}
