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
	rapid.Check(t, func(t *rapid.T) {
		zone := drawZone(t)
		at := drawMoment(t, zone).In(zone)
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
