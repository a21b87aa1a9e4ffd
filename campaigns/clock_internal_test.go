package campaigns

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/commerce"
)

// hardZones change their clocks at 2:00, at midnight, at 1:00 to midnight, by half an hour, and by a day.
func hardZones() []string {
	return []string{
		"Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Beirut", "Asia/Amman", "Atlantic/Azores", "America/Havana",
		"Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Shanghai", "Pacific/Apia", "UTC",
	}
}

// drawMoment draws an instant of the years 2007 to 2040, half of the time within a day of a change of
// the clocks.
func drawMoment(t *rapid.T, zone *time.Location) time.Time {
	at := time.Unix(rapid.Int64Range(1_167_609_600, 2_208_988_800).Draw(t, "at"), 0).In(zone)
	if _, change := at.ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "at a change") {
		at = change.Add(time.Duration(rapid.IntRange(-26*3600, 26*3600).Draw(t, "from the change")) * time.Second)
	}
	return at.UTC()
}

func drawZone(t *rapid.T) *time.Location {
	zone, err := time.LoadLocation(rapid.SampledFrom(hardZones()).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// A step that waits for a local time is due at the first minute in which a clock that is watched shows
// that time on such a day. What the clocks skip is as much later; what they show twice counts once.
func TestLocalTimeIsWhatAClockShows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := drawZone(t)
		from := drawMoment(t, zone)
		l := LocalTime{Minute: rapid.IntRange(0, 24*60-1).Draw(t, "minute"), Zone: ShopZone}
		if rapid.Bool().Draw(t, "near midnight or two") {
			l.Minute = rapid.IntRange(0, 180).Draw(t, "early")
		}
		for day := range time.Weekday(7) {
			if rapid.IntRange(0, 3).Draw(t, "day") == 0 {
				l.Weekdays = append(l.Weekdays, day)
			}
		}
		d := newDecider(&Campaign{}, Facts{Shop: commerce.Shop{Zone: zone.String()}}, from)
		if got, want := d.localTime(from, l), watched(from, l, zone); !got.Equal(want) {
			t.Fatalf("%+v from %s: got %s, want %s", l, from.In(zone), got.In(zone), want.In(zone))
		}
	})
}

// watched looks at a clock of a zone minute by minute.
func watched(from time.Time, l LocalTime, zone *time.Location) time.Time {
	shown := map[time.Time]bool{}
	fits := func(at time.Time) bool {
		return !at.Before(from) && (len(l.Weekdays) == 0 || slices.Contains(l.Weekdays, at.In(zone).Weekday()))
	}
	begin := from.Add(-27 * time.Hour).Truncate(time.Minute)
	for at := begin; at.Before(from.Add(10 * day)); at = at.Add(time.Minute) {
		now, before := wall(at, zone), wall(at.Add(-time.Minute), zone)
		for skipped := before.Add(time.Minute); skipped.Before(now); skipped = skipped.Add(time.Minute) {
			if later := at.Add(skipped.Sub(before.Add(time.Minute))); minuteOf(skipped) == l.Minute && fits(later) {
				return later
			}
		}
		if minuteOf(now) == l.Minute && !shown[now] && fits(at) {
			return at
		}
		shown[now] = true
	}
	return time.Time{}
}

func minuteOf(clock time.Time) int { return clock.Hour()*60 + clock.Minute() }

// Whenever a clock shows a time of the quiet hours it is quiet, also while clocks are changed. Away from
// a change nothing else is quiet. The quiet hours begin and end where they say.
func TestQuietHoursAreWhatAClockShows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := drawZone(t)
		at := drawMoment(t, zone)
		q := Quiet{From: rapid.IntRange(0, 24*60-1).Draw(t, "from"), To: rapid.IntRange(0, 24*60-1).Draw(t, "to")}
		if rapid.Bool().Draw(t, "near midnight or two") {
			q.To = rapid.IntRange(0, 180).Draw(t, "early")
		}
		if q.From == q.To {
			return
		}
		from, to, inside := q.during(at, zone)
		shown := q.has(minuteOf(wall(at, zone)))
		if shown && !inside || inside && !shown && !changing(at, zone) {
			t.Fatalf("%s at %s: got quiet %v, the clock says %v", q, at.In(zone), inside, shown)
		}
		if !inside {
			return
		}
		_, _, still := q.during(to.Add(-time.Millisecond), zone)
		_, _, more := q.during(to, zone)
		more = more && !changing(to, zone) // what is skipped, or comes twice, may join two nights
		if at.Before(from) || !at.Before(to) || !still || more {
			t.Fatalf("%s at %s: got %s to %s, quiet before the end %v", q, at.In(zone), from.In(zone), to.In(zone), still)
		}
	})
}

// Wherever the customer moves, and whenever, a step at a local time is taken once, at that time of the clock
// of the place where the customer is then.
func TestALocalTimeComesOnceWhereverTheCustomerMoves(t *testing.T) {
	t.Parallel()
	zones := []string{"America/Los_Angeles", "America/New_York", "UTC", "Europe/Berlin", "Asia/Kathmandu", "Asia/Tokyo", "Pacific/Kiritimati"}
	rapid.Check(t, func(t *rapid.T) {
		minute := rapid.IntRange(0, 24*60-1).Draw(t, "minute")
		c, problems := Parse(fmt.Appendf(nil, `{"schema": 1, "id": "c", "name": "C", "class": "service", "key": "order", "reentry": "never",
			"trigger": {"event": "order.placed"}, "policy": {"quiet": {"from": "00:00", "to": "00:00"}},
			"steps": [{"id": "a", "wait": "1h", "send": {"channel": "email", "template": "t"}}, {"id": "b", "wait_until": {"at": "%02d:%02d"},
			"send": {"channel": "email", "template": "t"}}]}`, minute/60, minute%60))
		if c == nil {
			t.Fatal(problems)
		}
		given := []Given{{Event: commerce.OrderPlaced}}
		for range rapid.IntRange(0, 5).Draw(t, "moves") {
			given = append(given, Given{
				Offset: time.Duration(rapid.IntRange(0, 60*60).Draw(t, "move")) * time.Minute, Event: customerUpdated,
				Fields: []commerce.KV{{Key: "zone", Value: rapid.SampledFrom(zones).Draw(t, "zone")}},
			})
		}
		w := newWorld(c, commerce.Shop{Zone: "UTC"})
		if !w.run(given) || len(w.sent) != 2 {
			t.Fatalf("got %d mails, want 2", len(w.sent))
		}
		slices.SortStableFunc(given, func(a, b Given) int { return cmp.Compare(a.Offset, b.Offset) })
		at, zone := w.messages[w.sent[1]].SentAt, time.UTC
		for _, g := range given {
			if name, moved := commerce.Lookup(g.Fields, "zone"); moved && !w.start.Add(g.Offset).After(at) {
				zone, _ = time.LoadLocation(name)
			}
		}
		if shown := minuteOf(wall(at, zone)); shown != minute {
			t.Fatalf("sent at %s, the file says %02d:%02d", at.In(zone), minute/60, minute%60)
		}
	})
}

// changing reports whether the clocks of a zone are changed within four hours.
func changing(at time.Time, zone *time.Location) bool {
	return offsetAt(at.Add(-4*time.Hour), zone) != offsetAt(at.Add(4*time.Hour), zone)
}
