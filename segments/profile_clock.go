package segments

import (
	"slices"
	"time"
)

// localClock tells days and hours of the shop's zone: offsets are looked up
// once for each time between two changes of the clock.
type localClock struct {
	zone   *time.Location
	from   int64 // the offset holds from here
	to     int64 // up to here
	offset int64
	spans  []zoneSpan
}

type zoneSpan struct{ from, to, offset int64 }

const (
	perHour = int64(time.Hour / time.Millisecond)
	perDay  = 24 * perHour
)

// mostSpans is how many changes of the clock are remembered: more than there
// were in any zone so far.
const mostSpans = 1024

// use sets the zone, and forgets spans when there are too many.
func (l *localClock) use(zone *time.Location) {
	if l.zone != zone || len(l.spans) > mostSpans {
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
	i := slices.IndexFunc(l.spans, func(s zoneSpan) bool { return s.from <= ms && ms < s.to })
	if i < 0 {
		t := time.UnixMilli(ms).In(l.zone)
		start, end := t.ZoneBounds()
		_, offset := t.Zone()
		s := zoneSpan{everything().lo, everything().hi, int64(offset) * 1000}
		if !start.IsZero() {
			s.from = start.UnixMilli()
		}
		if !end.IsZero() {
			s.to = end.UnixMilli()
		}
		i, l.spans = len(l.spans), append(l.spans, s)
	}
	l.from, l.to, l.offset = l.spans[i].from, l.spans[i].to, l.spans[i].offset
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - b*floorDiv(a, b) }
