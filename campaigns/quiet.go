package campaigns

import (
	"cmp"
	"fmt"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// quietMargin is how long before quiet hours an earlier message is sent. The cause
// must be at least that old.
const quietMargin = 5 * time.Minute

// quietDefaults are the quiet hours of a campaign without its own.
var quietDefaults = map[commerce.Market]map[Class]map[string]Quiet{
	commerce.China: {
		Service: {
			Email: {From: 23 * 60, To: 8 * 60, Zone: ShopZone, Then: EarlierOrAfter},
			SMS:   {From: 23 * 60, To: 8 * 60, Zone: ShopZone, Then: EarlierOrAfter},
		},
		Marketing: {
			Email: {From: 21 * 60, To: 9 * 60, Zone: ShopZone, Then: QuietDefer},
			SMS:   {From: 21 * 60, To: 9 * 60, Zone: ShopZone, Then: QuietDefer},
		},
	},
	commerce.West: {
		Service: {
			SMS: {From: 21 * 60, To: 8 * 60, Zone: CustomerZone, Then: QuietDefer},
		},
		Marketing: {
			Email: {From: 21 * 60, To: 8 * 60, Zone: CustomerZone, Then: QuietDefer},
			SMS:   {From: 21 * 60, To: 8 * 60, Zone: CustomerZone, Then: QuietDefer},
		},
	},
}

// quiet returns the quiet hours of a channel: the campaign's own, else the market's.
func (c *Campaign) quiet(channel string, market commerce.Market) (q Quiet, ok bool) {
	if c.Policy.Quiet != nil {
		return *c.Policy.Quiet, c.Policy.Quiet.From != c.Policy.Quiet.To
	}
	q, ok = quietDefaults[cmp.Or(market, commerce.West)][c.Class][channel]
	return q, ok
}

// during reports whether the clocks of zone show a time of the quiet hours at t, and when these
// begin and end. Of a time that comes twice they begin with the first, and end with the second.
func (q Quiet) during(t time.Time, zone *time.Location) (from, to time.Time, inside bool) {
	today := segments.DateOf(t, zone)
	for back := range 2 {
		from = today.Add(-back).At(q.From, zone)
		day := today.Add(-back)
		if q.To <= q.From {
			day = day.Add(1)
		}
		if to = secondOf(day.At(q.To, zone), zone); !t.Before(from) && t.Before(to) {
			return from, to, true
		}
	}
	return time.Time{}, time.Time{}, false
}

// secondOf is when clocks in zone show the time of day of t for the second time, where they are put
// back; else t.
func secondOf(t time.Time, zone *time.Location) time.Time {
	_, change := t.In(zone).ZoneBounds()
	if change.IsZero() {
		return t
	}
	again := t.Add(offsetAt(t, zone) - offsetAt(change, zone))
	if wall(again, zone).Equal(wall(t, zone)) && again.After(t) {
		return again
	}
	return t
}

// String is the time of day as the file writes it.
func (q Quiet) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", q.From/60, q.From%60, q.To/60, q.To%60)
}

func (d *decider) zone(z ZoneOf) *time.Location {
	if z == CustomerZone && d.profile.Attributes.Zone != "" {
		if zone, err := time.LoadLocation(d.profile.Attributes.Zone); err == nil {
			return zone
		}
	}
	return d.f.Shop.Location()
}

// beforeQuiet is when to send a message that is due at due. Under EarlierOrAfter
// that is five minutes before the quiet hours around due, if it is also five minutes
// after the cause and after the due time of the step before; else it is due.
func (d *decider) beforeQuiet(e Enrolment, s Step, due time.Time) time.Time {
	route, _ := d.routeOf(s)
	q, ok := d.c.quiet(route.Channel, d.f.Shop.Market)
	if !ok || q.Then != EarlierOrAfter {
		return due
	}
	begins, _, inside := q.during(due, d.zone(q.Zone))
	early := begins.Add(-quietMargin)
	if !inside || early.Before(e.BeganAt.Add(quietMargin)) || e.Step > 0 && !early.After(e.StepDue) {
		return due
	}
	return early
}

// quietCheck decides whether a message may be sent now. If not, until is when it may
// be sent; zero: it is dropped.
func (d *decider) quietCheck(m Message) (r Reason, until time.Time) {
	q, ok := d.c.quiet(m.Channel, d.f.Shop.Market)
	if !ok {
		return pass(CheckQuiet, "no quiet hours"), time.Time{}
	}
	zone := d.zone(q.Zone)
	_, ends, inside := q.during(d.now, zone)
	switch {
	case !inside:
		return pass(CheckQuiet, "%s is outside quiet hours %s %s", d.now.In(zone).Format("15:04"), q, zone), time.Time{}
	case q.Then == QuietDrop:
		return fail(CheckQuiet, "quiet hours %s %s: dropped", q, zone), time.Time{}
	default:
		return fail(CheckQuiet, "quiet hours %s %s: after %s", q, zone, stamp(ends)), ends
	}
}
