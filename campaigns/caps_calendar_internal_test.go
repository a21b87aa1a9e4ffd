package campaigns

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Days, weeks and months of the calendar follow each other without a gap in every zone, also where
// summer time skips midnight. Each begins on its first day, and every instant lies in its own.
func TestPeriodsOfTheCalendarFollowEachOther(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Berlin", "Asia/Shanghai", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "America/New_York"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1_104_537_600, 4_102_444_800).Draw(t, "at"), 0).In(zone)
		for _, p := range []CalendarPeriod{CalendarDay, CalendarWeek, CalendarMonth} {
			begin, end := p.around(at)
			if at.Before(begin) || !at.Before(end) {
				t.Fatalf("%s of %s: got %s to %s", p, at, begin, end)
			}
			if next, _ := p.around(end); !next.Equal(end) {
				t.Fatalf("%s of %s ends at %s, but the next one begins at %s", p, at, end, next)
			}
			if _, last := p.around(begin.Add(-time.Millisecond)); !last.Equal(begin) {
				t.Fatalf("%s of %s begins at %s, but the one before ends at %s", p, at, begin, last)
			}
			if p == CalendarMonth && begin.Day() != 1 || p == CalendarWeek && begin.Weekday() != time.Monday {
				t.Fatalf("%s of %s begins on %s", p, at, begin)
			}
			if end.Sub(begin) > CapWindow {
				t.Fatalf("%s of %s is longer than sends are counted: %s", p, at, end.Sub(begin))
			}
		}
	})
}
