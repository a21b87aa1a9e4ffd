package segments

import (
	"slices"
	"time"
)

// localClock converts instants to days and hours of the shop's zone. It looks up
// offsets once for each period between two changes of the clock.
type localClock struct {
	zone    *time.Location
	from    int64 // the offset is valid from here
	to      int64 // and before this
	offset  int64
	periods []zonePeriod
}

type zonePeriod struct{ from, to, offset int64 }

const (
	perHour = int64(time.Hour / time.Millisecond)
	perDay  = 24 * perHour
)

// mostPeriods is the number of periods remembered: more than any zone has had.
const mostPeriods = 1024

// use sets the zone, and drops the periods when there are too many.
func (l *localClock) use(zone *time.Location) {
	if l.zone != zone || len(l.periods) > mostPeriods {
		*l = localClock{zone: zone, from: 1}
	}
}

// local is an instant on the clock of the zone, as if it were UTC.
func (l *localClock) local(ms int64) int64 {
	if ms < l.from || ms >= l.to {
		l.seek(ms)
	}
	return ms + l.offset
}

// day is the date of an instant, in days since 1970.
func (l *localClock) day(ms int64) int64 { return floorDiv(l.local(ms), perDay) }

func (l *localClock) seek(ms int64) {
	i := slices.IndexFunc(l.periods, func(s zonePeriod) bool { return s.from <= ms && ms < s.to })
	if i < 0 {
		t := time.UnixMilli(ms).In(l.zone)
		start, end := t.ZoneBounds()
		_, offset := t.Zone()
		s := zonePeriod{everything().lo, everything().hi, int64(offset) * 1000}
		if !start.IsZero() {
			s.from = start.UnixMilli()
		}
		if !end.IsZero() {
			s.to = end.UnixMilli()
		}
		i, l.periods = len(l.periods), append(l.periods, s)
	}
	l.from, l.to, l.offset = l.periods[i].from, l.periods[i].to, l.periods[i].offset
}

func floorDiv(a, b int64) int64 {
	d := a / b
	if a%b < 0 {
		d--
	}
	return d
}

func floorMod(a, b int64) int64 { return a - b*floorDiv(a, b) }
