package campaigns

import (
	"math/bits"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"comeback/commerce"
	"comeback/strictjson"
)

// Timetable is a trigger at local times that the file names: one time (a broadcast), or
// those of a cron expression (a schedule). At each time a Run passes all customers.
type Timetable struct {
	Cron string    // the five fields of a schedule; empty: a broadcast
	At   time.Time // of a broadcast: the local time, written as UTC; zero: when it is activated
	Zone ZoneOf    // whose local time it is

	times cron.Schedule // of Cron
}

// localForm is the form of a local time in a file and in the cause of a run.
const localForm = "2006-01-02T15:04"

// LongestDelay is how long after its time a run may still begin. An older one is missed.
const LongestDelay = day

// mostEast is the first zone of the world in which a local time comes.
const mostEast = 14 * time.Hour

// scheduleTrigger reads {"schedule": ..., "zone": ...}.
func (r *reader) scheduleTrigger(n *strictjson.Node) Trigger {
	return Trigger{Timetable: r.schedule(n.Member("schedule"), n.Member("zone"))}
}

// broadcastTrigger reads {"broadcast": ...}.
func (r *reader) broadcastTrigger(n *strictjson.Node) Trigger {
	return Trigger{Timetable: r.broadcast(n.Member("broadcast"))}
}

// broadcast reads {"at": ..., "zone": ...}.
func (r *reader) broadcast(n *strictjson.Node) *Timetable {
	p := &Timetable{Zone: ShopZone}
	if !r.object(n, "broadcast") {
		return p
	}
	if at := n.Member("at"); at != nil {
		p.At = r.localTime(at, "at")
	}
	if at := n.Member("zone"); at != nil {
		p.Zone = r.zoneOf(at)
		if p.Zone == CustomerZone && n.Member("at") == nil {
			r.problem(at, `zone: without "at" it is sent at once, everywhere; give "at", or leave zone out`)
		}
	}
	return p
}

func (r *reader) zoneOf(n *strictjson.Node) ZoneOf {
	return ZoneOf(r.oneOf(n, "zone", []string{string(ShopZone), string(CustomerZone)}, nil))
}

// localTime reads a local time of the years 1970 to 2200.
func (r *reader) localTime(n *strictjson.Node, what string) time.Time {
	text := r.text(n, what)
	at, err := time.Parse(localForm, text)
	switch {
	case text == "":
	case err != nil || len(text) != len(localForm):
		r.problem(n, `%s: a local time such as "2027-03-01T09:00" is wanted; "zone" says whose`, what)
	case commerce.CheckInstant(at) != nil:
		r.problem(n, "%s: a time of the years 1970 to 2200 is wanted", what)
	default:
		return at
	}
	return time.Time{}
}

const cronForm = `schedule: write minute, hour, day, month and weekday, such as "0 9 * * 1" for 9:00 on Mondays; Sunday is 0`

// schedule reads five fields of cron, for at most one time an hour.
func (r *reader) schedule(n, zone *strictjson.Node) *Timetable {
	p := &Timetable{Zone: ShopZone}
	if zone != nil {
		p.Zone = r.zoneOf(zone)
	}
	text := r.text(n, "schedule")
	if text == "" {
		return p
	}
	p.Cron = strings.Join(strings.Fields(text), " ")
	times, err := parseCron(p.Cron)
	switch {
	case err != nil:
		r.problem(n, "%s: %s", cronForm, err)
	case bits.OnesCount64(times.Minute&(1<<60-1)) != 1:
		r.problem(n, "schedule: at most once an hour: each run reads all customers; write one number as the minute")
	case times.Next(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero():
		r.problem(n, "schedule: no year has such a day")
	default:
		p.times = times
	}
	return p
}

// parseCron reads five fields. What else the library reads, such as names of zones, is refused.
func parseCron(text string) (*cron.SpecSchedule, error) {
	if strings.ContainsFunc(text, func(c rune) bool { return !strings.ContainsRune("0123456789*/,- ", c) && (c|' ' < 'a' || c|' ' > 'z') }) {
		return nil, commerce.Errorf(commerce.Invalid, "only digits, letters and * / , - are known")
	}
	times, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(text)
	if err != nil {
		return nil, err
	}
	spec, ok := times.(*cron.SpecSchedule)
	if !ok {
		return nil, commerce.Errorf(commerce.Invalid, "five fields are wanted")
	}
	spec.Location = time.UTC
	return spec, nil
}

// next is the first local time after a local time; ok is false where none comes.
func (p *Timetable) next(local time.Time) (at time.Time, ok bool) {
	if p.times == nil {
		return p.At, p.At.After(local)
	}
	for range 3 { // the library looks five years ahead; eight may lie between two 29ths of February
		if at = p.times.Next(local); !at.IsZero() {
			return at, true
		}
		local = local.AddDate(4, 0, 0)
	}
	return at, false
}

// wall is what clocks in zone show at an instant, written as UTC.
func wall(at time.Time, zone *time.Location) time.Time {
	at = at.In(zone)
	y, m, d := at.Date()
	return time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
}

// instantOf is when clocks in zone show a local time. A time that summer time skips
// becomes as much later as the clocks are put forward. Of a time that comes twice it is
// the first.
func instantOf(local time.Time, zone *time.Location) time.Time {
	const around = 36 * time.Hour
	before, after := offsetAt(local.Add(-around), zone), offsetAt(local.Add(around), zone)
	for _, ahead := range []time.Duration{max(before, after), min(before, after)} {
		if at := local.Add(-ahead); wall(at, zone).Equal(local) {
			return at
		}
	}
	return local.Add(-before)
}

// offsetAt is how much the clocks of zone are ahead of UTC.
func offsetAt(at time.Time, zone *time.Location) time.Duration {
	_, seconds := at.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}
