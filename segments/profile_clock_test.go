package segments

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Days, hours and weekdays are those of the shop's calendar, also around the
// nights its clock is changed, in whichever order instants come.
func TestLocalClockEqualsTheZone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var clock localClock
			rapid.Check(t, func(t *rapid.T) {
				clock.use(zone)
				for _, ms := range rapid.SliceOfN(rapid.Int64Range(-4e12, 8e12), 1, 20).Draw(t, "instants") {
					at := time.UnixMilli(ms).In(zone)
					weekday := (int64(at.Weekday()) + 6) % 7
					if got, want := clock.day(ms), dayOf(at, zone).since(day{1970, 1, 1}); got != want {
						t.Fatalf("%s: got day %d, want %d", at, got, want)
					}
					if local := clock.local(ms); hourOf(local) != int64(at.Hour()) || weekdayOf(local) != weekday {
						t.Fatalf("%s: got hour %d and weekday %d", at, hourOf(local), weekdayOf(local))
					}
				}
			})
		})
	}
}
