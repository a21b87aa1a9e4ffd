package segments_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/commerce"
	"comeback/segments"
)

// zones have changes of daylight saving at different hours, one of half an hour, one over
// midnight, and a day that was left out.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia"}

// A local time is the first instant at which the clock shows it or a later time: a time that
// is skipped comes when the clock is put forward, one that comes twice counts once.
func TestLocalTimeIsTheFirstInstantThatShowsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC)
		day := start.AddDate(0, 0, rapid.IntRange(0, 365*3).Draw(t, "day"))
		if rapid.Bool().Draw(t, "near a change") {
			at := start.AddDate(rapid.IntRange(0, 2).Draw(t, "year"), rapid.IntRange(0, 11).Draw(t, "month"), 0)
			if _, end := at.In(zone).ZoneBounds(); !end.IsZero() {
				day = end.In(zone)
			}
		}
		minute := rapid.IntRange(0, 24*60-1).Draw(t, "minute")
		date := segments.DateOf(day, zone)
		y, m, d := day.In(zone).Date()
		wall := time.Date(y, m, d, 0, minute, 0, 0, time.UTC)
		want := wall.Add(-26 * time.Hour)
		for shown(want, zone).Before(wall) {
			want = want.Add(time.Minute)
		}
		if got := date.At(minute, zone); !got.Equal(want) {
			t.Fatalf("%s %02d:%02d in %s: got %s, want %s", date, minute/60, minute%60, zone, got.UTC(), want)
		}
	})
}

// shown is what a clock in zone shows at t.
func shown(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.Add(time.Duration(offset) * time.Second)
}

// The moment at which a customer becomes overdue is the first at which the condition
// holds: both use one figure.
func TestOverdueAtIsWhenTheConditionBegins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		var facts []commerce.OrderFact
		for i, hours := range rapid.SliceOfN(rapid.IntRange(0, 24*500), 1, 8).Draw(t, "hours ago") {
			at := now.Add(-time.Duration(hours) * time.Hour)
			facts = append(facts, commerce.OrderFact{
				ID: commerce.Key("s", "c", string(rune('a'+i))), PlacedAt: at, PaidAt: at, Status: commerce.Open, Payment: commerce.Paid,
			})
		}
		profile := &commerce.Profile{History: commerce.NewHistory(facts, nil)}
		p := segments.Params{Zone: zone, Fitted: &segments.Fitted{Ages: segments.Ages{Own: true}, Gaps: segments.Gaps{
			Count: 200, Mean: rapid.Float64Range(0.5, 200).Draw(t, "mean"), Within: rapid.Float64Range(0, 900).Draw(t, "within"),
			Between: rapid.Float64Range(0, 900).Draw(t, "between"),
		}}}
		ratio := commerce.Decimal{Units: int64(rapid.IntRange(10, 500).Draw(t, "ratio")), Scale: 2}
		at, ok := segments.OverdueAt(profile, ratio, p, now)
		if !ok {
			t.Fatal("got no moment, want one")
		}
		c := parsed(`{"field": "orders.overdue_ratio", "op": "gte", "value": ` + ratio.String() + `}`)
		before, from := max(0, at.Sub(now)-1), at.Sub(now)
		if from > 0 && segments.Match(c, profile, nil, p, now.Add(before)) {
			t.Fatalf("it holds before %s", at)
		}
		if from >= 0 && !segments.Match(c, profile, nil, p, at) || from < 0 && !segments.Match(c, profile, nil, p, now) {
			t.Fatalf("it does not hold at %s", at)
		}
		if _, own := segments.OverdueAt(profile, ratio, segments.Params{Zone: zone}, now); own {
			t.Fatal("got a moment in a shop that is not fitted")
		}
	})
}
